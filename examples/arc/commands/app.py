"""The application, and what its verbs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from examples.arc.seeds import Seed, SeedError, load_seeds
from examples.arc.seeds.importing import load_any_seeds
from examples.arc.tasks import ArcDataset, TaskError
from examples.arc.workbench import verified

app = typer.Typer(
    help="Expert iteration on ARC.", add_completion=False, pretty_exceptions_enable=False
)

Data = Annotated[str, typer.Option(help="a public dataset by name, or a folder of ARC JSON files")]
Seeds = Annotated[
    Path | None,
    typer.Option(help="your own seeds: a folder of programs, or a Python file of solver functions"),
]


def first_tasks(dataset: ArcDataset, count: int | None) -> ArcDataset:
    """Return a dataset with its first tasks only, or with all for None.

    Raises:
        TaskError: the number is not positive.
    """
    if count is None:
        return dataset
    if count < 1:
        raise TaskError(f"--tasks must be at least 1, not {count}")
    return dataset.only(dataset.tasks[:count])


def usable_seeds(path: Path | None, training: ArcDataset) -> Mapping[str, Seed]:
    """Return our own seeds, or those at ``path`` that solve their tasks; the rest is named.

    Raises:
        SeedError: none of those at ``path`` does.
    """
    if path is None:
        ours = load_seeds()
        return {task.id: ours[task.id] for task in training.tasks if task.id in ours}
    checked = verified(load_any_seeds(path), training)
    for problem in checked.problems:
        typer.echo(f"left out: {problem.name}: {problem.reason}", err=True)
    if not checked.seeds:
        raise SeedError(f"no program of {path} solves its training task, so none can be used")
    return checked.seeds
