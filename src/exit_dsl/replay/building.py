"""Many frozen values at once."""

from __future__ import annotations

import dataclasses
import gc
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import TypeVar

T = TypeVar("T")


def build(kind: type[T], count: int, *columns: Iterable[object]) -> list[T]:
    """Return ``count`` values of a data class with slots, given the values of each field.

    The constructor is not called, which takes several times as long; what is built here has
    passed its checks when it was stored.
    """
    made = list(map(object.__new__, repeat(kind, count)))
    for field, column in zip(dataclasses.fields(kind), columns, strict=True):  # type: ignore[arg-type]
        deque(map(vars(kind)[field.name].__set__, made, column), maxlen=0)
    return made


@contextmanager
def without_collection() -> Iterator[None]:
    """Make many objects without a search for garbage, which would go through them repeatedly."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
