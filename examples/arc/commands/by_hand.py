"""Verbs about programs written by hand: ``try``, ``verify``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from examples.arc.commands.app import Data, app
from examples.arc.display import painter_for
from examples.arc.seeds import PROGRAMS, SeedError, read_seed
from examples.arc.seeds.importing import load_any_seeds
from examples.arc.tasks import load_dataset
from examples.arc.workbench import report, try_program, verified


@app.command("try")
def try_(
    task: Annotated[str, typer.Argument(help="the id of a task")],
    file: Annotated[Path, typer.Argument(help="a file with a program; its first line a # rule")],
    data: Data = "arc1-training",
) -> None:
    """Run a program of yours on all pairs of a task and say where it fails."""
    dataset = load_dataset(data)
    if not file.is_file():
        raise SeedError(f"{file} is not a file; give the path of a program")
    verdicts = try_program(read_seed(file).program, dataset, task)
    typer.echo(report(verdicts, painter_for(sys.stdout)))
    if not all(verdict.solved for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def verify(
    path: Annotated[
        Path,
        typer.Option("--seeds", help="a folder of programs, or a Python file of solver functions"),
    ] = PROGRAMS,
) -> None:
    """Run all seed programs on their training tasks; the last line says how many are right."""
    checked = verified(load_any_seeds(path), load_dataset("arc1-training"))
    for problem in checked.problems:
        typer.echo(f"{problem.name}: {problem.reason}")
    typer.echo(f"verified {len(checked.seeds)} of {checked.found}")
    if checked.problems:
        raise typer.Exit(1)
