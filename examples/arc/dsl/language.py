"""The ARC language itself; the modules beside this one declare its primitives."""

from __future__ import annotations

from typing import Any

from examples.arc.dsl.memo import by_identity
from examples.arc.dsl.types import Grid
from exit_dsl.language import Language

MAX_SIDE = 30
COLORS = frozenset(range(10))
_INTEGERS = {int}


def is_grid(value: Any) -> bool:
    """Whether ``value`` is an ARC grid: 1 to 30 equally long rows of 1 to 30 colours 0 to 9."""
    if type(value) is not tuple or not 1 <= len(value) <= MAX_SIDE:
        return False
    if {*map(type, value)} != {tuple} or len({*map(len, value)}) != 1:
        return False
    return all(map(_is_row, value))


@by_identity
def _is_row(row: tuple[Any, ...]) -> bool:
    # Booleans equal 0 and 1 but are no colours; values that cannot be hashed do not occur.
    return 1 <= len(row) <= MAX_SIDE and {*map(type, row)} == _INTEGERS and COLORS.issuperset(row)


arc = Language("arc", input=Grid, output=Grid, valid=is_grid)
