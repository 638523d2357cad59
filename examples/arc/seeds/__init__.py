"""Our own programs for ARC training tasks, one file each.

``programs/<task id>.txt`` holds a comment line that states the rule, then the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from exit_dsl.types import Experience, Program, Task

PROGRAMS = Path(__file__).parent / "programs"


class SeedError(ValueError):
    """A seed file that cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A program that solves a training task, with its rule in one line."""

    task_id: str
    rule: str
    program: Program


def read_seed(file: Path) -> Seed:
    """Read one seed file.

    Raises:
        SeedError: the file is no text, has no rule, or its program is refused by the language.
    """
    try:
        first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    except UnicodeDecodeError:
        raise SeedError(f"{file} is no text in UTF-8") from None
    if not first.startswith("# ") or not first[2:].strip():
        raise SeedError(f"{file}: the first line must state the rule, as '# what the task asks'")
    program = Program(rest.strip())
    refusal = arc.check(program)
    if refusal is not None:
        raise SeedError(f"{file}: the program is refused: {refusal.detail}")
    return Seed(file.stem, first[2:].strip(), program)


def load_seeds(folder: Path = PROGRAMS) -> Mapping[str, Seed]:
    """Read all seeds of a folder, by task id in ascending order.

    Raises:
        SeedError: the folder holds no seed files, or one of them cannot be used.
    """
    seeds = {file.stem: read_seed(file) for file in sorted(folder.glob("*.txt"))}
    if not seeds:
        raise SeedError(f"{folder} holds no seed programs; give a folder of <task id>.txt files")
    return seeds


def solved_tasks(
    seeds: Mapping[str, Seed], tasks: Iterable[Task[Grid, Grid]]
) -> list[Experience[Grid, Grid]]:
    """Return those of ``tasks`` that a seed solves, with the seed."""
    return [
        Experience(task, seeds[task.id].program, task.id, (1.0,) * len(task.examples))
        for task in tasks
        if task.id in seeds
    ]
