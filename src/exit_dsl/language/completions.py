"""Which types can complete a call, one argument after another.

A call with some arguments missing is a *state*: the alternatives for the types of the missing
arguments and of the result. Different arguments often leave the same alternatives and so lead to
the same state, which makes the states of a language few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from exit_dsl.language.inference import Inference
from exit_dsl.language.terms import ANY, Type, Union, Variable, substitute
from exit_dsl.language.unification import (
    MAX_SOLUTIONS,
    Bindings,
    may_be,
    renamed,
    resolve,
    sketch,
    solutions,
)

DEAD = 0
"""The state of a call that cannot be completed."""
MAX_STEPS = 2**18
"""No more than twice as many steps from state to state are remembered at a time."""
DEPTH = 2
"""How far down types are compared to tell at little cost that one does not fit."""

_Rest = tuple[Type, ...]
"""The types of the missing arguments, then that of the result."""
_Branch = tuple[Type, _Rest, dict[_Rest, None] | None]
"""The next argument's type, the rest, and what remains of the rest if that is settled by now."""


class Completions:
    """The ways to complete calls with arguments of the types that are meant.

    Args:
        inference: of the language.
        result: the type that the result of a closing call has to fit.
    """

    def __init__(self, inference: Inference, result: Type = ANY) -> None:
        self._inference = inference
        self._result = renamed(result, lambda name: ("wanted", name))
        self._starts: dict[tuple[str | int, bool], int] = {}
        self._numbers: dict[tuple[_Rest, ...], int] = {(): DEAD}
        self._branches: list[list[_Branch]] = [[]]
        self._missing = [1]
        self._outlines: dict[frozenset[Type], int] = {}
        self._wanted: list[frozenset[Type]] = []
        self._outline_of = [self._outline(())]
        self._promising: dict[Type, bool] = {}
        self._given: dict[int, Type] = {}
        # Steps that were taken lately, and older ones. What is still of use moves to the former
        # before the latter are forgotten.
        self._after: dict[tuple[int, int], int] = {}
        self._older: dict[tuple[int, int], int] = {}
        self._plausible: dict[tuple[int, int], bool] = {}
        self._sketches: dict[Type, int] = {}
        self._sketch_of: dict[int, int] = {}
        self._seen: list[Type] = []

    def start(self, function: str | int, *, closing: bool = False) -> int:
        """Return the state of a call without arguments.

        Args:
            function: a primitive by name, or a value by the number of its type.
            closing: whether the result has to fit that of the program.
        """
        key = (function, closing)
        if key not in self._starts:
            self._starts[key] = self._start(function, closing=closing)
        return self._starts[key]

    def _start(self, function: str | int, *, closing: bool) -> int:
        if self._inference.arity(function) is None:
            return DEAD
        found: dict[_Rest, None] = {}
        for arrow in self._inference.arrows(function):
            result = arrow.result if closing else ANY
            found.update(dict.fromkeys(_remaining([*(arrow.params or ()), result], {})))
        return self._number(found)

    def missing(self, state: int) -> int:
        """Return how many arguments are missing."""
        return self._missing[state]

    def next(self, state: int, number: int) -> int:
        """Return the state after an argument of the type with this number."""
        key = (state, number)
        after = self._after.get(key)
        if after is None:
            after = self._older.get(key)
            if after is None:
                plausible = self.are_plausible(self._outline_of[state], number)
                after = self._find_next(state, number) if plausible else DEAD
            if len(self._after) >= MAX_STEPS:
                self._older, self._after = self._after, {}
            self._after[key] = after
        return after

    def _find_next(self, state: int, number: int) -> int:
        given = self._given_type(number)
        found: dict[_Rest, None] = {}
        for first, rest, settled in self._branches[state]:
            if not may_be(first, given):
                continue
            for bound in solutions([(first, given)]):
                if settled is not None:
                    found.update(settled)
                    break
                found.update(dict.fromkeys(_remaining(rest, bound)))
        return self._number(found)

    # Most types that do not fit do not even look as if they did, which is told once for all the
    # states whose arguments look alike, and all the types that do.

    def outline(self, state: int) -> int:
        """Return the number of what the next argument has to look like."""
        return self._outline_of[state]

    def outline_of_later(self, function: str) -> int:
        """Return the number of what arguments of a primitive but its first have to look like."""
        arrows = self._inference.arrows(function)
        return self._outline(param for arrow in arrows for param in (arrow.params or ())[1:])

    def _sketch(self, number: int) -> int:
        """Return the number of what the type with this number looks like."""
        known = self._sketch_of.get(number)
        if known is None:
            term = sketch(self._inference.type_of(number), DEPTH)
            known = self._sketch_of[number] = self._sketches.setdefault(term, len(self._seen))
            if known == len(self._seen):
                self._seen.append(term)
        return known

    def are_plausible(self, outline: int, number: int) -> bool:
        """Whether values of the type with this number look like what is outlined."""
        key = (outline, self._sketch(number))
        plausible = self._plausible.get(key)
        if plausible is None:
            given = self._seen[key[1]]
            plausible = any(_could_fit(wanted, given) for wanted in self._wanted[outline])
            self._plausible[key] = plausible
        return plausible

    def _outline(self, wanted: Iterable[Type]) -> int:
        outline = frozenset(sketch(term, DEPTH) for term in wanted)
        number = self._outlines.setdefault(outline, len(self._wanted))
        if number == len(self._wanted):
            self._wanted.append(outline)
        return number

    def _given_type(self, number: int) -> Type:
        """Return the type of an argument with variables of its own."""
        given = self._given.get(number)
        if given is None:
            term = self._inference.type_of(number)
            given = self._given[number] = renamed(term, lambda name: ("given", name))
        return given

    def _number(self, found: Iterable[_Rest]) -> int:
        promising = (rest for rest in found if self._may_end_well(rest[-1]))
        alternatives = tuple(islice(promising, MAX_SOLUTIONS))
        number = self._numbers.setdefault(alternatives, len(self._missing))
        if number == len(self._missing):
            self._missing.append(len(alternatives[0]) - 1)
            self._outline_of.append(self._outline(first for first, *_ in alternatives))
            self._branches.append([_branch(*each) for each in alternatives if len(each) > 1])
        return number

    def is_output(self, number: int) -> bool:
        """Whether values of the type with this number fit the result of a closing call."""
        return self._may_end_well(self._inference.type_of(number))

    def _may_end_well(self, result: Type) -> bool:
        answer = self._promising.get(result)
        if answer is None:
            answer = any(True for _ in solutions([(self._result, result)]))
            self._promising[result] = answer
        return answer


