"""Which types can complete calls: the questions of many programs, answered at once."""

from __future__ import annotations

import numpy as np

from exit_dsl.language.bits import Flags
from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.name_groups import NO_GROUPS, Groups, NameGroups
from exit_dsl.language.tables import List, Numbering, Numbers, Table, places

MAX_ENTRIES = 2**26
"""With more entries than this (of four bytes), a table is too large to go on with."""
NEVER, ALONE, LAST, PERHAPS = range(4)
"""Whether a call can be completed: not at all, by names alone, or if there is more at hand, as the
one argument that is missing or among several."""


class BatchCompletions:
    """The answers of :class:`Completions` in arrays.

    *Hands* are the types of the values at hand in each of some programs, as an array of shape
    (programs, values). The types of the names of the language are always at hand beside them.

    Args:
        completions: finds the answers, each once.
        types: numbers the types that occur here. A language has many more, for which tables would
            have to have room.
        names: the type of each name.
        useless: types of which no argument may be, even if it is of any type.
    """

    def __init__(
        self, completions: Completions, types: Numbering, names: Numbers, useless: Numbers
    ) -> None:
        self._completions = completions
        self._types = types.originals
        self._names = names
        self._useless = useless
        self._targets = Table(self._find_targets)
        self._outlines = List(self._find_outlines)
        self._sketches = List(self._find_sketches)
        self._plausible = Table(self._find_plausible, np.int8)
        self._chances = List(self._find_chances, dtype=np.int8)
        self._chances_after = Table(self._find_chances_after, np.int8)
        self._groups = NameGroups(self._find_groups, names.size)

    @property
    def full(self) -> bool:
        """Whether so much is remembered that it is better to begin anew."""
        return self._targets.size > MAX_ENTRIES

    def plausible(self, outlines: Numbers, types: Numbers) -> Flags:
        """Tell which types look like what is outlined; shapes are broadcast."""
        plausible: Flags = self._plausible(outlines, self._sketches(types)) == 1
        return plausible

    def next(self, states: Numbers, types: Numbers) -> Numbers:
        """Return the states after arguments of these types; shapes are broadcast."""
        return self._targets(states, types)

    def possible(self, states: Numbers, hands: Numbers) -> Flags:
        """Tell which calls can be completed.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).
        """
        chances = self._chances(states)
        possible: Flags = chances == ALONE
        last = np.flatnonzero(chances == LAST)
        if last.size:
            chances_after = self._chances_after(states[last, None], hands[last])
            possible[last] = (chances_after == ALONE).any(axis=1)
        left = np.flatnonzero(chances == PERHAPS)
        if left.size:
            open_groups = self._groups.open(states[left])
            named, values = self._fitting(open_groups, states[left], hands[left])
            possible[left] = values.any(axis=1)
            possible[left[named.calls]] = True
        return possible

    def fitting(self, states: Numbers, hands: Numbers) -> tuple[Flags, Flags]:
        """Tell what the next argument may be, so that others at hand complete the call.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).

        Returns:
            which names, shape (calls, names), and which of the values at hand, shape
            (calls, values).
        """
        named, values = self._fitting(self._groups.open(states), states, hands)
        return self._groups.names(states, named), values

    def fitting_values(self, states: Numbers, hands: Numbers) -> Flags:
        """Tell which values at hand the next argument may be, as :meth:`fitting` does."""
        return self._fitting(NO_GROUPS, states, hands)[1]

    def _fitting(self, named: Groups, states: Numbers, hands: Numbers) -> tuple[Groups, Flags]:
        """Return those of some groups of names that fit, and which values at hand do."""
        chances = self._chances_after(states[:, None], hands)
        values: Flags = chances == ALONE
        some, columns = places(chances >= LAST)
        calls = np.concatenate([named.calls, some])
        if calls.size:
            after = self.next(states[some], hands[some, columns])
            targets = np.concatenate([self._groups.targets(named), after])
            possible = self.possible(targets, hands[calls])
            values[some, columns] = possible[named.calls.size :]
            named = named.only(possible[: named.calls.size])
        return named, values

    def _find_chances(self, states: Numbers) -> Numbers:
        return np.array([self._find_chance(state) for state in states.tolist()])

    def _find_chance(self, state: int) -> int:
        missing = self._completions.missing(state)
        if state == DEAD or missing == 0:
            return NEVER if state == DEAD else ALONE
        names = self._names[self.plausible(self._outlines(np.array([state])), self._names)]
        # One after another, as the first that completes the call will do.
        if missing == 1:
            alone = any(self._next(state, name) != DEAD for name in names.tolist())
            return ALONE if alone else LAST
        alone = any(self._chances_after(np.array([state]), name)[0] == ALONE for name in names)
        return ALONE if alone else PERHAPS

    def _find_groups(self, state: int) -> tuple[Flags, Numbers]:
        """Return which names complete a call alone, and the state after each other, if not dead."""
        states = np.array(state)
        chances, targets = self._chances_after(states, self._names), self.next(states, self._names)
        return chances == ALONE, np.where(chances >= LAST, targets, DEAD)

    def _find_chances_after(self, states: Numbers, types: Numbers) -> Numbers:
        return self._chances(self.next(states, types))

    def _find_targets(self, states: Numbers, types: Numbers) -> Numbers:
        targets = np.full(states.shape, DEAD)
        plausible = self.plausible(self._outlines(states), types)
        some = np.flatnonzero(plausible & ~np.isin(types, self._useless))
        pairs = zip(states[some].tolist(), types[some].tolist(), strict=True)
        targets[some] = [self._next(state, number) for state, number in pairs]
        return targets

    def _next(self, state: int, number: int) -> int:
        return self._completions.next(state, self._types[number])

    def _find_outlines(self, states: Numbers) -> Numbers:
        return np.array([self._completions.outline(state) for state in states.tolist()])

    def _find_sketches(self, types: Numbers) -> Numbers:
        return np.array([self._completions.sketch(self._types[n]) for n in types.tolist()])

    def _find_plausible(self, outlines: Numbers, sketches: Numbers) -> Flags:
        pairs = zip(outlines.tolist(), sketches.tolist(), strict=True)
        return np.array([self._completions.is_plausible(*pair) for pair in pairs])
