"""Colours: which ones occur, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from operator import itemgetter
from typing import Annotated, Any

from examples.arc.dsl.language import arc
from examples.arc.dsl.memo import by_identity
from examples.arc.dsl.order import smallest
from examples.arc.dsl.types import Color, Element, IntegerSet, Object, Objects
from exit_dsl.language.annotations import Accepts

_first = itemgetter(0)


def _colors(element: Element) -> Iterable[int]:
    """The colour of each cell of a grid or an object."""
    if isinstance(element, tuple):
        return chain.from_iterable(element)
    return map(_first, element)


@arc.primitive
def mostcolor(element: Element) -> Color:
    """The most frequent colour (of several, the smallest): what counts as background."""
    return _mostcolor(element)


@by_identity
def _mostcolor(element: Element) -> Color:
    counts = Counter(_colors(element))
    most = max(counts.values())
    return _smallest_with(counts, most)


@arc.primitive
def leastcolor(element: Element) -> Color:
    """The least frequent of the colours present (of several, the smallest)."""
    counts = Counter(_colors(element))
    least = min(counts.values())
    return _smallest_with(counts, least)


def _smallest_with(counts: Counter[int], count: int) -> Color:
    tied = [value for value, times in counts.items() if times == count]
    color: int = tied[0] if len(tied) == 1 else smallest(frozenset(tied))
    return color


@arc.primitive
def colorcount(element: Element, value: Color) -> int:
    """The number of cells of a colour."""
    if isinstance(element, tuple):
        return sum([row.count(value) for row in element])
    return sum([cell[0] == value for cell in element])


@arc.primitive
def palette(element: Element) -> IntegerSet:
    """The colours present."""
    return frozenset(_colors(element))


@arc.primitive
def numcolors(element: Element) -> int:
    """The number of colours present."""
    return len(frozenset(_colors(element)))


@arc.primitive
def color(obj: Annotated[Object, Accepts(tuple[Any, ...])]) -> Color:
    """The colour of an object, that is, of its first cell."""
    if isinstance(obj, frozenset):
        present: set[int] = {*map(_first, obj)}
        if len(present) == 1:
            return present.pop()
    first: int = smallest(obj)[0]
    return first


@arc.primitive
def colorfilter(objs: Annotated[Objects, Accepts(tuple[Any, ...])], value: Color) -> Objects:
    """The objects of a colour."""
    return frozenset([obj for obj in objs if color(obj) == value])
