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
    """The states of calls, every step from one to the next found out once.

    Args:
        completions: finds them.
        types: of the names of the language.
    """

    def __init__(self, completions: Completions, types: Sequence[int]) -> None:
        self._completions = completions
        self._sets: dict[int, int] = {}
        for index, number in enumerate(types):
            self._sets[number] = self._sets.get(number, 0) | 1 << index
        self._after: dict[tuple[int, int], int] = {}
        self._plausible: dict[tuple[int, int], bool] = {}
        self._outlined: dict[int, Sequence[int]] = {}
        self._enough: dict[int, bool] = {}
        self._next: dict[int, NextNames] = {}

    @property
    def size(self) -> int:
        """How many steps are remembered."""
        return len(self._after)

    def after(self, state: int, number: int) -> int:
        """Return the state after an argument of the type with this number."""
        key = (state, number)
        after = self._after.get(key)
        if after is None:
            outline = self._completions.outline(state)
            plausible = self.are_plausible(outline, number)
            after = self._completions.next(state, number) if plausible else DEAD
            self._after[key] = after
        return after

    def are_plausible(self, outline: int, number: int) -> bool:
        """Whether values of a type look like what is outlined."""
        key = (outline, self._completions.sketch(number))
        plausible = self._plausible.get(key)
        if plausible is None:
            plausible = self._plausible[key] = self._completions.is_plausible(*key)
        return plausible

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
            plausible = [number for number in self._sets if self.are_plausible(outline, number)]
            types = self._outlined[outline] = plausible
        return types

    def _find_enough(self, state: int) -> bool:
        if state == DEAD or self._completions.missing(state) == 0:
            return state != DEAD
        return any(self.are_enough(self.after(state, number)) for number in self._types(state))

    def _find_next(self, state: int) -> NextNames:
        enough, others = 0, dict[int, int]()
        for number in self._types(state):
            after = self.after(state, number)
            if self.are_enough(after):
                enough |= self._sets[number]
            elif after != DEAD:
                others[after] = others.get(after, 0) | self._sets[number]
        return NextNames(enough, tuple(others.items()))
