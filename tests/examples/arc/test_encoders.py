from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.dsl.types import Grid
from examples.arc.encoders import Both, Encoder, FeatureEncoder, GridEncoder
from examples.arc.features import FEATURES, features
from examples.arc.tasks import ArcTask
from exit_dsl.types import Example, Task
from tests.examples.arc.test_grids import tasks

LIMIT = 60
ENCODERS: list[Encoder] = [
    FeatureEncoder(),
    GridEncoder(LIMIT),
    Both(FeatureEncoder(), GridEncoder(LIMIT)),
]


@pytest.mark.parametrize("encoder", ENCODERS, ids=["features", "grids", "both"])
@settings(max_examples=30)
@given(task=tasks)
def test_there_are_tokens_and_all_of_them_have_factors(encoder: Encoder, task: ArcTask) -> None:
    tokens = encoder(task).tokens
    assert tokens
    assert all(0 <= token < len(encoder.factors) for token in tokens)


@given(tasks)
def test_feature_tokens_are_the_features(task: ArcTask) -> None:
    encoding = FeatureEncoder()(task)
    assert tuple(FEATURES[token] for token in encoding.tokens) == features(task)
    assert not encoding.truncated


@given(tasks)
def test_features_come_first_and_both_share_no_token_and_no_factor(task: ArcTask) -> None:
    first, second, both = (encoder(task) for encoder in ENCODERS)
    count = len(FEATURES)
    assert both.tokens[: len(first.tokens)] == first.tokens
    assert tuple(token - count for token in both.tokens[len(first.tokens) :]) == second.tokens
    assert both.truncated == second.truncated
    factors = ENCODERS[2].factors
    assert len(factors) == sum(len(each.factors) for each in ENCODERS[:2])
    ours, theirs = ({f for ids in part for f in ids} for part in (factors[:count], factors[count:]))
    assert not ours & theirs


@pytest.mark.parametrize("encoder", ENCODERS, ids=["features", "grids", "both"])
def test_factors_tell_all_tokens_apart_and_none_is_spare(encoder: Encoder) -> None:
    assert len(set(encoder.factors)) == len(encoder.factors)
    used = {factor for ids in encoder.factors for factor in ids}
    assert used == set(range(len(used)))


def test_cells_share_the_factors_of_place_and_of_colour() -> None:
    encoder = GridEncoder(LIMIT)

    def cell(column: int, colour: int) -> set[int]:
        """The factors of the last token of a grid, which is the only painted cell of it."""
        before: Grid = ((1,),)
        after: Grid = (tuple(colour if c == column else 0 for c in range(5)), (0,) * 5)
        task = Task("t", (Example(before, after),))
        return set(encoder.factors[encoder(task).tokens[-1]])

    for (c, a), (d, b) in product(product(range(5), (1, 2, 3)), repeat=2):
        assert len(cell(c, a) & cell(d, b)) == 1 + (c == d) + (a == b)


@given(st.integers(1, 200), tasks)
def test_what_does_not_fit_is_told(limit: int, task: ArcTask) -> None:
    encoding = GridEncoder(limit)(task)
    assert len(encoding.tokens) <= limit
    assert encoding.truncated or len(GridEncoder(10_000)(task).tokens) <= limit
