"""What can be told about a task at a glance: cheap features that hint at the functions needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from examples.arc.dsl.types import Grid
from examples.arc.tasks import ArcExample, ArcTask

MANY = 4
"""Colours from which on they are just many."""


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
        held.append(f"output {height}x{width}" if height * width <= 16 else "large fixed output")
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
