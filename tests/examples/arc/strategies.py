"""Hypothesis strategies for the values of the ARC language."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from examples.arc.dsl.arithmetic import decrement, increment
from examples.arc.dsl.types import Cell, Grid, Indices, Location, Object, Objects


def colors() -> st.SearchStrategy[int]:
    """The ten colours."""
    return st.integers(0, 9)


@st.composite
def grids(
    draw: st.DrawFn,
    max_height: int = 6,
    max_width: int = 6,
    colors: st.SearchStrategy[int] = st.integers(0, 9),  # noqa: B008 (strategies are immutable)
) -> Grid:
    """Rectangular grids of at least one cell."""
    height = draw(st.integers(1, max_height))
    width = draw(st.integers(1, max_width))
    row = st.lists(colors, min_size=width, max_size=width).map(tuple)
    return tuple(draw(st.lists(row, min_size=height, max_size=height)))


def locations(low: int = -3, high: int = 9) -> st.SearchStrategy[Location]:
    """Pairs of row and column, both between ``low`` and ``high``."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


def cells(low: int = -3, high: int = 9) -> st.SearchStrategy[Cell]:
    """Pairs of a colour and a location."""
    return st.tuples(colors(), locations(low, high))


def indices(min_size: int = 0, max_size: int = 10) -> st.SearchStrategy[Indices]:
    """Sets of locations."""
    return st.frozensets(locations(), min_size=min_size, max_size=max_size)


def objects_(min_size: int = 0, max_size: int = 10) -> st.SearchStrategy[Object]:
    """Single objects: sets of cells, of one colour or several, one colour to a location."""
    places = st.dictionaries(locations(), colors(), min_size=min_size, max_size=max_size)
    return places.map(lambda colored: frozenset((c, place) for place, c in colored.items()))


def object_sets(min_size: int = 0, max_size: int = 5) -> st.SearchStrategy[Objects]:
    """Sets of objects, none of them empty."""
    return st.frozensets(objects_(min_size=1), min_size=min_size, max_size=max_size)


def values() -> st.SearchStrategy[Any]:
    """Values of every kind, nested."""
    functions = st.sampled_from((increment, decrement))
    atoms = st.none() | st.booleans() | st.integers(-9, 9) | functions
    arc_values = locations() | cells() | indices() | objects_() | grids(3, 3)
    return st.recursive(
        atoms | arc_values,
        lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
        max_leaves=6,
    )


few_colors = st.integers(0, 2)
small_grids = grids(4, 5, few_colors)
vectors = locations(-5, 5)
some_indices = indices(min_size=1)
some_objects = objects_(min_size=1)
patches = st.one_of(some_indices, some_objects)
crowded = st.frozensets(st.tuples(few_colors, locations(0, 3)), max_size=12)
"""Sets of cells, often with several to a location."""
EMPTY: frozenset[Any] = frozenset()


def places(patch: Any) -> set[Location]:
    """The locations of a patch."""
    return {item[1] if isinstance(item[1], tuple) else item for item in patch}
