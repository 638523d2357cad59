"""What can be told about a task at a glance: which properties its demonstrations have."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from examples.lists.language import Ints
from examples.lists.tasks import Output
from exit_dsl import Task

PROPERTIES: tuple[Callable[[Ints, Ints], bool], ...] = (
    # About the output alone.
    lambda xs, ys: all(a <= b for a, b in pairwise(ys)),
    lambda xs, ys: all(a >= b for a, b in pairwise(ys)),
    lambda xs, ys: ys == ys[::-1],
    lambda xs, ys: all(y % 2 == 0 for y in ys),
    lambda xs, ys: all(y % 2 == 1 for y in ys),
    lambda xs, ys: all(y % 3 == 0 for y in ys),
    lambda xs, ys: all(y > 0 for y in ys),
    lambda xs, ys: all(y >= 0 for y in ys),
    lambda xs, ys: all(y <= 0 for y in ys),
    lambda xs, ys: all(abs(y) <= 15 for y in ys),
    lambda xs, ys: all(abs(y) <= 30 for y in ys),
    lambda xs, ys: all(abs(y) <= 120 for y in ys),
    lambda xs, ys: all(abs(y) <= 500 for y in ys),
    # About its length.
    lambda xs, ys: len(ys) == len(xs),
    lambda xs, ys: len(ys) == len(xs) - 1,
    lambda xs, ys: len(ys) == len(xs) - 2,
    lambda xs, ys: len(ys) == 2,
    lambda xs, ys: len(ys) == 3,
    lambda xs, ys: len(ys) == 4,
    lambda xs, ys: len(ys) == sum(x % 2 == 0 for x in xs),
    lambda xs, ys: len(ys) == sum(x > 0 for x in xs),
    # About its numbers as a part of the input.
    lambda xs, ys: set(ys) <= set(xs),
    lambda xs, ys: xs[: len(ys)] == ys,
    lambda xs, ys: xs[len(xs) - len(ys) :] == ys,
    lambda xs, ys: sorted(xs)[: len(ys)] == sorted(ys),
    lambda xs, ys: sorted(xs)[len(xs) - len(ys) :] == sorted(ys),
    lambda xs, ys: set(xs) - set(ys) <= {x for x in xs if x % 2 == 0},
    lambda xs, ys: set(xs) - set(ys) <= {x for x in xs if x % 2 == 1},
    lambda xs, ys: ys[:1] == xs[:1],
    lambda xs, ys: ys[-1:] == xs[-1:],
    lambda xs, ys: ys[:1] == xs[-1:],
    lambda xs, ys: min(xs) in ys,
    lambda xs, ys: max(xs) in ys,
    # About its numbers beside those of the input.
    lambda xs, ys: all(min(xs) <= y for y in ys),
    lambda xs, ys: all(y <= max(xs) for y in ys),
    lambda xs, ys: all(0 <= y <= len(xs) for y in ys),
    lambda xs, ys: all(y >= x for x, y in zip(xs, ys, strict=False)),
    lambda xs, ys: all(y <= x for x, y in zip(xs, ys, strict=False)),
    lambda xs, ys: all(abs(y) >= abs(x) for x, y in zip(xs, ys, strict=False)),
    lambda xs, ys: all((y - x) % 2 == 0 for x, y in zip(xs, ys, strict=False)),
    lambda xs, ys: all(y % x == 0 for x, y in zip(xs, ys, strict=False) if x),
    lambda xs, ys: all(
        (x < a) == (y < b) for (x, y), (a, b) in pairwise(zip(xs, ys, strict=False))
    ),
    lambda xs, ys: sum(ys) == sum(xs),
    lambda xs, ys: (sum(ys) - sum(xs)) % 2 == 0,
    lambda xs, ys: sum(ys) > sum(xs),
    lambda xs, ys: sum(ys) > sum(x for x in xs if x > 0),
)
ANSWERS = 4
"""A property holds in none, some, most or all demonstrations."""
SIZE = 2 + ANSWERS * len(PROPERTIES)
"""The number of tokens that tasks are written with."""


def signature(task: Task[Ints, Output]) -> tuple[int, ...]:
    """Return a token for the kind of output and one for each property.

    A number counts as a list of one.

    Source: Odena and Sutton 2020, *Learning to Represent Programs with Property Signatures*.
    """
    pairs = [
        (example.input, (y,) if isinstance(y := example.output, int) else y)
        for example in task.examples
    ]
    tokens = [int(isinstance(task.examples[0].output, int))]
    for number, holds in enumerate(PROPERTIES):
        held = sum(holds(xs, ys) for xs, ys in pairs)
        answer = 0 if held == 0 else 3 if held == len(pairs) else 1 + (2 * held > len(pairs))
        tokens.append(2 + ANSWERS * number + answer)
    return tuple(tokens)
