from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.replay import (
    Priority,
    brevity,
    mixture,
    product,
    recency,
    similarity,
    solved_fraction,
    uniform,
)
from exit_dsl.types import Example, Experience, Program, Task
from tests import strategies

TASK = Task("t", (Example(1, 2),))


def experience(*scores: float, program: str = "f(x)", iteration: int = 0) -> Experience[int, int]:
    return Experience(TASK, Program(program), "t", scores, iteration)


@pytest.mark.parametrize(
    "priority",
    [
        solved_fraction,
        similarity,
        uniform,
        brevity(10),
        recency(5, horizon=100),
        mixture((0.5, solved_fraction), (0.5, brevity(10))),
        product(similarity, recency(5, horizon=100)),
    ],
)
@given(each=strategies.experiences(of=st.integers()))
def test_priorities_lie_between_0_and_1(priority: Priority, each: strategies.Experience) -> None:
    assert 0 <= priority(each) <= 1


def test_solved_fraction_counts_exact_scores_and_similarity_averages_all() -> None:
    assert solved_fraction(experience(1, 0.5, 0.75, 1)) == 0.5
    assert similarity(experience(1, 0.5, 0.5, 1)) == 0.75


def test_brevity_halves_with_length_and_recency_with_age() -> None:
    assert brevity(3)(experience(1, program="abcdef")) == 0.25
    age = recency(half_life=4, horizon=10)
    assert age(experience(1, iteration=10)) == 1
    assert age(experience(1, iteration=2)) == 0.25


def test_the_ratio_of_two_ages_does_not_depend_on_the_horizon() -> None:
    old, new = experience(1, iteration=3), experience(1, iteration=8)
    near, far = recency(5, horizon=10), recency(5, horizon=200)
    assert near(new) / near(old) == pytest.approx(2)
    assert far(new) / far(old) == pytest.approx(2)


def test_an_iteration_too_far_past_the_horizon_is_refused() -> None:
    assert recency(0.5, horizon=10)(experience(1, iteration=521)) == 2**1022
    never = product(lambda each: 0, recency(0.5, horizon=10))
    with pytest.raises(ValueError, match=r"iteration 522 .* horizon 10 .* give a later horizon"):
        never(experience(1, iteration=522))


def test_mixture_adds_and_product_multiplies() -> None:
    half = experience(1, 0)
    assert mixture((2, solved_fraction), (3, uniform))(half) == 4
    assert product(solved_fraction, solved_fraction)(half) == 0.25


def test_wrong_settings_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="half_length"):
        brevity(0)
    with pytest.raises(ValueError, match="half_life"):
        recency(math.nan, horizon=1)
    with pytest.raises(ValueError, match="no terms"):
        mixture()
    with pytest.raises(ValueError, match="weight"):
        mixture((-1, uniform))
    with pytest.raises(ValueError, match="task 't' has no scores"):
        solved_fraction(experience())
