"""A policy around another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.types import Candidate, Experience, I, O, Task


class WrappedPolicy(Policy[I, O]):
    """Does what another policy does, but for what a subclass changes.

    One that makes something else of ``sample`` has to do so with ``sample_each`` as well.

    Args:
        policy: samples, learns, and has the state.
    """

    def __init__(self, policy: Policy[I, O]) -> None:
        self._policy = policy

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Return the candidates of the policy."""
        return self._policy.sample(tasks, n, rng)

    @override
    def sample_each(
        self, tasks: Sequence[Task[I, O]], counts: Sequence[int], rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Return the candidates of the policy."""
        return self._policy.sample_each(tasks, counts, rng)

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train the policy and return its metrics."""
        return self._policy.update(batch, rng)

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return the policy's state."""
        return self._policy.state_dict()

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state of the policy."""
        self._policy.load_state_dict(state)
