"""Shows grids and tasks on a terminal: functions from values to strings, none of which prints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, zip_longest
from typing import TextIO, TypeAlias

from examples.arc.dsl.types import Grid
from exit_dsl.types import Example, Task

Painter: TypeAlias = Callable[[Sequence[int]], str]
"""Turns a row of colours into a string that is two columns wide a cell."""

# The usual ARC palette in the nearest of 256 terminal colours, by ARC colour; black is a shade
# lighter, so that a grid stands out from a black terminal.
_PALETTE = (235, 32, 203, 41, 220, 248, 199, 208, 117, 88)

_ARROW = "  ->  "


def blocks(row: Sequence[int]) -> str:
    """Paint a row as coloured blocks (ANSI, 256 colours)."""
    runs = ((colour, len(list(cells))) for colour, cells in groupby(row))
    return "".join(f"\x1b[48;5;{_PALETTE[colour]}m{'  ' * n}" for colour, n in runs) + "\x1b[0m"


def digits(row: Sequence[int]) -> str:
    """Paint a row as plain digits."""
    return "".join(f"{colour} " for colour in row)


def painter_for(stream: TextIO) -> Painter:
    """Choose blocks for a terminal and digits for a file, a pipe or a user who set NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return digits if plain or not stream.isatty() else blocks


def render_grid(grid: Grid, paint: Painter = digits) -> str:
    """Return a grid as lines of text, one a row."""
    return _join(paint(row) for row in grid)


def render_pair(example: Example[Grid, Grid], paint: Painter = digits, columns: int = 80) -> str:
    """Return input and output side by side, or one below the other where they do not fit.

    Args:
        example: the pair.
        paint: how to paint a row.
        columns: the width of the terminal, in characters.
    """
    left, right = example.input, example.output
    width = 2 * len(left[0])
    if width + len(_ARROW) + 2 * len(right[0]) > columns:
        return f"{render_grid(left, paint)}\n{_ARROW.strip()}\n{render_grid(right, paint)}"
    lines = []
    for number, (before, after) in enumerate(zip_longest(left, right)):
        cells = " " * width if before is None else paint(before)
        between = _ARROW if number == 0 else " " * len(_ARROW)
        lines.append(cells + between + ("" if after is None else paint(after)))
    return _join(lines)


def render_task(
    task: Task[Grid, Grid],
    tests: Sequence[Example[Grid, Grid]] = (),
    paint: Painter = digits,
    columns: int = 80,
) -> str:
    """Return a task for people to read: its id, its demonstrations and, if given, test pairs.

    Args:
        task: the task.
        tests: its test pairs, solutions included; none unless given.
        paint: how to paint a row.
        columns: the width of the terminal, in characters.
    """
    titled = [(f"demonstration {n}", pair) for n, pair in enumerate(task.examples, 1)]
    titled += [(f"test {n}", pair) for n, pair in enumerate(tests, 1)]
    pairs = (
        f"{title}: {_size(pair.input)} -> {_size(pair.output)}\n{render_pair(pair, paint, columns)}"
        for title, pair in titled
    )
    return "\n\n".join([f"task {task.id}", *pairs])


def _size(grid: Grid) -> str:
    return f"{len(grid)}x{len(grid[0])}"


def _join(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)
