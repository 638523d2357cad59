"""The ARC language itself; the modules beside this one declare its primitives."""

from __future__ import annotations

from itertools import chain
from typing import Any

from examples.arc.dsl.types import Grid
from exit_dsl.language import Language

MAX_SIDE = 30
COLORS = frozenset(range(10))
_INTEGERS = {int}


def is_grid(value: Any) -> bool:
    """Whether ``value`` is an ARC grid: 1 to 30 equally long rows of 1 to 30 colours 0 to 9."""
    if type(value) is not tuple or not 1 <= len(value) <= MAX_SIDE:
        return False
    if not all(type(row) is tuple for row in value):
        return False
    width = len(value[0])
    if not 1 <= width <= MAX_SIDE or any(len(row) != width for row in value):
        return False
    # Booleans equal 0 and 1 but are no colours; values that cannot be hashed do not occur.
    return set(map(type, chain.from_iterable(value))) == _INTEGERS and COLORS.issuperset(
        chain.from_iterable(value)
    )


arc = Language("arc", input=Grid, output=Grid, valid=is_grid)
