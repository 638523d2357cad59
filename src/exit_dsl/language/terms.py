"""Types of DSL values, read from ordinary Python annotations.

A type is one of six frozen terms. Generic parameters are :class:`Variable`; a value that is a
function has the type :class:`Arrow`, or :class:`Overloaded` where it has several.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from exit_dsl.language.annotations import Accepts


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any value at all, typing's ``Any``."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A generic parameter."""

    name: object


@dataclass(frozen=True, slots=True)
class Named:
    """A class or ``NewType`` with its type arguments; ``tuple[X, ...]`` has the one argument X."""

    head: Any
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A tuple of fixed length."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A value of one of the members, in the order of the annotation."""

    members: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A function; ``params`` is None where they are not known (``Callable[..., R]``)."""

    params: tuple[Type, ...] | None
    result: Type


@dataclass(frozen=True, slots=True)
class Overloaded:
    """A function that has each of several types."""

    alternatives: tuple[Arrow, ...]


Type = Unknown | Variable | Named | Product | Union | Arrow | Overloaded
ANY = Unknown()


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter or result: the type that is meant, and what else may come (or None)."""

    meant: Type
    accepts: Type | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a primitive."""

    params: tuple[Slot, ...]
    result: Slot

    @property
    def arrow(self) -> Arrow:
        """The signature as the type of a function value."""
        return Arrow(tuple(slot.meant for slot in self.params), self.result.meant)


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


def from_annotation(annotation: Any) -> Type:
    """Read a type from a Python annotation.

    Raises:
        TypeError: the annotation has no meaning here (a string that was not resolved, say).
    """
    if annotation is Any or annotation is object:
        return ANY
    if annotation is None:
        return Named(type(None))
    if isinstance(annotation, typing.TypeVar):
        return (
            from_annotation(annotation.__bound__)
            if annotation.__bound__
            else Variable(annotation.__name__)
        )
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return from_annotation(args[0])
    if origin in (typing.Union, types.UnionType):
        return union_of(from_annotation(arg) for arg in args)
    if origin is Callable or annotation in (Callable, typing.Callable):
        return _from_callable(args)
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        return Product(tuple(from_annotation(arg) for arg in args))
    if origin is not None:
        return Named(origin, tuple(from_annotation(arg) for arg in args if arg is not Ellipsis))
    if isinstance(annotation, (type, typing.NewType)):
        return Named(annotation)
    raise TypeError(f"{annotation!r} is not a type that a language can use")


def _from_callable(args: tuple[Any, ...]) -> Type:
    if not args:
        return Arrow(None, ANY)
    params, result = args
    if params is Ellipsis:
        return Arrow(None, from_annotation(result))
    return Arrow(tuple(from_annotation(param) for param in params), from_annotation(result))


def slot_from(annotation: Any) -> Slot:
    """Read a parameter's or result's type, with its ``Accepts`` mark if it has one."""
    extra = [
        from_annotation(mark.type)
        for part in (annotation, *typing.get_args(annotation))
        if typing.get_origin(part) is typing.Annotated
        for mark in part.__metadata__
        if isinstance(mark, Accepts)
    ]
    return Slot(from_annotation(annotation), union_of(extra) if extra else None)


def signatures_of(function: Callable[..., Any]) -> tuple[Signature, ...]:
    """Read the signatures of a function, one for each overload and value of a constrained TypeVar.

    Raises:
        TypeError: the function has no full type hints, or takes other than positional arguments.
    """
    sources = typing.get_overloads(function) or [function]
    return tuple(signature for source in sources for signature in _signatures(source))


def _signatures(function: Callable[..., Any]) -> Iterator[Signature]:
    if not isinstance(function, types.FunctionType):
        raise TypeError(
            "it has no type hints, as it is no function written in Python; give its type, as in "
            "type=Callable[[int, int], int], or wrap it in a function that has them"
        )
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    if code.co_kwonlyargcount or code.co_flags & 0x0C or not names:
        raise TypeError("it must take one or more positional arguments and nothing else")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise TypeError(f"it has type hints that cannot be resolved: {error}") from error
    missing = [name for name in (*names, "return") if name not in hints]
    if missing:
        raise TypeError(
            f"it has no type hint for {', '.join(missing)}; annotate every parameter and the "
            "return value"
        )
    yield from _from_annotations([hints[name] for name in (*names, "return")])


def signatures_from(annotation: Any) -> tuple[Signature, ...]:
    """Read the signatures of a function from its type, such as ``Callable[[int, str], bool]``.

    Raises:
        TypeError: the annotation does not say what one or more arguments and the result are.
    """
    args = typing.get_args(annotation)
    if (
        typing.get_origin(annotation) is not Callable
        or not isinstance(args[0], list)
        or not args[0]
    ):
        raise TypeError(
            f"it has the type {annotation!r}; give one with all arguments, as in "
            "Callable[[int, int], int]"
        )
    params, result = args
    return tuple(_from_annotations([*params, result]))


def _from_annotations(annotations: list[Any]) -> Iterator[Signature]:
    slots = list(map(slot_from, annotations))
    for choice in _constraint_choices(annotations):
        *params, result = (Slot(_choose(slot.meant, choice), slot.accepts) for slot in slots)
        yield Signature(tuple(params), result)


def _constraint_choices(annotations: list[Any]) -> Iterator[dict[object, Type]]:
    constrained = {
        variable.__name__: [from_annotation(choice) for choice in variable.__constraints__]
        for annotation in annotations
        for variable in _type_variables(annotation)
        if variable.__constraints__
    }
    for combination in product(*constrained.values()):
        yield dict(zip(constrained, combination, strict=True))


def _type_variables(annotation: Any) -> tuple[typing.TypeVar, ...]:
    if isinstance(annotation, typing.TypeVar):
        return (annotation,)
    return tuple(getattr(annotation, "__parameters__", ()))


def _choose(term: Type, choice: dict[object, Type]) -> Type:
    return substitute(term, lambda name: choice.get(name, Variable(name))) if choice else term


def substitute(term: Type, value: Callable[[object], Type]) -> Type:
    """Replace each variable of ``term`` by ``value(name)``."""
    match term:
        case Variable(name):
            return value(name)
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


def _substitute_arrow(arrow: Arrow, value: Callable[[object], Type]) -> Arrow:
    params = arrow.params
    if params is not None:
        params = tuple(substitute(param, value) for param in params)
    return Arrow(params, substitute(arrow.result, value))


def parts(term: Type) -> Iterator[Type]:
    """Yield ``term`` and every term inside it."""
    yield term
    match term:
        case Named(_, args):
            inner: tuple[Type, ...] = args
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


def show(term: Type) -> str:
    """Return ``term`` as a person would write it."""
    match term:
        case Unknown():
            return "Any"
        case Variable(name):
            return str(name)
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
