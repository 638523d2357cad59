"""Types of DSL values.

A type is one of six frozen terms. Generic parameters are :class:`Variable`; a value that is a
function has the type :class:`Arrow`, or :class:`Overloaded` where it has several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any value at all, typing's ``Any``."""

    variables: ClassVar[frozenset[Variable]] = frozenset()


@dataclass(frozen=True, slots=True)
class Variable:
    """A generic parameter; ``bound``, unless it is None, has to be fitted by what it stands for."""

    name: object
    bound: Type | None = None

    @property
    def variables(self) -> frozenset[Variable]:
        """Itself."""
        return frozenset((self,))

    def renamed(self, name: object) -> Variable:
        """Return it under another name."""
        return Variable(name, self.bound)


class _Compound:
    """A term made of others, which knows its hash and the variables inside it.

    Questions about types go through the same terms again and again, and most of those have no
    variables.
    """

    __slots__ = ("_hash", "variables")
    __match_args__: tuple[str, ...]
    variables: frozenset[Variable]
    _hash: int

    def _know(self, inner: Iterable[Type], content: object) -> None:
        variables = frozenset[Variable]().union(*[term.variables for term in inner])
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "_hash", hash((type(self), content)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        # Hashes differ from process to process.
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(frozen=True, slots=True)
class Named(_Compound):
    """A class or ``NewType`` with its type arguments; ``tuple[X, ...]`` has the one argument X."""

    head: Any
    args: tuple[Type, ...] = ()
    __hash__ = _Compound.__hash__

    def __post_init__(self) -> None:
        self._know(self.args, (self.head, self.args))


@dataclass(frozen=True, slots=True)
class Product(_Compound):
    """A tuple of fixed length."""

    items: tuple[Type, ...]
    __hash__ = _Compound.__hash__

    def __post_init__(self) -> None:
        self._know(self.items, self.items)


@dataclass(frozen=True, slots=True)
class Union(_Compound):
    """A value of one of the members, in the order of the annotation."""

    members: tuple[Type, ...]
    __hash__ = _Compound.__hash__

    def __post_init__(self) -> None:
        self._know(self.members, self.members)


@dataclass(frozen=True, slots=True)
class Arrow(_Compound):
    """A function; ``params`` is None where they are not known (``Callable[..., R]``)."""

    params: tuple[Type, ...] | None
    result: Type
    __hash__ = _Compound.__hash__

    def __post_init__(self) -> None:
        self._know((*(self.params or ()), self.result), (self.params, self.result))


@dataclass(frozen=True, slots=True)
class Overloaded(_Compound):
    """A function that has each of several types."""

    alternatives: tuple[Arrow, ...]
    __hash__ = _Compound.__hash__

    def __post_init__(self) -> None:
        self._know(self.alternatives, self.alternatives)


Type = Unknown | Variable | Named | Product | Union | Arrow | Overloaded
ANY = Unknown()


def union_of(members: Iterable[Type]) -> Type:
    """Return the union of ``members``, flattened and without repetitions."""
    flat: dict[Type, None] = {}
    for member in members:
        for part in member.members if isinstance(member, Union) else (member,):
            flat[part] = None
    if ANY in flat:
        return ANY
    return next(iter(flat)) if len(flat) == 1 else Union(tuple(flat))


def function_of(arrows: Iterable[Arrow]) -> Type:
    """Return the type of a function that has each of the types ``arrows``."""
    distinct = tuple(dict.fromkeys(arrows))
    return distinct[0] if len(distinct) == 1 else Overloaded(distinct)


def substitute(term: Type, value: Callable[[Variable], Type]) -> Type:
    """Replace each variable of ``term`` by ``value(variable)``."""
    if not term.variables:
        return term
    match term:
        case Variable():
            return value(term)
        case Named(head, args) if args:
            return Named(head, tuple(substitute(arg, value) for arg in args))
        case Product(items):
            return Product(tuple(substitute(item, value) for item in items))
        case Union(members):
            return union_of(substitute(member, value) for member in members)
        case Arrow():
            return _substitute_arrow(term, value)
        case Overloaded(alternatives):
            return function_of(_substitute_arrow(arrow, value) for arrow in alternatives)
    return term


def _substitute_arrow(arrow: Arrow, value: Callable[[Variable], Type]) -> Arrow:
    params = arrow.params
    if params is not None:
        params = tuple(substitute(param, value) for param in params)
    return Arrow(params, substitute(arrow.result, value))


def parts(term: Type) -> Iterator[Type]:
    """Yield ``term`` and every term inside it, the bounds of variables among them."""
    yield term
    match term:
        case Variable(_, bound) if bound is not None:
            inner: tuple[Type, ...] = (bound,)
        case Named(_, args):
            inner = args
        case Product(items):
            inner = items
        case Union(members):
            inner = members
        case Arrow(params, result):
            inner = (*(params or ()), result)
        case Overloaded(alternatives):
            inner = alternatives
        case _:
            inner = ()
    for part in inner:
        yield from parts(part)


def width(term: Type) -> int:
    """Return the most arguments of functions that a value of this type is, has or makes."""
    functions = [part for part in parts(term) if isinstance(part, Arrow)]
    return max((len(function.params or ()) for function in functions), default=0)


def show(term: Type) -> str:
    """Return ``term`` as a person would write it."""
    match term:
        case Unknown():
            return "Any"
        case Variable(name, bound):
            return str(name) if bound is None else f"{name}: {show(bound)}"
        case Named(head, args):
            name = head.__name__
            dots = ", ..." if head is tuple else ""
            return f"{name}[{', '.join(map(show, args))}{dots}]" if args else name
        case Product(items):
            return f"tuple[{', '.join(map(show, items)) or '()'}]"
        case Union(members):
            return " | ".join(map(show, members))
        case Arrow(params, result):
            shown = "..." if params is None else ", ".join(map(show, params))
            return f"({shown}) -> {show(result)}"
        case Overloaded(alternatives):
            return " & ".join(map(show, alternatives))
