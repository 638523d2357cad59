"""Pretraining: the network learns from lessons that the run makes itself."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from examples.arc.curriculum import Curriculum
from examples.arc.dsl.types import Grid
from examples.arc.lessons import Lesson, Workers, portions, with_seeds
from examples.arc.presets import Pretraining
from examples.arc.progress import Progress
from exit_dsl.interfaces import Policy
from exit_dsl.randomness import stream


class Studying:
    """Trains the network on a chunk of lessons at a time, while workers make the next ones.

    What is learned depends on the curriculum and on how many chunks there were, not on when they
    were made.

    Args:
        plan: how many lessons to train on at once, and how many seeds with them.
        curriculum: what lessons are made of.
        seeds: the seed programs with the tasks that they solve.
        policy: is trained.
        progress: counts lessons and the blocks that were made for them.
        workers: where lessons are made.
    """

    def __init__(
        self,
        plan: Pretraining,
        curriculum: Curriculum,
        seeds: Sequence[Lesson],
        *,
        policy: Policy[Grid, Grid],
        progress: Progress,
        workers: Workers,
    ) -> None:
        self._plan = plan
        self._curriculum = curriculum
        self._seeds = seeds
        self._policy = policy
        self._progress = progress
        self._workers = workers
        self._coming: Generator[list[Lesson]] | None = None

    def chunk(self) -> None:
        """Train on the next lessons."""
        progress = self._progress
        with progress.timed("pretraining"):
            rng = stream(self._curriculum.seed, "studying", progress.blocks)
            batch: list[Lesson] = []
            while len(batch) < self._plan.chunk:
                batch += self._next_portion()
            progress.lessons += len(batch)
            self._policy.update(with_seeds(batch, self._seeds, self._plan.seeds, rng), rng)

    def _next_portion(self) -> list[Lesson]:
        if self._coming is None:
            self._coming = portions(
                self._curriculum,
                self._workers,
                first=self._progress.blocks,
                in_flight=self._plan.ahead,
            )
        portion = next(self._coming)
        self._progress.blocks += 1
        return portion

    def close(self) -> None:
        """Stop making lessons ahead; the next chunk begins again."""
        if self._coming is not None:
            self._coming.close()
            self._coming = None
