"""The command line: ``python -m examples.arc VERB``, from the root of the repository."""

from __future__ import annotations

import sys

import typer

from examples.arc.commands import blind, by_hand, runs
from examples.arc.commands.app import app
from examples.arc.mutants import MutantFileError
from examples.arc.presets import PresetError
from examples.arc.rounds import BaselineError
from examples.arc.runfolder import RunFolderError
from examples.arc.seeds import SeedError
from examples.arc.tasks import TaskError
from exit_dsl.checkpoint import CheckpointError

VERBS = (runs, by_hand, blind)
"""Importing them adds the verbs to the application."""


def main() -> None:
    """Run the command line; what the user got wrong is one sentence and exit code 2."""
    try:
        app()
    except (
        TaskError,
        PresetError,
        RunFolderError,
        SeedError,
        MutantFileError,
        BaselineError,
        CheckpointError,
        ModuleNotFoundError,
    ) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
