"""The values that travel between the stages of expert iteration; all of them are frozen.

``I`` and ``O`` are the input and output types of the user's domain-specific language (DSL):
grids for ARC, lists of integers for a list language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NewType

from typing_extensions import TypeVar

I = TypeVar("I", default=object)  # noqa: E741 - the field's name for the input type
O = TypeVar("O", default=object)  # noqa: E741 - the field's name for the output type
V = TypeVar("V", default=object)

Program = NewType("Program", str)
"""Program text. It is untrusted: only an :class:`~exit_dsl.Interpreter` gives it a meaning."""


@dataclass(frozen=True, slots=True)
class Example(Generic[I, O]):
    """One demonstration: what a correct program makes of ``input``."""

    input: I
    output: O


@dataclass(frozen=True, slots=True)
class Task(Generic[I, O]):
    """A programming-by-examples task. Test pairs are not part of it (see ``Scoreboard``)."""

    id: str
    examples: tuple[Example[I, O], ...]

    def __post_init__(self) -> None:
        if not self.examples:
            raise ValueError(f"task {self.id!r} has no examples; give at least one")

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
    """A program proposed for a task, with its log-probability under the source (nats).

    ``source`` names who of several proposed it; it is empty where there is one source alone.
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


@dataclass(frozen=True, slots=True)
class Success(Generic[V]):
    """A run that gave ``value``."""

    value: V


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that gave nothing, and why. A bad program is data, not an exception."""

    kind: FailureKind
    detail: str = ""


Outcome = Success[V] | Failure


@dataclass(frozen=True, slots=True)
class Attempt(Generic[I, O]):
    """A candidate after execution.

    ``outcomes`` and ``scores`` hold one entry for each demonstration of ``task``; a score is in
    [0, 1] and 1 means exact.
    """

    task: Task[I, O]
    candidate: Candidate
    outcomes: tuple[Outcome[O], ...]
    scores: tuple[float, ...]
    iteration: int = 0

    @property
    def valid(self) -> bool:
        """Whether the program gave an output on every demonstration input."""
        return all(isinstance(outcome, Success) for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Experience(Generic[I, O]):
    """A program that is known to solve ``task``, which hindsight may have relabeled.

    ``source_id`` names the original task, and ``scores`` (one in [0, 1] a demonstration) are
    the program's on *that* task's demonstrations.
    """

    task: Task[I, O]
    program: Program
    source_id: str
    scores: tuple[float, ...]
    iteration: int = 0


@dataclass(frozen=True, slots=True)
class Iteration(Generic[I, O]):
    """What one meta-iteration did.

    ``attempts`` are this iteration's; ``stored`` counts the experiences that were new to the
    buffer; ``sizes`` gives the size of each partition afterwards; ``train`` holds the metrics of
    the policy's update; ``seconds`` gives the wall time of each stage.
    """

    index: int
    attempts: tuple[Attempt[I, O], ...]
    stored: int
    sizes: Mapping[str, int] = field(default_factory=dict)
    train: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
