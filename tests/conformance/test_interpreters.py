"""Our interpreters, and one that is not ours, keep the promises."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from typing import Any

from exit_dsl.execution import Sandboxed
from exit_dsl.interfaces import Interpreter
from exit_dsl.language import LanguageInterpreter
from exit_dsl.testing import InterpreterContract
from exit_dsl.testing.fakes import ArithmeticInterpreter
from exit_dsl.types import Budget
from tests.execution.hazards import Hazardous
from tests.language.lists import Ints, lists


class TestLanguageInterpreter(InterpreterContract[Ints, Ints]):
    budget = Budget(max_steps=1_000, max_size=1_000)

    def make_interpreter(self) -> Interpreter[Ints, Ints]:
        return LanguageInterpreter(lists)

    def programs(self) -> Sequence[str]:
        return [
            "O = reverse(I)",
            "x1 = reverse(I)\nO = take(TWO, x1)",
            "x1 = bind(add, NINE)\nx2 = head(I)\nx3 = iterate(x1, x2, x2)\nO = range_(x3)",
            "O = map_(head, I)",
        ]

    def inputs(self) -> Sequence[Ints]:
        return [(), (3, 1, 2), (5,)]

    def looping_programs(self) -> Sequence[str]:
        doubled = "".join(f"x{n + 1} = add(x{n}, x{n})\n" for n in range(1, 60))
        return [f"x1 = add(NINE, NINE)\n{doubled}O = range_(x60)"]


class TestForgetfulLanguageInterpreter(TestLanguageInterpreter):
    """With a memory that is always full."""

    def make_interpreter(self) -> Interpreter[Ints, Ints]:
        return LanguageInterpreter(lists, memory=1)


class TestSandboxed(InterpreterContract[int, Any]):
    examples = 2  # a new interpreter is a new process
    budget = Budget(seconds=0.5, max_size=64)

    def make_interpreter(self) -> Interpreter[int, Any]:
        return Sandboxed(Hazardous(), grace_seconds=0.1)

    def programs(self) -> Sequence[str]:
        return ["add 2", "mul 3\nadd 1"]

    def inputs(self) -> Sequence[int]:
        return [0, 7]

    def looping_programs(self) -> Sequence[str]:
        return ["loop"]


class TestArithmeticInterpreter(InterpreterContract[int, int], unittest.TestCase):
    """The kit also works with unittest."""

    def make_interpreter(self) -> Interpreter[int, int]:
        return ArithmeticInterpreter()

    def programs(self) -> Sequence[str]:
        return ["add 2", "mul 3\nadd 1", "mul 999999999\n" * 3]

    def inputs(self) -> Sequence[int]:
        return [0, 7, -(10**30)]
