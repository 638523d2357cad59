"""Hypothesis strategies for well-typed calls of the primitives of the ARC language.

The functions among the arguments are written as terms, so that one call can be made in any
implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

from hypothesis import strategies as st

from examples.arc.dsl import arc
from examples.arc.dsl.bitmaps import encoded
from examples.arc.dsl.types import Cell, Grid, Indices, IntegerSet, Location, Object, Objects
from exit_dsl.language import Primitive
from exit_dsl.language.compact import plain
from exit_dsl.language.signatures import from_annotation
from exit_dsl.language.terms import (
    Arrow,
    Named,
    Product,
    Type,
    Union,
    Unknown,
    Variable,
    parts,
    substitute,
)
from exit_dsl.language.unification import resolve, solutions
from tests.examples.arc.strategies import cells, grids, indices, locations, object_sets, objects_
from tests.examples.arc.vectors import Primitives

_INT, _BOOL = from_annotation(int), from_annotation(bool)
_LOCATION, _CELL = from_annotation(Location), from_annotation(Cell)
_GRID, _OBJECT, _OBJECTS = map(from_annotation, (Grid, Object, Objects))
_INDICES, _INTEGERS = from_annotation(Indices), from_annotation(IntegerSet)
_NUMBERS = st.integers(-3, 9)
_SIMPLE: Mapping[Type, st.SearchStrategy[Any]] = {
    _INT: _NUMBERS,
    _BOOL: st.booleans(),
    _LOCATION: locations(),
    _CELL: cells(),
    _GRID: grids(),
    _OBJECT: objects_() | grids(4, 4).map(lambda grid: arc.primitives["asobject"].function(grid)),
    _OBJECTS: object_sets(),
    _INDICES: indices(),
    _INTEGERS: st.frozensets(_NUMBERS, max_size=6),
}
_GENERIC = (_INT, _LOCATION, _GRID, _OBJECT, _INDICES, _OBJECTS, _BOOL)
"""What type variables stand for."""
_FIXED: Mapping[Type, st.SearchStrategy[Any]] = {**_SIMPLE, _INT: st.integers(-2, 3)}
"""Values that functions are bound to; small, since a function may be applied again and again."""

# Strategies are kept, since Hypothesis spends more time on making them than on drawing from them.


@dataclass(frozen=True, slots=True)
class Term:
    """The primitive of a name, or what it makes of ``args``, which may hold more terms."""

    name: str
    args: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.args))})" if self.args else self.name


@dataclass(frozen=True, slots=True)
class CallOf:
    """A call of a primitive; a function that comes out is called with ``apply``."""

    name: str
    args: tuple[Any, ...]
    apply: tuple[Any, ...] | None

    def outcome(self, primitives: Primitives) -> Any:
        """What the call gives in an implementation; the exception, if it raises one."""
        try:
            value = primitives[self.name](*_built(self.args, primitives))
            return value if self.apply is None else value(*_built(self.apply, primitives))
        except Exception as error:  # which one is not part of the language
            return error


def _on_bitmaps(primitive: Primitive) -> Callable[..., Any]:
    """A primitive as an interpreter calls it, with bitmaps for all sets that have one."""

    def call(*args: Any) -> Any:
        if primitive.compact is None:
            return primitive.function(*map(plain, args))
        return primitive.compact(*map(_bitmap_if_any, args))

    call.__name__ = primitive.name
    call.arity = primitive.arity  # type: ignore[attr-defined]
    return call


def _bitmap_if_any(value: Any) -> Any:
    bitmap = encoded(value) if isinstance(value, frozenset) else None
    return value if bitmap is None else bitmap


PLAIN: Primitives = {name: each.function for name, each in arc.primitives.items()}
"""The primitives as they are defined."""
COMPACT: Primitives = {name: _on_bitmaps(each) for name, each in arc.primitives.items()}
"""The primitives on bitmaps, where they know them."""


def agree(a: Any, b: Any) -> bool:
    """Whether two outcomes are equal, or both are exceptions."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return isinstance(a, Exception) and isinstance(b, Exception)
    return bool(a == b)


def _built(value: Any, primitives: Primitives) -> Any:
    if isinstance(value, Term):
        function = primitives[value.name]
        return function(*_built(value.args, primitives)) if value.args else function
    if isinstance(value, (tuple, frozenset)):
        return type(value)([_built(member, primitives) for member in value])
    return value


def calls(name: str) -> st.SearchStrategy[CallOf]:
    """Calls of a primitive with arguments of the types that are meant."""
    return st.sampled_from(_instances(name)).flatmap(partial(_calls, name))


