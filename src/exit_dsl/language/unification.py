"""Two relations between types: what is meant to fit (for generation) and what may run (for checks).

:meth:`Search.fits` is unification over generic parameters, unions, overloads and functions. It
decides which programs are *generated*. :func:`may_be` compares only the outer kinds of values: a
container of the wrong things may be empty, and a function that would fail may never be called, so a
program is *refused* only where an argument can never be of a kind that its function takes.
"""

from __future__ import annotations

import types
import typing
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import get_annotations
from itertools import islice
from numbers import Number

from typing_extensions import get_protocol_members, is_protocol

from exit_dsl.language.signatures import from_annotation, is_named_tuple, members_of
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Overloaded,
    Product,
    Type,
    Union,
    Unknown,
    Variable,
    function_of,
    substitute,
    union_of,
)

Bindings = dict[object, Type]
MAX_SOLUTIONS = 48
MAX_BACK = 10_000
"""After so many steps back in a search, only what was found to fit counts as meant."""
_TOWER: dict[type, tuple[type, ...]] = {float: (float, int), complex: (complex, float, int)}


class Search:
    """A search for the ways to fit types, which ends after ``MAX_BACK`` steps back.

    Without an end it would take twice as long for each union that is compared before what does not
    fit.
    """

    _back = 0

    @property
    def is_cut(self) -> bool:
        """Whether there may be ways that were not found."""
        return self._back > MAX_BACK

    def fits(self, wanted: Type, given: Type, bound: Bindings) -> Iterator[Bindings]:
        """Yield each way in which a value of type ``given`` can stand where ``wanted`` is meant.

        Args:
            wanted: the type of the parameter.
            given: the type of the argument; of a union, any one member has to fit.
            bound: the values of variables so far; it is not changed.
        """
        if isinstance(wanted, Variable) and wanted != given:
            yield from self._fit_variable(wanted, given, bound, swap=False)
        elif isinstance(given, Variable) and given != wanted:
            yield from self._fit_variable(given, wanted, bound, swap=True)
        elif wanted == given or isinstance(wanted, Unknown) or isinstance(given, Unknown):
            yield bound
        elif isinstance(given, Union):
            for member in given.members:
                yield from self.fits(wanted, member, bound)
        elif isinstance(given, Overloaded):
            for arrow in given.alternatives:
                yield from self.fits(wanted, arrow, bound)
        elif isinstance(wanted, Union):
            for member in wanted.members:
                yield from self.fits(member, given, bound)
        elif isinstance(wanted, Overloaded):
            for arrow in wanted.alternatives:
                yield from self.fits(arrow, given, bound)
        elif isinstance(wanted, Arrow) and isinstance(given, Arrow):
            yield from self._fit_arrows(wanted, given, bound)
        elif isinstance(given, Named) and isinstance(given.head, typing.NewType):
            yield from self.fits(wanted, from_annotation(given.head.__supertype__), bound)
        elif not isinstance(wanted, Arrow) and not isinstance(given, Arrow):
            yield from self._fit_data(wanted, given, bound)

    def _fit_variable(
        self, variable: Variable, other: Type, bound: Bindings, *, swap: bool
    ) -> Iterator[Bindings]:
        value = bound.get(variable.name)
        if value is None:
            yield from self._bind(variable, resolve(other, bound), bound)
            return
        members = value.members if isinstance(value, Union) else (value,)
        for member in members:
            narrowed = bound if member is value else {**bound, variable.name: member}
            pair = (other, member) if swap else (member, other)
            yield from self.fits(*pair, narrowed)

    def _bind(self, variable: Variable, value: Type, bound: Bindings) -> Iterator[Bindings]:
        """Yield each way to let ``variable`` stand for ``value``, as far as its bound allows."""
        limit = variable.bound
        if value == variable:
            yield bound
        elif variable in value.variables:
            return
        elif limit is None:
            yield {**bound, variable.name: value}
        elif isinstance(value, Variable):
            # The one with the narrower bound stands for both, if one bound is within the other.
            if value.bound is not None and self._is_within(value.bound, limit):
                yield {**bound, variable.name: value}
            elif value.bound is None or self._is_within(limit, value.bound):
                yield {**bound, value.name: variable}
        elif isinstance(value, Union):
            within = [member for member in value.members if self._is_within(member, limit)]
            if within:
                yield {**bound, variable.name: union_of(within)}
        else:
            for way in self.fits(limit, value, bound):
                yield {**way, variable.name: value}

    def _is_within(self, value: Type, limit: Type) -> bool:
        return any(True for _ in self.fits(limit, value, {}))

    def _fit_arrows(self, wanted: Arrow, given: Arrow, bound: Bindings) -> Iterator[Bindings]:
        if wanted.params is None or given.params is None:
            yield from self.fits(wanted.result, given.result, bound)
        elif len(wanted.params) == len(given.params):
            # Parameters are contravariant: the given function must take what will be passed.
            pairs = [*zip(given.params, wanted.params, strict=True), (wanted.result, given.result)]
            yield from self.fit_all(pairs, bound)

    def _fit_data(self, wanted: Type, given: Type, bound: Bindings) -> Iterator[Bindings]:
        if isinstance(wanted, Product):
            if isinstance(given, Product) and len(wanted.items) == len(given.items):
                yield from self.fit_all(list(zip(wanted.items, given.items, strict=True)), bound)
            elif isinstance(given, Named) and is_named_tuple(given.head):
                yield from self._fit_data(wanted, members_of(given), bound)
        elif isinstance(wanted, Named):
            if isinstance(given, Product):
                if _is_meant(tuple, wanted.head):
                    item = wanted.args[0] if wanted.args else ANY
                    yield from self.fit_all([(item, part) for part in given.items], bound)
            elif isinstance(given, Named) and _is_meant(given.head, wanted.head):
                named = given.head is not wanted.head and is_named_tuple(given.head)
                if named and _is_meant(tuple, wanted.head):
                    yield from self._fit_data(wanted, members_of(given), bound)
                else:
                    yield from self.fit_all(list(zip(wanted.args, given.args, strict=False)), bound)

    def fit_all(self, pairs: Sequence[tuple[Type, Type]], bound: Bindings) -> Iterator[Bindings]:
        """Yield each way in which all the (wanted, given) pairs fit at once."""
        if not pairs:
            yield bound
            return
        wanted, given = pairs[0]
        if len(pairs) == 1:
            yield from self.fits(wanted, given, bound)
            return
        # For each pair, the ways that are left to fit it after those before it. A pair is no level
        # of recursion, as there are constants of thousands of members.
        ways = [self.fits(wanted, given, bound)]
        while ways and self._back <= MAX_BACK:
            way = next(ways[-1], None)
            if way is None:
                ways.pop()
                self._back += 1
            elif len(ways) == len(pairs):
                yield way
            else:
                wanted, given = pairs[len(ways)]
                ways.append(self.fits(wanted, given, way))


