"""Which types can complete a call, one argument after another.

A call with some arguments missing is a *state*: the alternatives for the types of the missing
arguments and of the result. Different arguments often leave the same alternatives and so lead to
the same state, which makes the states of a language few and lets every answer be remembered. Sets
of types are kept as the bits of integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from exit_dsl.language.inference import Inference
from exit_dsl.language.terms import ANY, Type, Union, Variable, parts, substitute
from exit_dsl.language.unification import (
    MAX_SOLUTIONS,
    Bindings,
    may_be,
    renamed,
    resolve,
    solutions,
)

_Rest = tuple[Type, ...]
"""The types of the missing arguments, then that of the result."""


@dataclass(slots=True)
class _State:
    """A call with ``missing`` arguments to come, and what is known about it.

    The types in ``tried`` were tried as the next argument. ``targets`` maps those that fit to the
    next state, and ``moves`` each next state to the types that lead there. Each set in ``enough``
    completes the call; ``lacking`` does not.
    """

    alternatives: tuple[_Rest, ...]
    missing: int
    tried: int = 0
    targets: dict[int, int] = field(default_factory=dict)
    moves: dict[int, int] = field(default_factory=dict)
    enough: list[int] = field(default_factory=list)
    lacking: int = 0


class Completions:
    """The ways to complete calls with arguments of the types that are meant.

    Args:
        inference: of the language.
        result: the type that the result of the call has to fit; None for any.
    """

    def __init__(self, inference: Inference, result: Type | None = None) -> None:
        self._inference = inference
        self._result = None if result is None else renamed(result, lambda name: ("wanted", name))
        self._starts: dict[str | int, int | None] = {}
        self._numbers: dict[tuple[_Rest, ...], int] = {}
        self._promising: dict[Type, bool] = {}
        self._given: dict[int, Type] = {}
        self._states: list[_State] = []

    def start(self, function: str | int) -> int | None:
        """Return the state of a call without arguments; None if it can never be completed."""
        if function not in self._starts:
            self._starts[function] = self._start(function)
        return self._starts[function]

    def _start(self, function: str | int) -> int | None:
        if self._inference.arity(function) is None:
            return None
        found: dict[_Rest, None] = {}
        for arrow in self._inference.arrows(function):
            result = ANY if self._result is None else arrow.result
            found.update(dict.fromkeys(_remaining([*(arrow.params or ()), result], {})))
        return self._number(found)

    def missing(self, state: int) -> int:
        """Return how many arguments are missing."""
        return self._states[state].missing

    def next(self, state: int, number: int) -> int | None:
        """Return the state after an argument of this type; None if it does not fit."""
        node = self._states[state]
        if not node.tried >> number & 1:
            self._try(node, 1 << number)
        return node.targets.get(number)

    def fitting(self, state: int, at_hand: int) -> int:
        """Return the types at hand that the next argument may have, so that others complete it."""
        node = self._states[state]
        self._try(node, at_hand & ~node.tried)
        fitting = 0
        for target, types in node.moves.items():
            if types & at_hand and self.possible(target, at_hand):
                fitting |= types & at_hand
        return fitting

    def possible(self, state: int, at_hand: int) -> bool:
        """Whether types at hand complete the call.

        More types at hand never hurt: a set that was enough stays enough for its supersets, and
        one that was not says no for its subsets.
        """
        return self._witness(state, at_hand) is not None

    def _witness(self, state: int, at_hand: int) -> int | None:
        """Return some of the types at hand that are enough to complete the call."""
        node = self._states[state]
        if not node.missing:
            return 0
        for known in node.enough:
            if not known & ~at_hand:
                return known
        if not at_hand & ~node.lacking:
            return None
        witness = self._witness_through(node, at_hand)
        if witness is None and at_hand & ~node.tried:
            self._try(node, at_hand & ~node.tried)
            witness = self._witness_through(node, at_hand)
        if witness is None:
            node.lacking = at_hand
        else:
            node.enough.append(witness)
        return witness

    def _witness_through(self, node: _State, at_hand: int) -> int | None:
        for target, types in node.moves.items():
            useful = types & at_hand
            rest = self._witness(target, at_hand) if useful else None
            if rest is not None:
                return (useful & -useful) | rest
        return None

    def _try(self, node: _State, types: int) -> None:
        node.tried |= types
        for number in members(types):
            target = self._target(node, number)
            if target is not None:
                node.targets[number] = target
                node.moves[target] = node.moves.get(target, 0) | 1 << number

    def _target(self, node: _State, number: int) -> int | None:
        given = self._given.get(number)
        if given is None:
            term = self._inference.type_of(number)
            given = self._given[number] = renamed(term, lambda name: ("given", name))
        found: dict[_Rest, None] = {}
        for first, *rest in node.alternatives:
            if may_be(first, given):
                for bound in solutions([(first, given)]):
                    found.update(dict.fromkeys(_remaining(rest, bound)))
        return self._number(found)

    def _number(self, found: Iterable[_Rest]) -> int | None:
        promising = (rest for rest in found if self._may_end_well(rest[-1]))
        alternatives = tuple(islice(promising, MAX_SOLUTIONS))
        if not alternatives:
            return None
        number = self._numbers.setdefault(alternatives, len(self._states))
        if number == len(self._states):
            self._states.append(_State(alternatives, len(alternatives[0]) - 1))
        return number

    def _may_end_well(self, result: Type) -> bool:
        if self._result is None:
            return True
        answer = self._promising.get(result)
        if answer is None:
            answer = any(True for _ in solutions([(self._result, result)]))
            self._promising[result] = answer
        return answer


def _remaining(rest: Sequence[Type], bound: Bindings) -> Iterator[_Rest]:
    """Yield what ``rest`` is under ``bound``.

    A variable whose value is one of several types is that type wherever it occurs.
    """
    inside = (part for term in rest for part in parts(term))
    variables = {part.name for part in inside if isinstance(part, Variable)}
    values = {name: resolve(Variable(name), bound) for name in variables}
    choices = [
        [(name, member) for member in (value.members if isinstance(value, Union) else (value,))]
        for name, value in sorted(values.items(), key=str)
    ]
    for choice in islice(product(*choices), MAX_SOLUTIONS):
        chosen = dict(choice)
        yield _with_plain_names([substitute(term, chosen.__getitem__) for term in rest])


def _with_plain_names(rest: Sequence[Type]) -> _Rest:
    """Number the variables, so that alternatives equal but for their names are equal."""
    names: dict[object, int] = {}
    return tuple(
        substitute(term, lambda name: Variable(names.setdefault(name, len(names)))) for term in rest
    )


def members(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
