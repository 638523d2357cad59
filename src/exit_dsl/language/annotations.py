"""Marks for the annotations of primitives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Accepts:
    """Says, inside ``Annotated``, what else works at run time besides the type that is meant.

    ``Annotated[int, Accepts(Any)]`` on a parameter: an integer is meant, and only integers are
    generated, but a program that passes anything else may run too, so the type check must not
    refuse it. On a result: what comes back when an argument was not of the type that is meant.
    """

    type: Any
