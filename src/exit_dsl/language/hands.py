"""What values at hand can be given to calls, found out once for all programs alike.

Programs that differ often have values of the same types, and what may come next depends on no
more than these.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.names import Names

EMPTY = 0
"""The hand of a program without lines."""


class Hands:
    """Numbered *hands*: the types of values at hand, each once, in the order in which they came.

    A hand has no types of names, as those are always at hand, and none of values that no call may
    be given. *Slots* are what may come next: the names, the types of the hand, and a last one that
    never may. Answers are sets of slots, as bits.

    Args:
        completions: find the states of calls.
        names: the types of the names of the language.
        useless: the types of values that no call may be given.
        size: the most types of a hand.
    """

    def __init__(
        self, completions: Completions, names: Sequence[int], useless: Collection[int], size: int
    ) -> None:
        self._completions = completions
        self.names = Names(completions, names)
        """What the names of the language are to calls."""
        self.first = len(names)
        """The first slot that is of a value."""
        self.never = len(names) + size
        """The last slot."""
        self._useless = useless
        # Names of one type have one answer, so the slot of the first will do.
        self._name_slots = {number: slot for slot, number in reversed([*enumerate(names)])}
        self._types: list[tuple[int, ...]] = [()]
        self._parents = [EMPTY]
        self._after: dict[tuple[int, int], int] = {}
        self._complete: dict[tuple[int, int], bool] = {}

    @property
    def size(self) -> int:
        """How many answers are remembered."""
        return len(self._complete) + len(self._types)

    def types(self, hand: int) -> tuple[int, ...]:
        """Return the types of a hand."""
        return self._types[hand]

    def parent(self, hand: int) -> int:
        """Return the hand that this was before its last type came."""
        return self._parents[hand]

    def add(self, hand: int, number: int) -> tuple[int, int]:
        """Return the hand with a value of one more type, and the slot of that."""
        known = self._types[hand]
        if number in self._name_slots:
            return hand, self._name_slots[number]
        if number in self._useless:
            return hand, self.never
        if number in known:
            return hand, self.first + known.index(number)
        new = self._after.setdefault((hand, number), len(self._types))
        if new == len(self._types):
            self._types.append((*known, number))
            self._parents.append(hand)
        return new, self.first + len(known)

    def arguments(self, state: int, hand: int) -> int:
        """Return what the next argument of a call may be, so that others at hand complete it."""
        names = self.names.next(state)
        slots = names.enough
        for target, some in names.others:
            if self.can_complete(target, hand):
                slots |= some
        for slot, number in enumerate(self._types[hand], self.first):
            if self.can_complete(self._completions.next(state, number), hand):
                slots |= 1 << slot
        return slots

    def can_complete(self, state: int, hand: int) -> bool:
        """Whether what is at hand completes a call."""
        if self.names.are_enough(state):
            return True
        if state == DEAD:
            return False
        if self._completions.missing(state) == 1:
            after = self._completions.next
            return any(after(state, number) != DEAD for number in self._types[hand])
        key = (state, hand)
        complete = self._complete.get(key)
        if complete is None:
            complete = self._complete[key] = self.can_begin(state, hand) or any(
                self.can_complete(target, hand) for target, _ in self.names.next(state).others
            )
        return complete

    def can_begin(self, state: int, hand: int) -> bool:
        """Whether what is at hand completes a call with some value, no name, as next argument."""
        after = self._completions.next
        return any(self.can_complete(after(state, number), hand) for number in self._types[hand])
