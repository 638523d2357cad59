"""How fast lessons are made for pretraining on ARC, and what it gains that programs share inputs.

Run from the repository root as ``python -m benchmarks.lessons``. Times are CPU times of this one
process. What it is compared with runs the same programs, but each on inputs of its own: those of
its board, recoloured; what gives the same outputs as a shorter program is then kept as well. Blocks
are new in each row, and one is made beforehand, as what a worker knows of types is soon complete.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from time import process_time

import numpy as np

from examples.arc.augmentation import draw_recolouring, named_colours, recolour
from examples.arc.curriculum import Board, Curriculum
from examples.arc.dsl import arc
from examples.arc.lessons import worthwhile
from examples.arc.seeds import load_seeds
from examples.arc.tasks import load_dataset


@dataclass
class Tally:
    """What came of some boards, and the CPU seconds that it took."""

    tries: int = 0
    lessons: int = 0
    making: float = 0.0
    trying: float = 0.0

    def count(self, boards: Iterator[Board], attempt: Callable[[Board], int]) -> None:
        """Make the boards and try their programs."""
        while True:
            start = process_time()
            board = next(boards, None)
            made = process_time()
            self.making += made - start
            if board is None:
                return
            self.lessons += attempt(board)
            self.trying += process_time() - made
            self.tries += len(board.programs)

    def line(self, name: str) -> str:
        """Return the row of the table."""
        rate = self.lessons / (self.making + self.trying)
        return (
            f"{name:<28}{self.tries:>9,}{self.lessons / self.tries:>9.0%}{self.lessons:>10,}"
            f"{self.making:>10.1f}{self.trying:>10.1f}{1e3 * self.trying / self.tries:>10.2f}"
            f"{rate:>10,.0f}"
        )


def together(board: Board) -> int:
    """Try all programs of a board on its inputs; return the number of lessons."""
    return len(worthwhile(board))


def apart(board: Board) -> int:
    """Try each program of a board on inputs of its own; return the number of lessons."""
    rng = np.random.default_rng(len(board.programs))
    lessons = 0
    for program in board.programs:
        recolouring = draw_recolouring(named_colours(arc.parse(program)), rng)
        inputs = tuple(recolour(grid, recolouring) for grid in board.inputs)
        lessons += len(worthwhile(Board(inputs, [program])))
    return lessons


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lessons", description=__doc__)
    parser.add_argument("--blocks", type=int, default=8, help="blocks that are measured")
    blocks = parser.parse_args().blocks
    training, others = load_dataset("arc1-training"), load_dataset("arc1-evaluation")
    curriculum = Curriculum.of(load_seeds(), training.tasks, others.tasks, seed=0)
    effort = curriculum.effort
    parts = {
        "inputs of the seed's task": replace(effort, other=0),
        "any inputs": replace(effort, own=0),
        "both": effort,
        "any inputs, random alone": replace(effort, own=0, families=0),
    }
    titles = ("tries", "kept", "lessons", "making", "trying", "ms a try", "a second")
    print(f"{'':<28}{titles[0]:>9}{titles[1]:>9}" + "".join(f"{each:>10}" for each in titles[2:]))
    numbers = count()
    for attempt in (together, apart):
        print(f"programs tried {attempt.__name__}")
        for name, part in parts.items():
            trimmed = replace(curriculum, effort=part)
            Tally().count(trimmed.block(next(numbers)).boards(), attempt)
            tally = Tally()
            for number in islice(numbers, blocks):
                tally.count(trimmed.block(number).boards(), attempt)
            print(tally.line(f"  {name}"), flush=True)


if __name__ == "__main__":
    main()
