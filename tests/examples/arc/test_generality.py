from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl.symmetry import hmirror
from examples.arc.dsl.types import Grid
from examples.arc.generality import (
    TRANSFORMATIONS,
    named_colours,
    recolouring,
    report,
    survives,
    survives_recolouring,
    verdicts,
)
from examples.arc.seeds import load_seeds
from examples.arc.tasks import ArcDataset, ArcExample, load_dataset
from exit_dsl.types import Example, Program
from tests.examples.arc.strategies import grids

RNG = np.random.default_rng

TALL: ArcExample = Example(((1, 2), (0, 0), (3, 0)), ((2, 1), (0, 0), (0, 3)))
"""A grid and its mirror image from left to right."""


@pytest.fixture(scope="module")
def training() -> ArcDataset:
    return load_dataset("arc1-training")


@given(st.frozensets(st.integers(0, 9)), st.integers(0, 2**32), grids())
def test_a_recolouring_exchanges_the_other_colours(
    fixed: frozenset[int], seed: int, grid: Grid
) -> None:
    change = recolouring(fixed, RNG(seed))
    ((*new,),) = change((tuple(range(10)),))
    assert sorted(new) == list(range(10))
    alone = len(fixed) == 9
    assert all((new[colour] == colour) is (colour in fixed or alone) for colour in range(10))
    assert change(grid) == tuple(tuple(new[colour] for colour in row) for row in grid)


def test_a_program_names_the_numbers_that_may_be_colours() -> None:
    assert named_colours(Program("x1 = replace(I, THREE, FIVE)\nO = vmirror(x1)")) == {3, 5}
    assert named_colours(Program("x1 = add(TEN, NEG_ONE)\nO = canvas(x1, UNITY)")) == {0}
    assert named_colours(Program("x1 = objects(I, T, F, T)\nO = canvas(TWO, UNITY)")) == {2}


def test_a_mirror_survives_what_keeps_its_axis() -> None:
    mirror = Program("O = vmirror(I)")
    outlived = {
        name for name, change in TRANSFORMATIONS.items() if survives(mirror, [TALL], change)
    }
    assert outlived == {"half turn", "left to right", "upside down", "double size"}
    assert survives_recolouring(mirror, [TALL], RNG(0))


def test_what_was_read_off_one_grid_does_not_survive() -> None:
    corner = Program("x1 = initset(UNITY)\nO = fill(I, FIVE, x1)")
    pair: ArcExample = Example(((0, 0, 0), (0, 1, 0)), ((0, 0, 0), (0, 5, 0)))
    assert survives(corner, [pair], lambda grid: grid)
    assert not survives(corner, [pair], hmirror)


def test_a_colour_that_is_counted_does_not_survive_other_colours() -> None:
    counted = Program("x1 = size(I)\nx2 = shape(I)\nO = canvas(x1, x2)")
    pair: ArcExample = Example(((1, 1), (1, 1)), ((2, 2), (2, 2)))
    assert survives(counted, [pair], lambda grid: grid)
    assert not survives_recolouring(counted, [pair], RNG(0))


def test_pairs_too_large_for_arc_are_left_out() -> None:
    wide: ArcExample = Example(((1,) * 20,), ((2,) * 20,))
    assert survives(Program("O = vmirror(I)"), [wide], TRANSFORMATIONS["double size"]) is None
    assert not survives(Program("O = vmirror(I)"), [wide], lambda grid: grid)


def test_the_seeds_survive_as_many_recolourings_as_was_measured(training: ArcDataset) -> None:
    check = partial(survives_recolouring, rng=RNG(0))
    assert sum(map(bool, verdicts(load_seeds(), training, check).values())) >= 391


def test_the_report_marks_each_seed_and_counts(training: ArcDataset) -> None:
    seeds = load_seeds()
    few = {task_id: seeds[task_id] for task_id in ("68b16354", "9172f3a0")}
    mirror, enlarged, *totals = report(few, training, RNG(0)).splitlines()
    assert mirror == "68b16354 +.+.++..+"
    assert enlarged == "9172f3a0 +++++++++"
    assert totals[:2] == ["other colours: 2 of 2", "quarter turn: 1 of 2"]
