"""Mixtures: shares, order, attribution, and members that learn as if they were alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.mixture import PolicyMixture, apportion
from exit_dsl.randomness import split, stream
from exit_dsl.types import Example, Experience, Program, Task
from tests.fakes import LearningPolicy

TASKS = [Task(name, (Example(1, 2),)) for name in "cab"]
BATCH = [
    Experience(TASKS[0], Program("add 1\nmul 2"), "c", (1.0,)),
    Experience(TASKS[1], Program("add 1"), "a", (1.0,)),
]
shares = st.dictionaries(st.text(max_size=3), st.floats(0.01, 100.0), min_size=1, max_size=6)


def mixture(**members: float) -> PolicyMixture[int, int]:
    return PolicyMixture({name: (LearningPolicy(), share) for name, share in members.items()})


@given(st.integers(0, 200), shares)
def test_parts_sum_up_and_are_off_by_less_than_one(n: int, shares: dict[str, float]) -> None:
    parts = apportion(n, shares)
    assert sum(parts.values()) == n
    assert list(parts) == list(shares)
    for name, share in shares.items():
        assert abs(parts[name] - n * share / sum(shares.values())) < 1 + 1e-9


def test_of_equal_remainders_the_first_gets_more() -> None:
    assert apportion(4, {"b": 1.0, "a": 1.0, "c": 1.0}) == {"b": 2, "a": 1, "c": 1}
    assert apportion(3, {"few": 0.1, "many": 0.9}) == {"few": 0, "many": 3}


def test_candidates_come_in_the_order_of_the_tasks_and_name_their_member() -> None:
    candidates = list(mixture(x=1.0, y=3.0).sample(TASKS, 8, np.random.default_rng(0)))
    assert [c.task_id for c in candidates] == ["c"] * 8 + ["a"] * 8 + ["b"] * 8
    assert [c.source for c in candidates] == (["x"] * 2 + ["y"] * 6) * 3


def test_mixtures_of_mixtures_name_the_path() -> None:
    outer = PolicyMixture({"deep": (mixture(x=1.0, y=1.0), 1.0), "flat": (LearningPolicy(), 1.0)})
    candidates = outer.sample(TASKS, 4, np.random.default_rng(0))
    assert Counter(c.source for c in candidates) == {"deep/x": 3, "deep/y": 3, "flat": 6}


def test_what_a_member_proposes_does_not_depend_on_the_others() -> None:
    both = list(mixture(x=1.0, y=1.0).sample(TASKS, 8, np.random.default_rng(0)))
    alone = LearningPolicy().sample(TASKS, 4, stream(split(np.random.default_rng(0)), "y"))
    assert [(c.task_id, c.program) for c in both if c.source == "y"] == [
        (c.task_id, c.program) for c in alone
    ]


class Silent(LearningPolicy):
    """Has nothing to say about one task."""

    def sample(self, tasks: Any, n: int, rng: np.random.Generator) -> Any:
        return (c for c in super().sample(tasks, n, rng) if c.task_id != "a")


def test_members_may_propose_less() -> None:
    both = PolicyMixture({"silent": (Silent(), 1.0), "full": (LearningPolicy(), 1.0)})
    candidates = list(both.sample(TASKS, 2, np.random.default_rng(0)))
    assert [(c.task_id, c.source) for c in candidates] == [
        ("c", "silent"), ("c", "full"), ("a", "full"), ("b", "silent"), ("b", "full"),
    ]  # fmt: skip


def test_each_member_learns_and_reports_under_its_name() -> None:
    both = mixture(x=1.0, y=1.0)
    assert both.update(BATCH, np.random.default_rng(0)) == {
        "x/examples": 2.0, "x/updates": 1.0, "y/examples": 2.0, "y/updates": 1.0,
    }  # fmt: skip


def run(policy: PolicyMixture[int, int], rounds: range) -> list[Program]:
    programs = []
    for number in rounds:
        policy.update(BATCH, stream(number, "learn"))
        candidates = policy.sample(TASKS, 5, stream(number, "sample"))
        programs += [candidate.program for candidate in candidates]
    return programs


def test_four_rounds_and_four_more_are_eight() -> None:
    whole, first, second = (mixture(x=1.0, y=2.0) for _ in range(3))
    programs = run(whole, range(8))
    begun = run(first, range(4))
    second.load_state_dict(first.state_dict())
    assert begun + run(second, range(4, 8)) == programs


def test_an_empty_update_is_harmless() -> None:
    both = mixture(x=1.0, y=1.0)
    before = list(both.sample(TASKS, 5, np.random.default_rng(0)))
    both.update([], np.random.default_rng(0))
    assert list(both.sample(TASKS, 5, np.random.default_rng(0))) == before


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_shares_are_told(share: float) -> None:
    with pytest.raises(ValueError, match="the share of 'x' must be positive"):
        mixture(x=share)


def test_bad_members_are_told() -> None:
    with pytest.raises(ValueError, match="at least one policy"):
        mixture()
    with pytest.raises(ValueError, match="holds a slash"):
        mixture(**{"a/b": 1.0})


def test_a_state_of_other_members_is_refused() -> None:
    with pytest.raises(ValueError, match="a mixture of x, not of y"):
        mixture(y=1.0).load_state_dict(mixture(x=1.0).state_dict())
