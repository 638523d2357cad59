"""How many programs a second the interpreter of the ARC language runs, and against what.

Run from the repository root as ``python -m benchmarks.interpreter``; ``--help`` lists what can be
made smaller. Every implementation runs the same programs on the same inputs in the same order, in
a fresh process of its own with the garbage collector off, so the ratios of one run depend little
on the machine.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.plain import checkout, is_checkout, reference
from benchmarks.workload import BUDGET, Workload, cross_workload
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS
from examples.arc.workers import worker_pool
from exit_dsl.execution import execute
from exit_dsl.interfaces import Interpreter
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import (
    Budget,
    Candidate,
    Example,
    FailureKind,
    Outcome,
    Success,
    Task,
)

ArcInterpreter = Interpreter[Grid, Grid]
PROFILED_INPUTS = 5
SLOWEST = 12
_LIMITS = (FailureKind.STEPS, FailureKind.SIZE, FailureKind.TIMEOUT, FailureKind.MEMORY)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What running a workload gave.

    ``seconds`` holds the wall time for each input that was reached. ``results`` is, for each run,
    the hash of the output or the kind of the failure.
    """

    seconds: tuple[float, ...]
    results: tuple[int | FailureKind, ...]

    def rate(self, inputs: int | None = None) -> float:
        """Programs a second on the first ``inputs`` inputs."""
        runs = len(self.results) // len(self.seconds)
        seconds = self.seconds[:inputs]
        return runs * len(seconds) / sum(seconds)


def fast() -> ArcInterpreter:
    """Return the interpreter that is measured."""
    return LanguageInterpreter(arc)


def measure(
    make: Callable[[], ArcInterpreter],
    workload: Workload,
    budgets: tuple[Budget, ...],
    limit: float,
) -> Measurement:
    """Run a workload input by input, until ``limit`` seconds are over."""
    interpreter = make()
    seconds: list[float] = []
    results: list[int | FailureKind] = []
    turns = cycle(budgets)
    for item in workload.inputs:
        inputs = (item,)
        start = time.perf_counter()
        outcomes = [
            interpreter.run(program, inputs, budget)
            for program, budget in zip(workload.programs, turns, strict=False)
        ]
        seconds.append(time.perf_counter() - start)
        results += [_result(outcome) for (outcome,) in outcomes]
        if sum(seconds) > limit:
            break
    return Measurement(tuple(seconds), tuple(results))


def _result(outcome: Outcome[Grid]) -> int | FailureKind:
    return hash(outcome.value) if isinstance(outcome, Success) else outcome.kind


def measure_workers(workload: Workload, workers: int) -> float:
    """Return the programs a second that ``execute`` gets from worker processes."""
    tasks = [
        Task(str(number), (Example(item, item),)) for number, item in enumerate(workload.inputs)
    ]
    with worker_pool(workers) as executor:
        # The workers start and import everything before the clock does.
        for pending in [executor.submit(_get_ready) for _ in range(workers)]:
            pending.result()
        start = time.perf_counter()
        candidates = (
            Candidate(task.id, program) for task in tasks for program in workload.programs
        )
        # One chunk a task: what programs share on an input they share in one worker.
        run = execute(
            candidates,
            tasks,
            fast(),
            budget=BUDGET,
            executor=executor,
            chunk_size=len(workload.programs),
            in_flight=2 * workers,
        )
        done = sum(1 for _ in run)
        return done / (time.perf_counter() - start)


def measure_machine(workers: int) -> float:
    """Return how often a second worker processes can do a bit of plain Python, all together.

    Two cores that are threads of one, or that others use, are not worth two.
    """
    with worker_pool(workers) as executor:
        for pending in [executor.submit(_get_ready) for _ in range(workers)]:
            pending.result()
        start = time.perf_counter()
        for pending in [executor.submit(_plain_python) for _ in range(20 * workers)]:
            pending.result()
        return 20 * workers / (time.perf_counter() - start)


def _plain_python() -> None:
    for _ in range(300):
        cells = frozenset([(i, j) for i in range(15) for j in range(15)])
        sorted({(j, i): i + j for i, j in cells})


def _get_ready() -> None:
    time.sleep(1.0)  # long enough that no worker takes two of these


def profile(workload: Workload) -> list[tuple[str, int, float]]:
    """Return the calls of each primitive and the seconds inside them, the slowest first."""
    profiler = cProfile.Profile()
    interpreter = fast()
    profiler.enable()
    for item in workload.inputs:
        for program in workload.programs:
            interpreter.run(program, (item,), BUDGET)
    profiler.disable()
    names = {}
    for name, primitive in arc.primitives.items():
        code = primitive.function.__code__
        names[code.co_filename, code.co_firstlineno, code.co_name] = name
    statistics: Any = pstats.Stats(profiler)
    rows = [
        (names[where], calls, inclusive)
        for where, (_, calls, _, inclusive, _) in statistics.stats.items()
        if where in names
    ]
    return sorted(rows, key=lambda row: -row[2])


