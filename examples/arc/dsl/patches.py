"""From patches to patches: recolouring, shifting, bounding boxes. Nothing is cut off."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, TypeAlias, cast, overload

from examples.arc.dsl.language import arc
from examples.arc.dsl.measures import bounds, holds_cells, locations, ulcorner
from examples.arc.dsl.types import Color, Indices, Location, Object, Patch
from exit_dsl.language.annotations import Accepts

LenientIndices: TypeAlias = Annotated[Indices, Accepts(frozenset[Any] | tuple[Any, ...])]
"""Locations; for a tuple in place of a patch it may be a tuple that comes back."""


@arc.primitive
def toindices(patch: Patch) -> LenientIndices:
    """The locations of a patch; a tuple of locations is returned as it is."""
    return cast(Indices, locations(patch)) if len(patch) else frozenset()


@arc.primitive
def recolor(value: Color, patch: Patch) -> Object:
    """An object of one colour at the locations of a patch."""
    return frozenset([(value, loc) for loc in locations(patch)])


@overload
def shift(patch: Object, directions: Annotated[Location, Accepts(Any)]) -> Object: ...
@overload
def shift(
    patch: LenientIndices, directions: Annotated[Location, Accepts(Any)]
) -> LenientIndices: ...
@arc.primitive
def shift(patch: Any, directions: Any) -> Any:
    """A patch moved by a vector; an empty patch is returned whatever the vector."""
    if len(patch) == 0:
        return patch
    down, right = directions[:]
    if holds_cells(patch):
        return frozenset([(value, (i + down, j + right)) for value, (i, j) in patch])
    return frozenset([(i + down, j + right) for i, j in patch])


@overload
def normalize(patch: Object) -> Object: ...
@overload
def normalize(patch: LenientIndices) -> LenientIndices: ...
@arc.primitive
def normalize(patch: Any) -> Any:
    """A patch moved so that its bounding box starts at the origin."""
    if len(patch) == 0:
        return patch
    top, left = ulcorner(patch)
    return shift(patch, (-top, -left))


def _area(patch: Patch) -> int:
    if len(patch) == 0:
        return 0
    top, left, bottom, right = bounds(patch)
    return (bottom - top + 1) * (right - left + 1)


def _perimeter(patch: Patch) -> int:
    """The length of the outline of the bounding box, grown by one on each side."""
    if len(patch) == 0:
        return 0
    top, left, bottom, right = bounds(patch)
    return 2 * (bottom - top + right - left) + 8


@arc.primitive(work=_area)
def backdrop(patch: Patch) -> Indices:
    """All locations of the bounding box."""
    if len(patch) == 0:
        return frozenset()
    top, left, bottom, right = bounds(patch)
    return frozenset(product(range(top, bottom + 1), range(left, right + 1)))


@arc.primitive(work=_area)
def delta(patch: Patch) -> Indices:
    """The locations of the bounding box that are not in the patch."""
    return backdrop(patch) - toindices(patch)


@arc.primitive(work=_perimeter)
def box(patch: Patch) -> LenientIndices:
    """The outline of the bounding box; an empty patch is returned as it is."""
    if len(patch) == 0:
        return cast(Indices, patch)
    return _outline(*bounds(patch))


@arc.primitive(work=_perimeter)
def outbox(patch: Patch) -> Indices:
    """The outline one step outside the bounding box."""
    top, left, bottom, right = bounds(patch)
    return _outline(top - 1, left - 1, bottom + 1, right + 1)


@arc.primitive(work=_perimeter)
def inbox(patch: Patch) -> Indices:
    """The outline one step inside the bounding box; its sides cross in boxes one or two wide."""
    top, left, bottom, right = bounds(patch)
    return _outline(top + 1, left + 1, bottom - 1, right - 1)


def _outline(top: int, left: int, bottom: int, right: int) -> Indices:
    """The border of the rectangle between two opposite corners."""
    top, bottom = min(top, bottom), max(top, bottom)
    left, right = min(left, right), max(left, right)
    horizontal = product((top, bottom), range(left, right + 1))
    vertical = product(range(top, bottom + 1), (left, right))
    return frozenset([*horizontal, *vertical])
