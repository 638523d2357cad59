"""Partial credit for grids."""

from __future__ import annotations

from examples.arc.dsl.types import Grid


def similarity(target: Grid, value: Grid) -> float:
    """Return the share of cells that are right, 0 if the shapes differ; 1 is an exact match.

    It guides the search alone: a demonstration counts as solved only at 1.
    """
    if target == value:
        return 1.0
    if len(target) != len(value) or len(target[0]) != len(value[0]):
        return 0.0
    right = sum(
        cell == colour
        for row, wanted in zip(value, target, strict=True)
        for cell, colour in zip(row, wanted, strict=True)
    )
    return right / (len(target) * len(target[0]))
