"""The cross workload: seed programs and mutants of them, all on the same few inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from examples.arc import presets
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import load_seeds
from examples.arc.tasks import load_dataset
from exit_dsl.language import Mutation
from exit_dsl.types import Program

BUDGET = replace(presets.BUDGET, seconds=0.25)
"""Of one program on one input. The time holds for all implementations, steps and sizes for those
that count them."""
DATASET = "arc1-evaluation"
_SEED = 0


@dataclass(frozen=True, slots=True)
class Workload:
    """Distinct programs, of which the first ``seeds`` are no mutants, and inputs to run them on."""

    programs: tuple[Program, ...]
    seeds: int
    inputs: tuple[Grid, ...]

    @property
    def runs(self) -> int:
        """The number of runs: each program on each input."""
        return len(self.programs) * len(self.inputs)


def cross_workload(folder: Path, mutants: int, tasks: int) -> Workload:
    """Draw mutants and tasks with a fixed seed.

    Args:
        folder: of the seed programs.
        mutants: how many to draw, all of one edit.
        tasks: of the evaluation set, of each of which the first demonstration input is taken.
    """
    rng = np.random.default_rng(_SEED)
    seeds = list(dict.fromkeys(seed.program for seed in load_seeds(folder).values()))
    drawn = islice(Mutation[Grid, Grid](arc, seeds).mutants(rng), mutants)
    programs = (*seeds, *drawn)
    known = load_dataset(DATASET).tasks
    chosen = np.random.default_rng(_SEED).choice(len(known), min(tasks, len(known)), replace=False)
    inputs = tuple(known[index].inputs[0] for index in sorted(chosen.tolist()))
    return Workload(programs, len(seeds), inputs)
