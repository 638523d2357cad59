"""What helps the small network from nothing to learn from little, on one thread of a CPU.

Run from the repository root as ``python -m benchmarks.ablation``. Each network trains on the same
examples, those of a run's pretraining, for the same seconds of the processor, so that other jobs
disturb little. Then it is tried on the validation tasks, of whose seeds and outputs it has seen
nothing. One setting at a time is varied, and the value with which the held-out seed programs are
most likely is kept for the settings after it.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from examples.arc.curriculum import Curriculum, Effort
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.lessons import Lesson, Workers, portions, with_seeds
from examples.arc.policy import MAX_LINES, small_policy
from examples.arc.presets import BUDGET, NETWORKS, Pretraining, SmallNetwork
from examples.arc.seeds import load_seeds, solved_tasks
from examples.arc.tasks import ArcDataset, load_dataset, validation_split
from examples.arc.workers import worker_pool
from exit_dsl.evaluation import Scoreboard
from exit_dsl.execution import execute
from exit_dsl.language import LanguageInterpreter, Vocabulary
from exit_dsl.policies import Seq2SeqPolicy
from exit_dsl.randomness import stream
from exit_dsl.types import Program

TINY = NETWORKS["tiny"]
GRIDS = replace(TINY, features=False, source_tokens=256)

SOURCES: Mapping[str, SmallNetwork] = {
    "features": TINY,
    "features, without lines": replace(TINY, lines=False),
    "grids": replace(GRIDS, factored=False),
    "grids, factored": GRIDS,
    "both": replace(TINY, source_tokens=256),
    "both, 64": replace(TINY, source_tokens=64),
}
"""What the network reads, the number being that of grid tokens where it is not 256."""

AXES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "dropout": {f"dropout {share}": {"dropout": share} for share in (0.0, 0.1, 0.3)},
    "rate": {f"rate {rate:g}": {"learning_rate": rate} for rate in (2.5e-4, 1e-3)},
    "batch": {"batch 32": {"batch_size": 32}},
    "size": {
        "192 wide": {"d_model": 192, "d_ff": 768},
        "2 layers": {"layers": 2},
        "3 layers": {"layers": 3},
    },
}
"""Values of other settings, as changes to the best network so far."""

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


def examples(
    curriculum: Curriculum,
    seeds: Sequence[Lesson],
    held_out: Collection[Program],
    count: int,
    workers: Workers,
) -> list[list[Lesson]]:
    """Return what a run trains on before its first meta-iteration, a part at a time.

    Args:
        curriculum: what lessons are made of.
        seeds: the seed programs with the tasks that they solve.
        held_out: programs that are left out, whatever they are mutants of.
        count: how many examples, all together, at least.
        workers: where lessons are made.
    """
    forbidden = {arc.normalize(program) for program in held_out}
    taught = [seed for seed in seeds if arc.normalize(seed.program) not in forbidden]
    parts: list[list[Lesson]] = []
    rng = stream(curriculum.seed, "seeds")
    with closing(portions(curriculum, workers)) as coming:
        while sum(map(len, parts)) < count:
            part = [lesson for lesson in next(coming) if lesson.program not in forbidden]
            parts.append(with_seeds(part, taught, Pretraining().seeds, rng))
    return parts


def run(
    name: str,
    network: SmallNetwork,
    parts: Sequence[Sequence[Lesson]],
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
    for part in cycle(parts):
        start = time.process_time()
        policy.update(part, rng)
        spent += time.process_time() - start
        seen += len(part)
        if spent >= seconds * len(curve) / POINTS:
            curve.append(Point(seen, spent, exam.nats(policy)))
        if spent >= seconds:
            break
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
    parser.add_argument("--examples", type=int, default=40_000)
    parser.add_argument("--seconds", type=float, default=150.0, help="of training, for each")
    parser.add_argument("--samples", type=int, default=16, help="programs tried on each task")
    parser.add_argument("--seed", type=int, default=0, help="of lessons, weights and training")
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--axes", nargs="*", choices=AXES, default=list(AXES))
    parser.add_argument("--csv", type=Path, help="where to write the curves")
    parser.add_argument("--out", type=Path, help="where to draw the curves, as SVG")
    args = parser.parse_args(arguments)
    if args.out is not None and find_spec("matplotlib") is None:
        parser.error('--out needs matplotlib: pip install "exit_dsl[plots]"')
    torch.set_num_threads(1)
    training, validation = validation_split(load_dataset("arc1-training"))
    known = load_seeds()
    held_out = {task.id: known[task.id].program for task in validation.tasks if task.id in known}
    others = [*validation.tasks, *load_dataset("arc1-evaluation").tasks]
    effort = Effort(tokens=TINY.target_tokens)
    curriculum = Curriculum.of(known, training.tasks, others, args.seed, effort)
    seeds = solved_tasks(known, training.tasks)
    with worker_pool() as workers:
        parts = examples(curriculum, seeds, list(held_out.values()), args.examples, workers)
    measure = partial(
        run,
        parts=parts,
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
