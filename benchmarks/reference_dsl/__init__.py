"""The ARC language in plain tuples and frozensets: the oracle and the yardstick of the fast one.

Each primitive is written as the language's description reads, without regard to speed, and nothing
is shared with :mod:`examples.arc.dsl`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.reference_dsl import (
    arithmetic,
    colors,
    containers,
    functions,
    grids,
    lines,
    measures,
    objects,
    painting,
    patches,
    relations,
    symmetry,
)

_MODULES = (
    arithmetic,
    colors,
    containers,
    functions,
    grids,
    lines,
    measures,
    objects,
    painting,
    patches,
    relations,
    symmetry,
)

PRIMITIVES: Mapping[str, Callable[..., Any]] = {
    name: function
    for module in _MODULES
    for name, function in vars(module).items()
    if not name.startswith("_") and getattr(function, "__module__", None) == module.__name__
}
"""The public functions of the modules, by name."""
