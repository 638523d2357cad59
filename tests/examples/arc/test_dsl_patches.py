"""The primitives on patches and locations obey their laws and slow definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given

from examples.arc.dsl import colors as co
from examples.arc.dsl import grids as gr
from examples.arc.dsl import lines as li
from examples.arc.dsl import measures as me
from examples.arc.dsl import objects as ob
from examples.arc.dsl import painting as pa
from examples.arc.dsl import patches as pt
from examples.arc.dsl import relations as re
from examples.arc.dsl.types import Grid, Indices, Location, Object
from tests.examples.arc.strategies import (
    EMPTY,
    few_colors,
    locations,
    patches,
    places,
    small_grids,
    some_objects,
    vectors,
)


class TestPatches:
    @given(patches, vectors)
    def test_shift(self, patch: Any, offset: Location) -> None:
        moved = pt.shift(patch, offset)
        assert places(moved) == {(i + offset[0], j + offset[1]) for i, j in places(patch)}
        assert pt.shift(moved, (-offset[0], -offset[1])) == patch
        assert pt.normalize(moved) == pt.normalize(patch)

    @given(patches)
    def test_normalize_starts_at_the_origin(self, patch: Any) -> None:
        normal = pt.normalize(patch)
        assert me.ulcorner(normal) == (0, 0)
        assert pt.normalize(normal) == normal

    @given(some_objects, few_colors)
    def test_recolor(self, obj: Object, value: int) -> None:
        recolored = pt.recolor(value, obj)
        assert co.palette(recolored) == {value}
        assert pt.toindices(recolored) == pt.toindices(obj) == places(obj)
        assert pt.recolor(value, pt.toindices(obj)) == recolored

    @given(patches)
    def test_boxes(self, patch: Any) -> None:
        area = pt.backdrop(patch)
        assert len(area) == me.height(patch) * me.width(patch)
        assert pt.delta(patch) == area - places(patch)
        top, left = me.ulcorner(patch)
        bottom, right = me.lrcorner(patch)
        border = {(i, j) for i, j in area if i in (top, bottom) or j in (left, right)}
        assert pt.box(patch) == border
        assert pt.inbox(pt.outbox(patch)) == border
        if min(me.shape(patch)) > 2:
            assert pt.inbox(patch) == pt.box(area - border)

    def test_inbox_of_small_boxes(self) -> None:
        single, pair = frozenset({(0, 0)}), frozenset({(0, 0), (1, 1)})
        assert pt.inbox(single) == pt.outbox(single)
        assert pt.inbox(pair) == pt.box(pair)

    def test_empty_patches_keep_their_kind(self) -> None:
        anything: Any = 5
        empty: Any = ()
        primitives: tuple[Callable[[Any], Any], ...]
        primitives = (pt.normalize, pt.box, lambda patch: pt.shift(patch, anything))
        for primitive in primitives:
            assert primitive(empty) == empty
            assert primitive(EMPTY) == EMPTY
        assert pt.toindices(empty) == pt.backdrop(empty) == pt.delta(empty) == EMPTY

    def test_a_tuple_of_locations_is_returned_as_it_is(self) -> None:
        pair: Any = ((0, 1), (0, 1))
        unchanged: Any = pt.toindices(pair)
        assert unchanged == pair
        with pytest.raises(TypeError):
            pt.delta(pair)


def slow_gravitate(source: Indices, destination: Indices) -> Location:
    if {j for _, j in source} & {j for _, j in destination}:
        direction = (1 if me.center(source)[0] < me.center(destination)[0] else -1, 0)
    else:
        direction = (0, 1 if me.center(source)[1] < me.center(destination)[1] else -1)
    offset = (0, 0)
    for _ in range(42):
        if slow_manhattan(pt.shift(source, offset), destination) == 1:
            break
        offset = (offset[0] + direction[0], offset[1] + direction[1])
    return offset


def slow_manhattan(a: Any, b: Any) -> int:
    return min(abs(i - k) + abs(j - m) for i, j in places(a) for k, m in places(b))


class TestRelations:
    @given(patches, patches)
    def test_distance(self, a: Any, b: Any) -> None:
        assert re.manhattan(a, b) == re.manhattan(b, a) == slow_manhattan(a, b)
        assert re.adjacent(a, b) == (re.manhattan(a, b) == 1)
        assert re.hmatching(a, b) == bool({i for i, _ in places(a)} & {i for i, _ in places(b)})
        assert re.vmatching(a, b) == bool({j for _, j in places(a)} & {j for _, j in places(b)})

    @given(patches, patches, vectors)
    def test_gravitate_step_by_step(self, a: Any, b: Any, offset: Location) -> None:
        a = pt.shift(a, offset)
        assert re.gravitate(a, b) == slow_gravitate(pt.toindices(a), pt.toindices(b))

    def test_gravitate_past_each_other(self) -> None:
        assert re.gravitate(frozenset({(0, 0)}), frozenset({(5, 5)})) == (0, 42)
        assert re.gravitate(frozenset({(0, 0)}), frozenset({(0, 99)})) == (0, 42)

    @given(patches, patches)
    def test_position(self, a: Any, b: Any) -> None:
        assume(me.center(a) != me.center(b))
        down, right = (y - x for x, y in zip(me.center(a), me.center(b), strict=True))
        assert re.position(a, b) == ((down > 0) - (down < 0), (right > 0) - (right < 0))
        assert re.position(a, a) == (0, -1)

    @given(patches, small_grids)
    def test_bordering(self, patch: Any, grid: Grid) -> None:
        height, width = me.shape(grid)
        top, left = me.ulcorner(patch)
        bottom, right = me.lrcorner(patch)
        touches = 0 in (top, left) or bottom == height - 1 or right == width - 1
        assert re.bordering(patch, grid) == touches

    def test_empty_patches(self) -> None:
        other = frozenset({(0, 0)})
        assert not re.hmatching(EMPTY, other)
        assert not re.vmatching(other, EMPTY)
        for primitive in (re.manhattan, re.adjacent, re.position, re.gravitate):
            for pair in ((EMPTY, other), (other, EMPTY)):
                with pytest.raises((ValueError, IndexError)):
                    primitive(*pair)


class TestLines:
    @given(locations())
    def test_neighbors(self, loc: Location) -> None:
        around = frozenset({loc})
        assert li.dneighbors(loc) | li.ineighbors(loc) == li.neighbors(loc) == pt.outbox(around)
        assert all(re.adjacent(around, frozenset({near})) for near in li.dneighbors(loc))
        assert len(li.dneighbors(loc)) == len(li.ineighbors(loc)) == 4

    @given(locations(), vectors)
    def test_connect(self, a: Location, offset: Location) -> None:
        b = (a[0] + offset[0], a[1] + offset[1])
        segment = li.connect(a, b)
        down, right = map(abs, offset)
        if down and right and down != right:
            assert segment == EMPTY
        else:
            assert {a, b} <= segment
            assert segment <= pt.backdrop(frozenset({a, b}))
            assert len(segment) == max(down, right) + 1
            components = ob.objects(shown(segment), True, True, False)
            assert len(co.colorfilter(components, 1)) == 1

    @given(locations(), vectors)
    def test_shoot(self, start: Location, direction: Location) -> None:
        end = (start[0] + 42 * direction[0], start[1] + 42 * direction[1])
        assert li.shoot(start, direction) == li.connect(start, end)

    def test_known_rays(self) -> None:
        assert li.shoot((3, 5), (0, 0)) == {(3, 5)}
        assert len(li.shoot((0, 0), (2, 2))) == 85
        assert li.shoot((0, 0), (1, 2)) == EMPTY

    @given(locations())
    def test_frontiers_cross_at_the_location(self, loc: Location) -> None:
        row, column = li.hfrontier(loc), li.vfrontier(loc)
        assert len(row) == len(column) == 30
        assert (loc in row) == (0 <= loc[1] < 30)
        assert (loc in column) == (0 <= loc[0] < 30)


def shown(patch: Indices) -> Grid:
    """A grid that shows just the patch, in colour 1 on 0."""
    return pa.fill(gr.canvas(0, me.shape(patch)), 1, pt.normalize(patch))