@cache
def _calls(name: str, arrow: Arrow) -> st.SearchStrategy[CallOf]:
    assert arrow.params is not None
    # Powers of a function that lets its argument grow must stay within bounds.
    values = _small_values if name == "power" else _values
    args = st.tuples(*map(values, arrow.params))
    result = arrow.result
    if not isinstance(result, Arrow):
        return st.builds(CallOf, st.just(name), args, st.none())
    assert result.params is not None
    apply = st.tuples(*map(values, result.params))
    return st.builds(CallOf, st.just(name), args, apply)


@cache
def _instances(name: str) -> list[Arrow]:
    """The ways to call a primitive with generic types made concrete, if functions fit them."""
    found = []
    for signature in arc.primitives[name].signatures:
        arrow = signature.arrow
        names = sorted({part.name for part in parts(arrow) if isinstance(part, Variable)}, key=str)
        for choice in product(_GENERIC, repeat=len(names)):
            concrete = resolve(arrow, dict(zip(names, choice, strict=True)))
            assert isinstance(concrete, Arrow)
            if all(map(_is_inhabited, concrete.params or ())):
                found.append(concrete)
    return found


def _is_inhabited(term: Type) -> bool:
    return all(bool(_functions(part)) for part in parts(term) if isinstance(part, Arrow))


@cache
def _values(term: Type) -> st.SearchStrategy[Any]:
    return _SIMPLE[term] if term in _SIMPLE else _composite(term, _values)


@cache
def _small_values(term: Type) -> st.SearchStrategy[Any]:
    return _FIXED[term] if term in _FIXED else _composite(term, _small_values)


def _composite(
    term: Type, values: Callable[[Type], st.SearchStrategy[Any]]
) -> st.SearchStrategy[Any]:
    match term:
        case Unknown():
            return st.one_of(list(map(values, _GENERIC)))
        case Union(members):
            return st.one_of(list(map(values, members)))
        case Product(items):
            return st.tuples(*map(values, items))
        case Named(head, (item,)) if head is frozenset:
            return st.frozensets(values(item), max_size=4)
        case Named(head, (item,)) if head is tuple:
            return st.lists(values(item), max_size=4).map(tuple)
        case Arrow():
            return st.sampled_from(_functions(term)).flatmap(_terms)
    raise TypeError(f"no values of {term!r}")


@dataclass(frozen=True, slots=True)
class _Recipe:
    """A primitive, or a combinator with the types of what it takes in place of terms."""

    name: str
    args: tuple[Type | Term, ...] = ()


@cache
def _terms(recipe: _Recipe) -> st.SearchStrategy[Term]:
    args = [st.just(arg) if isinstance(arg, Term) else _small_values(arg) for arg in recipe.args]
    return st.tuples(*args).map(lambda drawn: Term(recipe.name, drawn))


@cache
def _functions(wanted: Arrow) -> list[_Recipe]:
    """The functions of a type: primitives, bound primitives, and compositions of the former."""
    found = [*_primitives(wanted), *_bound(wanted)]
    if wanted.params is not None and len(wanted.params) == 1:
        for middle in _GENERIC:
            inner = _primitives(Arrow(wanted.params, middle))
            outer = _primitives(Arrow((middle,), wanted.result))
            pairs = list(product(outer, inner))
            found += [_Recipe("compose", (Term(a.name), Term(b.name))) for a, b in pairs[::7]]
    return found


@cache
def _primitives(wanted: Arrow) -> list[_Recipe]:
    return [
        _Recipe(name)
        for name, primitive in arc.primitives.items()
        if any(_fit(wanted, signature.arrow) for signature in primitive.signatures)
    ]


def _fit(wanted: Arrow, given: Arrow) -> bool:
    if wanted.params is None or given.params is None or len(wanted.params) != len(given.params):
        return False
    return any(True for _ in solutions([(wanted, given)]))


def _bound(wanted: Arrow) -> Iterator[_Recipe]:
    """Primitives of one parameter more, with their first or last argument to be fixed."""
    for name, primitive in arc.primitives.items():
        for signature in primitive.signatures:
            params = signature.arrow.params or ()
            if len(params) != len(wanted.params or ()) + 1:
                continue
            for binder, free, fixed in (
                ("rbind", params[:-1], params[-1]),
                ("lbind", params[1:], params[0]),
            ):
                for bound in solutions([(wanted, Arrow(free, signature.arrow.result))]):
                    term = substitute(resolve(fixed, bound), lambda _: _INT)
                    if not any(isinstance(part, Arrow) for part in parts(term)):
                        yield _Recipe(binder, (Term(name), term))
                    break
