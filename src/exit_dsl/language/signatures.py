"""Types of values and signatures of functions, read from ordinary Python annotations."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from typing_extensions import is_typeddict

from exit_dsl.language.annotations import Accepts
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Product,
    Type,
    Variable,
    substitute,
    union_of,
)


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


def from_annotation(annotation: Any) -> Type:
    """Read a type from a Python annotation.

    A ``TypedDict`` is the ``dict[str, Any]`` that its values are.

    Raises:
        TypeError: the annotation has no meaning here (a string that was not resolved, say).
    """
    if annotation is Any or annotation is object:
        return ANY
    if annotation is None:
        return Named(type(None))
    if isinstance(annotation, typing.TypeVar):
        bound = from_annotation(annotation.__bound__) if annotation.__bound__ else ANY
        return Variable(annotation.__name__, None if bound == ANY else bound)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if is_typeddict(origin or annotation):
        return Named(dict, (Named(str), ANY))
    if origin is typing.Annotated:
        return from_annotation(args[0])
    if origin in (typing.Union, types.UnionType):
        return union_of(from_annotation(arg) for arg in args)
    if origin is Callable or annotation in (Callable, typing.Callable):
        return _from_callable(args)
    if origin is tuple and annotation is not typing.Tuple and args[1:] != (Ellipsis,):  # noqa: UP006
        return Product(tuple(from_annotation(arg) for arg in args))
    if isinstance(origin, type):
        return Named(origin, tuple(from_annotation(arg) for arg in args if arg is not Ellipsis))
    if isinstance(annotation, (type, typing.NewType)):
        return Named(annotation)
    raise TypeError(
        f"{annotation!r} is not a type that a language can use; use classes, and what is made of "
        "them, as in int | None, list[int] or Callable[[int], str]"
    )


def _from_callable(args: tuple[Any, ...]) -> Type:
    if not args:
        return Arrow(None, ANY)
    params, result = args
    if params is Ellipsis:
        return Arrow(None, from_annotation(result))
    if not isinstance(params, list):
        raise TypeError(
            f"{params!r} does not say what a function takes; list the types of its arguments, or "
            "write ... for any"
        )
    return Arrow(tuple(from_annotation(param) for param in params), from_annotation(result))


def is_named_tuple(cls: object) -> bool:
    """Whether ``cls`` is a class of tuples whose members have names."""
    return isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields")


def members_of(term: Named) -> Type:
    """Return a named tuple's type as that of a plain one; of ``Any`` where it cannot be told."""
    names = term.head._fields
    try:
        hints = typing.get_type_hints(term.head)
        members = Product(tuple(from_annotation(hints.get(name, Any)) for name in names))
    except (NameError, AttributeError, SyntaxError, TypeError):
        return Product((ANY,) * len(names))
    parameters = [variable.__name__ for variable in getattr(term.head, "__parameters__", ())]
    args: dict[object, Type] = dict(zip(parameters, term.args, strict=False))
    return substitute(members, lambda variable: args.get(variable.name, ANY))


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
        TypeError: the function has no full type hints, takes other than positional arguments, or
            has overloads that take more of them than others.
    """
    # Typing looks overloads up by name, which objects that can be called do not have.
    overloads = typing.get_overloads(function) if hasattr(function, "__qualname__") else []
    sources = overloads or [function]
    found = tuple(signature for source in sources for signature in _signatures(source))
    counts = sorted({len(signature.params) for signature in found})
    if len(counts) > 1:
        raise TypeError(
            f"it has overloads of {' and '.join(map(str, counts))} arguments; declare one "
            "primitive for each number, with a name and type of its own"
        )
    return found


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
    return substitute(term, lambda variable: choice.get(variable.name, variable))
