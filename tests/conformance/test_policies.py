"""Our policies keep the promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.accompanied import Accompanied
from exit_dsl.execution import InlineExecutor
from exit_dsl.interfaces import Policy
from exit_dsl.language import Evolution, GrammarPolicy, Vocabulary
from exit_dsl.mixture import PolicyMixture
from exit_dsl.testing import PolicyContract
from exit_dsl.testing.fakes import LearningPolicy
from exit_dsl.types import Example, Experience, Program, Task
from exit_dsl.wrapped import WrappedPolicy
from tests.language.lists import Ints, lists
from tests.policies.copying import Digits, make_experiences, make_model, make_policy, make_tasks

TASKS: list[Task[Ints, Ints]] = [
    Task("last two", (Example((3, 1, 2), (2, 1)),)),
    Task("first", (Example((1, 2), (1,)), Example((4,), (4,)))),
    Task("nothing", (Example((), ()),)),
]
SEEDS = [Program("O = reverse(I)"), Program("x1 = reverse(I)\nO = take(TWO, x1)")]


class OnLists(PolicyContract[Ints, Ints]):
    def tasks(self) -> Sequence[Task[Ints, Ints]]:
        return TASKS

    def experiences(self) -> Sequence[Experience[Ints, Ints]]:
        return [
            Experience(TASKS[0], SEEDS[1], "last two", (1.0,)),
            Experience(TASKS[0], SEEDS[0], "last two", (0.5,)),
            Experience(TASKS[1], Program("O = take(ONE, I)"), "first", (1.0, 1.0)),
        ]


class TestEvolution(OnLists):
    def make_policy(self) -> Policy[Ints, Ints]:
        return Evolution(lists, SEEDS)


class TestGrammarPolicy(OnLists):
    def make_policy(self) -> Policy[Ints, Ints]:
        return GrammarPolicy(
            Vocabulary(lists),
            max_tokens=30,
            features=lambda task: [f"longest {max(len(output) for output in task.outputs)}"],
        )


class TestPolicyMixture(OnLists):
    def make_policy(self) -> Policy[Ints, Ints]:
        return PolicyMixture(
            {
                "grammar": (GrammarPolicy(Vocabulary(lists), max_tokens=30), 2),
                "evolution": (Evolution(lists, SEEDS), 1),
            }
        )


class TestWrappedPolicy(OnLists):
    def make_policy(self) -> Policy[Ints, Ints]:
        return WrappedPolicy(Evolution(lists, SEEDS))


class TestAccompanied(OnLists):
    def make_policy(self) -> Policy[Ints, Ints]:
        grammar: GrammarPolicy[Ints, Ints] = GrammarPolicy(Vocabulary(lists), max_tokens=30)
        return Accompanied(grammar, InlineExecutor(), lambda: None)


class TestSmallT5(PolicyContract[Digits, Digits]):
    rounds = 4

    def make_policy(self) -> Policy[Digits, Digits]:
        return make_policy(model=make_model(dropout=0.1), warmup_steps=3, batch_size=3)

    def tasks(self) -> Sequence[Task[Digits, Digits]]:
        return make_tasks(3, seed=0)

    def experiences(self) -> Sequence[Experience[Digits, Digits]]:
        return make_experiences(5, seed=1)


DEFAULTS: list[Policy[int, int]] = [
    LearningPolicy(),
    PolicyMixture({"often": (LearningPolicy(), 2), "rarely": (LearningPolicy(), 1)}),
]


@pytest.mark.parametrize("policy", DEFAULTS)
@given(
    counts=st.lists(st.integers(0, 5) | st.just(200), max_size=3),
    kind=st.sampled_from([np.uint8, np.int32, np.int64]),
    seed=st.integers(0, 9),
)
def test_numbers_of_candidates_may_come_as_an_array(
    policy: Policy[int, int], counts: Any, kind: Any, seed: int
) -> None:
    tasks = [Task(str(number), (Example(1, 2),)) for number in range(len(counts))]
    array: Any = np.array(counts, kind)
    listed, arrayed = (
        list(policy.sample_each(tasks, numbers, np.random.default_rng(seed)))
        for numbers in (counts, array)
    )
    assert listed == arrayed


class TestLearningPolicy(PolicyContract[int, int]):
    def make_policy(self) -> Policy[int, int]:
        return LearningPolicy()

    def tasks(self) -> Sequence[Task[int, int]]:
        return [Task(name, (Example(1, 2),)) for name in "cab"]

    def experiences(self) -> Sequence[Experience[int, int]]:
        task = self.tasks()[0]
        return [Experience(task, Program(text), "c", (1.0,)) for text in ("add 1\nmul 2", "mul 3")]
