"""The experiences of one partition: columns of numbers, and texts."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any, Generic, final

import numpy as np

from exit_dsl.replay.building import build, without_collection
from exit_dsl.replay.contexts import Context, Contexts, Shared
from exit_dsl.replay.digests import Digests
from exit_dsl.replay.texts import Numbers, Texts
from exit_dsl.types import Experience, I, O

_PIECE = 1 << 15
"""Weights worked on at a time, so that they stay in the processor's cache."""
_FEW = 1024


@final
class Partition(Generic[I, O]):
    """Experiences and priorities by slot, the oldest first, and the slot of each identity.

    Args:
        shared: the original tasks of all partitions.
        live: the experiences in the first ``live`` slots are kept as objects as well.
    """

    def __init__(self, shared: Shared, live: int) -> None:
        self._shared = shared
        self._most = live
        self._identities = Digests()
        self._programs = Texts()
        self._contexts: Contexts[I, O] = Contexts(shared)
        self._context_numbers = array("i")
        self._iterations = array("q")
        self._priorities = array("d")
        self._live: list[Experience[I, O] | None] = []
        self._live_contexts: dict[int, Context[I, O]] = {}

    def __len__(self) -> int:
        return len(self._identities)

    def put(self, identity: bytes, experience: Experience[I, O], priority: float) -> bool:
        """Store ``experience`` and return whether it was new."""
        slot = self._identities.find(identity)
        if slot is not None and priority <= self._priorities[slot]:
            return False
        # What can fail comes first, so that the columns stay equally long.
        program = experience.program.encode("utf-8", "surrogatepass")
        number = self._contexts.number(experience)
        if slot is None:
            self._iterations.append(experience.iteration)
            self._context_numbers.append(number)
            self._programs.append(program)
            self._priorities.append(priority)
            slot = self._identities.append(identity)
            if slot < self._most:
                self._live.append(None)
                self._keep_live(slot, number, experience)
            return True
        self._iterations[slot] = experience.iteration
        self._context_numbers[slot] = number
        self._programs.replace(slot, program)
        self._priorities[slot] = priority
        if slot < self._most:
            self._keep_live(slot, number, experience)
        self._tidy()
        return False

    def drop_lower_half(self) -> int:
        """Drop the half with the lower priorities, rounded up, and return how many went."""
        dropped = (len(self) + 1) // 2
        ascending = np.argsort(np.array(self._priorities), kind="stable")
        kept = np.sort(ascending[dropped:])
        self._identities = Digests(self._identities.array()[kept])
        self._programs = self._programs.only(kept)
        self._iterations = _taken(self._iterations, kept)
        self._priorities = _taken(self._priorities, kept)
        self._context_numbers = _taken(self._context_numbers, kept)
        live = kept[: self._most].tolist()
        self._live = [self._live[slot] if slot < len(self._live) else None for slot in live]
        self._forget_contexts()
        return dropped

    def draw(self, count: int, floor: float, rng: np.random.Generator) -> list[Experience[I, O]]:
        """Draw ``count`` experiences, in time linear in the partition's size."""
        return self.read(self.choose(count, floor, rng))

    def choose(self, count: int, floor: float, rng: np.random.Generator) -> Numbers:
        """Draw slots by the Gumbel top-k trick, and return them in ascending order.

        The ``count`` largest of ``log(weight) + Gumbel noise`` have the law of successive
        draws without replacement. Here the signs are turned: the smallest win, and the noise
        is the logarithm of an exponential variable.

        Source: Kool et al. 2019, Stochastic Beams and Where to Find Them, section 2.3.
        """
        size = len(self)
        if count >= size:
            return np.arange(size)
        if count == 0:
            return np.arange(0)
        race = np.empty(size)
        priorities = np.frombuffer(self._priorities)
        with np.errstate(divide="ignore"):  # the noise may be 0, and its logarithm infinite
            for first in range(0, size, _PIECE):
                piece = race[first : first + _PIECE]
                rng.standard_exponential(out=piece)
                np.log(piece, out=piece)
                piece -= np.log(priorities[first : first + _PIECE] + floor)
        last = np.partition(race, count - 1)[count - 1]
        return np.flatnonzero(race <= last)[:count]

    def read(self, slots: Numbers) -> list[Experience[I, O]]:
        """Return the experiences in ``slots``, in that order."""
        end = len(self._live)
        numbers = slots.tolist()
        found = [self._live[slot] if slot < end else None for slot in numbers]
        missing = [place for place, each in enumerate(found) if each is None]
        if missing:
            with without_collection():
                built = self._built(slots[missing])
            for place, experience in zip(missing, built, strict=True):
                found[place] = experience
                if numbers[place] < end:
                    self._live[numbers[place]] = experience
        return found  # type: ignore[return-value]  # none is missing any more

    def state(self) -> dict[str, Any]:
        """Return everything but what is shared, mostly as arrays."""
        return {
            "identities": self._identities.array(),
            "programs": self._programs.state(),
            "contexts": self._contexts.state(),
            "context_numbers": np.array(self._context_numbers),
            "iterations": np.array(self._iterations),
            "priorities": np.array(self._priorities),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any], shared: Shared, live: int) -> Partition[I, O]:
        """Return what :meth:`state` described."""
        part: Partition[I, O] = cls(shared, live)
        part._identities = Digests(state["identities"])
        part._programs = Texts.of_state(state["programs"])
        part._contexts = Contexts.of_state(state["contexts"], shared)
        part._context_numbers.frombytes(state["context_numbers"].tobytes())
        part._iterations.frombytes(state["iterations"].tobytes())
        part._priorities.frombytes(state["priorities"].tobytes())
        part._live = [None] * min(live, len(part))
        return part

    def check_valid(self) -> None:
        """Check what must always hold; for tests.

        Raises:
            AssertionError: it does not hold.
        """
        numbers, times = len(self._context_numbers), len(self._iterations)
        sizes = {len(self._programs), numbers, times, len(self._priorities)}
        assert sizes == {len(self)}, "lengths differ"
        assert len(self._live) == min(len(self), self._most), "live experiences are missing"
        priorities = np.array(self._priorities)
        assert np.all((priorities >= 0) & np.isfinite(priorities)), "priorities"
        keys = self._identities.array()
        assert [self._identities.find(key.tobytes()) for key in keys] == list(range(len(self)))
        slots = np.arange(len(self))
        assert self._built(slots) == self.read(slots), "live experiences differ"

    def _built(self, slots: Numbers) -> list[Experience[I, O]]:
        numbers = np.array(self._context_numbers)[slots].tolist()
        contexts = {
            number: self._live_contexts[number]
            for number in numbers
            if number in self._live_contexts
        }
        unread = [number for number in dict.fromkeys(numbers) if number not in contexts]
        contexts.update(zip(unread, self._contexts.read(np.array(unread, np.int64)), strict=True))
        for number, slot in zip(numbers, slots.tolist(), strict=True):
            if slot < self._most:
                self._live_contexts[number] = contexts[number]
        rows = [contexts[number] for number in numbers]
        return build(
            Experience,
            len(rows),
            [row.task for row in rows],
            [text.decode("utf-8", "surrogatepass") for text in self._programs.read(slots)],
            [row.source_id for row in rows],
            [row.scores for row in rows],
            np.array(self._iterations)[slots].tolist(),
        )

    def _keep_live(self, slot: int, number: int, experience: Experience[I, O]) -> None:
        """Keep an experience as an object that shares its task with others of its context."""
        context = self._live_contexts.get(number)
        if context is None:
            context = self._live_contexts[number] = self._contexts.given(experience)
        self._live[slot] = Experience(
            context.task,
            experience.program,
            context.source_id,
            context.scores,
            experience.iteration,
        )

    def _tidy(self) -> None:
        """Drop what was replaced when it is more than what is in use."""
        if self._programs.wasteful:
            self._programs = self._programs.only(np.arange(len(self)))
        if len(self._contexts) > 2 * len(self) + _FEW:
            self._forget_contexts()

    def _forget_contexts(self) -> None:
        """Drop the contexts that no experience has any more."""
        used, numbers = np.unique(np.array(self._context_numbers), return_inverse=True)
        self._contexts = self._contexts.only(used)
        self._context_numbers = array("i", numbers.astype(np.int32).tobytes())
        self._live_contexts = {
            new: self._live_contexts[old]
            for new, old in enumerate(used.tolist())
            if old in self._live_contexts
        }


def _taken(column: array[Any], slots: Numbers) -> array[Any]:
    return array(column.typecode, np.array(column)[slots].tobytes())
