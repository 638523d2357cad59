"""Which types can complete calls: the questions of many programs, answered at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.tables import Numbers, Table

Answers = NDArray[np.bool_]
MAX_ENTRIES = 2**26
"""With more entries than this (of four bytes), a table is too large to go on with."""
ONLY: Numbers = np.zeros((), dtype=np.int64)
"""The one column of a table that is a list."""


class BatchCompletions:
    """The answers of :class:`Completions` in arrays.

    *Hands* are the types of the values at hand in each of some programs, as an array of shape
    (programs, values). The types of the names of the language are always at hand beside them.

    Args:
        completions: finds the answers, each once.
        names: the types of the names, by number.
    """

    def __init__(self, completions: Completions, names: Numbers) -> None:
        self._completions = completions
        self.names = names
        self._targets = Table(self._find_targets)
        self._plausible = Table(self._find_plausible)
        self._alone = Table(self._find_alone)
        self._through_names = Table(self._find_through_names)

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

    def fitting(self, states: Numbers, types: Numbers, hands: Numbers) -> Answers:
        """Tell which types the next argument may have, so that others at hand complete the call.

        Args:
            states: shape (calls,).
            types: what is asked about, shape (calls, types).
            hands: shape (calls, values).
        """
        targets = self.next(states[:, None], types)
        fitting = self._possible_alone(targets)
        calls, columns = np.nonzero(~fitting & (targets != DEAD))
        if calls.size:
            size = self._completions.states
            keys = calls * size + targets[calls, columns]
            distinct, places = np.unique(keys, return_inverse=True)
            possible = self.possible(distinct % size, hands[distinct // size])
            fitting[calls, columns] = possible[places]
        return fitting

    def possible(self, states: Numbers, hands: Numbers) -> Answers:
        """Tell which calls can be completed.

        Args:
            states: shape (calls,).
            hands: shape (calls, values).
        """
        possible = self._possible_alone(states)
        left = np.flatnonzero(~possible & (states != DEAD))
        if left.size:
            possible[left] = self.fitting(states[left], hands[left], hands[left]).any(axis=1)
            left = left[~possible[left]]
            left = left[self._through_names(states[left], ONLY) == 1]
        if left.size:
            names = np.broadcast_to(self.names, (left.size, self.names.size))
            possible[left] = self.fitting(states[left], names, hands[left]).any(axis=1)
        return possible

    def _possible_alone(self, states: Numbers) -> Answers:
        """Tell which calls can be completed by names alone."""
        alone: Answers = self._alone(states, ONLY) == 1
        return alone

    def _find_alone(self, states: Numbers, _: Numbers) -> Answers:
        alone = np.array([self._completions.missing(state) == 0 for state in states.tolist()])
        left = np.flatnonzero(~alone & (states != DEAD))
        if left.size:
            targets = self.next(states[left, None], self.names)
            alone[left] = self._possible_alone(targets).any(axis=1)
        return alone

    def _find_through_names(self, states: Numbers, _: Numbers) -> Answers:
        answers: Answers = (self.next(states[:, None], self.names) != DEAD).any(axis=1)
        return answers

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
