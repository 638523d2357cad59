"""Dishonest interpreters: each breaks one promise, and says which."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from exit_dsl.execution import BatchInterpreter
from exit_dsl.testing.fakes import ArithmeticInterpreter
from exit_dsl.types import (
    Budget,
    Failure,
    FailureKind,
    Outcome,
    Program,
    Success,
)

Outcomes = Sequence[Outcome[Any]]
Inputs = Sequence[int]


class Raises(ArithmeticInterpreter):
    """Raises where the text is no program."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Success(item + int(program.split()[1])) for item in inputs]


class Exits(ArithmeticInterpreter):
    """Ends the process."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if "\n" in program:
            raise SystemExit(1)
        return super().run(program, inputs, budget)


class Recurses(ArithmeticInterpreter):
    """Needs a stack as deep as the text is long."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        self._descend(program)
        return super().run(program, inputs, budget)

    def _descend(self, text: str) -> None:
        if text.startswith("("):
            self._descend(text[1:])


class OneOutcomeTooFew(ArithmeticInterpreter):
    """Gives a single failure where the text is no program."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        failures = [each for each in outcomes if isinstance(each, Failure)]
        return failures[:1] or outcomes


class BareValues(ArithmeticInterpreter):
    """Gives values, not outcomes."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Any:
        outcomes = super().run(program, inputs, budget)
        return [each.value if isinstance(each, Success) else each for each in outcomes]


class UnknownKind(ArithmeticInterpreter):
    """Makes up a kind of failure."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Any:
        outcomes = super().run(program, inputs, budget)
        return [
            Failure("oops") if isinstance(each, Failure) else each  # type: ignore[arg-type]
            for each in outcomes
        ]


class AlwaysFails(ArithmeticInterpreter):
    """Gives no output at all."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Failure(FailureKind.SYNTAX)] * len(inputs)


class Random(ArithmeticInterpreter):
    """Gives another answer each time."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Success(random.random()) for _ in inputs]


class ChangesInputs(ArithmeticInterpreter):
    """Works on the inputs in place."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        if isinstance(inputs, list):
            inputs.sort(reverse=True)
        return outcomes


class DetailsOfTheObject(ArithmeticInterpreter):
    """Has its address in its failures."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        return [
            replace(each, detail=f"failed: {id(self)}") if isinstance(each, Failure) else each
            for each in outcomes
        ]


class ForgetsTheBudget(ArithmeticInterpreter):
    """Remembers outcomes, but not the budget that they are from."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Program, int], Outcome[int]] = {}

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        for item in inputs:
            if (program, item) not in self._known:
                (self._known[program, item],) = super().run(program, [item], budget)
        return [self._known[program, item] for item in inputs]


class CarriesOver(ArithmeticInterpreter):
    """Starts a run with what the run before has left."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes: list[Outcome[int]] = []
        left = 0
        for item in inputs:
            outcomes += super().run(program, [item + left], budget)
            left = item
        return outcomes


class ConfusesNeighbours(BatchInterpreter[int, int]):
    """Gives the programs of one call the outcomes of the first."""

    def run_many(
        self, programs: Sequence[Program], inputs: Inputs, budget: Budget
    ) -> Sequence[Outcomes]:
        honest = ArithmeticInterpreter()
        return [honest.run(programs[0], inputs, budget) for _ in programs]


class LosesARow(BatchInterpreter[int, int]):
    """Leaves out programs that fail, if there are several."""

    def run_many(
        self, programs: Sequence[Program], inputs: Inputs, budget: Budget
    ) -> Sequence[Outcomes]:
        honest = ArithmeticInterpreter()
        return [honest.run(program, inputs, budget) for program in programs][:2]


class CannotBePickled(ArithmeticInterpreter):
    """Holds a function without a name."""

    def __init__(self) -> None:
        super().__init__()
        self.log = lambda line: None


class CannotBePickledOnceUsed(ArithmeticInterpreter):
    """Opens something when it runs."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        self.log = lambda line: None
        return super().run(program, inputs, budget)


class ForgetsItsSettings(ArithmeticInterpreter):
    """Loses a setting when it is pickled."""

    offset = 0

    def __init__(self) -> None:
        super().__init__()
        self.offset = 1

    def __getstate__(self) -> dict[str, Any]:
        return {"runs": self.runs}

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return super().run(program, [item + self.offset for item in inputs], budget)


class BelongsToAProcess(ArithmeticInterpreter):
    """Depends on a setting of the process that made it."""

    _settings: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._settings["offset"] = 1

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        offset = self._settings.get("offset", 0)
        return super().run(program, [item + offset for item in inputs], budget)


class RaisesElsewhere(ArithmeticInterpreter):
    """Runs only in the process that it was imported by first."""

    def __init__(self) -> None:
        super().__init__()
        self._home = os.getpid()

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        assert os.getpid() == self._home
        return super().run(program, inputs, budget)


class SharesTheBudget(ArithmeticInterpreter):
    """Lets all runs of a call share the steps."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        left = budget.max_steps
        outcomes: list[Outcome[int]] = []
        for item in inputs:
            if left < 1:
                outcomes.append(Failure(FailureKind.STEPS))
                continue
            outcomes += super().run(program, [item], replace(budget, max_steps=left))
            left -= program.count("\n") + 1
        return outcomes


class NeverEnds(ArithmeticInterpreter):
    """Has no budget for its loops."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        while program == "loop":
            pass
        return super().run(program, inputs, budget)


class EndsWithAnOutput(ArithmeticInterpreter):
    """Gives what it has when the budget is spent."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if program == "loop":
            return [Success(0)] * len(inputs)
        return super().run(program, inputs, budget)


class CallsItAnError(ArithmeticInterpreter):
    """Stops endless programs, but does not say that it was for the budget."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if program == "loop":
            return [Failure(FailureKind.ERROR)] * len(inputs)
        return super().run(program, inputs, budget)
