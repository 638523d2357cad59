"""The contracts that others implement.

Our own contracts are abstract classes; what other people own (executors, trackers) is described
by a Protocol, so that no library has to be imported to fit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from operator import index
from typing import Any, Generic, Protocol, runtime_checkable

import numpy as np
from typing_extensions import TypeVar

from exit_dsl.randomness import split, stream
from exit_dsl.types import (
    Attempt,
    Budget,
    Candidate,
    Experience,
    I,
    O,
    Outcome,
    Program,
    Task,
)


@runtime_checkable
class Stateful(Protocol):
    """Something whose state can be saved: values of JSON, NumPy arrays and torch tensors."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to go on exactly from here."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned."""
        ...


class Sampler(Protocol[I, O]):
    """A source of candidates that need not learn: mutation, enumeration, a file of programs."""

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Propose candidates.

        Args:
            tasks: what to propose for.
            n: candidates for each task; a source that has no more may give fewer.
            rng: all randomness comes from it.

        Returns:
            The candidates, in the order of the tasks; a generator will do.
        """
        ...


class Policy(ABC, Generic[I, O]):
    """A source of candidates that learns from experiences.

    Promises: the same state and ``rng`` give the same candidates; ``update([])`` is harmless.
    """

    @abstractmethod
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Propose candidates.

        Args:
            tasks: what to propose for.
            n: candidates for each task.
            rng: all randomness comes from it.

        Returns:
            ``n`` candidates for each task, in the order of the tasks. The result may be lazy, so
            that execution starts while sampling goes on.
        """

    def sample_each(
        self, tasks: Sequence[Task[I, O]], counts: Sequence[int], rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Propose candidates, of some tasks more than of others.

        This samples once for each number that occurs; a policy that can do it at once, and is
        faster for it, overrides this.

        Args:
            tasks: what to propose for.
            counts: candidates for each task, at least 0.
            rng: all randomness comes from it.

        Returns:
            The candidates, in the order of the tasks, perhaps lazily.

        Raises:
            ValueError: there is not a number for each task.
        """
        seed = split(rng)
        counts = list(map(index, counts))  # an array's may overflow in what follows
        alike: dict[int, list[Task[I, O]]] = {}
        for task, count in zip(tasks, counts, strict=True):
            if count:
                alike.setdefault(count, []).append(task)
        sampled = {
            count: iter(self.sample(group, count, stream(seed, count)))
            for count, group in alike.items()
        }
        return (candidate for own in counts if own for candidate in islice(sampled[own], own))

    @abstractmethod
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train.

        Args:
            batch: all experiences of one meta-iteration, shuffled; there may be none.
            rng: all randomness comes from it.

        Returns:
            Metrics by name, such as the loss.
        """

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to go on exactly from here."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned."""


class Interpreter(ABC, Generic[I, O]):
    """Gives programs their meaning.

    Promises: any text gives one outcome for each input and never an exception; the same call
    gives the same answer; the object can be pickled, so that other processes can run it.
    """

    @abstractmethod
    def run(self, program: Program, inputs: Sequence[I], budget: Budget) -> Sequence[Outcome[O]]:
        """Run a program on each of several inputs.

        Args:
            program: any text.
            inputs: of the language's input type.
            budget: what the run on one input may use.

        Returns:
            One outcome for each input, in their order.
        """


class Relabeler(ABC, Generic[I, O]):
    """Turns attempts into experiences.

    Promise: running an experience's program on its inputs gives its outputs.
    """

    @abstractmethod
    def relabel(self, attempts: Sequence[Attempt[I, O]]) -> Iterable[Experience[I, O]]:
        """Return the experiences that attempts teach, in their order.

        Args:
            attempts: executed programs; the loop passes those on one task at a time.
        """


class ReplayBuffer(ABC, Generic[I, O]):
    """Stores experiences in named partitions.

    Promises: a draw has no duplicates and ``min(n, size)`` items of each partition; partitions
    do not mix; a reloaded buffer draws the same items.
    """

    @abstractmethod
    def add(self, experiences: Iterable[Experience[I, O]], partition: str) -> int:
        """Store the experiences that are new to a partition.

        Args:
            experiences: what to store.
            partition: its name; one that is not there yet is made.

        Returns:
            How many were new.
        """

    @abstractmethod
    def sample(self, counts: Mapping[str, int], rng: np.random.Generator) -> list[Experience[I, O]]:
        """Draw experiences, without replacement.

        Args:
            counts: how many, by partition; one that holds fewer gives all it has.
            rng: all randomness comes from it.

        Returns:
            The experiences of all partitions together.
        """

    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """Return the number of experiences in each partition."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return everything that is needed to go on exactly from here."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned."""


R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Pending(Protocol[R_co]):
    """The promise of a result, as ``concurrent.futures.Future`` and Dask's futures are."""

    def result(self) -> R_co:
        """Wait for the result and return it, or raise what the call raised."""
        ...


class Executor(Protocol):
    """Runs calls somewhere: any ``concurrent.futures`` executor, Dask's client, an adapter."""

    def submit(self, fn: Callable[..., R], /, *args: Any) -> Pending[R]:
        """Start ``fn(*args)`` and return at once."""
        ...


class Tracker(Protocol):
    """Anywhere that metrics go."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record ``metrics`` of meta-iteration ``step``."""
        ...
