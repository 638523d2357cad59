"""Colours of grids and objects."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.containers import first
from benchmarks.reference_dsl.values import members


def _colors(element: Any) -> list[Any]:
    if isinstance(element, tuple):
        return [value for row in element for value in row]
    return [cell[0] for cell in element]


def mostcolor(element: Any) -> Any:
    colors = _colors(element)
    return max(members(frozenset(colors)), key=colors.count)


def leastcolor(element: Any) -> Any:
    colors = _colors(element)
    return min(members(frozenset(colors)), key=colors.count)


def colorcount(element: Any, value: Any) -> Any:
    if isinstance(element, tuple):
        return sum(row.count(value) for row in element)
    return sum(cell[0] == value for cell in element)


def palette(element: Any) -> Any:
    return frozenset(_colors(element))


def numcolors(element: Any) -> Any:
    return len(palette(element))


def color(obj: Any) -> Any:
    return first(obj)[0]


def colorfilter(objs: Any, value: Any) -> Any:
    return frozenset(obj for obj in objs if color(obj) == value)
