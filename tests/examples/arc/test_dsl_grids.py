"""The primitives on colours and grids obey their laws and slow definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl import colors as co
from examples.arc.dsl import grids as gr
from examples.arc.dsl import measures as me
from examples.arc.dsl import objects as ob
from examples.arc.dsl import painting as pa
from examples.arc.dsl import patches as pt
from examples.arc.dsl import symmetry as sy
from examples.arc.dsl.language import arc
from examples.arc.dsl.types import Grid, Location, Object
from tests.examples.arc.strategies import (
    EMPTY,
    crowded,
    few_colors,
    grids,
    locations,
    patches,
    places,
    small_grids,
    some_objects,
    vectors,
)


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
