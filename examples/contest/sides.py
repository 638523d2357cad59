"""The two sides of a contest: a policy that learns, and mutation that does not."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from examples.contest.tasks import TaskSet
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
    exact_match,
    execute,
)
from exit_dsl.execution import Judge
from exit_dsl.randomness import stream
from exit_dsl.replay.priorities import similarity
from exit_dsl.search import every_demonstration
from exit_dsl.tracking import ConsoleTracker, CsvTracker, Trackers

MUTATION, POLICY = "mutation", "policy"
"""Partitions of the buffer, and sources of programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What a domain brings.

    Args:
        task_set: seeds, tasks to solve, and test pairs, which the scoreboard alone gets.
        interpreter: runs programs.
        mutation: edits the seed programs. It is the rival, and what the policy begins with.
        policy: the learner.
        budget: of one run on one input.
        start: mutants for each task that the policy begins with.
        samples: programs for each task in a meta-iteration.
        iterations: how many of these.
        draws: experiences of each partition that one update learns from.
        judge: how near an answer comes, for the replay buffer and the policy.
        key: programs with the same key are one program.
        seed: determines every random choice.
    """

    task_set: TaskSet[Any, Any]
    interpreter: Interpreter[Any, Any]
    mutation: Sampler[Any, Any]
    policy: Policy[Any, Any]
    budget: Budget
    start: int
    samples: int
    iterations: int
    draws: int
    judge: Judge[Any] = exact_match
    key: Callable[[Program], Hashable] = str
    seed: int = 0

    def scoreboard(self) -> Scoreboard[Any, Any]:
        """Return a scoreboard of the held-out tasks that has seen nothing yet."""
        tests = {task.id: self.task_set.tests[task.id] for task in self.task_set.held_out}
        return Scoreboard(tests, self.interpreter, budget=self.budget, key=self.key)

    def loop(self) -> ExpertIteration[Any, Any]:
        """Return the loop over the held-out tasks that has seen nothing but the seeds."""
        draws = {"seed": len(self.task_set.seeds), MUTATION: self.draws, POLICY: self.draws}
        return ExpertIteration(
            policy=self.policy,
            interpreter=self.interpreter,
            relabeler=Hindsight(),
            buffer=PrioritizedReplayBuffer(priority=similarity, key=self.key),
            tasks=self.task_set.held_out,
            seeds=self.task_set.seeds,
            config=LoopConfig(self.samples, draws, self.budget, self.seed),
            judge=self.judge,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """Tasks solved with one and three attempts, programs tried for each task, and seconds.

    ``own`` counts what was solved with three attempts by samples of the policy alone, ``first``
    is when the first task was solved; None if none was.
    """

    pass1: int
    pass3: int
    own: int
    programs: int
    seconds: float
    first: float | None


class _Clock:
    """Seconds since the beginning, and when the first task was solved."""

    def __init__(self, board: Scoreboard[Any, Any]) -> None:
        self._board = board
        self._begin = perf_counter()
        self.first: float | None = None

    @property
    def seconds(self) -> float:
        return perf_counter() - self._begin

    def look(self) -> int:
        """Return the number of tasks solved by now."""
        solved = len(self._board.solved(3))
        if solved and self.first is None:
            self.first = self.seconds
        return solved

    def result(self, programs: int) -> Result:
        counts = len(self._board.solved(1)), len(self._board.solved(3))
        own = len(self._board.solved(3, {POLICY}))
        return Result(*counts, own, programs, self.seconds, self.first)


def learn(contest: Contest, *, minutes: float, folder: Path) -> Result:
    """Let the policy learn by expert iteration; write metrics and solutions to ``folder``.

    No meta-iteration begins after so many ``minutes``.
    """
    board, loop = contest.scoreboard(), contest.loop()
    clock = _Clock(board)
    for task in loop.tasks:  # One by one, to see when the first is solved.
        found = loop.collect(contest.mutation, tasks=[task], n=contest.start, partition=MUTATION)
        board.record(found, MUTATION)
        clock.look()
    tracker = Trackers(ConsoleTracker(), CsvTracker(folder / "metrics.csv"))
    for iteration in loop.run(until=contest.iterations):
        board.record(iteration.attempts, POLICY)
        tracker.log(iteration.index, {"seconds": clock.seconds, "solved": clock.look()})
        if clock.seconds > 60 * minutes:
            break
    solutions = folder / "solutions"
    solutions.mkdir(parents=True)
    for task_id, solution in board.solved(3).items():
        (solutions / f"{task_id}.txt").write_text(solution.program + "\n", encoding="utf-8")
    return clock.result(contest.start + loop.iteration * contest.samples)


def mutate(contest: Contest, programs: int) -> Result:
    """Try so many mutants for each task, and learn nothing."""
    board, tasks = contest.scoreboard(), contest.task_set.held_out
    clock = _Clock(board)
    mutants = Screened(
        contest.mutation, contest.interpreter, budget=contest.budget, trials=every_demonstration
    ).sample(tasks, programs, stream(contest.seed, "rival"))
    for attempt in execute(mutants, tasks, contest.interpreter, budget=contest.budget):
        board.record([attempt], MUTATION)
        if clock.first is None:
            clock.look()
    return clock.result(programs)
