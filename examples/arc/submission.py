"""What a run would hand in: its best answers to each task, in the format of the ARC Prize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from examples.arc.dsl.types import Grid
from examples.arc.tasks import ArcDataset
from exit_dsl.evaluation import Scoreboard

ATTEMPTS = 2
"""The answers to each test input that the ARC Prize takes."""

BLANK: Grid = ((0,),)
"""Handed in where there is no answer, as a submission must name every task."""

Answers = Sequence[Mapping[str, Grid]]
"""For each test input of a task, ``attempt_1`` and ``attempt_2``."""


def submission(dataset: ArcDataset, scoreboard: Scoreboard[Grid, Grid]) -> dict[str, Answers]:
    """Return the answers to each task of ``dataset``; test outputs are not looked at.

    The attempts on the test inputs of a task are the answers of the same program. Where there is
    but one answer, it is both attempts.
    """
    found = scoreboard.predictions(ATTEMPTS)
    return {
        task_id: [
            _attempts([answer[at] for answer in found.get(task_id, ())])
            for at, _ in enumerate(pairs)
        ]
        for task_id, pairs in dataset.tests.items()
    }


def _attempts(grids: Sequence[Grid]) -> dict[str, Grid]:
    last = grids[-1] if grids else BLANK
    chosen = [*grids, *[last] * (ATTEMPTS - len(grids))]
    return {f"attempt_{number}": grid for number, grid in enumerate(chosen, 1)}
