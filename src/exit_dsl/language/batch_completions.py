"""Which types can complete calls: the questions of many programs, answered at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.tables import List, Numbers, Table, places

Answers = NDArray[np.bool_]
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
        names: the type of each name, by number.
    """

    def __init__(self, completions: Completions, names: Numbers) -> None:
        self._completions = completions
        self._names = names
        self._targets = Table(self._find_targets)
        self._outlines = List(self._find_outlines)
        self._sketches = List(self._find_sketches)
        self._plausible = Table(self._find_plausible, np.int8)
        self._chances = List(self._find_chances, dtype=np.int8)
        self._chances_after = Table(self._find_chances_after, np.int8)
        self._name_chances = List(self._find_name_chances, names.size, dtype=np.int8)

    @property
    def full(self) -> bool:
        """Whether so much is remembered that it is better to begin anew."""
        return self._targets.size > MAX_ENTRIES

    def plausible(self, outlines: Numbers, types: Numbers) -> Answers:
        """Tell which types look like what is outlined; shapes are broadcast."""
        plausible: Answers = self._plausible(outlines, self._sketches(types)) == 1
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
        names = self._name_chances(states)
        values = self._chances_after(states[:, None], hands)
        fitting: Answers = np.concatenate([names, values], axis=1) == ALONE
        by_name, by_value = places(names >= LAST), places(values >= LAST)
        calls = np.concatenate([by_name[0], by_value[0]])
        if calls.size:
            types = np.concatenate([self._names[by_name[1]], hands[by_value]])
            columns = np.concatenate([by_name[1], by_value[1] + names.shape[1]])
            fitting[calls, columns] = self._possible_after(calls, states, types, hands)
        return fitting

    def possible(self, states: Numbers, hands: Numbers) -> Answers:
        """Tell which calls can be completed.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).
        """
        chances = self._chances(states)
        possible: Answers = chances == ALONE
        last = np.flatnonzero(chances == LAST)
        if last.size:
            chances_after = self._chances_after(states[last, None], hands[last])
            possible[last] = (chances_after == ALONE).any(axis=1)
        left = np.flatnonzero(chances == PERHAPS)
        if left.size:
            possible[left] = self.all_fitting(states[left], hands[left]).any(axis=1)
        return possible

    def fitting(self, states: Numbers, types: Numbers, hands: Numbers) -> Answers:
        """Tell which types the next argument of each call may have, shape (calls, types)."""
        chances = self._chances_after(states[:, None], types)
        fitting: Answers = chances == ALONE
        calls, columns = places(chances >= LAST)
        if calls.size:
            types = types[calls, columns]
            fitting[calls, columns] = self._possible_after(calls, states, types, hands)
        return fitting

    def _possible_after(
        self, calls: Numbers, states: Numbers, types: Numbers, hands: Numbers
    ) -> Answers:
        """Tell which of ``calls`` can be completed after arguments of ``types``."""
        targets = self.next(states[calls], types)
        count = self._completions.states
        keys = calls * count + targets
        distinct, order = np.unique(keys, return_inverse=True)
        distinct_calls, targets = np.divmod(distinct, count)
        return self.possible(targets, hands[distinct_calls])[order]

    def _find_chances(self, states: Numbers) -> Numbers:
        return np.array([self._find_chance(state) for state in states.tolist()])

    def _find_chance(self, state: int) -> int:
        missing = self._completions.missing(state)
        if state == DEAD or missing == 0:
            return NEVER if state == DEAD else ALONE
        names = self._names[self.plausible(self._outlines(np.array([state])), self._names)]
        # One after another, as the first that completes the call will do.
        if missing == 1:
            alone = any(self._completions.next(state, name) != DEAD for name in names.tolist())
            return ALONE if alone else LAST
        alone = any(self._chances_after(np.array([state]), name)[0] == ALONE for name in names)
        return ALONE if alone else PERHAPS

    def _find_name_chances(self, states: Numbers) -> Numbers:
        return self._chances_after(states[:, None], self._names)

    def _find_chances_after(self, states: Numbers, types: Numbers) -> Numbers:
        return self._chances(self.next(states, types))

    def _find_targets(self, states: Numbers, types: Numbers) -> Numbers:
        targets = np.full(states.shape, DEAD)
        some = np.flatnonzero(self.plausible(self._outlines(states), types))
        pairs = zip(states[some].tolist(), types[some].tolist(), strict=True)
        targets[some] = [self._completions.next(state, number) for state, number in pairs]
        return targets

    def _find_outlines(self, states: Numbers) -> Numbers:
        return np.array([self._completions.outline(state) for state in states.tolist()])

    def _find_sketches(self, types: Numbers) -> Numbers:
        return np.array([self._completions.sketch(number) for number in types.tolist()])

    def _find_plausible(self, outlines: Numbers, sketches: Numbers) -> Answers:
        pairs = zip(outlines.tolist(), sketches.tolist(), strict=True)
        return np.array([self._completions.is_plausible(*pair) for pair in pairs])
