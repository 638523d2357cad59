"""A learner against as many blind mutants, on tasks whose answers neither of them sees."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from examples.strings.tasks import TaskSet
from exit_dsl import (
    Budget,
    ExpertIteration,
    Hindsight,
    Interpreter,
    LoopConfig,
    Policy,
    PrioritizedReplayBuffer,
    Program,
    Sampler,
    Scoreboard,
    Screened,
    execute,
)
from exit_dsl.execution import Judge
from exit_dsl.replay.priorities import similarity
from exit_dsl.tracking import ConsoleTracker, CsvTracker, Trackers

DRAWS = {"policy": 3_000, "seed": 3_000}
"""Experiences of each partition that one update learns from."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What both sides of a contest have in common.

    ``first`` counts the mutants for each task that the learner begins with, ``samples`` the
    programs for each task and meta-iteration; ``key`` tells programs apart.
    """

    task_set: TaskSet[str, Any]
    interpreter: Interpreter[str, Any]
    mutation: Sampler[str, Any]
    judge: Judge[Any]
    budget: Budget
    key: Callable[[Program], Hashable]
    first: int
    samples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Result:
    """Tasks solved with one and three attempts, programs tried a task, and seconds.

    ``first_solved`` is when the first task was solved; None if none was.
    """

    pass1: int
    pass3: int
    programs: int
    seconds: float
    first_solved: float | None


def arguments(name: str) -> argparse.Namespace:
    """Read the command line of the example called ``name``."""
    parser = argparse.ArgumentParser(prog=f"python -m examples.{name}")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the policy learns")
    parser.add_argument("--iterations", type=int, default=1_000, help="the most meta-iterations")
    parser.add_argument("--seed", type=int, default=0, help="determines every random choice")
    made = datetime.now().strftime(f"{name}-%Y%m%d-%H%M%S")
    parser.add_argument("--run", type=Path, default=Path("runs") / made, help="the folder to make")
    given = parser.parse_args()
    if given.run.exists():
        parser.error(f"{given.run} exists already; choose another folder")
    return given


def compete(rules: Rules, policy: Policy[str, Any], given: argparse.Namespace) -> None:
    """Let the policy learn, then try as many mutants, and print both results."""
    learner = learn(
        rules, policy, minutes=given.minutes, iterations=given.iterations, folder=given.run
    )
    results = {"learner": learner, "mutation": mutate(rules, learner.programs)}
    table = report(results, len(rules.task_set.held_out))
    (given.run / "summary.txt").write_text(table + "\n", encoding="utf-8")
    print(f"\n{table}\nwritten to {given.run}")


def learn(
    rules: Rules, policy: Policy[str, Any], *, minutes: float, iterations: int, folder: Path
) -> Result:
    """Let a policy learn by expert iteration; write metrics and solutions to ``folder``."""
    begin = perf_counter()
    tasks = rules.task_set.held_out
    board = _scoreboard(rules)
    loop = ExpertIteration[str, Any](
        policy=policy,
        interpreter=rules.interpreter,
        relabeler=Hindsight(),
        buffer=PrioritizedReplayBuffer(priority=similarity, key=rules.key),
        tasks=tasks,
        seeds=rules.task_set.seeds,
        config=LoopConfig(rules.samples, DRAWS, rules.budget, rules.seed),
        judge=rules.judge,
    )
    board.record(loop.collect(rules.mutation, n=rules.first, partition="seed"), "mutation")
    first_solved = perf_counter() - begin if board.performance(3).solved else None
    tracker = Trackers(ConsoleTracker(), CsvTracker(folder / "metrics.csv"))
    for iteration in loop.run(until=iterations):
        board.record(iteration.attempts, "policy")
        seconds, solved = perf_counter() - begin, len(board.performance(3).solved)
        first_solved = first_solved or (seconds if solved else None)
        tracker.log(iteration.index, {"seconds": seconds, "solved": solved})
        if seconds > 60 * minutes:
            break
    _write_solutions(board, folder / "solutions")
    programs = rules.first + loop.iteration * rules.samples
    return _result(board, programs, perf_counter() - begin, first_solved)


def mutate(rules: Rules, programs: int) -> Result:
    """Try as many mutants for each task, and learn nothing."""
    begin = perf_counter()
    board = _scoreboard(rules)
    screened = Screened(rules.mutation, rules.interpreter, budget=rules.budget)
    rng = np.random.default_rng(rules.seed)
    candidates = screened.sample(rules.task_set.held_out, programs, rng)
    attempts = execute(candidates, rules.task_set.held_out, rules.interpreter, budget=rules.budget)
    first_solved = None
    for attempt in attempts:
        board.record([attempt], "mutation")
        if first_solved is None and board.performance(3).solved:
            first_solved = perf_counter() - begin
    return _result(board, programs, perf_counter() - begin, first_solved)


def report(results: dict[str, Result], total: int) -> str:
    """Return a table with one line a side."""
    lines = [f"{'':10}{'pass@1':>8}{'pass@3':>8}{'programs a task':>17}{'seconds':>9}{'first':>9}"]
    for name, r in results.items():
        first = "never" if r.first_solved is None else f"{r.first_solved:.1f} s"
        lines.append(f"{name:10}{r.pass1:8}{r.pass3:8}{r.programs:17,}{r.seconds:9.1f}{first:>9}")
    return "\n".join([*lines, f"of {total} held-out tasks; first: when the first was solved"])


def _scoreboard(rules: Rules) -> Scoreboard[str, Any]:
    tests = {task.id: rules.task_set.tests[task.id] for task in rules.task_set.held_out}
    return Scoreboard(tests, rules.interpreter, budget=rules.budget, key=rules.key)


def _result(
    board: Scoreboard[str, Any], programs: int, seconds: float, first_solved: float | None
) -> Result:
    one, three = (len(board.performance(k).solved) for k in (1, 3))
    return Result(one, three, programs, seconds, first_solved)


def _write_solutions(board: Scoreboard[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True)
    for task_id, solution in board.solved(3).items():
        (folder / f"{task_id}.txt").write_text(solution.program + "\n", encoding="utf-8")
