"""Programs of any length that run to the end, made of shorter ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.workload import BUDGET
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from exit_dsl.language import LanguageInterpreter
from exit_dsl.language.programs import INPUT, Atom, Call, Code, normalize
from exit_dsl.types import Program, Success

PATIENCE = 20
"""Parts that may be passed over in a chain."""
TRIES = 100
"""Chains in a row that may come to nothing before there are no more of a length."""


class Chains:
    """Programs of any length, made of programs that keep the size of their grid.

    Each part is applied to the output of the part before, so that a line deals with grids of the
    same size wherever it stands; parts that fail or change the size on the way are passed over.

    Args:
        parts: programs to choose from.
        inputs: the grids that every program has to run on to its end.
    """

    def __init__(self, parts: Sequence[Program], inputs: Sequence[Grid]) -> None:
        self._interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
        self._inputs = inputs
        codes = (normalize(arc.parse(part)) for part in parts)
        self._parts = sorted(filter(self._keeps_size, codes), key=len)

    def programs(self, length: int, rng: np.random.Generator) -> Iterator[Program]:
        """Yield distinct programs of ``length`` lines, until no more turn up."""
        seen: set[Code] = set()
        fruitless = 0
        while fruitless < TRIES:
            code = self._chain(length, rng)
            fruitless += 1
            if code is not None and code not in seen:
                seen.add(code)
                fruitless = 0
                yield arc.format(code)

    def _chain(self, length: int, rng: np.random.Generator) -> Code | None:
        code: Code = ()
        for _ in range(length + PATIENCE):
            fitting = bisect_right(self._parts, length - len(code), key=len)
            if not fitting:
                return None
            part = self._parts[rng.integers(fitting)]
            longer = normalize(_chained(code, part))
            # Lines that both have are merged, and lines before a constant part are dead.
            if len(longer) == len(code) + len(part) and self._keeps_size(longer):
                code = longer
            if len(code) == length:
                return code
        return None

    def _keeps_size(self, code: Code) -> bool:
        # The time is not what decides, so that the same programs are drawn everywhere.
        budget = replace(BUDGET, seconds=60.0)
        program = arc.format(code)
        return all(
            isinstance(outcome, Success)
            and (len(outcome.value), len(outcome.value[0])) == (len(item), len(item[0]))
            for item in self._inputs
            for outcome in self._interpreter.run(program, (item,), budget)
        )


def _chained(first: Code, second: Code) -> Code:
    """Return a program that applies the second to the output of the first."""

    def moved(atom: Atom) -> Atom:
        if atom == INPUT and first:
            return len(first) - 1
        return atom if isinstance(atom, str) else len(first) + atom

    calls = (Call(moved(call.function), tuple(map(moved, call.args))) for call in second)
    return (*first, *calls)
