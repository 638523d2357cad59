"""Tasks with their test pairs apart, from a readable file or from code."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from exit_dsl import Example, Experience, Program, Task
from exit_dsl.types import I, O


@dataclass(frozen=True, slots=True)
class TaskSet(Generic[I, O]):
    """Tasks with a known program (``seeds``), those without (``held_out``), and all test pairs."""

    seeds: tuple[Experience[I, O], ...]
    held_out: tuple[Task[I, O], ...]
    tests: Mapping[str, Sequence[Example[I, O]]]

    @property
    def programs(self) -> tuple[Program, ...]:
        """The seed programs."""
        return tuple(seed.program for seed in self.seeds)


def read_tasks(path: Path, output: Callable[[Any], O]) -> TaskSet[str, O]:
    """Read a TOML file with one table a task; those with a ``program`` become seeds.

    Args:
        path: tables of ``demonstrations`` and ``tests``, both lists of [input, output].
        output: makes an output of what TOML gives.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))

    def examples(name: str, key: str) -> tuple[Example[str, O], ...]:
        return tuple(Example(given, output(wanted)) for given, wanted in tables[name][key])

    tasks = {name: Task(name, examples(name, "demonstrations")) for name in tables}
    return TaskSet(
        seeds=tuple(
            known(task, Program(tables[name]["program"]))
            for name, task in tasks.items()
            if "program" in tables[name]
        ),
        held_out=tuple(task for name, task in tasks.items() if "program" not in tables[name]),
        tests={name: examples(name, "tests") for name in tables},
    )


def known(task: Task[I, O], program: Program) -> Experience[I, O]:
    """Return a task with a program that solves it."""
    return Experience(task, program, task.id, (1.0,) * len(task.examples))