def in_worker(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a fresh process, prepared like those that run programs in earnest."""
    with worker_pool(1) as executor:
        return executor.submit(function, *args).result()


def report(workload: Workload, limit: float, arc_dsl: Path | None) -> Iterator[str]:
    """Measure everything and yield the lines of the table as they are known."""
    mutants = len(workload.programs) - workload.seeds
    yield (
        f"cross workload: {workload.seeds:,} seeds and {mutants:,} mutants on "
        f"{len(workload.inputs)} inputs, {workload.runs:,} runs of at most {BUDGET.seconds} s"
    )
    yield f"here also of at most {BUDGET.max_steps:,} steps and {BUDGET.max_size:,} elements"
    yield f"{'':<42}{'programs/s':>11}{'outputs':>10}{'limits':>8}{'inputs':>8}"
    # The interpreter forgets values, but not programs, when the budget changes.
    alternating = (BUDGET, replace(BUDGET, seconds=BUDGET.seconds + 1e-4))
    ours: Measurement = in_worker(measure, fast, workload, (BUDGET,), limit)
    yield _row("arc", ours)
    generous: Measurement = in_worker(
        measure, fast, workload, (Budget(seconds=BUDGET.seconds),), limit
    )
    yield _row(f"arc, {Budget().max_steps:,} steps", generous)
    yield _row(
        "arc, nothing shared by programs", in_worker(measure, fast, workload, alternating, limit)
    )
    one, two = (measure_workers(workload, workers) for workers in (1, 2))
    yield f"{'arc, execute() with 1 worker':<42}{one:>11,.0f}"
    yield f"{'arc, execute() with 2 workers':<42}{two:>11,.0f}"
    theirs: Measurement = in_worker(measure, reference, workload, (BUDGET,), limit)
    yield _row("plain reference", theirs)
    if arc_dsl is not None:
        original: Measurement = in_worker(
            measure, partial(checkout, arc_dsl), workload, (BUDGET,), limit
        )
        yield _row("arc-dsl", original)
    yield ""
    yield f"{'slowest primitives (under a profiler)':<42}{'calls':>11}{'seconds':>10}{'µs/call':>8}"
    part = replace(workload, inputs=workload.inputs[:PROFILED_INPUTS])
    for name, calls, seconds in in_worker(profile, part)[:SLOWEST]:
        yield f"  {name:<40}{calls:>11,}{seconds:>10.2f}{seconds / calls * 1e6:>8.1f}"
    yield ""
    differing = list(_differences(ours, theirs))
    yield f"outcomes that differ from the plain reference's: {len(differing)}"
    for kinds, count in Counter(differing).most_common(5):
        yield f"  {kinds}: {count}"
    machine = measure_machine(2) / measure_machine(1)
    yield f"2 workers to 1: {two / one:.2f} (processes of plain Python: {machine:.2f})"
    yield f"ratio to the plain reference: {_ratio(ours, theirs):.1f}"
    if arc_dsl is not None:
        yield f"ratio to arc-dsl: {_ratio(ours, original):.1f}"


def _row(name: str, measurement: Measurement) -> str:
    outputs = sum(isinstance(result, int) for result in measurement.results)
    limits = sum(result in _LIMITS for result in measurement.results)
    return (
        f"{name:<42}{measurement.rate():>11,.0f}{outputs:>10,}{limits:>8,}"
        f"{len(measurement.seconds):>8}"
    )


def _ratio(ours: Measurement, theirs: Measurement) -> float:
    """The ratio of rates on the inputs that both have reached."""
    common = min(len(ours.seconds), len(theirs.seconds))
    return ours.rate(common) / theirs.rate(common)


def _differences(ours: Measurement, theirs: Measurement) -> Iterator[str]:
    """Describe each run that neither side gave up and whose output or failure differs."""
    for a, b in zip(ours.results, theirs.results, strict=False):
        if a in _LIMITS or b in _LIMITS:
            continue
        if a != b and (isinstance(a, int) or isinstance(b, int)):
            yield f"{_kind(a)} for {_kind(b)}"


def _kind(result: int | FailureKind) -> str:
    return result if isinstance(result, FailureKind) else "output"


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interpreter", description=__doc__)
    parser.add_argument("--seeds", type=Path, default=PROGRAMS, help="a folder of seed programs")
    parser.add_argument("--arc-dsl", type=Path, help="a checkout of arc-dsl to compare with")
    parser.add_argument("--mutants", type=int, default=4000)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument(
        "--seconds",
        type=float,
        default=float("inf"),
        help="stop each measurement in one process after the input that reaches this",
    )
    args = parser.parse_args()
    if args.arc_dsl is not None and not is_checkout(args.arc_dsl):
        parser.error(
            f"{args.arc_dsl} is no checkout of arc-dsl: dsl.py and constants.py are missing"
        )
    workload = cross_workload(args.seeds, args.mutants, args.tasks)
    for line in report(workload, args.seconds, args.arc_dsl):
        print(line, flush=True)


if __name__ == "__main__":
    main()
