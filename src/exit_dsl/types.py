"""The values that travel between the stages of expert iteration; all of them are frozen.

``I`` and ``O`` are the input and output types of the user's domain-specific language (DSL):
grids for ARC, lists of integers for a list language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from enum import StrEnum
from typing import Any, Generic, NewType

from typing_extensions import TypeVar

I = TypeVar("I", default=object)  # noqa: E741 - the field's name for the input type
O = TypeVar("O", default=object)  # noqa: E741 - the field's name for the output type
V = TypeVar("V", default=object)
_Class = TypeVar("_Class", bound=type)


def _parametrizable(cls: _Class) -> _Class:
    """Let ``Example[int, int](1, 2)`` work in Python 3.11.

    There a call like that sets an attribute, and takes no offence at an ``AttributeError``. What
    ``dataclass`` makes of frozen classes with slots raises a ``TypeError`` instead.
    """

    def refuse(self: object, name: str, value: object = None) -> None:
        raise FrozenInstanceError(f"cannot change {name!r} of a frozen {type(self).__name__}")

    for method in ("__setattr__", "__delattr__"):
        setattr(cls, method, refuse)
    return cls


def _as_tuples(value: Any, *names: str) -> None:
    """Turn fields that were given as lists into tuples, so that equal values stay equal."""
    for name in names:
        given = getattr(value, name)
        if not isinstance(given, tuple):
            object.__setattr__(value, name, tuple(given))


Program = NewType("Program", str)
"""Program text. It is untrusted: only an :class:`~exit_dsl.Interpreter` gives it a meaning."""


@_parametrizable
@dataclass(frozen=True, slots=True)
class Example(Generic[I, O]):
    """One demonstration: a correct program makes ``output`` of ``input``."""

    input: I
    output: O


@_parametrizable
@dataclass(frozen=True, slots=True)
class Task(Generic[I, O]):
    """A programming-by-examples task. Test pairs are not part of it (see ``Scoreboard``).

    ``id`` names it among the tasks of a run, and determines its random streams. ``examples`` are
    its demonstrations, one or more; a list becomes a tuple.

    Raises:
        TypeError: one of ``examples`` is no :class:`Example`.
        ValueError: there are none.
    """

    id: str
    examples: tuple[Example[I, O], ...]

    def __post_init__(self) -> None:
        _as_tuples(self, "examples")
        if not self.examples:
            raise ValueError(f"task {self.id!r} has no examples; give at least one")
        for number, example in enumerate(self.examples):
            if not isinstance(example, Example):
                raise TypeError(
                    f"example {number} of task {self.id!r} is a {type(example).__name__}; "
                    "give Example(input, output)"
                )

    @property
    def inputs(self) -> tuple[I, ...]:
        """The demonstration inputs, in order."""
        return tuple(example.input for example in self.examples)

    @property
    def outputs(self) -> tuple[O, ...]:
        """The demonstration outputs, in order."""
        return tuple(example.output for example in self.examples)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program proposed for the task that ``task_id`` names.

    ``logprob`` is the program's log-probability under its source, in nats; not-a-number where that
    is not known. ``source`` names who of several proposed it; it is empty where there is one source
    alone.
    """

    task_id: str
    program: Program
    logprob: float = float("nan")
    source: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run of a program on one input may use.

    ``max_steps`` and ``max_size`` are counted by the interpreter and do not depend on the
    machine; ``seconds`` is the wall-clock guard behind them.

    Raises:
        ValueError: a limit is not positive.
    """

    seconds: float = 1.0
    max_steps: int = 100_000
    max_size: int = 20_000

    def __post_init__(self) -> None:
        for name in ("seconds", "max_steps", "max_size"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Budget.{name} must be positive, not {getattr(self, name)}")


class FailureKind(StrEnum):
    """Why a run gave no output."""

    SYNTAX = "syntax"
    """The text is not a program of the language."""
    TYPE = "type"
    """An argument can never have the type that its function needs."""
    INVALID = "invalid"
    """The program ran, but its result is not a valid output."""
    ERROR = "error"
    """A primitive raised."""
    STEPS = "steps"
    """More than ``Budget.max_steps`` steps."""
    SIZE = "size"
    """A value larger than ``Budget.max_size``."""
    TIMEOUT = "timeout"
    """More than ``Budget.seconds``."""
    MEMORY = "memory"
    """The memory ran out."""
    CRASHED = "crashed"
    """The process that ran the program died."""


@_parametrizable
@dataclass(frozen=True, slots=True)
class Success(Generic[V]):
    """A run that gave ``value``."""

    value: V


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that gave nothing. A bad program is data, not an exception.

    ``kind`` says why, and ``detail`` more about it, for people to read.
    """

    kind: FailureKind
    detail: str = ""


Outcome = Success[V] | Failure


@_parametrizable
@dataclass(frozen=True, slots=True)
class Attempt(Generic[I, O]):
    """A candidate after execution.

    ``outcomes`` and ``scores`` hold one entry for each demonstration of ``task``; a score is in
    [0, 1] and 1 means exact. ``iteration`` is the meta-iteration that made it, counted from 0.
    """

    task: Task[I, O]
    candidate: Candidate
    outcomes: tuple[Outcome[O], ...]
    scores: tuple[float, ...]
    iteration: int = 0

    def __post_init__(self) -> None:
        _as_tuples(self, "outcomes", "scores")

    @property
    def valid(self) -> bool:
        """Whether the program gave an output on every demonstration input."""
        return all(isinstance(outcome, Success) for outcome in self.outcomes)


@_parametrizable
@dataclass(frozen=True, slots=True)
class Experience(Generic[I, O]):
    """A program that is known to solve ``task``, which hindsight may have relabeled.

    ``source_id`` names the original task, and ``scores`` (one in [0, 1] a demonstration) are
    the program's on *that* task's demonstrations. ``iteration`` is the meta-iteration that found
    it, counted from 0.
    """

    task: Task[I, O]
    program: Program
    source_id: str
    scores: tuple[float, ...]
    iteration: int = 0

    def __post_init__(self) -> None:
        _as_tuples(self, "scores")


@_parametrizable
@dataclass(frozen=True, slots=True)
class Iteration(Generic[I, O]):
    """What one meta-iteration did.

    ``index`` counts from 0; ``attempts`` are this iteration's; ``stored`` counts the experiences
    that were new to the buffer; ``sizes`` gives the size of each partition afterwards; ``train``
    holds the metrics of the policy's update; ``seconds`` gives the wall time of each stage.
    """

    index: int
    attempts: tuple[Attempt[I, O], ...]
    stored: int
    sizes: Mapping[str, int] = field(default_factory=dict)
    train: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