def solutions(
    pairs: Sequence[tuple[Type, Type]], search: Search | None = None
) -> Iterator[Bindings]:
    """Yield at most ``MAX_SOLUTIONS`` ways in which all the pairs fit.

    Args:
        pairs: the wanted and the given types.
        search: tells afterwards whether it was cut; a new one unless given.
    """
    return islice((search or Search()).fit_all(pairs, {}), MAX_SOLUTIONS)


def _is_meant(given: object, wanted: object) -> bool:
    if given is wanted:
        return True
    if not (isinstance(given, type) and isinstance(wanted, type)):
        return False
    if isinstance(wanted, ABCMeta) and is_protocol(wanted):
        return all(_has(given, name) for name in get_protocol_members(wanted))
    if given is bool and issubclass(wanted, Number):
        return False  # A Boolean runs as a number, but is not what is meant.
    return issubclass(given, _TOWER.get(wanted, wanted))


def _has(cls: type, name: str) -> bool:
    """Whether values of a class have an attribute; what the class itself has does not count."""
    return any(name in vars(base) or name in get_annotations(base) for base in cls.__mro__)


def resolve(term: Type, bound: Bindings) -> Type:
    """Replace the bound variables of ``term`` by their values, all the way down."""
    if not bound or not term.variables:
        return term

    def value(variable: Variable) -> Type:
        found = bound.get(variable.name)
        return variable if found is None else resolve(found, bound)

    return substitute(term, value)


