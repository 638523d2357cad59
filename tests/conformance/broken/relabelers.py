"""Dishonest relabelers: each breaks one promise, and says which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from exit_dsl.interfaces import Relabeler
from exit_dsl.relabeling import Hindsight
from exit_dsl.types import (
    Attempt,
    Example,
    Experience,
    Success,
    Task,
)

Experiences = Iterable[Experience[int, int]]
Attempts = Sequence[Attempt[int, int]]


class TeachesNothing(Relabeler[int, int]):
    """Makes no experience of anything."""

    def relabel(self, attempts: Attempts) -> Experiences:
        return []


class KeepsAllGoals(Relabeler[int, int]):
    """Keeps the targets of programs that do not meet them."""

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in attempts:
            if each.valid:
                yield Experience(
                    each.task, each.candidate.program, each.task.id, each.scores, each.iteration
                )


class FillsGaps(Relabeler[int, int]):
    """Puts targets where a program failed."""

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in attempts:
            examples = tuple(
                Example(example.input, outcome.value) if isinstance(outcome, Success) else example
                for example, outcome in zip(each.task.examples, each.outcomes, strict=True)
            )
            yield Experience(
                Task(f"{each.task.id}#", examples),
                each.candidate.program,
                each.task.id,
                each.scores,
                each.iteration,
            )


class _Retouched(Relabeler[int, int]):
    def relabel(self, attempts: Attempts) -> Experiences:
        return map(self._retouch, Hindsight[int, int]().relabel(attempts))

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        raise NotImplementedError


class NewSource(_Retouched):
    """Names the relabeled task as the source."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, source_id=experience.task.id)


class PerfectScores(_Retouched):
    """Scores programs on the relabeled task."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, scores=(1.0,) * len(experience.scores))


class NoIteration(_Retouched):
    """Forgets when it was."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, iteration=0)


class BestFirst(Relabeler[int, int]):
    """Has an order of its own."""

    def relabel(self, attempts: Attempts) -> Experiences:
        return Hindsight[int, int]().relabel(sorted(attempts, key=lambda each: -sum(each.scores)))


class RepeatsItself(Relabeler[int, int]):
    """Gives again what it has given before."""

    def __init__(self) -> None:
        self._made: list[Experience[int, int]] = []

    def relabel(self, attempts: Attempts) -> Experiences:
        self._made += Hindsight[int, int]().relabel(attempts)
        return list(self._made)


class NeverTwice(Relabeler[int, int]):
    """Leaves out what it has given before."""

    def __init__(self) -> None:
        self._made: set[Experience[int, int]] = set()

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in Hindsight[int, int]().relabel(attempts):
            if each not in self._made:
                self._made.add(each)
                yield each
