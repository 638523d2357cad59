"""How general are the seeds? A rule holds for more than the grids that a task happens to show.

Turn the grids of a pair or exchange their colours: a program that states the rule still solves it,
unless the rule itself speaks of directions or of those colours ("let it fall" does not survive a
half turn). A program that fails where its rule has no reason to was fitted to the grids shown, by
a place or a size read off them, or by the way a tie breaks.

``python -m examples.arc.generality`` reports on the example's own seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.grids import upscale
from examples.arc.dsl.symmetry import cmirror, dmirror, hmirror, rot90, rot180, rot270, vmirror
from examples.arc.dsl.types import Grid
from examples.arc.seeds import Seed, load_seeds
from examples.arc.tasks import COLOURS, MAX_SIDE, ArcDataset, ArcExample, load_dataset
from examples.arc.workbench import BUDGET
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Example, Program, Success

Transformation: TypeAlias = Callable[[Grid], Grid]
Check: TypeAlias = Callable[[Program, Sequence[ArcExample]], bool | None]


def double(grid: Grid) -> Grid:
    """Twice the size, each cell four."""
    return upscale(grid, 2)


TRANSFORMATIONS: Mapping[str, Transformation] = {
    "quarter turn": rot90,
    "half turn": rot180,
    "three quarters turn": rot270,
    "left to right": vmirror,
    "upside down": hmirror,
    "transposed": dmirror,
    "other diagonal": cmirror,
    "double size": double,
}
"""Changes that depend on no program: the symmetries of the square, and a larger scale."""


def named_colours(program: Program) -> frozenset[int]:
    """Return the colours that a program may speak of: its constants from 0 to 9, or else 0."""
    names = {atom for call in arc.parse(program) for atom in call.atoms if isinstance(atom, str)}
    values = [arc.constants[name] for name in names if name in arc.constants]
    named = {value for value in values if type(value) is int and 0 <= value < COLOURS}
    return frozenset(named or {0})


def recolouring(fixed: Iterable[int], rng: np.random.Generator) -> Transformation:
    """Return a random cycle of the colours, in which those of ``fixed`` alone stay themselves."""
    cycle = rng.permutation(np.setdiff1d(np.arange(COLOURS), list(fixed)))
    table = np.arange(COLOURS)
    table[cycle] = np.roll(cycle, 1)
    new: list[int] = table.tolist()

    def recolour(grid: Grid) -> Grid:
        return tuple(tuple(new[colour] for colour in row) for row in grid)

    return recolour


_MARKS = {True: "+", False: ".", None: " "}


def survives(
    program: Program, pairs: Sequence[ArcExample], transformation: Transformation
) -> bool | None:
    """Return whether a program solves the pairs when input and output are transformed.

    Pairs that grow larger than ARC allows are left out; None if all of them do.
    """
    changed = [Example(transformation(p.input), transformation(p.output)) for p in pairs]
    changed = [pair for pair in changed if _fits(pair.input) and _fits(pair.output)]
    if not changed:
        return None
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    outcomes = interpreter.run(program, [pair.input for pair in changed], BUDGET)
    return all(
        isinstance(outcome, Success) and outcome.value == pair.output
        for outcome, pair in zip(outcomes, changed, strict=True)
    )


def survives_recolouring(
    program: Program, pairs: Sequence[ArcExample], rng: np.random.Generator
) -> bool | None:
    """Return whether a program survives an exchange of the colours that it does not name."""
    return survives(program, pairs, recolouring(named_colours(program), rng))


def _fits(grid: Grid) -> bool:
    return max(len(grid), len(grid[0])) <= MAX_SIDE


def verdicts(
    seeds: Mapping[str, Seed], dataset: ArcDataset, check: Check
) -> dict[str, bool | None]:
    """Return, by task, what a check says of its seed on all pairs, demonstrations and tests."""
    return {
        task_id: check(seed.program, [*dataset.find(task_id).examples, *dataset.tests[task_id]])
        for task_id, seed in seeds.items()
    }


def report(seeds: Mapping[str, Seed], dataset: ArcDataset, rng: np.random.Generator) -> str:
    """Return a table of what each seed survives (``+``) or not (``.``), and how many do.

    A seed whose grids all grow too large is not counted.
    """
    checks: dict[str, Check] = {"other colours": partial(survives_recolouring, rng=rng)}
    checks |= {
        name: partial(survives, transformation=transformation)
        for name, transformation in TRANSFORMATIONS.items()
    }
    found = {name: verdicts(seeds, dataset, check) for name, check in checks.items()}
    marks = [
        task_id + " " + "".join(_MARKS[of_seeds[task_id]] for of_seeds in found.values())
        for task_id in seeds
    ]
    totals = [
        f"{name}: {sum(map(bool, tried))} of {len(tried)}"
        for name, of_seeds in found.items()
        for tried in [[verdict for verdict in of_seeds.values() if verdict is not None]]
    ]
    return "\n".join([*marks, *totals])


if __name__ == "__main__":
    print(report(load_seeds(), load_dataset("arc1-training"), np.random.default_rng(0)))
