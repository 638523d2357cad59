"""What helps the small network from nothing to learn from little, on one thread of a CPU.

Run from the repository root as ``python -m benchmarks.ablation``. Each network trains on the same
stream of examples for the same seconds of the processor, so that other jobs disturb little, and is
then tried on the validation tasks, of whose seeds and outputs it has seen nothing. One setting at a
time is varied, and the value with which the held-out seed programs are most likely is kept for the
settings after it.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.ablation_examples import lessons
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.policy import MAX_LINES, small_policy
from examples.arc.presets import BUDGET, NETWORKS, SmallNetwork
from examples.arc.seeds import load_seeds
from examples.arc.tasks import ArcDataset, load_dataset, validation_split
from exit_dsl.evaluation import Scoreboard
from exit_dsl.execution import execute
from exit_dsl.language import LanguageInterpreter, Vocabulary
from exit_dsl.policies import Seq2SeqPolicy
from exit_dsl.randomness import stream
from exit_dsl.types import Experience, Program

GRIDS = SmallNetwork(
    d_model=128, layers=2, heads=4, d_ff=512, learning_rate=2e-3, batch_size=32, source_tokens=256,
    features=False, factored=False, lines=False,
)  # fmt: skip

SOURCES: Mapping[str, SmallNetwork] = {
    "grids": GRIDS,
    "grids, factored": replace(GRIDS, factored=True),
    "features": replace(GRIDS, features=True, source_tokens=0),
    "both": replace(GRIDS, features=True),
    "both, factored": replace(GRIDS, features=True, factored=True),
    "both, factored, 128": replace(GRIDS, features=True, factored=True, source_tokens=128),
    "both, factored, 64": replace(GRIDS, features=True, factored=True, source_tokens=64),
    "tiny without lines": replace(NETWORKS["tiny"], lines=False),
    "tiny": NETWORKS["tiny"],
}
"""What the network reads, the number being that of grid tokens where it is not 256; and the network
of the ``laptop`` preset."""
READING = list(SOURCES)[:-2]

AXES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "rate": {f"rate {rate:g}": {"learning_rate": rate} for rate in (5e-4, 1e-3, 4e-3)},
    "batch": {"batch 16": {"batch_size": 16}, "batch 64": {"batch_size": 64}},
    "size": {
        "96 wide": {"d_model": 96, "d_ff": 384},
        "192 wide": {"d_model": 192, "d_ff": 768},
        "1 layer": {"layers": 1},
        "3 layers": {"layers": 3},
    },
    "dropout": {"dropout 0.2": {"dropout": 0.2}},
}
"""Values of other settings, as changes to the best network so far."""

ROUND = 256
"""Examples between two looks at the clock."""
POINTS = 6
"""On the curve of one network."""
TEMPERATURE = 0.95


@dataclass(frozen=True, slots=True)
class Point:
    """How likely the held-out programs are after so many examples and seconds of training."""

    examples: int
    seconds: float
    nats: float


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one network; ``nats`` are those of a program and of a token."""

    name: str
    network: SmallNetwork
    curve: tuple[Point, ...]
    token_nats: float
    weights: int
    solved: int

    @property
    def nats(self) -> float:
        """At the end of training."""
        return self.curve[-1].nats

    @property
    def rate(self) -> float:
        """Examples a second of training."""
        return self.curve[-1].examples / self.curve[-1].seconds


class Exam:
    """The validation tasks, with our own programs for them.

    Args:
        dataset: the tasks.
        programs: what solves them, by task id.
    """

    def __init__(self, dataset: ArcDataset, programs: Mapping[str, Program]) -> None:
        self._dataset = dataset
        self._programs = [(dataset.find(task_id), program) for task_id, program in programs.items()]
        codec = Vocabulary(arc, max_lines=MAX_LINES)
        self.mean_tokens = float(np.mean([len(codec.encode(p)) for p in programs.values()]))

    def nats(self, policy: Seq2SeqPolicy[Grid, Grid]) -> float:
        """Return the negative log-probability of a program, on average over the tasks."""
        return -float(np.mean(policy.logprobs(self._programs)))

    def solved(self, policy: Seq2SeqPolicy[Grid, Grid], samples: int) -> int:
        """Return how many tasks are solved, test pairs and all, by 3 of ``samples`` programs."""
        interpreter = LanguageInterpreter[Grid, Grid](arc)
        board: Scoreboard[Grid, Grid] = Scoreboard(
            self._dataset.tests, interpreter, budget=BUDGET, key=arc.normalize
        )
        tasks = self._dataset.tasks
        candidates = policy.sample(tasks, samples, stream(0, "exam"))
        board.record(execute(candidates, tasks, interpreter, budget=BUDGET), "policy")
        return len(board.performance(3).solved)


