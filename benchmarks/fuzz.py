"""Whether any text at all ends in an outcome: a fuzz study of the ARC interpreter.

Run from the repository root as ``python -m benchmarks.fuzz -n 200000``. The texts, which
``benchmarks/fuzz_texts.py`` describes, run on inputs of real tasks in a worker process with a
memory limit. An exception, a crash, memory that runs out and a run that has to be killed are
defects: each is printed with the text that did it, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from typing_extensions import override

from benchmarks.fuzz_texts import FUZZ, sharing_bombs
from benchmarks.workload import DATASET
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.tasks import load_dataset
from exit_dsl.execution import InterpreterError, Sandboxed
from exit_dsl.interfaces import Interpreter
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success

BUDGET = Budget(seconds=1.0)
HANGING = 10
"""A run that takes this many times ``BUDGET.seconds`` is killed."""
MEMORY = 2**30
"""Bytes by which the worker may grow after its imports."""
INPUTS = 40
"""Inputs that the texts take turns on, each from a task of its own."""
CHUNK = 500
_SEED = 0

OUTPUT, KILLED, EXCEPTION = "output", "killed", "exception"
COLUMNS = (OUTPUT, *FailureKind, KILLED, EXCEPTION)
DEFECTS = frozenset({FailureKind.MEMORY, FailureKind.CRASHED, KILLED, EXCEPTION})
NOT_REFUSED = frozenset(COLUMNS) - {FailureKind.SIZE}
"""Defects of bombs."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended (one of ``COLUMNS``), after how long, and the worker's memory at its peak."""

    name: str
    seconds: float = 0.0
    peak: int = 0
    detail: str = ""


class Observed(Interpreter[Grid, Ending]):
    """Runs programs, and gives how that ended in place of what they gave."""

    def __init__(self, interpreter: Interpreter[Grid, Grid]) -> None:
        self._interpreter = interpreter

    @override
    def run(
        self, program: Program, inputs: Sequence[Grid], budget: Budget
    ) -> Sequence[Outcome[Ending]]:
        return [Success(self._observe(program, item, budget)) for item in inputs]

    def _observe(self, program: Program, item: Grid, budget: Budget) -> Ending:
        # As in the workers of a run: looking for cycles in the interpreter's memory takes up to a
        # second, which would count as the program's.
        gc.disable()
        start = time.perf_counter()
        (outcome,) = self._interpreter.run(program, (item,), budget)
        seconds = time.perf_counter() - start
        match outcome:
            case Failure(kind, detail):
                return Ending(kind, seconds, _peak(), detail)
            case Success(value) if arc.valid(value):
                return Ending(OUTPUT, seconds, _peak())
        raise TypeError(f"this is no outcome: {outcome!r:.200}")


