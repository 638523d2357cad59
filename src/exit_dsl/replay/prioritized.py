"""A replay buffer that draws in proportion to priority."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import ReplayBuffer
from exit_dsl.replay.contexts import Shared
from exit_dsl.replay.digests import digest
from exit_dsl.replay.partition import Partition
from exit_dsl.replay.priorities import Priority, solved_fraction
from exit_dsl.replay.values import pack
from exit_dsl.types import Experience, I, O, Program

_BATCH = 1 << 12


@final
class PrioritizedReplayBuffer(ReplayBuffer[I, O]):
    """Named partitions of experiences, each drawn in proportion to ``priority + floor``.

    Duplicates: a partition holds one experience for each original task and program (as told by
    ``key``). Of two, the one with the higher priority stays, and of equals the older; it keeps
    the place and age of the older.

    Capacity: it bounds the experiences of all partitions together. When an experience makes them
    too many, the half (rounded up) of its own partition that has the lower priorities is
    dropped; of equals the older go first. Other partitions lose nothing.

    Memory: experiences are stored as bytes and numbers, those of equal task, outputs and scores
    once, and built anew when they are drawn. The first ``live`` of each partition are also kept
    as objects, with which a draw is several times as fast.

    Args:
        priority: asked once for each experience, when it is added; finite and at least 0.
        capacity: experiences in all partitions together.
        key: programs with the same key are the same program; a language's ``normalize``, or the
            text itself. Keys are told apart as ``exit_dsl.encoding`` writes them: by type and
            value.
        floor: positive constant added to each priority, so that priority 0 can be drawn.
        live: the experiences of a partition that are also kept as objects; 0 or more.

    Source: Butt et al. 2024 (CodeIt), prioritized hindsight replay.
    """

    def __init__(
        self,
        *,
        priority: Priority = solved_fraction,
        capacity: int = 10_000_000,
        key: Callable[[Program], Hashable] = str,
        floor: float = 1e-6,
        live: int = 1_000_000,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        if not 0 < floor < math.inf:
            raise ValueError(f"floor must be positive and finite, not {floor}")
        if live < 0:
            raise ValueError(f"live must be at least 0, not {live}")
        self._priority = priority
        self._capacity = capacity
        self._key = key
        self._floor = floor
        self._live = live
        self._shared = Shared([], [])
        self._partitions: dict[str, Partition[I, O]] = {}

    @override
    def add(self, experiences: Iterable[Experience[I, O]], partition: str) -> int:
        """Store the experiences that are new to ``partition`` and return how many were.

        The result does not depend on how the experiences are divided into calls.

        Raises:
            ValueError: a priority is negative, infinite or not a number; the experiences before
                that one have been stored.
        """
        target = self._partitions.get(partition)
        if target is None:
            target = self._partitions[partition] = Partition(self._shared, self._live)
        total = sum(self.sizes().values())
        new = 0
        for experience in experiences:
            identity = _identity(experience.source_id, self._key(experience.program))
            if target.put(identity, experience, self._priority_of(experience)):
                new += 1
                total += 1
                if total > self._capacity:
                    total -= target.drop_lower_half()
        return new

    @override
    def sample(self, counts: Mapping[str, int], rng: np.random.Generator) -> list[Experience[I, O]]:
        """Draw ``counts[partition]`` experiences of each partition, without replacement.

        A partition that holds fewer gives all it has, and one that does not exist gives none.
        The law is that of drawing one after the other, each time in proportion to the weights
        of those left; the result is shuffled.

        Raises:
            ValueError: a count is negative.
        """
        drawn: list[Experience[I, O]] = []
        for name in sorted(counts):
            if counts[name] < 0:
                raise ValueError(f"cannot draw {counts[name]} experiences of partition {name!r}")
            if name in self._partitions:
                drawn += self._partitions[name].draw(counts[name], self._floor, rng)
        return [drawn[index] for index in rng.permutation(len(drawn)).tolist()]

    @override
    def sizes(self) -> Mapping[str, int]:
        return {name: len(part) for name, part in self._partitions.items()}

    def experiences(self, partition: str) -> Iterator[Experience[I, O]]:
        """Yield all experiences of ``partition``, the oldest first; none if it does not exist."""
        part = self._partitions.get(partition)
        if part is not None:
            for first in range(0, len(part), _BATCH):
                yield from part.read(np.arange(first, min(first + _BATCH, len(part))))

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return the experiences, priorities and keys, but not the constructor's arguments.

        Nearly all of it are arrays, of which the largest are not copied. Inputs, which the
        experiences of a task share, are held once. Keys are held as digests.

        Raises:
            TypeError: when it is saved, if inputs or outputs are of a type that
                ``exit_dsl.encoding`` does not know.
        """
        return {
            "sources": list(self._shared.sources),
            "inputs": list(self._shared.inputs),
            "partitions": {name: part.state() for name, part in self._partitions.items()},
        }

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned, with its priorities and keys.

        Raises:
            ValueError: the state holds more than ``capacity`` experiences.
        """
        total = sum(len(part["priorities"]) for part in state["partitions"].values())
        if total > self._capacity:
            raise ValueError(
                f"the saved buffer holds {total} experiences, more than the capacity of "
                f"{self._capacity}; give a larger capacity"
            )
        self._shared = Shared(list(state["sources"]), list(state["inputs"]))
        self._partitions = {
            name: Partition.of_state(part, self._shared, self._live)
            for name, part in state["partitions"].items()
        }

    def check_valid(self) -> None:
        """Check what must always hold; for tests.

        Raises:
            AssertionError: it does not hold.
        """
        assert sum(self.sizes().values()) <= self._capacity, "over capacity"
        for part in self._partitions.values():
            part.check_valid()

    def _priority_of(self, experience: Experience[I, O]) -> float:
        value = float(self._priority(experience))
        if not 0 <= value < math.inf:
            raise ValueError(
                f"the priority of a program for task {experience.source_id!r} is {value}; it "
                f"must be finite and at least 0. The program is:\n{experience.program}"
            )
        return value


def _identity(source_id: str, key: Hashable) -> bytes:
    """Return the digest of what makes two experiences of a partition the same."""
    name = source_id.encode("utf-8", "surrogatepass")
    return digest(len(name).to_bytes(4, "little") + name + pack(key))
