"""What the names of a language do for calls: they are at hand in every program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exit_dsl.language.completions import DEAD, Completions


@dataclass(frozen=True, slots=True)
class NextNames:
    """The names that may be the next argument of a call, as sets of bits.

    After those of ``enough``, names alone complete the call. Others are with the state that they
    lead to, which depends on what else is at hand.
    """

    enough: int
    others: tuple[tuple[int, int], ...]


class Names:
    """What names are to calls, found out once.

    Args:
        completions: find the states of calls.
        types: of the names of the language.
    """

    def __init__(self, completions: Completions, types: Sequence[int]) -> None:
        self._completions = completions
        self._sets: dict[int, int] = {}
        for index, number in enumerate(types):
            self._sets[number] = self._sets.get(number, 0) | 1 << index
        self._outlined: dict[int, Sequence[int]] = {}
        self._enough: dict[int, bool] = {}
        self._next: dict[int, NextNames] = {}

    def are_enough(self, state: int) -> bool:
        """Whether names alone complete a call."""
        enough = self._enough.get(state)
        if enough is None:
            enough = self._enough[state] = self._find_enough(state)
        return enough

    def next(self, state: int) -> NextNames:
        """Return which names may be the next argument."""
        names = self._next.get(state)
        if names is None:
            names = self._next[state] = self._find_next(state)
        return names

    def _types(self, state: int) -> Sequence[int]:
        """Return the types of names that look as if they could be the next argument."""
        outline = self._completions.outline(state)
        types = self._outlined.get(outline)
        if types is None:
            plausible = [
                number for number in self._sets if self._completions.are_plausible(outline, number)
            ]
            types = self._outlined[outline] = plausible
        return types

    def _find_enough(self, state: int) -> bool:
        if state == DEAD or self._completions.missing(state) == 0:
            return state != DEAD
        return any(
            self.are_enough(self._completions.next(state, number)) for number in self._types(state)
        )

    def _find_next(self, state: int) -> NextNames:
        enough, others = 0, dict[int, int]()
        for number in self._types(state):
            after = self._completions.next(state, number)
            if self.are_enough(after):
                enough |= self._sets[number]
            elif after != DEAD:
                others[after] = others.get(after, 0) | self._sets[number]
        return NextNames(enough, tuple(others.items()))
