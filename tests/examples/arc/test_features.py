from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl.types import Grid
from examples.arc.features import FEATURES, features
from exit_dsl.types import Example, Task
from tests.examples.arc.test_grids import grids as grids_of_all_sizes
from tests.strategies import grids


def told(*pairs: tuple[Grid, Grid]) -> set[str]:
    return set(features(Task("t", tuple(Example(*pair) for pair in pairs))))


pairs = st.lists(st.tuples(grids, grids), min_size=1, max_size=3)


@given(pairs)
def test_features_are_distinct_and_always_the_same(given: list[tuple[Grid, Grid]]) -> None:
    task = Task("t", tuple(Example(*pair) for pair in given))
    names = features(task)
    assert len(names) == len(set(names))
    assert features(task) == names


@given(st.lists(st.tuples(grids_of_all_sizes(), grids_of_all_sizes()), min_size=1, max_size=3))
def test_every_feature_has_a_place_in_the_list(given: list[tuple[Grid, Grid]]) -> None:
    assert told(*given) <= set(FEATURES)


@given(grids, st.integers(1, 30), st.integers(1, 30))
def test_every_ratio_has_a_place_in_the_list(grid: Grid, down: int, right: int) -> None:
    down, right = min(down, 30 // len(grid)), min(right, 30 // len(grid[0]))
    tiled = tuple(row * right for row in grid) * down
    assert told((grid, tiled)) | told((tiled, grid)) <= set(FEATURES)


def test_the_list_has_no_duplicates() -> None:
    assert len(set(FEATURES)) == len(FEATURES)


@given(pairs, st.tuples(grids, grids))
def test_a_feature_holds_in_every_demonstration(
    given: list[tuple[Grid, Grid]], more: tuple[Grid, Grid]
) -> None:
    about_all = {"few pairs", "some pairs"}
    assert told(*given, more) - about_all <= told(*given) | told(more)
    assert "same size" not in told(*given, more) or "same size" in told(more)


def test_sizes() -> None:
    small, wide, tall = ((1, 2),), ((1, 2, 1, 2),), ((1,), (2,))
    assert {"larger", "width times 2", "height the same", "fixed output size"} <= told(
        (small, wide)
    )
    assert {"smaller", "width divided by 2"} <= told((wide, small))
    assert "size turned" in told((small, tall))
    assert "width divided by 2 with bars" in told((((1, 1, 5, 2, 2),), ((1, 2),)))
    assert {"same size", "square output", "output 2x2"} <= told((((1, 2), (3, 4)),) * 2)
    assert "fixed output size" not in told((small, wide), (wide, small))


def test_colours() -> None:
    names = told((((1, 2),), ((3, 2),)), (((1, 4),), ((3, 4),)))
    assert {"adds colour 3", "removes colour 1", "input of 2 colours"} <= names
    assert "same colours" not in names
    assert "same colours" in told((((1, 2),), ((2, 1),)))


def test_changes() -> None:
    names = told((((1, 1), (2, 2)), ((1, 3), (2, 2))))
    assert {"changes one colour", "changes colour 1", "paints colour 3", "some changes"} <= names
    assert "same cells in other places" in told((((1, 2),), ((2, 1),)))
    assert "nothing changes" in told((((1,),), ((1,),)))
    assert "each colour becomes one other" in told((((1, 2),), ((2, 1),)))


def test_symmetries_and_parts() -> None:
    names = told((((1, 2), (3, 4)), ((1, 2, 1),)))
    assert {"output symmetric left to right", "output symmetric top to bottom"} <= names
    assert "input symmetric left to right" not in names
    assert "output is a part of the input" in told((((1, 2), (3, 4)), ((4,),)))
    assert "input is a part of the output" in told((((4,),), ((1, 2), (3, 4))))
    assert "output is a part of the input" not in told((((1, 2), (3, 4)), ((2, 1),)))
