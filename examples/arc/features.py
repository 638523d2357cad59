"""What can be told about a task at a glance: cheap features that hint at the functions needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from examples.arc.dsl.types import Grid
from examples.arc.tasks import COLOURS, MAX_SIDE, ArcExample, ArcTask

MANY = 4
"""Colours from which on they are just many."""
SMALL = 16
"""The most cells of an output whose exact size is told where all outputs have it."""


def features(task: ArcTask) -> tuple[str, ...]:
    """Return the names of what holds in every demonstration of ``task``, in a fixed order.

    They are about sizes, colours, symmetries, and what became of the cells of the input.
    """
    first, *others = (dict.fromkeys(_of_pair(pair)) for pair in task.examples)
    held = [name for name in first if all(name in other for other in others)]
    shapes = {_shape(pair.output) for pair in task.examples}
    if len(shapes) == 1:
        height, width = shapes.pop()
        held.append("fixed output size")
        held.append(f"output {height}x{width}" if height * width <= SMALL else "large fixed output")
    return (*held, "few pairs" if len(task.examples) < 3 else "some pairs")


def _of_pair(pair: ArcExample) -> Iterator[str]:
    """Yield the names of all that holds in one demonstration."""
    yield from _sizes(pair)
    yield from _colours(pair)
    yield from _symmetries("input", pair.input)
    yield from _symmetries("output", pair.output)
    if _shape(pair.input) == _shape(pair.output):
        yield from _changes(pair)
    else:
        yield from _parts(pair)


def _shape(grid: Grid) -> tuple[int, int]:
    return len(grid), len(grid[0])


def _sizes(pair: ArcExample) -> Iterator[str]:
    before, after = _shape(pair.input), _shape(pair.output)
    if before == after:
        yield "same size"
    elif before == after[::-1]:
        yield "size turned"
    elif after[0] <= before[0] and after[1] <= before[1]:
        yield "smaller"
    elif after[0] >= before[0] and after[1] >= before[1]:
        yield "larger"
    if after[0] == after[1]:
        yield "square output"
    if before[0] == before[1]:
        yield "square input"
    if 1 in after:
        yield "output is a line"
    if before != after:
        for axis, old, new in zip(("height", "width"), before, after, strict=True):
            yield f"{axis} {_ratio(old, new)}"


def _ratio(old: int, new: int) -> str:
    """Say how a side changes, where this is by a whole factor (a bar between parts apart)."""
    if old == new:
        return "the same"
    if new % old == 0:
        return f"times {new // old}"
    if old % new == 0:
        return f"divided by {old // new}"
    for parts in (2, 3):
        if old == parts * new + parts - 1:
            return f"divided by {parts} with bars"
    return "otherwise"


def _colours(pair: ArcExample) -> Iterator[str]:
    before, after = (_palette(grid) for grid in (pair.input, pair.output))
    for name, palette in (("input", before), ("output", after)):
        count = len(palette)
        yield f"{name} of {count} colours" if count < MANY else f"{name} of many colours"
    if before == after:
        yield "same colours"
    for colour in after:
        if colour not in before:
            yield f"adds colour {colour}"
            yield "adds colours"
    for colour in before:
        if colour not in after:
            yield f"removes colour {colour}"
            yield "removes colours"


def _palette(grid: Grid) -> list[int]:
    return sorted(set(chain.from_iterable(grid)))


_SYMMETRIES: dict[str, Callable[[Grid], Grid]] = {
    "top to bottom": lambda grid: grid[::-1],
    "left to right": lambda grid: tuple([row[::-1] for row in grid]),
    "along the diagonal": lambda grid: tuple(zip(*grid, strict=True)),
}


def _symmetries(name: str, grid: Grid) -> Iterator[str]:
    for axis, mirror in _SYMMETRIES.items():
        if mirror(grid) == grid:
            yield f"{name} symmetric {axis}"


def _changes(pair: ArcExample) -> Iterator[str]:
    """Compare grids of equal size cell by cell."""
    cells = list(chain.from_iterable(pair.input))
    painted = list(chain.from_iterable(pair.output))
    changes = [(old, new) for old, new in zip(cells, painted, strict=True) if old != new]
    share = len(changes) / len(cells)
    yield (
        "nothing changes"
        if not changes
        else "little changes"
        if share < 0.1
        else ("some changes" if share < 0.4 else "much changes")
    )
    olds, news = {old for old, _ in changes}, {new for _, new in changes}
    if len(olds) == 1:
        yield "changes one colour"
        yield f"changes colour {min(olds)}"
    if len(news) == 1:
        yield "paints one colour"
        yield f"paints colour {min(news)}"
    if len(set(changes)) == len(olds):
        yield "each colour becomes one other"
    if sorted(cells) == sorted(painted):
        yield "same cells in other places"


def _parts(pair: ArcExample) -> Iterator[str]:
    """Tell whether one of two grids of different sizes is a part of the other."""
    if _contains(pair.input, pair.output):
        yield "output is a part of the input"
    if _contains(pair.output, pair.input):
        yield "input is a part of the output"


def _contains(whole: Grid, part: Grid) -> bool:
    height, width = _shape(part)
    return any(
        whole[top][left : left + width] == part[0]
        and all(whole[top + row][left : left + width] == part[row] for row in range(1, height))
        for top in range(len(whole) - height + 1)
        for left in range(len(whole[0]) - width + 1)
    )


def _names() -> Iterator[str]:
    """Yield all names there are, in the order of the functions above."""
    yield from ("same size", "size turned", "smaller", "larger")
    yield from ("square output", "square input", "output is a line")
    for axis in ("height", "width"):
        yield f"{axis} the same"
        for factor in range(2, MAX_SIDE + 1):
            yield from (f"{axis} times {factor}", f"{axis} divided by {factor}")
        yield from (f"{axis} divided by {parts} with bars" for parts in (2, 3))
        yield f"{axis} otherwise"
    for side in ("input", "output"):
        yield from (f"{side} of {count} colours" for count in range(1, MANY))
        yield f"{side} of many colours"
        yield from (f"{side} symmetric {axis}" for axis in _SYMMETRIES)
    yield from ("same colours", "adds colours", "removes colours")
    yield from ("nothing changes", "little changes", "some changes", "much changes")
    yield from ("changes one colour", "paints one colour", "each colour becomes one other")
    yield "same cells in other places"
    for verb in ("adds", "removes", "changes", "paints"):
        yield from (f"{verb} colour {colour}" for colour in range(COLOURS))
    yield from ("output is a part of the input", "input is a part of the output")
    yield from ("fixed output size", "large fixed output")
    for height in range(1, SMALL + 1):
        yield from (f"output {height}x{width}" for width in range(1, SMALL // height + 1))
    yield from ("few pairs", "some pairs")


FEATURES = tuple(_names())
"""All names that :func:`features` can give, each once."""