def renamed(term: Type, name: Callable[[object], object]) -> Type:
    """Rename the variables of ``term``."""
    return substitute(term, lambda variable: variable.renamed(name(variable.name)))


def kinds(term: Type) -> frozenset[type] | None:
    """Return the classes of which a value of type ``term`` is an instance; None means any."""
    match term:
        case Named(head, _):
            while isinstance(head, typing.NewType):
                head = head.__supertype__
            head = typing.get_origin(head) or head
            if not isinstance(head, type) or is_protocol(head):
                return None
            # Python's numeric tower: an integer passes for a float, and both for a complex.
            return frozenset(_TOWER.get(head, (head,)))
        case Product():
            return frozenset((tuple,))
        case Arrow() | Overloaded():
            return frozenset((types.FunctionType,))
        case Union(members):
            found: frozenset[type] = frozenset()
            for member in members:
                inner = kinds(member)
                if inner is None:
                    return None
                found |= inner
            return found
        case Variable(_, bound) if bound is not None:
            return kinds(bound)
    return None


def may_be(wanted: Type, given: Type) -> bool:
    """Whether some value of type ``given`` is of a kind that ``wanted`` takes."""
    left, right = kinds(wanted), kinds(given)
    if left is None or right is None:
        return True
    return any(_overlap(a, b) for a in left for b in right)


def _overlap(a: type, b: type) -> bool:
    """Whether some value may be an instance of both classes."""
    if issubclass(a, b) or issubclass(b, a):
        return True
    if types.FunctionType in (a, b):
        return _is_callable(a) and _is_callable(b)
    return isinstance(a, ABCMeta) and isinstance(b, ABCMeta)


def _is_callable(cls: type) -> bool:
    return any("__call__" in vars(base) for base in cls.__mro__)


def outer(term: Type) -> Type:
    """Forget everything about ``term`` but its outer kind (and a function's arity)."""
    match term:
        case Variable(_, bound) if bound is not None:
            return outer(bound)
        case Named(head, args):
            return Named(head, (ANY,) * len(args))
        case Product():
            return Named(tuple, (ANY,))
        case Union(members):
            return union_of(map(outer, members))
        case Arrow(params, _):
            return Arrow(None if params is None else (ANY,) * len(params), ANY)
        case Overloaded(alternatives):
            return _outer_function(alternatives)
    return ANY


def _outer_function(arrows: Iterable[Arrow]) -> Type:
    outers = {outer(arrow) for arrow in arrows}
    return outers.pop() if len(outers) == 1 else Arrow(None, ANY)


def sketch(term: Type, depth: int) -> Type:
    """Replace by ``ANY`` the variables of ``term``, and all that lies deeper than ``depth``.

    A type fits another only if its sketch fits that of the other.
    """
    if depth == 0:
        return ANY
    match term:
        case Variable():
            return ANY
        case Named(head, args):
            return Named(head, tuple(sketch(arg, depth - 1) for arg in args))
        case Product(items):
            return Product(tuple(sketch(item, depth - 1) for item in items))
        case Union(members):
            return union_of(sketch(member, depth) for member in members)
        case Arrow():
            return _sketch_function(term, depth)
        case Overloaded(alternatives):
            return function_of(_sketch_function(arrow, depth) for arrow in alternatives)
    return term


def _sketch_function(arrow: Arrow, depth: int) -> Arrow:
    params = arrow.params
    if params is not None:
        params = tuple(sketch(param, depth - 1) for param in params)
    return Arrow(params, sketch(arrow.result, depth - 1))
