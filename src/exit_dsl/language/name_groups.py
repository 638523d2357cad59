"""Where the names of a language lead as arguments, which is the same for many of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exit_dsl.language.bits import Flags, pack, unpack
from exit_dsl.language.completions import DEAD
from exit_dsl.language.tables import List, Numbers, Rows


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of names: the indices of the calls that they are arguments of, in order, and numbers.

    Both have the shape (groups,).
    """

    calls: Numbers
    numbers: Numbers

    def only(self, these: Flags) -> Groups:
        """Return those groups where ``these``, of shape (groups,), is true."""
        return Groups(self.calls[these], self.numbers[these])


NO_GROUPS = Groups(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class NameGroups:
    """The names that may be the next argument of calls, in groups that lead to the same state.

    Args:
        find: tells, by the state of a call, which names complete it alone, and the states that
            others lead to, or ``DEAD``; both of shape (names,).
        count: the number of names.
    """

    def __init__(self, find: Callable[[int], tuple[Flags, Numbers]], count: int) -> None:
        self._find = find
        self._count = count
        # Each state's first group are the names that complete the call alone.
        self._spans = List(self._find_spans, 2)
        self._targets = Rows(dtype=np.int32)
        self._names = Rows(pack(np.zeros(count, dtype=np.bool_)).size, dtype=np.uint64)

    def open(self, states: Numbers) -> Groups:
        """Return the groups of names that leave calls in these states open."""
        begins, counts = self._spans(states).T
        ends = np.cumsum(counts)
        calls = np.repeat(np.arange(states.size), counts)
        numbers = np.arange(calls.size) + np.repeat(begins + 1 - ends + counts, counts)
        return Groups(calls, numbers)

    def targets(self, groups: Groups) -> Numbers:
        """Return the states that groups lead to."""
        return self._targets[groups.numbers]

    def names(self, states: Numbers, groups: Groups) -> Flags:
        """Return the names that complete calls alone or are in ``groups``, (calls, names)."""
        names = self._names[self._spans(states)[:, 0]]
        firsts = np.flatnonzero(np.diff(groups.calls, prepend=-1))
        if firsts.size:
            joined = np.bitwise_or.reduceat(self._names[groups.numbers], firsts, axis=0)
            names[groups.calls[firsts]] |= joined
        return unpack(names, self._count)

    def _find_spans(self, states: Numbers) -> Numbers:
        return np.array([self._find_span(state) for state in states.tolist()])

    def _find_span(self, state: int) -> tuple[int, int]:
        alone, after = self._find(state)
        targets = np.unique(after[after != DEAD])
        names = np.concatenate([alone[None], after == targets[:, None]])
        begin = self._names.append(pack(names))
        self._targets.append(np.array([DEAD, *targets]))
        return begin, targets.size
