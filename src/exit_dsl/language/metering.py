"""Deterministic accounting of what a program uses.

Every line costs one step. Every call of a primitive costs one, one more for each
``ELEMENTS_PER_STEP`` elements of its predicted work, and as many for the size of its result, inner
calls of functions that were passed as values included. A line that calls any other function, such
as one that a primitive has returned, costs what the primitives do that are called in it, and no
less than one primitive with the same result. Nothing of it depends on the machine; the clock is
only looked at now and then.

Values that are small outside may be large inside: each of sixty tuples may hold the one before
twice, and hashing the last would take for ever, in one call that nothing interrupts. So values that
may have grown inside are measured over all levels as soon as they are made. As their members were
measured when *they* were made, what a call like that of a set hashes on the way is bounded as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from exit_dsl.language.compact import Compact
from exit_dsl.language.declaration import Primitive
from exit_dsl.language.nesting import smallest_nested
from exit_dsl.language.values import WIDEST, likely_size, size_of, tree_size
from exit_dsl.types import Budget, FailureKind

ELEMENTS_PER_STEP = 16
DEEP = 100
"""How many times ``Budget.max_size`` elements a value may have over all its levels."""
SUSPICIOUS = 5
"""The same for what a value may have by a first look at it; beyond that all members are counted."""
DEEP_VALUES = 10
"""How many values as large as that one line may make, or more that are smaller."""
CLOCK_INTERVAL = 256
"""Steps between two looks at the clock."""
FUNCTION = "a function"
"""What is called in failures, if it is no primitive."""


class BudgetExceededError(BaseException):
    """A run has used up its budget. Not an ``Exception``, so that no primitive can swallow it."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Meter:
    """Counts steps against a limit and sizes against another.

    ``used`` may be read and set between calls. Beyond ``checkpoint`` steps it wants to look at the
    limits, and of results of more than ``small`` elements it wants to know.
    """

    __slots__ = ("_budget", "_deadline", "_measured", "checkpoint", "small", "used")

    def __init__(self) -> None:
        self.used = 0
        self._measured = 0
        self.checkpoint = 0
        self.start(Budget())

    def start(self, budget: Budget) -> None:
        """Begin a run on one input."""
        self._budget = budget
        self._deadline = perf_counter() + budget.seconds
        self.small = min(ELEMENTS_PER_STEP - 1, budget.max_size)

    def restart(self) -> None:
        """Begin a line: its cost is counted from zero, whatever ran before it.

        The first call in it looks at the clock.
        """
        self.used = self._measured = self.checkpoint = 0

    def charge(self, size: int, name: str) -> None:
        """Charge for so many elements that the primitive ``name`` touches or has produced.

        Raises:
            BudgetExceededError: they are more than the budget allows.
        """
        if size > self._budget.max_size:
            raise BudgetExceededError(
                FailureKind.SIZE, f"{name}: more than {self._budget.max_size} elements"
            )
        self.used += size // ELEMENTS_PER_STEP

    def measure(self, value: Any, name: str) -> None:
        """Measure a value that the primitive ``name`` has produced, over all of its levels.

        Raises:
            BudgetExceededError: it is, or all that the line has made are, larger than the budget
                allows.
        """
        limit = DEEP * self._budget.max_size
        size = likely_size(value)
        if size > SUSPICIOUS * self._budget.max_size:
            size = tree_size(value, limit)
        self._measured += size
        if size > limit or self._measured > DEEP_VALUES * limit:
            raise BudgetExceededError(
                FailureKind.SIZE, f"{name}: more than {limit} elements over all levels"
            )

    def settle(self, value: Any) -> None:
        """Charge for a line that has called what is no primitive, and measure its ``value``.

        Most such functions call primitives, which were charged, for the value as well: so the line
        costs nothing more, unless that is less than a primitive with this value would cost.

        Raises:
            BudgetExceededError: the value is larger than the budget allows, or the time is over.
        """
        inside, self.used = self.used, 1
        self.charge(size_of(value), FUNCTION)
        self.used = max(self.used, inside)
        self.measure(value, FUNCTION)
        if self.used > self.checkpoint:
            self.look()

    def pay(self, name: str, calls: int, work: int, size: int) -> None:
        """Charge for calls of the primitive ``name`` that are made all at once.

        Args:
            name: of the primitive.
            calls: how many.
            work: the elements that each is predicted to touch.
            size: the elements of the result of each.

        Raises:
            BudgetExceededError: they are more than the budget allows.
        """
        before = self.used
        self.charge(work, name)
        self.charge(size, name)
        self.used = before + calls * (1 + self.used - before)
        if self.used > self.checkpoint:
            self.look()

    def look(self) -> None:
        """Look at the steps used and at the clock.

        Raises:
            BudgetExceededError: the budget is used up.
        """
        if self.used > self._budget.max_steps:
            raise BudgetExceededError(
                FailureKind.STEPS, f"more than {self._budget.max_steps} steps"
            )
        if perf_counter() > self._deadline:
            raise BudgetExceededError(
                FailureKind.TIMEOUT, f"more than {self._budget.seconds} seconds"
            )
        self.checkpoint = min(self.used + CLOCK_INTERVAL, self._budget.max_steps)


