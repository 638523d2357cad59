"""The ARC language: 160 primitives and 28 constants, one module for each group of primitives.

Importing the package declares them all, in the order of the imports below; that order is the
order of the language's vocabulary.
"""
# ruff: noqa: I001 (the order of the imports is the order of declaration)

from __future__ import annotations

from examples.arc.dsl.language import arc
from examples.arc.dsl import arithmetic
from examples.arc.dsl import logic
from examples.arc.dsl import containers
from examples.arc.dsl import functions
from examples.arc.dsl import colors
from examples.arc.dsl import grids
from examples.arc.dsl import painting
from examples.arc.dsl import symmetry
from examples.arc.dsl import objects
from examples.arc.dsl import measures
from examples.arc.dsl import patches
from examples.arc.dsl import relations
from examples.arc.dsl import lines
from examples.arc.dsl import constants
from examples.arc.dsl import compact_sets
from examples.arc.dsl import compact_functions
from examples.arc.dsl import compact_grids

__all__ = [
    "arc",
    "arithmetic",
    "colors",
    "compact_functions",
    "compact_grids",
    "compact_sets",
    "constants",
    "containers",
    "functions",
    "grids",
    "lines",
    "logic",
    "measures",
    "objects",
    "painting",
    "patches",
    "relations",
    "symmetry",
]
