"""Refusals of numbers that are out of range."""

from __future__ import annotations

import math
from numbers import Integral


def require_whole(least: int, **values: object) -> None:
    """Refuse what is not a whole number of at least ``least``, by its name.

    Raises:
        ValueError: one of ``values`` is not.
    """
    for name, value in values.items():
        if not (isinstance(value, Integral) and int(value) >= least):
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value}")


def require_positive(**values: float) -> None:
    """Refuse what is not a positive and finite number, by its name.

    Raises:
        ValueError: one of ``values`` is not.
    """
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be positive and finite, not {value}")
