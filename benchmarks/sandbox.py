"""What a sandbox costs, against the bare interpreter on the same programs.

Run from the repository root as ``python -m benchmarks.sandbox``. Both run the seed programs and
mutants of them, chunk by chunk in turn, so the overhead is the difference of neighbouring
measurements.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.workload import cross_workload
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS
from exit_dsl.execution import Sandboxed, run_chunk
from exit_dsl.interfaces import Interpreter
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Outcome, Program

BUDGET = Budget(seconds=30)
"""Steps and sizes end a program, never the clock, so that both give the same results."""
MUTANTS = 1_000
TASKS = 8
CHUNK = 256
SINGLE = 500


Run = tuple[float, list[tuple[Outcome[Grid], ...]]]


def main() -> None:
    """Print the time a program takes with and without, and how much of it is the sandbox's."""
    argparse.ArgumentParser(prog="python -m benchmarks.sandbox", description=__doc__).parse_args()
    workload = cross_workload(PROGRAMS, MUTANTS, TASKS)
    programs = workload.programs
    chunks = [programs[start : start + CHUNK] for start in range(0, len(programs), CHUNK)]
    bare = LanguageInterpreter[Grid, Grid](arc)
    inside = Sandboxed(LanguageInterpreter[Grid, Grid](arc), recycle_after=2 * workload.runs)
    with inside as sandboxed:
        starting, _ = timed(sandboxed, programs[:1], workload.inputs[0])
        pairs = [
            compared(bare, sandboxed, chunk, item) for item in workload.inputs for chunk in chunks
        ]
        single = [
            compared(bare, sandboxed, [program], workload.inputs[0])
            for program in programs[:SINGLE]
        ]
    print(f"{workload.runs:,} runs in chunks of {CHUNK}; start of a worker: {starting:.2f} s")
    print(f"{'µs a program':24}{'bare':>10}{'sandboxed':>12}{'overhead':>11}{'ratio':>8}")
    line("chunks, median", pairs, np.median)
    line("chunks, mean", pairs, np.mean)
    line("one a call, median", single, np.median)


def timed(interpreter: Interpreter[Grid, Grid], programs: Sequence[Program], item: Grid) -> Run:
    """Return the seconds that a chunk takes, and its results."""
    start = time.perf_counter()
    results = run_chunk(interpreter, programs, [item], BUDGET)
    return time.perf_counter() - start, results


def compared(
    bare: Interpreter[Grid, Grid],
    sandboxed: Interpreter[Grid, Grid],
    programs: Sequence[Program],
    item: Grid,
) -> tuple[float, float]:
    """Return the microseconds a program takes without and with the sandbox."""
    alone, expected = timed(bare, programs, item)
    inside, results = timed(sandboxed, programs, item)
    if results != expected:
        raise SystemExit("the sandbox gave other results than the interpreter alone")
    return 1e6 * alone / len(programs), 1e6 * inside / len(programs)


def line(name: str, pairs: Sequence[tuple[float, float]], summary: Callable[[Any], Any]) -> None:
    """Print one line of the table."""
    alone, inside = np.array(pairs).T
    values = summary(alone), summary(inside), summary(inside - alone)
    print(f"{name:24}{values[0]:>10.1f}{values[1]:>12.1f}{values[2]:>11.1f}", end="")
    print(f"{values[1] / values[0]:>8.2f}")


if __name__ == "__main__":
    main()
