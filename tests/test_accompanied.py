"""What is done while a policy trains changes nothing but the time that it takes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from exit_dsl.accompanied import Accompanied
from exit_dsl.execution import InlineExecutor
from exit_dsl.types import Example, Experience, Program, Task
from tests.fakes import LearningPolicy

TASK = Task("c", (Example(1, 2),))
BATCH = [Experience(TASK, Program(text), "c", (1.0,)) for text in ("add 1\nmul 2", "add 1")]


def test_the_executor_changes_nothing() -> None:
    alone = LearningPolicy()
    metrics = alone.update(BATCH, np.random.default_rng(0))
    with ThreadPoolExecutor(1) as threads:
        for executor in (InlineExecutor(), threads):
            policy = LearningPolicy()
            accompanied = Accompanied(policy, executor, lambda: None)
            assert accompanied.update(BATCH, np.random.default_rng(0)) == metrics
            assert repr(accompanied.state_dict()) == repr(alone.state_dict())
            ours, others = (
                list(each.sample([TASK], 8, np.random.default_rng(1)))
                for each in (accompanied, alone)
            )
            assert ours == others


def test_both_go_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    class Waiting(LearningPolicy):
        def update(self, batch, rng):  # type: ignore[no-untyped-def]
            both.wait()
            return super().update(batch, rng)

    with ThreadPoolExecutor(1) as executor:
        accompanied = Accompanied(Waiting(), executor, lambda: both.wait())
        assert accompanied.update(BATCH, np.random.default_rng(0))


def test_training_ends_before_an_error_of_the_other_is_raised() -> None:
    policy = LearningPolicy()

    def fail() -> None:
        raise RuntimeError("the search failed")

    with ThreadPoolExecutor(1) as executor, pytest.raises(RuntimeError, match="search failed"):
        Accompanied(policy, executor, fail).update(BATCH, np.random.default_rng(0))
    trained = LearningPolicy()
    trained.update(BATCH, np.random.default_rng(0))
    assert repr(policy.state_dict()) == repr(trained.state_dict())
