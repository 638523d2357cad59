"""Bitmaps stand for sets: whatever is done with them, the results are the same."""

from __future__ import annotations

import pickle
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.dsl import arc, compact_functions
from examples.arc.dsl.bitmaps import (
    LEFT_END,
    RIGHT_END,
    Bitmap,
    encoded,
    line,
    moved_by_all,
    rectangle,
    union,
)
from examples.arc.dsl.memo import by_identity
from examples.arc.dsl.order import ascending
from exit_dsl.language import LanguageInterpreter
from exit_dsl.language.compact import plain
from exit_dsl.types import Budget, Program, Success
from tests.examples.arc.calls import COMPACT, PLAIN, agree, calls
from tests.examples.arc.strategies import grids

near = st.integers(-5, 12)
columns = near | st.integers(LEFT_END, RIGHT_END)
location_sets = st.frozensets(st.tuples(st.integers(-99, 99), columns), min_size=1, max_size=40)
cell_sets = st.frozensets(
    st.tuples(st.integers(0, 4), st.tuples(near, near)), min_size=1, max_size=40
)
patches = location_sets | cell_sets


def bitmap_of(patch: Any) -> Bitmap:
    bitmap = encoded(patch)
    assert bitmap is not None
    return bitmap


@pytest.mark.parametrize("name", [each.name for each in arc.primitives.values() if each.compact])
@settings(max_examples=30)
@given(data=st.data())
def test_a_primitive_gives_the_same_on_bitmaps(name: str, data: st.DataObject) -> None:
    call = data.draw(calls(name))
    expected, given_bitmaps = call.outcome(PLAIN), call.outcome(COMPACT)
    assert agree(plain(given_bitmaps), expected), (given_bitmaps, expected)


@given(patches)
def test_a_bitmap_equals_its_set(patch: frozenset[Any]) -> None:
    bitmap = bitmap_of(patch)
    assert bitmap == patch
    assert patch == bitmap
    assert hash(bitmap) == hash(patch)
    assert len(bitmap) == len(patch)
    assert bitmap.ascending() == list(ascending(patch))
    assert not bitmap < patch
    assert bitmap <= patch | {(7, 7)}


@given(patches, st.integers(-30, 30), st.integers(-80, 80))
def test_moving(patch: frozenset[Any], down: int, right: int) -> None:
    bitmap = bitmap_of(patch)
    expected = arc.primitives["shift"].function(patch, (down, right))
    moved = bitmap.shifted(down, right)
    if moved is None:
        assert encoded(expected) is None
    else:
        assert moved == expected
        assert moved.box == bitmap_of(expected).box
        assert moved.ascending() == list(ascending(expected))
        assert Bitmap(moved.top, moved.layers) == expected


def test_what_is_moved_ever_so_often_can_still_be_listed() -> None:
    patch = frozenset((i, j) for i in range(3) for j in range(4))
    bitmap = bitmap_of(patch)
    for step in range(3000):
        moved = bitmap.shifted(0, 1 if step % 2 else -1)
        assert moved is not None
        bitmap = moved
    assert bitmap.plain() == patch


@given(st.lists(location_sets, max_size=5) | st.lists(cell_sets, max_size=5))
def test_joining(parts: list[frozenset[Any]]) -> None:
    joined = union([bitmap_of(patch) for patch in parts])
    assert frozenset().union(*parts) == (frozenset() if joined is None else joined)


@given(location_sets, cell_sets)
def test_cells_and_bare_locations_do_not_mix(a: frozenset[Any], b: frozenset[Any]) -> None:
    assert union([bitmap_of(a), bitmap_of(b)]) is None


@pytest.mark.parametrize(
    "patch",
    [
        frozenset(),
        {(True, 0)},
        {(0, RIGHT_END + 1)},
        {(10**9, 0)},
        {(1, 2, 3)},
        {(None, (0, 0))},
        {(True, (0, 0))},
        {(1, (0, False))},
        {(1, (0, 0, 0))},
        {(1, 1), (1, (1, 1))},
        {4},
    ],
)
def test_other_sets_have_no_bitmap(patch: Any) -> None:
    assert encoded(patch) is None


@given(near, near, st.integers(-1, 1), st.integers(-1, 1), st.integers(1, 50))
def test_lines(row: int, column: int, down: int, right: int, length: int) -> None:
    length = length if down or right else 1
    expected = {(row + k * down, column + k * right) for k in range(length)}
    assert line(row, column, down, right, length) == expected


@given(near, near, st.integers(0, 40), st.integers(0, 40))
def test_rectangles(top: int, left: int, down: int, right: int) -> None:
    expected = {(top + i, left + j) for i in range(down + 1) for j in range(right + 1)}
    assert rectangle(top, left, top + down, left + right) == expected


