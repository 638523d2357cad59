"""Something else to do while a policy trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Executor, Policy
from exit_dsl.types import Experience, I, O
from exit_dsl.wrapped import WrappedPolicy


@final
class Accompanied(WrappedPolicy[I, O]):
    """A policy during whose training the calling thread does something else.

    A GPU that trains leaves the other cores idle, which can search meanwhile. What is done
    meanwhile must not use the policy; then the results are the same whether the executor has a
    thread of its own or not.

    Args:
        policy: samples and learns.
        executor: trains the policy: a ``ThreadPoolExecutor`` of one thread, or an
            :class:`~exit_dsl.execution.InlineExecutor` to do one after the other. No other
            process, as the policy changes.
        meanwhile: what to do during each update.
    """

    def __init__(
        self, policy: Policy[I, O], executor: Executor, meanwhile: Callable[[], object]
    ) -> None:
        super().__init__(policy)
        self._executor = executor
        self._meanwhile = meanwhile

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train the policy, do the other thing meanwhile, and return the policy's metrics.

        What either raises is raised when both have ended.
        """
        training = self._executor.submit(self._policy.update, batch, rng)
        try:
            self._meanwhile()
        finally:
            metrics = training.result()
        return metrics
