"""Which functions a line may begin with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.hands import EMPTY, Hands
from exit_dsl.language.inference import Inference
from exit_dsl.language.terms import width

OPEN, CLOSING = KINDS = 0, 1
"""Kinds of calls: those with any result, and those whose result is an output."""


@dataclass(frozen=True, slots=True)
class _Role:
    """What values of a type can do for primitives that need some value, as sets of slots.

    They may complete their calls with names, be the first argument, or, as far as it looks, be a
    later one.
    """

    sufficient: int
    first: int
    later: int


@dataclass(frozen=True, slots=True)
class _Callable:
    """The primitives that can be called with a hand, as sets of slots.

    ``begun`` are those that could be if only some value were at hand that is not the first
    argument.
    """

    found: int
    begun: int


class Beginnings:
    """The functions that can be called with the values at hand, as sets of the slots of hands.

    Args:
        inference: of the language.
        completions: find the states of calls.
        hands: of the values.
    """

    def __init__(self, inference: Inference, completions: Completions, hands: Hands) -> None:
        self._inference = inference
        self._completions = completions
        self._hands = hands
        primitives = [(i, n) for i, n in enumerate(inference.atoms) if n in inference.primitives]
        self._arities = {slot: self.arity(name) for slot, name in primitives}
        self._starts = [
            {slot: self.start(name, kind) for slot, name in primitives} for kind in KINDS
        ]
        self._later = {slot: completions.outline_of_later(name) for slot, name in primitives}
        self.widest = max((width(term) for term in inference.atoms.values()), default=0)
        """The most arguments that a call may have."""
        # The primitives of at most so many arguments.
        self._up_to = [
            _set(slot for slot, arity in self._arities.items() if arity <= most)
            for most in range(self.widest + 1)
        ]
        # Of three or more arguments, the first may be a name.
        begun = _set(slot for slot, arity in self._arities.items() if arity > 2)
        self._known: list[dict[int, _Callable]] = [
            {EMPTY: _Callable(self._always(kind), begun)} for kind in KINDS
        ]
        self._roles: list[dict[int, _Role]] = [{} for _ in KINDS]

    @property
    def closing_arities(self) -> list[int]:
        """How many arguments the primitives take that make an output of names alone."""
        return [self._arities[slot] for slot in _members(self._known[CLOSING][EMPTY].found)]

    def arity(self, function: str | int) -> int:
        """Return how many arguments a function takes; 0 if it is none.

        Args:
            function: a name, or a value by the number of its type.
        """
        if isinstance(function, str) and function not in self._inference.primitives:
            return 0
        return self._inference.arity(function) or 0

    def start(self, function: str | int, kind: int) -> int:
        """Return the state in which calls of a kind begin."""
        if not self.arity(function):
            return DEAD
        return self._completions.start(function, closing=kind == CLOSING)

    def functions(self, hand: int, room: int, last_room: int) -> int:
        """Return what a line may begin with.

        Args:
            hand: what is at hand.
            room: the most arguments of a call if another line is to follow, up to ``widest``.
            last_room: the most that it may have otherwise, up to ``widest``.
        """
        slots = self._primitives(hand, OPEN) & self._up_to[min(room, last_room)]
        if last_room > room:
            slots |= self._primitives(hand, CLOSING) & self._up_to[last_room] & ~self._up_to[room]
        for slot, number in enumerate(self._hands.types(hand), self._hands.first):
            arity = self.arity(number)
            if 0 < arity <= last_room:
                start = self.start(number, OPEN if arity <= room else CLOSING)
                if self._hands.can_complete(start, hand):
                    slots |= 1 << slot
        return slots

    def _always(self, kind: int) -> int:
        """Return the primitives that can be called with names alone."""
        are_enough = self._hands.names.are_enough
        return _set(slot for slot, start in self._starts[kind].items() if are_enough(start))

    def _primitives(self, hand: int, kind: int) -> int:
        known = self._known[kind]
        missing = []
        while hand not in known:
            missing.append(hand)
            hand = self._hands.parent(hand)
        for each in reversed(missing):
            known[each] = self._find_primitives(each, kind, known[hand])
            hand = each
        return known[hand].found

    def _find_primitives(self, hand: int, kind: int, before: _Callable) -> _Callable:
        """Find what can be called with a hand, from what could be without its last type."""
        role = self._role(self._hands.types(hand)[-1], kind)
        found = before.found | role.sufficient
        for slot in _members((role.first | role.later & before.begun) & ~found):
            start = self._starts[kind][slot]
            # After a name, the rest of two arguments would be sufficient alone.
            if self._hands.can_begin(start, hand) or (
                self._arities[slot] > 2 and self._hands.can_complete(start, hand)
            ):
                found |= 1 << slot
        return _Callable(found, before.begun | role.first)

    def _role(self, number: int, kind: int) -> _Role:
        role = self._roles[kind].get(number)
        if role is None:
            role = self._roles[kind][number] = self._find_role(number, kind)
        return role

    def _find_role(self, number: int, kind: int) -> _Role:
        always = self._known[kind][EMPTY].found
        alone, _ = self._hands.add(EMPTY, number)
        sufficient = first = later = 0
        for slot, start in self._starts[kind].items():
            if start == DEAD or always >> slot & 1:
                continue
            is_first = self._completions.next(start, number) != DEAD
            is_later = self._completions.are_plausible(self._later[slot], number)
            first |= is_first << slot
            later |= is_later << slot
            if (is_first or is_later) and self._hands.can_complete(start, alone):
                sufficient |= 1 << slot
        return _Role(sufficient, first, later)


def _set(members: Iterable[int]) -> int:
    return sum(1 << member for member in members)


def _members(numbers: int) -> Iterator[int]:
    while numbers:
        lowest = numbers & -numbers
        yield lowest.bit_length() - 1
        numbers ^= lowest