@given(cell_sets | location_sets, st.lists(st.tuples(near, near), min_size=1, max_size=20))
def test_moving_by_all(patch: frozenset[Any], vectors: list[tuple[int, int]]) -> None:
    shift = arc.primitives["shift"].function
    expected = frozenset().union(*[shift(patch, vector) for vector in vectors])
    assert (moved_by_all(bitmap_of(patch), vectors) or encoded(expected)) == encoded(expected)


MOVES = [
    "x1 = ofcolor(I, ONE)\nx2 = ofcolor(I, TWO)\nx3 = lbind(shift, x1)\nx4 = mapply(x3, x2)",
    "x1 = asobject(I)\nx2 = ofcolor(I, TWO)\nx3 = lbind(shift, x1)\nx4 = mapply(x3, x2)",
    "x1 = ofcolor(I, ONE)\nx3 = rbind(shoot, UP_RIGHT)\nx4 = mapply(x3, x1)",
]


@pytest.mark.parametrize("moves", MOVES)
@given(grids(12, 12), st.integers(1, 400))
def test_moves_at_once_cost_what_they_cost_one_by_one(
    moves: str, grid: Any, max_steps: int
) -> None:
    program = Program(moves + "\nO = fill(I, THREE, x4)")
    for budget in (Budget(seconds=60.0), Budget(seconds=60.0, max_steps=max_steps)):
        at_once = LanguageInterpreter[Any, Any](arc).run(program, [grid], budget)
        with patch.object(compact_functions, "_moved_at_once", lambda function, container: None):
            one_by_one = LanguageInterpreter[Any, Any](arc).run(program, [grid], budget)
        assert at_once == one_by_one


def test_sets_out_of_reach_are_no_bitmaps() -> None:
    assert line(0, RIGHT_END, 0, 1, 2) is None
    assert line(10**6, 0, 1, 0, 2) is None
    assert rectangle(0, LEFT_END - 1, 1, 1) is None


def test_locations_far_away_cost_little() -> None:
    lines = ["x1 = multiply(TEN, TEN)"] + [f"x{n} = multiply(x{n - 1}, TEN)" for n in range(2, 12)]
    lines += ["x12 = toivec(x11)", "x13 = asindices(I)", "x14 = shift(x13, x12)"]
    lines += ["x15 = combine(x13, x14)", "x16 = backdrop(x14)", "O = fill(I, TWO, x16)"]
    (outcome,) = LanguageInterpreter(arc).run(
        Program("\n".join(lines)), [((1, 2), (3, 4))], Budget()
    )
    assert outcome == Success(((1, 2), (3, 4)))


@given(st.integers(180, 300), st.data())
def test_grids_may_be_wider_than_bitmaps(width: int, data: st.DataObject) -> None:
    grid = tuple(tuple(data.draw(st.permutations((0, 1, 2))) * (width // 3)) for _ in range(2))
    patch = data.draw(st.frozensets(st.tuples(near, columns), min_size=1))
    cell = frozenset([(1, (0, 0)), (2, (1, 0))])
    for name, *args in (
        ("fill", grid, 3, patch),
        ("underfill", grid, 3, patch),
        ("toobject", patch, grid),
        ("ofcolor", grid, 1),
        ("occurrences", grid, cell),
    ):
        assert plain(COMPACT[name](*args)) == PLAIN[name](*args)


def test_what_a_program_returns_is_ordinary() -> None:
    grid = ((0, 1), (0, 0))
    (outcome,) = LanguageInterpreter(arc).run(Program("O = identity(I)"), [grid], Budget())
    assert outcome == Success(grid)
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_a_memory_by_identity_asks_once_for_each_object() -> None:
    asked: list[Any] = []

    @by_identity
    def kinds(value: tuple[Any, ...]) -> list[type]:
        asked.append(value)
        return [type(member) for member in value]

    ones, trues = (1,), (True,)
    assert ones == trues
    assert [kinds(ones), kinds(trues), kinds(ones)] == [[int], [bool], [int]]
    assert asked == [ones, trues]


two_colors = st.integers(3, 7).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 1)] * width), min_size=1, max_size=4).map(
        tuple
    )
)
rectangles = st.builds(
    lambda height, width: frozenset((0, (i, j)) for i in range(height) for j in range(width)),
    st.integers(1, 2),
    st.integers(1, 4),
)

gaps = st.frozensets(
    st.tuples(st.just(0), st.tuples(st.integers(0, 1), st.integers(0, 3))), min_size=1, max_size=4
)


@settings(max_examples=300)
@given(two_colors, rectangles | gaps)
def test_occurrences_of_whole_rows_and_of_gaps(grid: Any, pattern: frozenset[Any]) -> None:
    expected = PLAIN["occurrences"](grid, pattern)
    assert plain(COMPACT["occurrences"](grid, pattern)) == expected
