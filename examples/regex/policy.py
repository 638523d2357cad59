"""A policy of one's own: which token follows which, by where the pattern so far stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from typing_extensions import override

from examples.regex.draws import Counts, Draws, phrases, places
from examples.regex.matches import Matches, overlap
from examples.regex.tokens import tokens_of
from exit_dsl import Candidate, Example, Experience, Policy, Program, Task
from exit_dsl.randomness import split, stream

LONGEST = 24
"""Tokens of the longest pattern that is drawn from nothing."""
TRIES = 8
"""Draws before a pattern is proposed once more."""
KEPT = 24
"""Patterns of each task whose gaps are filled, those that came nearest."""
TRUST = 8.0
"""How much a pattern that solves a task counts there; one that comes near, less."""

Lesson = Experience[str, Matches]
Behaviour = tuple[Example[str, Matches], ...]


class AlignedPolicy(Policy[str, Matches]):
    """Draws each token from counts of what followed where patterns stood as this one does.

    Every pattern counts that found anything, for what it found; of those that found the same only
    the shortest. Half of the draws trust in particular what came near the task itself. Half of them
    make a pattern from nothing, half fill a gap in one of those that came nearest.
    """

    def __init__(self) -> None:
        self._counts = Counts(places)
        self._lessons: dict[str, dict[Behaviour, Lesson]] = {}
        self._proposed: dict[str, set[Program]] = {}

    @override
    def sample(
        self, tasks: Sequence[Task[str, Matches]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        seed = split(rng)
        return (
            Candidate(task.id, program)
            for task in tasks
            for program in self._patterns(task, n, stream(seed, task.id))
        )

    def _patterns(
        self, task: Task[str, Matches], n: int, rng: np.random.Generator
    ) -> Iterator[Program]:
        found = self._lessons.get(task.id, {}).values()
        nearest = sorted(found, key=lambda lesson: (-_nearness(task, lesson), *_length(lesson)))
        parents = [tokens_of(lesson.program) for lesson in nearest[:KEPT]]
        own = Counts(phrases)
        for lesson in nearest[:KEPT]:
            own.add(lesson.task, lesson.program, TRUST * _nearness(task, lesson) ** 2)
        draws = [Draws(task, counts, rng) for counts in ([self._counts], [self._counts, own])]
        proposed = self._proposed.setdefault(task.id, set())
        for number in range(n):
            for _ in range(TRIES):
                head, tail, most = _gap(parents, rng) if number % 2 else ([], [], LONGEST)
                filling = draws[number // 2 % 2].fill(head, most)
                program = Program("".join([*head, *filling, *tail]))
                if program not in proposed:
                    break
            proposed.add(program)
            yield program

    @override
    def update(
        self, batch: Sequence[Experience[str, Matches]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        for experience in batch:
            if any(map(any, experience.task.outputs)):
                self._learn(experience)
        lessons = sum(map(len, self._lessons.values()))
        return {"lessons": float(lessons), "contexts": float(len(self._counts.seen))}

    def _learn(self, lesson: Lesson) -> None:
        known = self._lessons.setdefault(lesson.source_id, {})
        rival = known.get(lesson.task.examples)
        if rival is not None:
            if _length(rival) <= _length(lesson):
                return
            self._counts.add(rival.task, rival.program, -1.0)
        known[lesson.task.examples] = lesson
        self._counts.add(lesson.task, lesson.program, 1.0)

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "counts": [[list(context), dict(seen)] for context, seen in self._counts.seen.items()],
            "lessons": [
                [source, [[e.input, list(e.output)] for e in behaviour], lesson.program]
                for source, known in self._lessons.items()
                for behaviour, lesson in known.items()
            ],
            "proposed": {task_id: sorted(known) for task_id, known in self._proposed.items()},
        }

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._counts.seen = {tuple(context): dict(seen) for context, seen in state["counts"]}
        self._lessons = {}
        for source, pairs, program in state["lessons"]:
            behaviour = tuple(Example(text, tuple(found)) for text, found in pairs)
            lesson = Lesson(Task(source, behaviour), Program(program), source, ())
            self._lessons.setdefault(source, {})[behaviour] = lesson
        self._proposed = {task_id: set(known) for task_id, known in state["proposed"].items()}


def _nearness(task: Task[str, Matches], lesson: Lesson) -> float:
    """Score what a pattern found against all that is to be found."""
    wanted, found = (tuple(chain(*each.outputs)) for each in (task, lesson.task))
    return overlap(wanted, found)


def _length(lesson: Lesson) -> tuple[int, str]:
    """Return what sorts the shortest first."""
    return len(lesson.program), lesson.program


def _gap(
    nearest: Sequence[list[str]], rng: np.random.Generator
) -> tuple[list[str], list[str], int]:
    """Cut up to two tokens out of a pattern; return what is left, and how many may fill the gap."""
    if not nearest:
        return [], [], LONGEST
    tokens = nearest[int(rng.integers(len(nearest)))]
    at = int(rng.integers(len(tokens) + 1))
    return tokens[:at], tokens[at + int(rng.integers(3)) :], int(rng.integers(1, 4))
