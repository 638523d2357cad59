"""More tasks out of one: grids turned and recoloured, and programs recoloured along with them.

Nothing here has to be believed: whoever augments inputs runs the program on them, and what it gives
is right by definition. But the program should still find there what it is about, and so its
constants are renamed as the grids are recoloured. A constant like ``THREE`` may be a colour or a
number. It is sure to be a colour where a primitive takes nothing else; the colour of a constant
that stands anywhere else as well is held, that is, no recolouring may change it.

Most programs then do to recoloured grids just what they did before, recoloured. The others compute
colours from numbers, or let the order of colours decide: what comes first in a palette, or which of
several colours is the most frequent. That last one is the background also where a program does not
ask for it, in ``objects``, ``fgpartition``, ``cover``, ``move``, ``underfill`` and ``underpaint``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from examples.arc.dsl import arc, symmetry
from examples.arc.dsl.language import COLORS
from examples.arc.dsl.types import Grid
from exit_dsl.language.programs import Atom, Call, Code

Recolouring: TypeAlias = tuple[int, ...]
"""A permutation of the ten colours: what each becomes."""

BLACK = 0
"""The background of most tasks, which is always held."""
FEWEST, MOST = 2, 5
"""Demonstrations of a task."""
TURNED = 0.5
"""The share of boards that are turned."""
TURNS: Sequence[Callable[[Grid], Grid]] = (
    symmetry.rot90,
    symmetry.rot180,
    symmetry.rot270,
    symmetry.hmirror,
    symmetry.vmirror,
    symmetry.dmirror,
    symmetry.cmirror,
)
"""The symmetries of the square, but for the one that changes nothing."""
COLOUR_ARGUMENTS: Mapping[str, Collection[int]] = {
    "canvas": (0,),
    "cellwise": (2,),
    "colorcount": (1,),
    "colorfilter": (1,),
    "fill": (1,),
    "ofcolor": (1,),
    "recolor": (0,),
    "replace": (1, 2),
    "switch": (1, 2),
    "underfill": (1,),
}
"""The positions at which primitives take a colour, which they only store or compare."""
_COLOURS: Mapping[Atom, int] = {
    name: value for name, value in arc.constants.items() if type(value) is int and value in COLORS
}
_NAMES: Mapping[int, Atom] = {value: name for name, value in _COLOURS.items()}


def named_colours(code: Code) -> frozenset[int]:
    """Return the colours that the constants of a program name, or may name."""
    return frozenset(_COLOURS[atom] for call in code for atom in call.args if atom in _COLOURS)


def held_colours(code: Code) -> frozenset[int]:
    """Return the colours of constants that may be numbers somewhere in a program."""
    return frozenset(
        _COLOURS[atom]
        for call in code
        for position, atom in enumerate(call.args)
        if atom in _COLOURS and position not in COLOUR_ARGUMENTS.get(str(call.function), ())
    )


def draw_recolouring(held: Collection[int], rng: np.random.Generator) -> Recolouring:
    """Draw a permutation of the colours that keeps black and those that are ``held``."""
    free = [colour for colour in sorted(COLORS) if colour != BLACK and colour not in held]
    recolouring = list(range(len(COLORS)))
    for colour, new in zip(free, rng.permutation(free).tolist(), strict=True):
        recolouring[colour] = int(new)
    return tuple(recolouring)


def recolour(grid: Grid, recolouring: Recolouring) -> Grid:
    """Return a grid with each colour replaced."""
    return tuple([tuple([recolouring[colour] for colour in row]) for row in grid])


def rename(code: Code, recolouring: Recolouring) -> Code:
    """Return a program with the constant of each colour replaced by that of what it becomes.

    Args:
        code: of the program.
        recolouring: one that keeps :func:`held_colours`, so that no number changes.
    """

    def renamed(atom: Atom) -> Atom:
        return _NAMES[recolouring[_COLOURS[atom]]] if atom in _COLOURS else atom

    return tuple(Call(call.function, tuple(map(renamed, call.args))) for call in code)


def draw_board(
    inputs: Sequence[Grid], held: Collection[int], rng: np.random.Generator
) -> tuple[Grid, ...]:
    """Draw the inputs of a task that is to be made.

    Those that are given are taken first, all of them as they are or all turned the same way. If
    they are too few, more are made of them, each turned and recoloured in a way of its own.

    Args:
        inputs: one or more grids.
        held: the colours that mean something to the programs.
        rng: draws how many there are to be, which, and what is done to them.

    Returns:
        At most ``MOST`` distinct grids, the smallest first: on those, what fails fails soonest.
    """
    size = int(rng.integers(FEWEST, MOST + 1))
    board = [inputs[index] for index in rng.permutation(len(inputs))[:size]]
    if rng.random() < TURNED:
        turn = _draw_turn(rng)
        board = [turn(grid) for grid in board]
    for grid in [board[index] for index in rng.integers(len(board), size=size - len(board))]:
        board.append(recolour(_draw_turn(rng)(grid), draw_recolouring(held, rng)))
    return tuple(sorted(dict.fromkeys(board), key=lambda grid: len(grid) * len(grid[0])))


def _draw_turn(rng: np.random.Generator) -> Callable[[Grid], Grid]:
    return TURNS[int(rng.integers(len(TURNS)))]
