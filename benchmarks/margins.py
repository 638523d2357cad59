"""How far the seed programs stay below the limits of a budget, and which come nearest to them.

Run from the repository root as ``python -m benchmarks.margins``. Each seed runs on all pairs of
its training task, under limits that are narrowed down to the smallest with which it still gives
all outputs: that is what it uses. Steps and sizes are counted, so every run prints the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.presets import PRESETS
from examples.arc.seeds import PROGRAMS, load_seeds
from examples.arc.tasks import ArcDataset, load_dataset
from exit_dsl.interfaces import Interpreter
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Program, Success

GENEROUS = Budget(seconds=600.0, max_steps=10**8, max_size=10**7)
QUANTILES = (0.5, 0.9, 0.99, 1.0)
NEAREST = 3
"""Seeds that are named for each limit."""
BUDGETS: Mapping[str, Budget] = {
    "default": Budget(),
    **{name: preset.budget for name, preset in PRESETS.items()},
}


@dataclass(frozen=True, slots=True)
class Use:
    """What a program needs on the hungriest of its inputs: the smallest limits that suffice."""

    task_id: str
    steps: int
    size: int


def measure(
    interpreter: Interpreter[Grid, Grid], task_id: str, program: Program, inputs: Sequence[Grid]
) -> Use:
    """Find the smallest limits under which ``program`` gives an output for each input.

    Raises:
        ValueError: generous limits do not suffice.
    """

    def passes(budget: Budget) -> bool:
        outcomes = interpreter.run(program, inputs, budget)
        return all(isinstance(outcome, Success) for outcome in outcomes)

    if not passes(GENEROUS):
        raise ValueError(f"the seed of {task_id} fails on a pair of its task under {GENEROUS}")
    steps = least(lambda limit: passes(replace(GENEROUS, max_steps=limit)))
    size = least(lambda limit: passes(replace(GENEROUS, max_size=limit)))
    return Use(task_id, steps, size)


def least(passes: Callable[[int], bool]) -> int:
    """Return the smallest positive number that passes; all above it have to pass as well."""
    high = 1
    while not passes(high):
        high *= 2
    low = high // 2  # fails, or is 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def uses(folder: Path, dataset: ArcDataset) -> list[Use]:
    """Measure all seeds of a folder on the demonstration and test inputs of their tasks."""
    interpreter = LanguageInterpreter[Grid, Grid](arc)
    found = []
    for task_id, seed in load_seeds(folder).items():
        tests = [example.input for example in dataset.tests[task_id]]
        inputs = [*dataset.find(task_id).inputs, *tests]
        found.append(measure(interpreter, task_id, seed.program, inputs))
    return found


def report(found: Sequence[Use]) -> Iterator[str]:
    """Yield the lines of the two tables: what is used, and the margin that each budget leaves."""
    yield f"{len(found)} seed programs, each on the pair on which it uses most"
    yield f"{'':<10}" + "".join(f"{_percent(share):>10}" for share in QUANTILES)
    for name in ("steps", "size"):
        numbers = [getattr(use, name) for use in found]
        quantiles = np.quantile(numbers, QUANTILES, method="higher")
        yield f"{name:<10}" + "".join(f"{number:>10,}" for number in quantiles)
    yield ""
    yield f"{'budget':<10}{'':<7}{'limit':>9}{'margin':>10}  nearest"
    for name, budget in BUDGETS.items():
        for kind, limit in (("steps", budget.max_steps), ("size", budget.max_size)):
            yield f"{name:<10}{kind:<7}{limit:>9,}{_margin(found, kind, limit)}"


def _percent(share: float) -> str:
    return "most" if share == 1.0 else f"{share:.0%}"


def _margin(found: Sequence[Use], kind: str, limit: int) -> str:
    nearest = sorted(found, key=lambda use: (-getattr(use, kind), use.task_id))[:NEAREST]
    names = ", ".join(f"{use.task_id} ({getattr(use, kind):,})" for use in nearest)
    return f"{limit / getattr(nearest[0], kind):>10.1f}  {names}"


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.margins", description=__doc__)
    parser.add_argument("--seeds", type=Path, default=PROGRAMS, help="a folder of seed programs")
    found = uses(parser.parse_args().seeds, load_dataset("arc1-training"))
    for line in report(found):
        print(line)


if __name__ == "__main__":
    main()
