"""What a run would hand in: its best answers to each task, in the format of the ARC Prize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from examples.arc.dsl.types import Grid
from examples.arc.tasks import ArcDataset

ATTEMPTS = 2
"""The answers to each test input that the ARC Prize takes."""

BLANK: Grid = ((0,),)
"""Handed in where there is no answer, as a submission must name every task."""

Answers = Mapping[str, Sequence[tuple[Grid, ...]]]
"""The answers to each task, best first, each of which has a grid for each test input."""


def submission(dataset: ArcDataset, answers: Answers) -> dict[str, list[dict[str, Grid]]]:
    """Return ``attempt_1`` and ``attempt_2`` on each test input of each task of ``dataset``.

    Where there is but one answer, it is both attempts.
    """
    return {
        task_id: [
            _attempts([answer[at] for answer in answers.get(task_id, ())[:ATTEMPTS]])
            for at, _ in enumerate(pairs)
        ]
        for task_id, pairs in dataset.tests.items()
    }


def _attempts(grids: Sequence[Grid]) -> dict[str, Grid]:
    last = grids[-1] if grids else BLANK
    chosen = [*grids, *[last] * (ATTEMPTS - len(grids))]
    return {f"attempt_{number}": grid for number, grid in enumerate(chosen, 1)}
