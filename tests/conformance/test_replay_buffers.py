"""Our replay buffers keep the promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from exit_dsl.interfaces import ReplayBuffer
from exit_dsl.replay import PrioritizedReplayBuffer, brevity, product, similarity
from exit_dsl.testing import ReplayBufferContract, strategies
from exit_dsl.testing.fakes import UniformReplayBuffer
from exit_dsl.types import Experience


class TestPrioritized(ReplayBufferContract[Any, Any]):
    def make_buffer(self) -> ReplayBuffer[Any, Any]:
        return PrioritizedReplayBuffer()


class TestPrioritizedByKeyAndPriority(ReplayBufferContract[Any, Any]):
    examples = 20

    def make_buffer(self) -> ReplayBuffer[Any, Any]:
        return PrioritizedReplayBuffer(
            priority=product(similarity, brevity(3)), key=lambda text: text.replace(" ", "")
        )


class TestPrioritizedOnArrays(ReplayBufferContract[Any, Any]):
    """With values that ``==`` does not compare."""

    examples = 10

    def make_buffer(self) -> ReplayBuffer[Any, Any]:
        return PrioritizedReplayBuffer()

    def experiences(self) -> st.SearchStrategy[Experience[Any, Any]]:
        return strategies.experiences(of=st.lists(st.integers(0, 9), min_size=1).map(np.array))

    def same(self, first: Experience[Any, Any], second: Experience[Any, Any]) -> bool:
        return first.program == second.program and all(
            map(np.array_equal, first.task.outputs, second.task.outputs)
        )


class TestUniform(ReplayBufferContract[Any, Any]):
    examples = 20

    def make_buffer(self) -> ReplayBuffer[Any, Any]:
        return UniformReplayBuffer()


@pytest.mark.parametrize("make", [PrioritizedReplayBuffer, UniformReplayBuffer])
def test_fewer_than_none_are_refused(make: Callable[[], ReplayBuffer[int, int]]) -> None:
    with pytest.raises(ValueError, match="cannot draw -1 experiences of partition 'policy'"):
        make().sample({"seed": 1, "policy": -1}, np.random.default_rng(0))
