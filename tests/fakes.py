"""Honest fakes: small, but true to the contracts, and strict about what they are given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from exit_dsl.interfaces import Interpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success

_LINE = re.compile(r"(add|mul) (-?\d{1,9})")


class ArithmeticInterpreter(Interpreter[int, int]):
    """Programs on one integer: each line is ``add N`` or ``mul N``, applied in order;
    spaces around a line mean nothing.

    A line is a step, and the size of a value is its number of bits. ``runs`` counts how often
    each program was run by this very object.
    """

    def __init__(self) -> None:
        self.runs: Counter[Program] = Counter()

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        if not all(isinstance(value, int) for value in inputs):
            raise TypeError(f"inputs must be integers, not {inputs!r}")
        self.runs[program] += 1
        return [_run(program, value, budget) for value in inputs]


class BrokenInterpreter(Interpreter[int, int]):
    """Breaks the contract: it raises."""

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        raise ZeroDivisionError("a bug in the interpreter")


def _run(program: Program, value: int, budget: Budget) -> Outcome[int]:
    lines = [_LINE.fullmatch(line.strip()) for line in program.splitlines()]
    if not lines:
        return Failure(FailureKind.SYNTAX, "the program is empty")
    for step, match in enumerate(lines, start=1):
        if match is None:
            return Failure(FailureKind.SYNTAX, f"line {step} is neither 'add N' nor 'mul N'")
        if step > budget.max_steps:
            return Failure(FailureKind.STEPS, f"more than {budget.max_steps} steps")
        number = int(match[2])
        value = value + number if match[1] == "add" else value * number
        if value.bit_length() > budget.max_size:
            return Failure(FailureKind.SIZE, f"more than {budget.max_size} bits")
    return Success(value)
