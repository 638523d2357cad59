"""Our relabelers keep the promises."""

from __future__ import annotations

from collections.abc import Sequence

from exit_dsl.interfaces import Interpreter, Relabeler
from exit_dsl.language import LanguageInterpreter
from exit_dsl.relabeling import Hindsight, KeepGoal, SolvedOnly
from exit_dsl.testing import RelabelerContract
from exit_dsl.types import Example, Task
from tests.language.lists import Ints, lists


class TestHindsight(RelabelerContract[int, int]):
    def make_relabeler(self) -> Relabeler[int, int]:
        return Hindsight()


class TestSolvedOnly(RelabelerContract[int, int]):
    def make_relabeler(self) -> Relabeler[int, int]:
        return SolvedOnly()


class TestKeepGoal(RelabelerContract[int, int]):
    def make_relabeler(self) -> Relabeler[int, int]:
        return KeepGoal()


class TestHindsightOnLists(RelabelerContract[Ints, Ints]):
    """With a language and a judge of one's own."""

    def make_relabeler(self) -> Relabeler[Ints, Ints]:
        return Hindsight()

    def make_interpreter(self) -> Interpreter[Ints, Ints]:
        return LanguageInterpreter(lists)

    def tasks(self) -> Sequence[Task[Ints, Ints]]:
        return [
            Task("last two", (Example((3, 1, 2), (2, 1)), Example((1, 2), (2, 1)))),
            Task("nothing", (Example((), ()),)),
        ]

    def programs(self) -> Sequence[str]:
        return [
            "O = reverse(I)",
            "x1 = reverse(I)\nO = take(TWO, x1)",
            "x1 = head(I)\nO = range_(x1)",
            "O = head(I)",
        ]

    def judge(self, target: Ints, value: Ints) -> float:
        return sum(a == b for a, b in zip(target, value, strict=False)) / max(
            1, len(target), len(value)
        )
