"""The command line that the small domains share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from examples.contest.sides import Contest, Result, learn, mutate


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; ``iterations`` is None where the domain decides."""

    seed: int
    iterations: int | None
    minutes: float
    folder: Path


def read_options(name: str, arguments: Sequence[str] | None = None) -> Options:
    """Read the command line of the example called ``name``; explain what is wrong with it."""
    parser = argparse.ArgumentParser(
        prog=f"python -m examples.{name}",
        description="Let a policy learn to solve held-out tasks, beside as many blind mutants.",
    )
    parser.add_argument("--seed", type=_natural, default=0, help="of all random choices (0)")
    parser.add_argument(
        "--iterations", type=_count, help="meta-iterations (as many as suit the domain)"
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=4.0, help="none begins after so long (4)"
    )
    parser.add_argument("--run", type=Path, help=f"the folder to make (runs/{name}-DATE)")
    given = parser.parse_args(arguments)
    folder = given.run or Path("runs") / datetime.now().strftime(f"{name}-%Y%m%d-%H%M%S")
    if folder.exists():
        parser.error(f"{folder} is there already; choose another folder by --run")
    return Options(given.seed, given.iterations, given.minutes, folder)


def compete(contest: Contest, options: Options) -> None:
    """Let the policy learn, then try as many mutants, and print both results."""
    contest = replace(
        contest, seed=options.seed, iterations=options.iterations or contest.iterations
    )
    tasks = contest.task_set
    print(f"{len(tasks.seeds)} seeds, {len(tasks.held_out)} held-out tasks, seed {options.seed}")
    learner = learn(contest, minutes=options.minutes, folder=options.folder)
    table = report(contest, learner, mutate(contest, learner.programs))
    (options.folder / "summary.txt").write_text(table + "\n", encoding="utf-8")
    print(f"\n{table}\nwritten to {options.folder}")


def report(contest: Contest, learner: Result, rival: Result) -> str:
    """Return a table with one line a side."""
    tasks = contest.task_set
    lines = [
        f"{len(tasks.seeds)} seeds, {len(tasks.held_out)} held-out tasks, seed {contest.seed}, "
        f"{learner.programs:,} programs a task on either side",
        f"{'':10}{'pass@1':>8}{'pass@3':>8}{'first solved':>14}{'seconds':>9}",
    ]
    for name, side in (("policy", learner), ("mutation", rival)):
        first = "never" if side.first is None else f"{side.first:.1f} s"
        lines.append(f"{name:10}{side.pass1:8}{side.pass3:8}{first:>14}{side.seconds:9.1f}")
    lines.append(
        f"{learner.own} by samples of the policy alone, without the {contest.start:,} mutants a "
        "task that it begins with"
    )
    lines.append(f"{(learner.seconds + rival.seconds) / 60:.1f} minutes in all")
    return "\n".join(lines)


def _natural(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, not {text!r}")
    return number


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return number


def _minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number, not {text!r}")
    return number
