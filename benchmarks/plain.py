"""Programs run line by line with the primitives of any implementation: no check, no sharing."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override

from benchmarks.reference_dsl import PRIMITIVES
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from exit_dsl.interfaces import Interpreter
from exit_dsl.language.programs import INPUT
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success


class _TimeUpError(BaseException):
    """Raised by the alarm; not an ``Exception``, so that no primitive can swallow it."""


def _ring(*_: Any) -> None:
    raise _TimeUpError


class PlainInterpreter(Interpreter[Grid, Grid]):
    """Calls one primitive a line; of the budget it knows the time only.

    A program is parsed once. It must run in the main thread of its process, where alarms arrive.

    Args:
        primitives: by name.
        constants: by name.
    """

    def __init__(
        self, primitives: Mapping[str, Callable[..., Any]], constants: Mapping[str, Any]
    ) -> None:
        self._names = {name: place for place, name in enumerate((INPUT, *primitives, *constants))}
        self._values = [None, *primitives.values(), *constants.values()]
        self._codes: dict[Program, list[list[int]]] = {}
        signal.signal(signal.SIGALRM, _ring)

    @override
    def run(
        self, program: Program, inputs: Sequence[Grid], budget: Budget
    ) -> Sequence[Outcome[Grid]]:
        code = self._codes.get(program)
        if code is None:
            code = self._codes[program] = self._parse(program)
        return [self._outcome(code, item, budget.seconds) for item in inputs]

    def _parse(self, program: Program) -> list[list[int]]:
        names, known = self._names, len(self._names)
        return [
            [names[atom] if isinstance(atom, str) else known + atom for atom in call.atoms]
            for call in arc.parse(program)
        ]

    def _outcome(self, code: list[list[int]], item: Grid, seconds: float) -> Outcome[Grid]:
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, seconds)
                value = self._evaluate(code, item)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except _TimeUpError:
            return Failure(FailureKind.TIMEOUT)
        except Exception as error:
            return Failure(FailureKind.ERROR, type(error).__name__)
        return Success(value) if arc.valid(value) else Failure(FailureKind.INVALID)

    def _evaluate(self, code: list[list[int]], item: Grid) -> Any:
        values: list[Any] = self._values.copy()
        values[0] = item
        for function, *args in code:
            values.append(values[function](*[values[arg] for arg in args]))
        return values[-1]


def reference() -> PlainInterpreter:
    """Return an interpreter on the plain reference implementation."""
    return PlainInterpreter(PRIMITIVES, arc.constants)


def is_checkout(folder: Path) -> bool:
    """Whether a folder holds what is read of arc-dsl."""
    return (folder / "dsl.py").is_file() and (folder / "constants.py").is_file()


def checkout(folder: Path) -> PlainInterpreter:
    """Return an interpreter on a checkout of arc-dsl, whose ``dsl.py`` is imported."""
    sys.path.insert(0, str(folder.resolve()))  # its modules import each other by their bare names
    primitives, constants = map(importlib.import_module, ("dsl", "constants"))
    return PlainInterpreter(
        {name: getattr(primitives, name) for name in arc.primitives},
        {name: getattr(constants, name) for name in arc.constants},
    )
