"""A whole run: learn and sample, then try as many mutants, and report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from examples.lists.language import Ints
from examples.lists.loop import BUDGET, make_loop, make_mutation, make_scoreboard, teach
from examples.lists.tasks import Output
from exit_dsl import Screened, execute
from exit_dsl.evaluation import Scoreboard
from exit_dsl.randomness import stream
from exit_dsl.solutions import Solution
from exit_dsl.tracking import CsvTracker


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to do.

    ``lessons`` are the mutants for each task that the network learns from at first; then it draws
    ``draws`` experiences and writes ``samples`` programs for each task, in each iteration. No
    iteration begins after so many ``minutes``, or after ``iterations``.
    """

    minutes: float = 4.0
    iterations: int = 1_000
    lessons: int = 300
    samples: int = 200
    draws: int = 10_000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run: tasks solved, of how many; programs for each task; seconds."""

    tasks: int
    policy: int
    mutation: int
    samples: int
    lessons: int
    first_solved: float | None
    seconds_policy: float
    seconds_mutation: float

    def __str__(self) -> str:
        first = "none" if self.first_solved is None else f"{self.first_solved:.0f} s"
        return (
            f"solved by the policy   {self.policy:2} of {self.tasks} with {self.samples:,} samples "
            f"a task, {self.lessons:,} mutants to begin with; {self.seconds_policy:.0f} s\n"
            f"solved by mutation     {self.mutation:2} of {self.tasks} with "
            f"{self.samples + self.lessons:,} mutants a task; {self.seconds_mutation:.0f} s\n"
            f"first task solved by the policy after {first}"
        )


def run(plan: Plan, folder: Path, say: Callable[[str], object] = print) -> Report:
    """Do what the plan says, and write metrics, solutions and the report to ``folder``."""
    begin = perf_counter()
    scoreboard, mutation = make_scoreboard(), make_mutation()
    loop = make_loop(plan.seed, plan.samples, plan.draws)
    tracker = CsvTracker(folder / "metrics.csv")
    teach(loop, mutation, plan.lessons)
    found: Mapping[str, Solution] = {}
    first, learned = None, 0.0
    for iteration in loop.run(plan.iterations):
        scoreboard.record(iteration.attempts, "policy")
        found = solved(scoreboard, "policy")
        learned = perf_counter() - begin
        first = learned if found and first is None else first
        loss = iteration.train["loss"]
        tracker.log(iteration.index, {"seconds": learned, "solved": len(found), "loss": loss})
        say(f"{learned:4.0f} s  iteration {iteration.index}: loss {loss:.2f}, {len(found)} solved")
        if learned > 60 * plan.minutes:
            break
    samples = plan.samples * loop.iteration
    begin = perf_counter()
    rivals = Screened(mutation, loop.interpreter, budget=BUDGET).sample(
        loop.tasks, plan.lessons + samples, stream(plan.seed, "rivals")
    )
    attempts = execute(rivals, loop.tasks, loop.interpreter, budget=BUDGET)
    scoreboard.record(attempts, "mutation")
    report = Report(
        tasks=len(loop.tasks),
        policy=len(found),
        mutation=len(solved(scoreboard, "mutation")),
        samples=samples,
        lessons=plan.lessons,
        first_solved=first,
        seconds_policy=learned,
        seconds_mutation=perf_counter() - begin,
    )
    _write(folder, report, found)
    return report


def solved(scoreboard: Scoreboard[Ints, Output], source: str) -> dict[str, Solution]:
    """Return the tasks whose best program gives all outputs, of the test pairs as well."""
    right = scoreboard.solved(1, {source})
    return {name: solution for name, solution in right.items() if solution.score == 1}


def _write(folder: Path, report: Report, found: Mapping[str, Solution]) -> None:
    solutions = folder / "solutions"
    solutions.mkdir(parents=True, exist_ok=True)
    for name, solution in found.items():
        (solutions / f"{name}.txt").write_text(f"{solution.program}\n", encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(asdict(report), indent=2), encoding="utf-8")
