"""Dishonest policies: each breaks one promise, and says which."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exit_dsl.testing.fakes import LearningPolicy
from exit_dsl.types import (
    Candidate,
    Experience,
    Task,
)

Tasks = Sequence[Task[int, int]]
Rng = np.random.Generator


class GlobalRandomness(LearningPolicy):
    """Does not draw from the given generator."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, n, np.random.default_rng(random.getrandbits(32)))


class LearnsFromSampling(LearningPolicy):
    """Has another state after each sampling."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        self._counts[0] += 5
        return super().sample(tasks, n, rng)


class OneCandidateTooFew(LearningPolicy):
    """Leaves out a candidate now and then."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, max(1, n - 1), rng)


class SortsTasks(LearningPolicy):
    """Has an order of its own."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(sorted(tasks, key=lambda task: task.id), n, rng)


class TakesTurns(LearningPolicy):
    """Proposes one candidate for each task, then the next."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return (each for _ in range(n) for each in super(TakesTurns, self).sample(tasks, 1, rng))


class SameForAll(LearningPolicy):
    """Gives all tasks the mean of what they were to get."""

    def sample_each(self, tasks: Tasks, counts: Sequence[int], rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, sum(counts) // len(counts), rng)


class DrawsApart(LearningPolicy):
    """Does not draw from the given generator where the numbers differ."""

    def sample_each(self, tasks: Tasks, counts: Sequence[int], rng: Rng) -> Iterable[Candidate]:
        own = np.random.default_rng(random.getrandbits(32))
        return super().sample_each(tasks, counts, own)


class NeedsATask(LearningPolicy):
    """Does not stand having nothing to do."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample([tasks[0], *tasks[1:]], n, rng)


class PositiveLogprob(LearningPolicy):
    """Reports costs for log-probabilities."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return (replace(each, logprob=-each.logprob) for each in super().sample(tasks, n, rng))


class LinesForText(LearningPolicy):
    """Proposes programs that are no text."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        for each in super().sample(tasks, n, rng):
            yield replace(each, program=tuple(each.program.splitlines()))  # type: ignore[arg-type]


class OneSamplingAtATime(LearningPolicy):
    """Draws from whatever generator it was given last."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        self._rng = rng
        return (self._candidate(task.id, self._rng) for task in tasks for _ in range(n))


class DividesByNothing(LearningPolicy):
    """Raises on an empty batch."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        mean = sum(len(each.program) for each in batch) / len(batch)
        return {**super().update(batch, rng), "length": mean}


class ForgetsOnNothing(LearningPolicy):
    """Forgets, whether there is something new or not."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        self._counts **= 0.5
        return super().update(batch, rng)


class NanLoss(LearningPolicy):
    """Reports a loss that is no number."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        return {**super().update(batch, rng), "loss": float("nan")}


class ArrayMetrics(LearningPolicy):
    """Reports what no tracker can log."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        return {**super().update(batch, rng), "loss": np.zeros(2)}  # type: ignore[dict-item]


class SavesNothing(LearningPolicy):
    """Has an empty state."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        return None


class SavesASet(LearningPolicy):
    """Has a state that a checkpoint cannot hold."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "lines": set(self.LINES)}


class AddsWhenLoading(LearningPolicy):
    """Puts the state on top of its own."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        mine = self._counts - 1
        super().load_state_dict(state)
        self._counts[:3] += mine[:3]


class LosesItsSchedule(LearningPolicy):
    """Learns less from update to update, but does not save how far it is."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        before = self._counts.copy()
        metrics = super().update(batch, rng)
        self._counts = before + (self._counts - before) / self._updates
        return metrics

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict({**state, "updates": 0})


class SharesItsState(LearningPolicy):
    """Hands out the very array that it learns in."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "counts": self._counts}


class LearnsInTheGivenState(LearningPolicy):
    """Learns in the array that it was given to load."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self._counts = state["counts"]
