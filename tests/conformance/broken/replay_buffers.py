"""Dishonest replay buffers: each breaks one promise, and says which."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from exit_dsl.testing.fakes import UniformReplayBuffer
from exit_dsl.types import (
    Experience,
)

Experiences = Iterable[Experience[int, int]]
Rng = np.random.Generator


class CountsAll(UniformReplayBuffer[Any, Any]):
    """Counts what it has already."""

    def add(self, experiences: Experiences, partition: str) -> int:
        given = list(experiences)
        super().add(given, partition)
        return len(given)


class ReadsTwice(UniformReplayBuffer[Any, Any]):
    """Reads the experiences once to count and once to store."""

    def add(self, experiences: Experiences, partition: str) -> int:
        if not any(True for _ in experiences):
            return 0
        return super().add(experiences, partition)


class KeepsDuplicates(UniformReplayBuffer[Any, Any]):
    """Takes everything for new."""

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, list[Experience[Any, Any]]] = {}

    def add(self, experiences: Experiences, partition: str) -> int:
        given = list(experiences)
        self._all.setdefault(partition, []).extend(given)
        return len(given)

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return [
            self._all[name][index]
            for name in sorted(counts.keys() & self._all.keys())
            for index in rng.permutation(len(self._all[name]))[: counts[name]]
        ]

    def sizes(self) -> Mapping[str, int]:
        return {name: len(held) for name, held in self._all.items()}


class WithReplacement(UniformReplayBuffer[Any, Any]):
    """Draws an item more than once."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        drawn = super().sample(counts, rng)
        return [drawn[index] for index in rng.integers(len(drawn), size=len(drawn))] or drawn


class GivesAll(UniformReplayBuffer[Any, Any]):
    """Does not count."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample({name: 1_000 for name, count in counts.items() if count}, rng)


class OnePool(UniformReplayBuffer[Any, Any]):
    """Keeps the sizes apart, but draws from everything."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        everything = super().sample(dict.fromkeys(self.sizes(), 1_000), rng)
        sizes = self.sizes()
        return everything[: sum(min(n, sizes.get(name, 0)) for name, n in counts.items())]


class LosesScores(UniformReplayBuffer[Any, Any]):
    """Does not keep all of an experience."""

    def add(self, experiences: Experiences, partition: str) -> int:
        return super().add((replace(each, scores=()) for each in experiences), partition)


class NewToTheBuffer(UniformReplayBuffer[Any, Any]):
    """Stores in one partition only what no other has."""

    def add(self, experiences: Experiences, partition: str) -> int:
        others = {name: held for name, held in self._partitions.items() if name != partition}
        known = {identity for held in others.values() for identity in held}
        new = (each for each in experiences if (each.source_id, each.program) not in known)
        return super().add(new, partition)


class RefusesUnknown(UniformReplayBuffer[Any, Any]):
    """Raises where a partition does not exist."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample({name: counts[name] for name in counts if self.sizes()[name]}, rng)


class DrawsAtRandom(UniformReplayBuffer[Any, Any]):
    """Does not draw from the given generator."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample(counts, np.random.default_rng(random.getrandbits(32)))


class GivesAway(UniformReplayBuffer[Any, Any]):
    """Removes what is drawn."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        drawn = super().sample(counts, rng)
        for name in self._partitions.keys() & counts.keys():
            for each in drawn:
                self._partitions[name].pop((each.source_id, each.program), None)
        return drawn


class ComparesNeighbours(KeepsDuplicates):
    """Takes for new whatever is not what came last."""

    def add(self, experiences: Experiences, partition: str) -> int:
        count = 0
        for each in experiences:
            if each not in self._all.get(partition, [])[-1:]:
                count += super().add([each], partition)
        return count


class ReloadsBackwards(UniformReplayBuffer[Any, Any]):
    """Has the same experiences after a reload, in another order."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict({name: held[::-1] for name, held in state.items()})


class ReloadsOntoTheRest(UniformReplayBuffer[Any, Any]):
    """Adds the state to what is there."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, held in state.items():
            self.add(held, name)


class CannotBeSaved(UniformReplayBuffer[Any, Any]):
    """Has a state that a checkpoint cannot hold."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "seen": set(self._partitions)}


class SharesItsContents(UniformReplayBuffer[Any, Any]):
    """Hands out the very dictionaries that it stores in."""

    def state_dict(self) -> dict[str, Any]:
        return self._partitions

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._partitions = dict(state)