def run(
    name: str,
    network: SmallNetwork,
    examples: Sequence[Experience[Grid, Grid]],
    exam: Exam,
    seconds: float,
    samples: int,
    seed: int,
) -> Result:
    """Train a network for ``seconds`` of the processor, once more from the start if need be."""
    policy = small_policy(network, stream(seed, "weights"), temperature=TEMPERATURE)
    curve = [Point(0, 0.0, exam.nats(policy))]
    rng = stream(seed, "training")
    spent, seen = 0.0, 0
    while spent < seconds:
        start = time.process_time()
        chunk = [examples[(seen + index) % len(examples)] for index in range(ROUND)]
        policy.update(chunk, rng)
        spent += time.process_time() - start
        seen += len(chunk)
        if spent >= seconds * len(curve) / POINTS:
            curve.append(Point(seen, spent, exam.nats(policy)))
    return Result(
        name,
        network,
        tuple(curve),
        curve[-1].nats / exam.mean_tokens,
        sum(weight.numel() for weight in policy.state_dict()["weights"].values()),
        exam.solved(policy, samples),
    )


def search(
    sources: Sequence[str], axes: Sequence[str], measure: Callable[[str, SmallNetwork], Result]
) -> Iterator[Result]:
    """Yield the results of ``sources``, then of each axis from the best network so far."""
    results = []
    for name in sources:
        results.append(measure(name, SOURCES[name]))
        yield results[-1]
    for axis in axes:
        best = min(results, key=lambda result: result.nats).network
        for name, changes in AXES[axis].items():
            results.append(measure(name, replace(best, **changes)))
            yield results[-1]


HEADER = (
    f"{'':<26}{'weights':>9}{'examples/s':>12}{'examples':>10}{'nats':>8}{'/token':>8}{'solved':>8}"
)


def line(result: Result) -> str:
    """Return a row of the table."""
    return (
        f"{result.name:<26}{result.weights / 1e6:>8.2f}M{result.rate:>12.1f}"
        f"{result.curve[-1].examples:>10,}{result.nats:>8.2f}{result.token_nats:>8.3f}"
        f"{result.solved:>8}"
    )


def curve(result: Result) -> str:
    """Return the curve of a network as text: nats a program after so many examples."""
    points = "  ".join(f"{point.examples:,}: {point.nats:.1f}" for point in result.curve)
    return f"{result.name:<26}{points}"


def write_csv(results: Sequence[Result], path: Path) -> None:
    """Write every point of every curve."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["network", "examples", "seconds", "nats"])
        for result in results:
            for point in result.curve:
                seconds, nats = f"{point.seconds:.1f}", f"{point.nats:.3f}"
                writer.writerow([result.name, point.examples, seconds, nats])


def plot(results: Sequence[Result], path: Path) -> None:
    """Draw the curves as an SVG that is the same, byte by byte, for the same results."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    grey = "#787878"  # As legible on a white page as on a nearly black one.
    colours = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    settings: Any = {
        "svg.hashsalt": "ablation",
        "svg.fonttype": "none",
        "font.size": 9,
        **dict.fromkeys(colours, grey),
    }
    with rc_context(settings):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        for result in results:
            points = result.curve[1:]
            axes.plot([p.examples for p in points], [p.nats for p in points], label=result.name)
        axes.set_xlabel("training examples seen")
        axes.set_ylabel("nats a held-out program")
        axes.grid(color=grey, alpha=0.25)
        figure.legend(loc="outside right upper", frameon=False)
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, print the table as it comes, and write what else is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="file to keep the examples in")
    parser.add_argument("--examples", type=int, default=30_000)
    parser.add_argument("--seconds", type=float, default=75.0, help="of training, for each")
    parser.add_argument("--samples", type=int, default=16, help="programs tried on each task")
    parser.add_argument("--seed", type=int, default=0, help="of weights and training")
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=READING)
    parser.add_argument("--axes", nargs="*", choices=AXES, default=list(AXES))
    parser.add_argument("--csv", type=Path, help="where to write the curves")
    parser.add_argument("--out", type=Path, help="where to draw the curves, as SVG")
    args = parser.parse_args(arguments)
    if args.out is not None and find_spec("matplotlib") is None:
        parser.error('--out needs matplotlib: pip install "exit_dsl[plots]"')
    torch.set_num_threads(1)
    whole = load_dataset("arc1-training")
    training, validation = validation_split(whole)
    seeds = load_seeds()
    known = {task_id: seed for task_id, seed in seeds.items() if task_id in training.tests}
    held_out = {task.id: seeds[task.id].program for task in validation.tasks if task.id in seeds}
    examples = lessons(args.cache, known, whole.tasks, list(held_out.values()), args.examples)
    measure = partial(
        run,
        examples=examples,
        exam=Exam(validation, held_out),
        seconds=args.seconds,
        samples=args.samples,
        seed=args.seed,
    )
    print(HEADER)
    results = []
    for result in search(args.sources, args.axes, measure):
        print(line(result), flush=True)
        results.append(result)
    print("\nnats a held-out program, by training examples seen")
    for result in results:
        print(curve(result))
    if args.csv is not None:
        write_csv(results, args.csv)
    if args.out is not None:
        plot(results, args.out)


if __name__ == "__main__":
    main()
