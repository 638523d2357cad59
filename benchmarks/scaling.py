"""How the cost of running ARC programs grows with the grid, the program and their number.

Run from the repository root as ``python -m benchmarks.scaling --out FILE.svg``; ``--help`` lists
what can be made smaller. The implementations take turns, each time in a fresh process with the
garbage collector off, and each figure is the median of the rounds. Every point has an interpreter
of its own, which has read and checked the programs before the clock starts, as that is done once
however many inputs follow.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.chains import Chains
from benchmarks.interpreter import ArcInterpreter, fast, in_worker, measure
from benchmarks.plain import reference
from benchmarks.workload import BUDGET, Workload, cross_workload
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS
from exit_dsl.types import Budget

SIDES = (3, 5, 10, 15, 20, 30)
"""Of the square grids."""
SIDE = 10
"""Of the grids on which lengths and numbers of programs are compared."""
SMALLEST: Grid = ((0,),)
"""The grid on which programs are run first, to have them read and checked."""
LENGTHS = (1, 2, 5, 10, 20, 30, 50)
"""Of programs, in lines."""
COUNTS = (10, 30, 100, 300, 1000, 3000, 10000)
"""Of programs that share one input."""
AT_LEAST = 500
"""Programs that are run for a point, in as many groups as it takes."""
PARTS = 3000
"""Programs to make longer ones of."""
_SEED = 0


@dataclass(frozen=True, slots=True)
class Implementation:
    """What is measured; the budgets take turns from program to program."""

    name: str
    make: Callable[[], ArcInterpreter]
    budgets: tuple[Budget, ...]


# The interpreter forgets values, but not programs, when the budget changes.
IMPLEMENTATIONS = (
    Implementation("shared", fast, (BUDGET,)),
    Implementation(
        "nothing shared", fast, (BUDGET, replace(BUDGET, seconds=BUDGET.seconds + 1e-4))
    ),
    Implementation("plain reference", reference, (BUDGET,)),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """One question: ``points`` maps a place on the axis to what is run there, each part afresh."""

    axis: str
    points: Mapping[int, tuple[Workload, ...]]


Rates = dict[str, list[list[float]]]
"""Programs a second by implementation, for each point of a panel and each round."""


def resized(grid: Grid, side: int) -> Grid:
    """Crop or tile a grid to a square."""
    height, width = len(grid), len(grid[0])
    return tuple(
        tuple(grid[row % height][column % width] for column in range(side)) for row in range(side)
    )


def make_panels(workload: Workload, programs: int) -> dict[str, Panel]:
    """Return what is measured, by name.

    Args:
        workload: seeds, mutants and real grids to make everything from.
        programs: for each point of the first two panels.
    """
    rng = np.random.default_rng(_SEED)
    drawn = rng.permutation(len(workload.programs))[:programs]
    mixed = tuple(workload.programs[index] for index in drawn)
    inputs = tuple(resized(grid, SIDE) for grid in workload.inputs)
    chains = Chains(workload.programs[:PARTS], inputs)
    by_length = {
        length: tuple(islice(chains.programs(length, rng), programs)) for length in LENGTHS
    }
    mutants = workload.programs[workload.seeds :]
    return {
        "grid size": Panel(
            "side of the grid (cells)",
            {
                side: (Workload(mixed, 0, tuple(resized(grid, side) for grid in workload.inputs)),)
                for side in SIDES
            },
        ),
        "program length": Panel(
            "length of the program (lines)",
            {
                # There are few short programs: they run more often, each time as if for the first.
                length: (Workload(found, 0, inputs),) * (programs // len(found))
                for length, found in by_length.items()
                if found
            },
        ),
        "programs per input": Panel(
            "programs on one input",
            {
                count: tuple(
                    Workload(mutants[start : start + count], 0, inputs[:1])
                    for start in range(0, max(AT_LEAST // count, 1) * count, count)
                    if start + count <= len(mutants)
                )
                for count in COUNTS
                if count <= len(mutants)
            },
        ),
    }


def measure_panels(
    implementation: Implementation, panels: Mapping[str, Panel]
) -> dict[str, list[float]]:
    """Return the programs a second at each point of each panel."""
    return {
        name: [_rate(implementation, workloads) for workloads in panel.points.values()]
        for name, panel in panels.items()
    }


def _rate(implementation: Implementation, workloads: Sequence[Workload]) -> float:
    seconds = 0.0
    for workload in workloads:
        gc.collect()  # what the interpreter before has left
        warm = replace(workload, inputs=(SMALLEST, *workload.inputs))
        measured = measure(implementation.make, warm, implementation.budgets, float("inf"))
        seconds += sum(measured.seconds[1:])
    return sum(workload.runs for workload in workloads) / seconds


def collect(panels: Mapping[str, Panel], repeats: int) -> dict[str, Rates]:
    """Measure everything ``repeats`` times, the implementations in turn."""
    rates: dict[str, Rates] = {
        name: {each.name: [[] for _ in panel.points] for each in IMPLEMENTATIONS}
        for name, panel in panels.items()
    }
    turns = [each for _ in range(repeats) for each in IMPLEMENTATIONS]
    for implementation in tqdm(turns, unit="turn", leave=False):
        measured = in_worker(measure_panels, implementation, panels)
        for name, points in measured.items():
            for point, rate in zip(rates[name][implementation.name], points, strict=True):
                point.append(rate)
    return rates


def table(panels: Mapping[str, Panel], rates: Mapping[str, Rates]) -> Iterator[str]:
    """Yield the lines of the table of medians."""
    names = [each.name for each in IMPLEMENTATIONS]
    for name, panel in panels.items():
        yield f"{panel.axis:<32}" + "".join(f"{each:>18}" for each in names) + f"{'runs':>9}"
        for place, (x, workloads) in enumerate(panel.points.items()):
            row = "".join(f"{median(rates[name][each][place]):>18,.0f}" for each in names)
            yield f"{x:>32,}{row}{sum(workload.runs for workload in workloads):>9,}"
        yield ""


def figures(panels: Mapping[str, Panel], rates: Mapping[str, Rates]) -> dict[str, Any]:
    """Return what JSON is to hold: for each panel its axis, its places and all rates."""
    return {
        name: {"axis": panel.axis, "x": list(panel.points), "programs/s": rates[name]}
        for name, panel in panels.items()
    }


def plot(panels: Mapping[str, Panel], rates: Mapping[str, Rates], path: Path) -> None:
    """Draw the medians as an SVG that is the same, byte by byte, for the same rates."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    grey = "#787878"  # As legible on a white page as on a nearly black one, like the colours.
    styles = (("#2f81d6", "o", "-"), ("#c76a15", "s", "--"), (grey, "^", ":"))
    colours = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    settings: Any = {
        "svg.hashsalt": "scaling",
        "svg.fonttype": "none",
        "font.size": 9,
        **dict.fromkeys(colours, grey),
    }
    with rc_context(settings):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True)
        for axis, (name, panel) in zip(axes, panels.items(), strict=True):
            places = list(panel.points)
            for each, (colour, marker, line) in zip(IMPLEMENTATIONS, styles, strict=True):
                medians = [median(point) for point in rates[name][each.name]]
                axis.loglog(
                    places, medians, color=colour, marker=marker, linestyle=line, label=each.name
                )
            axis.minorticks_off()
            axis.set_xticks(places, [f"{place:,}" for place in places])
            axis.set_xlabel(panel.axis)
            axis.grid(color=grey, alpha=0.25)
        axes[0].set_ylabel("programs a second")
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
        )
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, print the table and write what else is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--seeds", type=Path, default=PROGRAMS, help="a folder of seed programs")
    parser.add_argument("--programs", type=int, default=200, help="for each size and each length")
    parser.add_argument("--mutants", type=int, default=COUNTS[-1], help="most on one input")
    parser.add_argument("--inputs", type=int, default=2, help="grids for each size and each length")
    parser.add_argument("--repeats", type=int, default=3, help="rounds to take the median of")
    parser.add_argument("--out", type=Path, help="where to draw the plot, as SVG")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    args = parser.parse_args(arguments)
    if args.out is not None and find_spec("matplotlib") is None:
        parser.error('--out needs matplotlib: pip install "exit_dsl[plots]"')
    for name, least in (("programs", 1), ("mutants", COUNTS[0]), ("inputs", 1), ("repeats", 1)):
        if getattr(args, name) < least:
            parser.error(f"--{name} must be at least {least}")
    panels = make_panels(cross_workload(args.seeds, args.mutants, args.inputs), args.programs)
    rates = collect(panels, args.repeats)
    for line in table(panels, rates):
        print(line)
    if args.json is not None:
        args.json.write_text(json.dumps(figures(panels, rates), indent=1) + "\n", encoding="utf-8")
    if args.out is not None:
        plot(panels, rates, args.out)


if __name__ == "__main__":
    main()
