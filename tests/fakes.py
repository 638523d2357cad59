"""The fakes of the conformance kit, and a dishonest one."""

from __future__ import annotations

from collections.abc import Sequence

from exit_dsl.interfaces import Interpreter
from exit_dsl.testing.fakes import ArithmeticInterpreter as ArithmeticInterpreter
from exit_dsl.testing.fakes import LearningPolicy as LearningPolicy
from exit_dsl.types import Budget, Outcome, Program


class BrokenInterpreter(Interpreter[int, int]):
    """Breaks the contract: it raises."""

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        raise ZeroDivisionError("a bug in the interpreter")