def _peak() -> int:
    """Return the most memory that this process has had so far, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) << 10


@dataclass(slots=True)
class Tally:
    """What became of the texts of one kind.

    ``seconds`` is the time that running them took, ``slowest`` the longest run and its text.
    """

    endings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    peak: int = 0
    defects: list[tuple[str, Ending]] = field(default_factory=list)

    def add(self, text: str, ending: Ending, defects: Set[str] = DEFECTS) -> None:
        """Count one run."""
        self.endings[ending.name] += 1
        self.slowest = max(self.slowest, (ending.seconds, text))
        self.peak = max(self.peak, ending.peak)
        if ending.name in defects:
            self.defects.append((text, ending))


def observed(grace_seconds: float) -> Sandboxed[Grid, Ending]:
    """Return an observed interpreter of the ARC language in a worker process."""
    interpreter = Observed(LanguageInterpreter[Grid, Grid](arc))
    return Sandboxed(interpreter, memory_bytes=MEMORY, grace_seconds=grace_seconds)


def study(
    sandboxed: Sandboxed[Grid, Ending],
    texts: Iterable[str],
    inputs: Sequence[Grid],
    defects: Set[str] = DEFECTS,
) -> Tally:
    """Run each text on one input; the inputs take turns, chunk by chunk."""
    tally = Tally()
    programs = map(Program, texts)
    for item in cycle(inputs):
        chunk = list(islice(programs, CHUNK))
        if not chunk:
            return tally
        start = time.perf_counter()
        endings = list(_endings(sandboxed, chunk, item))
        tally.seconds += time.perf_counter() - start
        for text, ending in zip(chunk, endings, strict=True):
            tally.add(text, ending, defects)
    raise ValueError("there are no inputs to run on")


def _endings(
    sandboxed: Sandboxed[Grid, Ending], programs: Sequence[Program], item: Grid
) -> Iterator[Ending]:
    try:
        rows = sandboxed.run_many(programs, (item,), BUDGET)
    except InterpreterError as error:
        if len(programs) == 1:
            yield Ending(EXCEPTION, detail="".join(traceback.format_exception(error)))
            return
        # One of them broke the interpreter, and took the outcomes of the others along.
        for program in programs:
            yield from _endings(sandboxed, [program], item)
        return
    for program, (outcome,) in zip(programs, rows, strict=True):
        if isinstance(outcome, Success):
            yield outcome.value
        elif outcome.kind is not FailureKind.TIMEOUT:
            yield Ending(outcome.kind, detail=outcome.detail)
        elif len(programs) == 1:
            yield Ending(KILLED, detail=outcome.detail)
        else:  # The machine itself may have paused; what hangs does so twice.
            yield from _endings(sandboxed, [program], item)


def report(n: int, inputs: Sequence[Grid]) -> Iterator[tuple[str, Tally]]:
    """Yield each kind of text with what became of about ``n`` / 4 of them, and last the bombs."""
    with observed((HANGING - 1) * BUDGET.seconds) as sandboxed:
        for name, draw in FUZZ.items():
            texts = islice(draw(np.random.default_rng(_SEED)), n // len(FUZZ))
            yield name, study(sandboxed, texts, inputs)
        # Each has to end in ``size``, before anything walks through what it has built.
        yield "sharing bombs", study(sandboxed, sharing_bombs(), inputs, NOT_REFUSED)


def chosen_inputs() -> Sequence[Grid]:
    """Return the first demonstration inputs of some tasks, drawn with a fixed seed."""
    tasks = load_dataset(DATASET).tasks
    chosen = np.random.default_rng(_SEED).choice(len(tasks), INPUTS, replace=False)
    return [tasks[index].inputs[0] for index in chosen.tolist()]


def _row(name: str, tally: Tally) -> str:
    counts = "".join(f"{tally.endings[column]:>10,}" for column in COLUMNS)
    rate = tally.endings.total() / tally.seconds
    return (
        f"{name:<16}{counts}{tally.slowest[0] * 1e3:>10,.0f}{tally.peak >> 20:>10,}{rate:>10,.0f}"
    )


def main() -> None:
    """Read the arguments, print the table and every defect, and say by the status if any were."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("-n", type=int, default=200_000, help="texts, a quarter of each kind")
    n = parser.parse_args().n
    if n < len(FUZZ):
        parser.error(f"-n must be at least {len(FUZZ)}")
    start = time.perf_counter()
    print(f"{BUDGET}; {MEMORY >> 20:,} MiB; a hang is {HANGING * BUDGET.seconds:g} s")
    titles = (*COLUMNS, "slowest ms", "peak MiB", "texts/s")
    print(f"{'':<16}{''.join(f'{title:>10}' for title in titles)}")
    defects: list[tuple[str, Ending]] = []
    slowest = (0.0, "")
    for name, tally in report(n, chosen_inputs()):
        print(_row(name, tally), flush=True)
        defects += tally.defects
        slowest = max(slowest, tally.slowest)
    seconds = time.perf_counter() - start
    print(f"{len(defects)} defects; {seconds:.0f} s with the time it takes to draw the texts")
    print(f"\nthe slowest text:\n{slowest[1]!r:.2000}")
    for text, ending in defects:
        print(f"\n{ending.name}: {ending.detail}\n{text!r:.2000}")
    sys.exit(bool(defects))


if __name__ == "__main__":
    main()