def metered(primitive: Primitive, meter: Meter) -> Callable[..., Any]:
    """Return a primitive as a value: what programs, and other primitives, get to call.

    Its ``__name__`` is the primitive's name and ``arity`` the number of arguments. It charges for
    each call, and raises :class:`BudgetExceededError` where the budget does not allow it. Where
    the primitive knows no compact values it gets ordinary ones. A primitive that does what many
    calls of this one would do, but faster, has to ``pay`` for them (see :meth:`Meter.pay`).
    """
    call = _KINDS.get(primitive.arity, _any_arity)(primitive, meter)
    call.__name__ = call.__qualname__ = primitive.name
    call.arity = primitive.arity  # type: ignore[attr-defined]
    call.pay = partial(meter.pay, primitive.name)  # type: ignore[attr-defined]
    return call


# Most of the time of a program is spent between the lines below. So they call nothing needlessly,
# pack no arguments, and say the same for one argument, for two, and for any number.


def _one_argument(primitive: Primitive, meter: Meter) -> Callable[..., Any]:
    function, unknown, name = primitive.implementation, _unknown(primitive), primitive.name
    work, nested = primitive.work, smallest_nested(primitive, ELEMENTS_PER_STEP)

    def call(a: Any, /) -> Any:
        if isinstance(a, unknown):
            a = a.plain()
        if work is not None:
            meter.charge(max(0, work(a)), name)
        meter.used += 1
        if meter.used > meter.checkpoint:
            meter.look()
        result = function(a)
        kind = type(result)
        if kind is bool or (kind is int and -WIDEST <= result < WIDEST):
            return result
        size = len(result) if kind is tuple or kind is frozenset else size_of(result)
        if size > meter.small:
            meter.charge(size, name)
        if size >= nested and (nested == 1 or _outgrows(size, a)):
            meter.measure(result, name)
        return result

    return call


def _two_arguments(primitive: Primitive, meter: Meter) -> Callable[..., Any]:
    function, unknown, name = primitive.implementation, _unknown(primitive), primitive.name
    work, nested = primitive.work, smallest_nested(primitive, ELEMENTS_PER_STEP)

    def call(a: Any, b: Any, /) -> Any:
        if isinstance(a, unknown):
            a = a.plain()
        if isinstance(b, unknown):
            b = b.plain()
        if work is not None:
            meter.charge(max(0, work(a, b)), name)
        meter.used += 1
        if meter.used > meter.checkpoint:
            meter.look()
        result = function(a, b)
        kind = type(result)
        if kind is bool or (kind is int and -WIDEST <= result < WIDEST):
            return result
        size = len(result) if kind is tuple or kind is frozenset else size_of(result)
        if size > meter.small:
            meter.charge(size, name)
        if size >= nested and (nested == 1 or _outgrows(size, a, b)):
            meter.measure(result, name)
        return result

    return call


def _any_arity(primitive: Primitive, meter: Meter) -> Callable[..., Any]:
    function, unknown, name = primitive.implementation, _unknown(primitive), primitive.name
    work, nested = primitive.work, smallest_nested(primitive, ELEMENTS_PER_STEP)

    def call(*args: Any) -> Any:
        args = tuple([a.plain() if isinstance(a, unknown) else a for a in args])
        if work is not None:
            meter.charge(max(0, work(*args)), name)
        meter.used += 1
        if meter.used > meter.checkpoint:
            meter.look()
        result = function(*args)
        kind = type(result)
        if kind is bool or (kind is int and -WIDEST <= result < WIDEST):
            return result
        size = len(result) if kind is tuple or kind is frozenset else size_of(result)
        if size > meter.small:
            meter.charge(size, name)
        if size >= nested and (nested == 1 or _outgrows(size, *args)):
            meter.measure(result, name)
        return result

    return call


def _outgrows(size: int, *args: Any) -> bool:
    """Whether a result that joins values from several places has more of them than any place."""
    return size > max(map(size_of, args))


_KINDS = {1: _one_argument, 2: _two_arguments}


def _unknown(primitive: Primitive) -> tuple[type[Compact], ...]:
    """The classes whose values a primitive does not know."""
    return () if primitive.compact is not None else (Compact,)
