"""The primitives on grids, objects and patches obey their laws and slow definitions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from examples.arc.dsl import colors as co
from examples.arc.dsl import grids as gr
from examples.arc.dsl import lines as li
from examples.arc.dsl import measures as me
from examples.arc.dsl import objects as ob
from examples.arc.dsl import painting as pa
from examples.arc.dsl import patches as pt
from examples.arc.dsl import relations as re
from examples.arc.dsl import symmetry as sy
from examples.arc.dsl.language import arc
from examples.arc.dsl.types import Cell, Grid, Indices, Location, Object
from tests.examples.arc.strategies import cells, grids, indices, locations, objects_

few_colors = st.integers(0, 2)
small_grids = grids(4, 5, few_colors)
vectors = locations(-5, 5)
some_indices = indices(min_size=1)
some_objects = objects_(min_size=1)
patches = st.one_of(some_indices, some_objects)
crowded = st.frozensets(st.tuples(few_colors, locations(0, 3)), max_size=12)
EMPTY: frozenset[Any] = frozenset()


def places(patch: Any) -> set[Location]:
    return {item[1] if isinstance(item[1], tuple) else item for item in patch}


class TestColors:
    def test_ties_go_to_the_smallest_color(self) -> None:
        assert co.mostcolor(((8, 1), (1, 8))) == 1
        assert co.leastcolor(((8, 1), (1, 8))) == 1

    @given(st.one_of(small_grids, some_objects))
    def test_most_and_least_frequent(self, element: Any) -> None:
        counts = {value: co.colorcount(element, value) for value in co.palette(element)}
        assert co.numcolors(element) == len(counts)
        assert counts[co.mostcolor(element)] == max(counts.values())
        assert counts[co.leastcolor(element)] == min(counts.values())

    @given(small_grids)
    def test_an_object_and_its_grid_have_the_same_colors(self, grid: Grid) -> None:
        everything = ob.asobject(grid)
        assert co.palette(everything) == co.palette(grid)
        assert co.mostcolor(everything) == co.mostcolor(grid)

    def test_the_first_cell_has_the_color(self) -> None:
        assert co.color(frozenset({(7, (0, 0)), (2, (0, 1))})) == 7
        assert co.color(frozenset({(7, (0, 0)), (2, (0, 0))})) == 2

    @given(st.frozensets(some_objects, max_size=5), few_colors)
    def test_filter_by_color(self, objs: frozenset[Object], value: int) -> None:
        kept = co.colorfilter(objs, value)
        assert all((obj in kept) == (co.color(obj) == value) for obj in objs)

    @pytest.mark.parametrize("primitive", [co.mostcolor, co.leastcolor, co.color])
    @pytest.mark.parametrize("empty", [(), EMPTY])
    def test_nothing_has_no_color(self, primitive: Callable[[Any], int], empty: Any) -> None:
        with pytest.raises((ValueError, IndexError)):
            primitive(empty)


class TestGrids:
    def test_canvas(self) -> None:
        assert gr.canvas(3, (2, 3)) == ((3, 3, 3), (3, 3, 3))
        assert gr.canvas(3, (0, 3)) == ()
        assert gr.canvas(3, (2, -1)) == ((), ())

    def test_work_is_predicted(self) -> None:
        work = arc.primitives["canvas"].work
        assert work is not None
        assert work(0, (10**6, 10**6)) == 10**12

    @given(small_grids, locations(0, 6), locations(0, 6))
    def test_crop_takes_what_lies_within(self, grid: Grid, start: Location, dims: Location) -> None:
        rows, columns = (range(start[k], start[k] + dims[k]) for k in (0, 1))
        inside = [
            tuple(value for j, value in enumerate(row) if j in columns)
            for i, row in enumerate(grid)
            if i in rows
        ]
        assert gr.crop(grid, start, dims) == tuple(inside)

    def test_crop_counts_negative_starts_from_the_end(self) -> None:
        assert gr.crop(((1, 2, 3),), (0, -2), (1, 1)) == ((2,),)
        assert gr.crop(((1, 2, 3),), (0, -1), (1, 1)) == ((),)

    @given(small_grids)
    def test_the_subgrid_of_everything_is_the_grid(self, grid: Grid) -> None:
        assert gr.subgrid(ob.asobject(grid), grid) == grid
        assert gr.trim(grid) == gr.crop(grid, (1, 1), (max(len(grid) - 2, 0), len(grid[0]) - 2))

    @given(small_grids, small_grids)
    def test_halves_undo_concatenation(self, a: Grid, b: Grid) -> None:
        b = gr.crop(gr.upscale(b, 5), (0, 0), me.shape(a))
        assert me.shape(b) == me.shape(a)
        beside, above = gr.hconcat(a, b), gr.vconcat(a, b)
        assert (gr.lefthalf(beside), gr.righthalf(beside)) == (a, b)
        assert (gr.tophalf(above), gr.bottomhalf(above)) == (a, b)
        assert gr.hsplit(beside, 2) == (a, b)
        assert gr.vsplit(above, 2) == (a, b)

    @given(small_grids, st.integers(2, 4))
    def test_splits_drop_separators(self, grid: Grid, n: int) -> None:
        joined = tuple((*row, 9) * (n - 1) + row for row in grid)
        assert gr.hsplit(joined, n) == (grid,) * n
        assert gr.vsplit(sy.dmirror(joined), n) == (sy.dmirror(grid),) * n

    def test_middle_lines_belong_to_no_half(self) -> None:
        grid = ((1, 2, 3),)
        assert (gr.lefthalf(grid), gr.righthalf(grid)) == (((1,),), ((3,),))
        assert gr.tophalf(grid) == gr.bottomhalf(grid) == ()
        assert gr.lefthalf(((1,), (2,))) == gr.righthalf(()) == ()

    @given(small_grids, st.integers(1, 4))
    def test_downscale_undoes_upscale(self, grid: Grid, factor: int) -> None:
        larger = gr.upscale(grid, factor)
        assert larger == gr.vupscale(gr.hupscale(grid, factor), factor)
        assert gr.downscale(larger, factor) == gr.downscale(larger, -factor) == grid

    @given(small_grids, st.integers(-1, 3))
    def test_objects_scale_like_grids(self, grid: Grid, factor: int) -> None:
        assert gr.upscale(ob.asobject(grid), factor) == ob.asobject(gr.upscale(grid, factor))

    @given(small_grids)
    def test_compress_drops_what_frontiers_cover(self, grid: Grid) -> None:
        rows = {i for i, row in enumerate(grid) if len(set(row)) > 1}
        columns = [j for j in range(len(grid[0])) if len({row[j] for row in grid}) > 1]
        expected = tuple(tuple(grid[i][j] for j in columns) for i in sorted(rows))
        assert gr.compress(grid) == expected

    @pytest.mark.parametrize(
        "primitive", [gr.trim, gr.tophalf, gr.lefthalf, gr.compress, sy.rot90, sy.rot270, sy.rot180]
    )
    def test_sets_are_no_grids(self, primitive: Callable[[Any], Any]) -> None:
        with pytest.raises(TypeError):
            primitive(frozenset({(0, 1), (2, 3)}))


class TestPainting:
    @given(small_grids, few_colors, patches)
    def test_fill(self, grid: Grid, value: int, patch: Any) -> None:
        before = ob.asobject(grid)
        expected = {(value if loc in places(patch) else c, loc) for c, loc in before}
        assert ob.asobject(pa.fill(grid, value, patch)) == expected
        background = co.mostcolor(grid)
        assert pa.cover(grid, patch) == pa.fill(grid, background, patch)
        free = ob.ofcolor(grid, background) & places(patch)
        assert pa.underfill(grid, value, patch) == pa.fill(grid, value, free)

    @given(small_grids, crowded)
    def test_of_several_colors_the_largest_is_painted(self, grid: Grid, obj: Object) -> None:
        painted = pa.paint(grid, obj)
        for value, (i, j) in ob.asobject(painted):
            written = [c for c, loc in obj if loc == (i, j)]
            assert value == max(written, default=grid[i][j])

    @given(small_grids, crowded)
    def test_underpaint_keeps_the_smallest_other_color(self, grid: Grid, obj: Object) -> None:
        background = co.mostcolor(grid)
        for value, (i, j) in ob.asobject(pa.underpaint(grid, obj)):
            written = [c for c, loc in obj if loc == (i, j) and c != background]
            free = grid[i][j] == background
            assert value == (min(written, default=background) if free else grid[i][j])

    @given(small_grids)
    def test_painting_everything_gives_the_grid(self, grid: Grid) -> None:
        assert pa.paint(gr.canvas(9, me.shape(grid)), ob.asobject(grid)) == grid

    @given(small_grids, some_objects, vectors)
    def test_move_covers_and_paints(self, grid: Grid, obj: Object, offset: Location) -> None:
        moved = pa.move(grid, obj, offset)
        assert moved == pa.paint(pa.cover(grid, obj), pt.shift(obj, offset))
        assert me.shape(moved) == me.shape(grid)

    @given(small_grids, few_colors, few_colors)
    def test_exchanging_colors(self, grid: Grid, a: int, b: int) -> None:
        assert pa.switch(pa.switch(grid, a, b), a, b) == grid
        assert ob.ofcolor(pa.switch(grid, a, b), a) == ob.ofcolor(grid, b)
        replaced = pa.replace(grid, a, b)
        assert replaced == pa.fill(grid, b, ob.ofcolor(grid, a))

    @given(small_grids, few_colors)
    def test_cellwise_keeps_what_agrees(self, grid: Grid, value: int) -> None:
        uniform = gr.canvas(value, me.shape(grid))
        kept = ob.ofcolor(grid, value)
        assert ob.ofcolor(pa.cellwise(grid, uniform, 9), value) == kept
        assert pa.cellwise(grid, grid, 9) == grid

    def test_a_smaller_second_grid_is_refused(self) -> None:
        with pytest.raises(IndexError):
            pa.cellwise(((1, 1),), ((1,),), 0)

    @given(small_grids)
    def test_an_empty_patch_changes_nothing(self, grid: Grid) -> None:
        assert pa.fill(grid, 9, EMPTY) == pa.paint(grid, EMPTY) == grid

    def test_an_empty_object_goes_anywhere(self) -> None:
        nowhere: Any = 5
        assert pa.move(((1,),), EMPTY, nowhere) == ((1,),)


class TestSymmetry:
    @given(grids())
    def test_turns(self, grid: Grid) -> None:
        assert sy.rot90(sy.rot90(grid)) == sy.rot180(grid)
        assert sy.rot90(sy.rot180(grid)) == sy.rot270(grid)
        assert sy.rot90(sy.rot270(grid)) == grid
        assert sy.rot90(grid)[0][-1] == grid[0][0]

    @given(grids())
    def test_a_turn_is_two_mirrors(self, grid: Grid) -> None:
        assert sy.vmirror(sy.dmirror(grid)) == sy.rot90(grid)
        assert sy.hmirror(sy.dmirror(grid)) == sy.rot270(grid)
        assert sy.vmirror(sy.hmirror(grid)) == sy.rot180(grid)
        assert sy.rot180(sy.dmirror(grid)) == sy.cmirror(grid)

    @pytest.mark.parametrize("mirror", [sy.hmirror, sy.vmirror, sy.dmirror, sy.cmirror])
    @given(grids(), patches)
    def test_mirrors(self, mirror: Callable[[Any], Any], grid: Grid, patch: Any) -> None:
        assert mirror(mirror(grid)) == grid
        assert mirror(mirror(patch)) == patch
        assert mirror(ob.asobject(grid)) == ob.asobject(mirror(grid))
        assert mirror(pt.toindices(patch)) == pt.toindices(mirror(patch))
        assert me.ulcorner(mirror(patch)) == me.ulcorner(patch)
        with pytest.raises(ValueError, match="empty"):
            mirror(EMPTY)


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
