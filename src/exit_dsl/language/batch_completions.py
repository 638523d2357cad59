"""Which types can complete calls: the questions of many programs, answered at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.tables import List, Numbers, Table

Answers = NDArray[np.bool_]
MAX_ENTRIES = 2**26
"""With more entries than this (of four bytes), a table is too large to go on with."""
NEVER, ALONE, PERHAPS = range(3)
"""Whether a call can be completed: not at all, by names alone, or if there is more at hand."""


class BatchCompletions:
    """The answers of :class:`Completions` in arrays.

    *Hands* are the types of the values at hand in each of some programs, as an array of shape
    (programs, values). The types of the names of the language are always at hand beside them.

    Args:
        completions: finds the answers, each once.
        names: the type of each name, by number.
    """

    def __init__(self, completions: Completions, names: Numbers) -> None:
        self._completions = completions
        self._names = names
        self._targets = Table(self._find_targets)
        self._plausible = Table(self._find_plausible)
        self._chances = List(self._find_chances)
        self._leading = List(self._find_leading)
        self._name_chances = List(self._find_name_chances, names.size)

    @property
    def full(self) -> bool:
        """Whether so much is remembered that it is better to begin anew."""
        return self._targets.size > MAX_ENTRIES

    def plausible(self, outlines: Numbers, types: Numbers) -> Answers:
        """Tell which types look like what is outlined; shapes are broadcast."""
        plausible: Answers = self._plausible(outlines, types) == 1
        return plausible

    def next(self, states: Numbers, types: Numbers) -> Numbers:
        """Return the states after arguments of these types; shapes are broadcast."""
        return self._targets(states, types)

    def all_fitting(self, states: Numbers, hands: Numbers) -> Answers:
        """Tell what the next argument may be, so that others at hand complete the call.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).

        Returns:
            of each name, then of each value at hand, whether it fits; shape
            (calls, names + values).
        """
        names = self._name_chances(states) == ALONE
        some = np.flatnonzero(self._leading(states))
        names[some] = self.fitting(states[some], self._names, hands[some])
        return np.concatenate([names, self.fitting(states, hands, hands)], axis=1)

    def possible(self, states: Numbers, hands: Numbers) -> Answers:
        """Tell which calls can be completed.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).
        """
        chances = self._chances(states)
        possible: Answers = chances == ALONE
        left = np.flatnonzero(chances == PERHAPS)
        if left.size:
            possible[left] = self.fitting(states[left], hands[left], hands[left]).any(axis=1)
            left = left[~possible[left] & (self._leading(states[left]) == 1)]
        if left.size:
            possible[left] = self.fitting(states[left], self._names, hands[left]).any(axis=1)
        return possible

    def fitting(self, states: Numbers, types: Numbers, hands: Numbers) -> Answers:
        """Tell which types the next argument of each call may have, one type after another."""
        targets = self.next(states[:, None], types)
        chances = self._chances(targets)
        fitting: Answers = chances == ALONE
        calls, columns = np.nonzero(chances == PERHAPS)
        if calls.size:
            size = self._completions.states
            keys = calls * size + targets[calls, columns]
            distinct, places = np.unique(keys, return_inverse=True)
            possible = self.possible(distinct % size, hands[distinct // size])
            fitting[calls, columns] = possible[places]
        return fitting

    def _find_chances(self, states: Numbers) -> Numbers:
        complete = np.array([self._completions.missing(state) == 0 for state in states.tolist()])
        chances = np.where(complete, ALONE, NEVER)
        left = np.flatnonzero(~complete & (states != DEAD))
        if left.size:
            alone = (self._name_chances(states[left]) == ALONE).any(axis=1)
            chances[left] = np.where(alone, ALONE, PERHAPS)
        return chances

    def _find_leading(self, states: Numbers) -> Answers:
        """Tell whether some name leads to where the chance is PERHAPS."""
        leading: Answers = (self._name_chances(states) == PERHAPS).any(axis=1)
        return leading

    def _find_name_chances(self, states: Numbers) -> Numbers:
        return self._chances(self.next(states[:, None], self._names))

    def _find_targets(self, states: Numbers, types: Numbers) -> Numbers:
        outlines = np.array([self._completions.outline(state) for state in states.tolist()])
        targets = np.full(states.shape, DEAD)
        some = np.flatnonzero(self.plausible(outlines, types))
        pairs = zip(states[some].tolist(), types[some].tolist(), strict=True)
        targets[some] = [self._completions.next(state, number) for state, number in pairs]
        return targets

    def _find_plausible(self, outlines: Numbers, types: Numbers) -> Answers:
        pairs = zip(outlines.tolist(), types.tolist(), strict=True)
        return np.array([self._completions.is_plausible(*pair) for pair in pairs])
