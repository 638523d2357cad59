"""The primitives that find objects and measure them obey their laws and slow definitions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl import colors as co
from examples.arc.dsl import lines as li
from examples.arc.dsl import measures as me
from examples.arc.dsl import objects as ob
from examples.arc.dsl import patches as pt
from examples.arc.dsl import symmetry as sy
from examples.arc.dsl.types import Cell, Grid, Object
from tests.examples.arc.strategies import (
    EMPTY,
    cells,
    few_colors,
    grids,
    patches,
    places,
    small_grids,
)


class TestObjects:
    @given(small_grids)
    def test_cells_of_a_grid(self, grid: Grid) -> None:
        everything = ob.asobject(grid)
        assert pt.toindices(everything) == ob.asindices(grid)
        assert all(ob.index(grid, loc) == value for value, loc in everything)
        assert ob.index(grid, (-1, 0)) is None
        assert ob.toobject(ob.asindices(grid), grid) == everything
        assert ob.ofcolor(grid, 1) == {loc for value, loc in everything if value == 1}

    @given(small_grids, patches)
    def test_toobject_stays_inside(self, grid: Grid, patch: Any) -> None:
        assert ob.toobject(patch, grid) == {
            (value, loc) for value, loc in ob.asobject(grid) if loc in places(patch)
        }

    @given(small_grids)
    def test_partition_covers_the_grid(self, grid: Grid) -> None:
        parts = ob.partition(grid)
        assert {co.color(part) for part in parts} == co.palette(grid)
        assert sum(map(len, parts)) == len(ob.asobject(grid))
        assert frozenset().union(*parts) == ob.asobject(grid)
        background = co.colorfilter(parts, co.mostcolor(grid))
        assert ob.fgpartition(grid) == parts - background

    @given(small_grids, st.booleans(), st.booleans(), st.booleans())
    def test_objects_are_connected_components(
        self, grid: Grid, univalued: bool, diagonal: bool, without_bg: bool
    ) -> None:
        background = co.mostcolor(grid) if without_bg else None
        left = {cell for cell in ob.asobject(grid) if cell[0] != background}
        reach = li.neighbors if diagonal else li.dneighbors
        expected = set()
        while left:
            component: set[Cell] = set()
            touching = {left.pop()}
            while touching:
                component |= touching
                left -= touching
                touching = {
                    (value, loc)
                    for value, loc in left
                    for other, place in touching
                    if loc in reach(place) and (value == other or not univalued)
                }
            expected.add(frozenset(component))
        assert ob.objects(grid, univalued, diagonal, without_bg) == expected

    def test_objects_of_grids_without_cells(self) -> None:
        assert ob.objects(((), ()), True, True, False) == EMPTY
        with pytest.raises(ValueError, match="empty"):
            ob.objects(((), ()), True, True, True)
        with pytest.raises(IndexError):
            ob.objects((), True, True, False)

    @given(small_grids)
    def test_frontiers_are_lines_of_one_color(self, grid: Grid) -> None:
        height, width = me.shape(grid)
        everything = ob.asobject(grid)
        rows = [frozenset(c for c in everything if c[1][0] == i) for i in range(height)]
        columns = [frozenset(c for c in everything if c[1][1] == j) for j in range(width)]
        expected = {line for line in rows + columns if co.numcolors(line) == 1}
        assert ob.frontiers(grid) == expected

    @given(small_grids, st.frozensets(cells(-1, 1), max_size=3))
    def test_occurrences_by_trying_every_place(self, grid: Grid, obj: Object) -> None:
        obj = frozenset((value % 3, loc) for value, loc in obj)
        pattern, (height, width) = pt.normalize(obj), me.shape(obj)
        everything = ob.asobject(grid)
        starts = product(range(len(grid) - height + 1), range(len(grid[0]) - width + 1))
        expected = {start for start in starts if pt.shift(pattern, start) <= everything}
        assert ob.occurrences(grid, obj) == expected

    @given(small_grids, st.data())
    def test_a_part_of_the_grid_occurs_where_it_is(self, grid: Grid, data: st.DataObject) -> None:
        part = data.draw(st.frozensets(st.sampled_from(sorted(ob.asobject(grid))), min_size=1))
        assert me.ulcorner(part) in ob.occurrences(grid, part)


class TestMeasures:
    @given(patches)
    def test_box(self, patch: Any) -> None:
        rows, columns = zip(*places(patch), strict=True)
        top, bottom = me.uppermost(patch), me.lowermost(patch)
        left, right = me.leftmost(patch), me.rightmost(patch)
        assert (top, bottom) == (min(rows), max(rows))
        assert (left, right) == (min(columns), max(columns))
        assert me.corners(patch) == set(product((top, bottom), (left, right)))
        assert me.ulcorner(patch) == (top, left)
        assert me.urcorner(patch) == (top, right)
        assert me.llcorner(patch) == (bottom, left)
        assert me.lrcorner(patch) == (bottom, right)
        height, width = me.shape(patch)
        assert (me.height(patch), me.width(patch)) == (height, width)
        assert (height, width) == (bottom - top + 1, right - left + 1)
        assert me.center(patch) == (top + height // 2, left + width // 2)
        assert me.portrait(patch) == (height > width)
        assert me.vline(patch) == (width == 1 and len(patch) == height)
        assert me.hline(patch) == (height == 1 and len(patch) == width)
        assert me.square(patch) == (height == width and len(patch) == height * width)
        assert me.centerofmass(patch) == (sum(rows) // len(patch), sum(columns) // len(patch))

    def test_empty_patches(self) -> None:
        nothing: Any = ()
        assert me.ulcorner(EMPTY) == me.urcorner(EMPTY) == me.llcorner(EMPTY) == nothing
        assert me.lrcorner(EMPTY) == me.centerofmass(EMPTY) == nothing
        assert me.corners(EMPTY) == {nothing}
        assert me.shape(EMPTY) == me.shape(()) == (0, 0)
        assert me.square(EMPTY)
        assert not me.vline(EMPTY)
        assert me.hperiod(EMPTY) == me.vperiod(EMPTY) == 0

    @pytest.mark.parametrize(
        "primitive", [me.uppermost, me.lowermost, me.leftmost, me.rightmost, me.center]
    )
    def test_an_empty_patch_has_no_extremes(self, primitive: Callable[[Any], Any]) -> None:
        with pytest.raises(ValueError, match="empty"):
            primitive(EMPTY)

    def test_sets_of_objects_are_no_patches(self) -> None:
        objs: Any = frozenset({frozenset({(1, (0, 0))})})
        with pytest.raises(TypeError):
            me.height(objs)

    @given(grids(3, 3, few_colors), st.integers(1, 4))
    def test_a_repeated_pattern_has_its_period(self, grid: Grid, times: int) -> None:
        repeated = tuple(row * times for row in grid)
        across = me.hperiod(ob.asobject(repeated))
        assert across <= len(grid[0])
        assert me.vperiod(sy.dmirror(ob.asobject(repeated))) == across
        assert all(row[k] == row[k + across] for row in repeated for k in range(len(row) - across))

    def test_periods_of_locations_need_a_second_line(self) -> None:
        column: Any = frozenset({(0, 0), (1, 0)})
        assert me.hperiod(column) == 1
        with pytest.raises(TypeError):
            me.vperiod(column)