def _could_fit(wanted: Type, given: Type) -> bool:
    return may_be(wanted, given) and any(True for _ in solutions([(wanted, given)]))


def _branch(first: Type, *rest: Type) -> _Branch:
    settled = _variables([first]).isdisjoint(_variables(rest))
    return first, rest, dict.fromkeys(_remaining(rest, {})) if settled else None


def _variables(terms: Iterable[Type]) -> set[Variable]:
    return {variable for term in terms for variable in term.variables}


def _remaining(rest: Sequence[Type], bound: Bindings) -> Iterator[_Rest]:
    """Yield what ``rest`` is under ``bound``.

    A variable whose value is one of several types is that type wherever it occurs.
    """
    values = {variable.name: resolve(variable, bound) for variable in _variables(rest)}
    several = {name: value for name, value in values.items() if isinstance(value, Union)}
    names = sorted(several, key=str)
    for choice in islice(product(*[several[name].members for name in names]), MAX_SOLUTIONS):
        yield _replaced(rest, {**values, **dict(zip(names, choice, strict=True))})


def _replaced(rest: Sequence[Type], values: Bindings) -> _Rest:
    """Replace variables by values, whose variables are numbered.

    Then alternatives that are equal but for names are equal.
    """
    names: dict[object, int] = {}

    def plain(variable: Variable) -> Type:
        return variable.renamed(names.setdefault(variable.name, len(names)))

    def value(variable: Variable) -> Type:
        return substitute(values[variable.name], plain)

    return tuple(substitute(term, value) for term in rest)
