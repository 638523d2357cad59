"""A replay buffer that draws in proportion to priority."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, final

import numpy as np
from typing_extensions import override

from exit_dsl.encoding import encode
from exit_dsl.interfaces import ReplayBuffer
from exit_dsl.replay.priorities import Priority, solved_fraction
from exit_dsl.types import Example, Experience, I, O, Program, Task


@final
class PrioritizedReplayBuffer(ReplayBuffer[I, O]):
    """Named partitions of experiences, each drawn in proportion to ``priority + floor``.

    Duplicates: a partition holds one experience for each original task and program (as told by
    ``key``). Of two, the one with the higher priority stays, and of equals the older; it keeps
    the place and age of the older.

    Capacity: it bounds the experiences of all partitions together. When an experience makes them
    too many, the half (rounded up) of its own partition that has the lower priorities is
    dropped; of equals the older go first. Other partitions lose nothing.

    Args:
        priority: asked once for each experience, when it is added; finite and at least 0.
        capacity: experiences in all partitions together.
        key: programs with the same key are the same program; a language's ``normalize``, or the
            text itself.
        floor: positive constant added to each priority, so that priority 0 can be drawn.

    Source: Butt et al. 2024 (CodeIt), prioritized hindsight replay.
    """

    def __init__(
        self,
        *,
        priority: Priority = solved_fraction,
        capacity: int = 10_000_000,
        key: Callable[[Program], Hashable] = str,
        floor: float = 1e-6,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        if not 0 < floor < math.inf:
            raise ValueError(f"floor must be positive and finite, not {floor}")
        self._priority = priority
        self._capacity = capacity
        self._key = key
        self._floor = floor
        self._partitions: dict[str, _Partition[I, O]] = {}

    @override
    def add(self, experiences: Iterable[Experience[I, O]], partition: str) -> int:
        """Store the experiences that are new to ``partition`` and return how many were.

        The result does not depend on how the experiences are divided into calls.

        Raises:
            ValueError: a priority is negative, infinite or not a number; the experiences before
                that one have been stored.
        """
        target = self._partitions.setdefault(partition, _Partition())
        total = sum(self.sizes().values())
        new = 0
        for experience in experiences:
            identity = (experience.source_id, self._key(experience.program))
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
        return {name: len(part.experiences) for name, part in self._partitions.items()}

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return the experiences, priorities and keys, but not the constructor's arguments.

        Inputs, which the experiences of a task share, are held once.

        Raises:
            TypeError: a task's inputs are of a type that ``exit_dsl.encoding`` does not know.
        """
        inputs = _Interned()
        partitions = {name: part.state(inputs) for name, part in self._partitions.items()}
        return {"inputs": inputs.values, "partitions": partitions}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned, with its priorities and keys.

        Raises:
            ValueError: the state holds more than ``capacity`` experiences.
        """
        total = sum(len(part["rows"]) for part in state["partitions"].values())
        if total > self._capacity:
            raise ValueError(
                f"the saved buffer holds {total} experiences, more than the capacity of "
                f"{self._capacity}; give a larger capacity"
            )
        self._partitions = {
            name: _Partition.of_state(part, state["inputs"])
            for name, part in state["partitions"].items()
        }

    def check_valid(self) -> None:
        """Check what must always hold; for tests.

        Raises:
            AssertionError: it does not hold.
        """
        assert sum(self.sizes().values()) <= self._capacity, "over capacity"
        for name, part in self._partitions.items():
            size = len(part.experiences)
            assert size == len(part.priorities) == len(part.slots), f"{name}: lengths differ"
            assert list(part.slots.values()) == list(range(size)), f"{name}: slots out of order"
            assert all(0 <= value < math.inf for value in part.priorities), f"{name}: priorities"
            for (source_id, _), slot in part.slots.items():
                assert part.experiences[slot].source_id == source_id, f"{name}: wrong slot"

    def _priority_of(self, experience: Experience[I, O]) -> float:
        value = float(self._priority(experience))
        if not 0 <= value < math.inf:
            raise ValueError(
                f"the priority of a program for task {experience.source_id!r} is {value}; it "
                f"must be finite and at least 0. The program is:\n{experience.program}"
            )
        return value


class _Partition(Generic[I, O]):
    """Experiences and priorities by slot, the oldest first, and the slot of each identity."""

    def __init__(self) -> None:
        self.experiences: list[Experience[I, O]] = []
        self.priorities = array("d")
        self.slots: dict[tuple[str, Hashable], int] = {}

    def put(
        self, identity: tuple[str, Hashable], experience: Experience[I, O], priority: float
    ) -> bool:
        """Store ``experience`` and return whether it was new."""
        slot = self.slots.setdefault(identity, len(self.experiences))
        if slot == len(self.experiences):
            self.experiences.append(experience)
            self.priorities.append(priority)
            return True
        if priority > self.priorities[slot]:
            self.experiences[slot] = experience
            self.priorities[slot] = priority
        return False

    def drop_lower_half(self) -> int:
        """Drop the half with the lower priorities, rounded up, and return how many went."""
        dropped = (len(self.experiences) + 1) // 2
        ascending = np.argsort(np.array(self.priorities), kind="stable")
        kept = np.sort(ascending[dropped:]).tolist()
        identities = list(self.slots)
        self.experiences = [self.experiences[slot] for slot in kept]
        self.priorities = array("d", [self.priorities[slot] for slot in kept])
        self.slots = {identities[old]: new for new, old in enumerate(kept)}
        return dropped

    def draw(self, count: int, floor: float, rng: np.random.Generator) -> list[Experience[I, O]]:
        """Draw by the Gumbel top-k trick, in time linear in the partition's size.

        The ``count`` largest of ``log(weight) + Gumbel noise`` have the law of successive
        draws without replacement.

        Source: Kool et al. 2019, Stochastic Beams and Where to Find Them, section 2.3.
        """
        size = len(self.experiences)
        if count >= size:
            return list(self.experiences)
        if count == 0:
            return []
        race = np.log(np.array(self.priorities) + floor) + rng.gumbel(size=size)
        # The order within the chosen is an accident of the selection algorithm, which differs
        # from processor to processor; sorting makes the draw the same everywhere.
        chosen = np.sort(np.argpartition(race, size - count)[size - count :])
        return [self.experiences[slot] for slot in chosen.tolist()]

    def state(self, inputs: _Interned) -> dict[str, Any]:
        rows = [
            [
                inputs.index(experience.task),
                experience.task.id,
                list(experience.task.outputs),
                experience.program,
                experience.source_id,
                list(experience.scores),
                experience.iteration,
            ]
            for experience in self.experiences
        ]
        # A key is most often the program's own text, which need not be written twice.
        keys = {
            slot: key
            for (_, key), slot in self.slots.items()
            if key != self.experiences[slot].program
        }
        return {"rows": rows, "keys": keys, "priorities": np.array(self.priorities)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any], inputs: list[tuple[I, ...]]) -> _Partition[I, O]:
        part = cls()
        keys = state["keys"]
        priorities = state["priorities"].tolist()
        for slot, (row, priority) in enumerate(zip(state["rows"], priorities, strict=True)):
            index, task_id, outputs, program, source_id, scores, iteration = row
            task = Task(task_id, tuple(map(Example, inputs[index], outputs)))
            experience = Experience(task, program, source_id, tuple(scores), iteration)
            part.put((source_id, keys.get(slot, program)), experience, priority)
        return part


class _Interned:
    """Distinct tuples of inputs, in the order of their first use."""

    def __init__(self) -> None:
        self.values: list[tuple[Any, ...]] = []
        self._by_identity: dict[tuple[int, ...], int] = {}
        self._by_content: dict[str, int] = {}

    def index(self, task: Task[Any, Any]) -> int:
        # Experiences of a task share the input objects; comparing their contents as well finds
        # those that came from a checkpoint or another process.
        identity = tuple(id(example.input) for example in task.examples)
        if identity not in self._by_identity:
            arrays: dict[str, Any] = {}
            content = json.dumps(encode(task.inputs, arrays))
            found = None if arrays else self._by_content.get(content)
            if found is None:
                found = self._by_content[content] = len(self.values)
                self.values.append(task.inputs)
            self._by_identity[identity] = found
        return self._by_identity[identity]
