"""Deterministic accounting of what a program uses.

Every line costs one step. Every call of a primitive costs one, one more for each
``ELEMENTS_PER_STEP`` elements of its predicted work, and as many for the size of its result, inner
calls of functions that were passed as values included. Nothing of it depends on the machine; the
clock is only looked at now and then.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from exit_dsl.language.declaration import Primitive
from exit_dsl.language.values import size_of
from exit_dsl.types import Budget, FailureKind

ELEMENTS_PER_STEP = 16
CLOCK_INTERVAL = 256
"""Steps between two looks at the clock."""


class BudgetExceededError(BaseException):
    """A run has used up its budget. Not an ``Exception``, so that no primitive can swallow it."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Meter:
    """Counts steps against a limit and sizes against another.

    ``used`` may be read and set between calls.
    """

    __slots__ = ("_budget", "_checkpoint", "_deadline", "used")

    def __init__(self) -> None:
        self.used = 0
        self._checkpoint = 0
        self._budget = Budget()
        self._deadline = 0.0

    def start(self, budget: Budget) -> None:
        """Begin a run on one input."""
        self._budget = budget
        self._deadline = perf_counter() + budget.seconds

    def restart(self) -> None:
        """Begin a line: its cost is counted from zero, whatever ran before it.

        Raises:
            BudgetExceededError: the time is over.
        """
        self.used = 0
        self._look()

    def call(self, primitive: Primitive, args: tuple[Any, ...]) -> Any:
        """Call a primitive and charge for it.

        Raises:
            BudgetExceededError: the budget does not allow it.
        """
        work = 0
        if primitive.work is not None:
            work = max(0, primitive.work(*args))
            self._bound(work, primitive.name)
        self.used += 1 + work // ELEMENTS_PER_STEP
        if self.used > self._checkpoint:
            self._look()
        result = primitive.function(*args)
        size = size_of(result)
        self._bound(size, primitive.name)
        self.used += size // ELEMENTS_PER_STEP
        return result

    def _bound(self, size: int, name: str) -> None:
        if size > self._budget.max_size:
            raise BudgetExceededError(
                FailureKind.SIZE, f"{name}: more than {self._budget.max_size} elements"
            )

    def _look(self) -> None:
        if self.used > self._budget.max_steps:
            raise BudgetExceededError(
                FailureKind.STEPS, f"more than {self._budget.max_steps} steps"
            )
        if perf_counter() > self._deadline:
            raise BudgetExceededError(
                FailureKind.TIMEOUT, f"more than {self._budget.seconds} seconds"
            )
        self._checkpoint = min(self.used + CLOCK_INTERVAL, self._budget.max_steps)


class Callee:
    """A primitive as a value: what other primitives get to call.

    ``__name__`` is the primitive's name and ``arity`` the number of arguments.
    """

    __slots__ = ("__name__", "_meter", "_primitive", "arity")

    def __init__(self, primitive: Primitive, meter: Meter) -> None:
        self._primitive = primitive
        self._meter = meter
        self.__name__ = primitive.name
        self.arity = primitive.arity

    def __call__(self, *args: Any) -> Any:
        """Call the primitive and charge for it."""
        return self._meter.call(self._primitive, args)

    def __repr__(self) -> str:
        return f"<primitive {self.__name__}>"
