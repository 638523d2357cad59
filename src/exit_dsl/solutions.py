"""The programs found for each task, ranked as the attempts of pass@k."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exit_dsl.types import Attempt, Program


def length(program: Program) -> tuple[int, int]:
    """Return the number of lines of ``program`` and then of its characters."""
    return len(program.splitlines()), len(program)


def ranking(program: Program, score: float) -> tuple[float, int, int, str]:
    """Return the sort key of a program among those found for its task; the best comes first.

    A high demonstration score comes first, then a short program (lines, then characters); the
    text itself settles what is left, so that the order is total.

    Source: CodeIt, the ranking of solutions for pass@3.
    """
    return (-score, *length(program), program)


@dataclass(frozen=True, slots=True)
class Solution:
    """A program that solves at least one demonstration of a task.

    ``score`` is the fraction of demonstrations it solves exactly; ``iteration`` and ``source``
    name who found it first; solutions with the same ``key`` are one program.
    """

    program: Program
    score: float
    iteration: int
    source: str
    key: Hashable = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    rank: tuple[float, int, int, str]
    key: Hashable = field(compare=False)

    @property
    def program(self) -> Program:
        return Program(self.rank[3])

    @property
    def score(self) -> float:
        return -self.rank[0]


_Pool = dict[str, dict[Hashable, _Entry]]
"""What one source found in one meta-iteration: task id -> key -> entry."""


class Solutions:
    """The distinct programs that solve a demonstration, by task, source and meta-iteration.

    Args:
        key: programs with the same key are one program, represented by the spelling that ranks
            best.
        keep: the best programs kept for each task, source and meta-iteration. It bounds the
            memory, and :meth:`best` is exact for every ``k`` up to it.

    Raises:
        ValueError: if ``keep`` is below 1.
    """

    def __init__(self, key: Callable[[Program], Hashable], keep: int) -> None:
        if keep < 1:
            raise ValueError(f"keep must be at least 1, not {keep}")
        self._key = key
        self._keep = keep
        self._pools: dict[tuple[str, int], _Pool] = {}

    @property
    def iterations(self) -> tuple[int, ...]:
        """The meta-iterations that found anything, in order."""
        return tuple(sorted({iteration for _, iteration in self._pools}))

    def add(self, attempts: Iterable[Attempt[Any, Any]], source: str) -> None:
        """Take in those attempts of ``source`` that solve at least one demonstration."""
        for attempt in attempts:
            exact = sum(score == 1.0 for score in attempt.scores)
            if exact:
                pool = self._pools.setdefault((source, attempt.iteration), {})
                score = exact / len(attempt.scores)
                self._insert(pool, attempt.task.id, attempt.candidate.program, score)

    def best(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> dict[str, tuple[Solution, ...]]:
        """Return the first ``k`` programs of each task for which any was found, best first.

        Args:
            k: the number of programs, at most ``keep``.
            sources: the sources that count; all if None.
            iteration: the one meta-iteration that counts; all if None.

        Raises:
            ValueError: if ``k`` is below 1 or above ``keep``.
            TypeError: if ``sources`` is a string.
        """
        if not 1 <= k <= self._keep:
            raise ValueError(f"k must be from 1 to keep={self._keep}, not {k}")
        chosen = list(self._chosen(sources, iteration))
        merged: _Pool = {}
        for name in chosen:
            for task_id, pool in self._pools[name].items():
                best = merged.setdefault(task_id, {})
                for key, entry in pool.items():
                    best[key] = min(entry, best.get(key, entry))
        return {
            task_id: tuple(
                self._solution(task_id, entry, chosen)
                for entry in heapq.nsmallest(k, best.values())
            )
            for task_id, best in merged.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return all programs, each text once a task, as JSON values."""
        index: dict[str, dict[Program, int]] = {}
        pools = []
        for (source, iteration), tasks in self._pools.items():
            found = {}
            for task_id, pool in tasks.items():
                at = index.setdefault(task_id, {})
                found[task_id] = [
                    [at.setdefault(entry.program, len(at)), entry.score] for entry in pool.values()
                ]
            pools.append({"source": source, "iteration": iteration, "found": found})
        return {"programs": {task_id: list(at) for task_id, at in index.items()}, "pools": pools}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned."""
        pools: dict[tuple[str, int], _Pool] = {}
        for saved in state["pools"]:
            pool = pools[saved["source"], saved["iteration"]] = {}
            for task_id, found in saved["found"].items():
                for at, score in found:
                    self._insert(pool, task_id, state["programs"][task_id][at], score)
        self._pools = pools

    def _insert(self, pool: _Pool, task_id: str, program: Program, score: float) -> None:
        # Interned, so that a program found in every iteration is stored once.
        program = Program(sys.intern(str(program)))
        entry = _Entry(ranking(program, score), self._key(program))
        best = pool.setdefault(task_id, {})
        best[entry.key] = min(entry, best.get(entry.key, entry))
        if len(best) > self._keep:
            del best[max(best.values()).key]

    def _chosen(
        self, sources: Collection[str] | None, iteration: int | None
    ) -> Iterator[tuple[str, int]]:
        if isinstance(sources, str):
            raise TypeError(f"sources must be a collection of names, as in {{{sources!r}}}")
        for source, index in self._pools:
            if (sources is None or source in sources) and iteration in (None, index):
                yield source, index

    def _solution(self, task_id: str, entry: _Entry, chosen: list[tuple[str, int]]) -> Solution:
        # Of sources that share the first iteration, the one that was recorded first is named.
        source, iteration = min(
            (name for name in chosen if entry.key in self._pools[name].get(task_id, {})),
            key=lambda name: name[1],
        )
        return Solution(entry.program, entry.score, iteration, source, entry.key)
