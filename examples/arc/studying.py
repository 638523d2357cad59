"""Pretraining: the network learns from lessons that the run makes itself."""

from __future__ import annotations

from collections.abc import Generator

from examples.arc.curriculum import Curriculum
from examples.arc.dsl.types import Grid
from examples.arc.lessons import Lesson, Workers, lessons
from examples.arc.presets import Pretraining
from examples.arc.progress import Progress
from exit_dsl.interfaces import Policy
from exit_dsl.randomness import stream


class Studying:
    """Trains the network on a chunk of lessons at a time, while workers make the next ones.

    What is learned depends on the curriculum and on how many chunks there were, not on when they
    were made.

    Args:
        plan: how many lessons to train on at once.
        curriculum: what they are made of.
        policy: is trained.
        progress: counts lessons and the blocks that they came in.
        workers: where lessons are made.
    """

    def __init__(
        self,
        plan: Pretraining,
        curriculum: Curriculum,
        *,
        policy: Policy[Grid, Grid],
        progress: Progress,
        workers: Workers,
    ) -> None:
        self._plan = plan
        self._curriculum = curriculum
        self._policy = policy
        self._progress = progress
        self._workers = workers
        self._coming: Generator[list[Lesson]] | None = None

    def chunk(self) -> None:
        """Train on the next lessons."""
        progress = self._progress
        with progress.timed("pretraining"):
            if self._coming is None:
                self._coming = lessons(
                    self._curriculum,
                    self._workers,
                    first=progress.blocks,
                    in_flight=self._plan.ahead,
                )
            batch: list[Lesson] = []
            first = progress.blocks
            while len(batch) < self._plan.chunk:
                batch += next(self._coming)
                progress.blocks += 1
            self._policy.update(batch, stream(self._curriculum.seed, "studying", first))
            progress.lessons += len(batch)

    def close(self) -> None:
        """Stop making lessons ahead; the next chunk begins again."""
        if self._coming is not None:
            self._coming.close()
            self._coming = None
