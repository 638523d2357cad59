"""How many programs a small network samples a second, and what the grammar costs and gains.

Run from the repository root as ``python -m benchmarks.sampling``. A small T5 is trained on the seed
programs for a moment (it is not told of lines, as ``generate`` could not be). Then its sampler,
with and without the grammar of well-typed programs, and ``transformers``' ``generate``, task by
task, take turns: the same weights, tasks, temperature and number of samples. At last the same
programs are sampled twice, so that nothing is new to the grammar the second time. With ``--run``,
what the grammar costs is measured for the network of that run of the ARC example instead, round
after round. The grammar knows which types are of use from the seeds, unless ``--any-type`` says
otherwise. Seconds are those that pass, with all cores unless ``--threads`` says otherwise; the
machine should do nothing else.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.policy import MAX_LINES, source_encoder
from examples.arc.presets import NETWORKS, SmallNetwork, from_settings
from examples.arc.run import build_policy
from examples.arc.runfolder import RunFolder
from examples.arc.seeds import load_seeds
from examples.arc.tasks import load_dataset
from exit_dsl import checkpoint
from exit_dsl.language import Grammar, Vocabulary
from exit_dsl.policies import Constraint, Seq2SeqPolicy, TwoVocabularyT5, small_t5
from exit_dsl.types import Experience, Program, Task

SAMPLES = 24
TEMPERATURE = 0.95
CODEC = Vocabulary(arc, max_lines=MAX_LINES)


@dataclass
class Side:
    """What one way of sampling has done so far."""

    name: str
    sample: Callable[[Sequence[Task[Grid, Grid]], np.random.Generator], list[Program]]
    programs: list[Program] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def take_turn(self, tasks: Sequence[Task[Grid, Grid]], rng: np.random.Generator) -> None:
        """Sample for ``tasks`` and count."""
        begin = time.perf_counter()
        programs = self.sample(tasks, rng)
        self.seconds.append(time.perf_counter() - begin)
        self.programs += programs

    @property
    def rate(self) -> float:
        """Programs a second."""
        return len(self.programs) / sum(self.seconds)

    @property
    def well_typed(self) -> float:
        """The share of programs that pass the type check."""
        return sum(is_well_typed(program) for program in self.programs) / len(self.programs)

    @property
    def tokens(self) -> float:
        """Mean number of tokens of the programs, their end included."""
        # The name on the left of a line is no token, but the end of the line is one.
        return float(np.mean([len(re.findall(r"\w+", program)) for program in self.programs]))


def is_well_typed(program: Program) -> bool:
    """Whether the language accepts ``program``."""
    return arc.check(program) is None


def make_policy(
    network: SmallNetwork, model: TwoVocabularyT5, constraint: Constraint | None
) -> Seq2SeqPolicy[Grid, Grid]:
    """Return a policy of ``model`` as the ARC example builds it for ``network``."""
    return Seq2SeqPolicy(
        model=model,
        encode=source_encoder(network),
        codec=CODEC,
        constraint=constraint,
        learning_rate=network.learning_rate,
        warmup_steps=5,
        batch_size=network.batch_size,
        max_new_tokens=network.target_tokens,
        temperature=TEMPERATURE,
    )


def sampler(
    policy: Seq2SeqPolicy[Grid, Grid],
) -> Callable[[Sequence[Task[Grid, Grid]], np.random.Generator], list[Program]]:
    """Return the policy's way of sampling."""
    return lambda tasks, rng: [c.program for c in policy.sample(tasks, SAMPLES, rng)]


@torch.inference_mode()
def generate(
    network: SmallNetwork, model: Any, tasks: Sequence[Task[Grid, Grid]], rng: np.random.Generator
) -> list[Program]:
    """Sample task by task with transformers."""
    encode = source_encoder(network)
    torch.nn.Module.eval(model)
    torch.manual_seed(int(rng.integers(2**31)))
    programs = []
    for task in tasks:
        rows = model.generate(
            input_ids=torch.tensor([encode(task).tokens]),
            do_sample=True,
            temperature=TEMPERATURE,
            top_k=0,
            num_return_sequences=SAMPLES,
            max_new_tokens=network.target_tokens,
            decoder_start_token_id=CODEC.start,
            eos_token_id=CODEC.end,
            pad_token_id=CODEC.pad,
        )
        programs += [CODEC.decode(row[1:]) for row in rows.tolist()]
    return programs


def train(policy: Seq2SeqPolicy[Grid, Grid], epochs: int, rng: np.random.Generator) -> float:
    """Train on the seed programs and return the last loss."""
    data = load_dataset("arc1-training")
    experiences = [
        Experience(data.find(task_id), seed.program, task_id, (1.0,))
        for task_id, seed in load_seeds().items()
    ]
    return [policy.update(experiences, rng)["loss"] for _ in range(epochs)][-1]


def report(ours: Side, constrained: Side, theirs: Side) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'':<28}{'programs/s':>12}{'tokens':>9}{'well-typed':>12}{'ratio':>8}"
    for side in (theirs, ours, constrained):
        yield (
            f"{side.name:<28}{side.rate:>12.1f}{side.tokens:>9.1f}{side.well_typed:>12.1%}"
            f"{side.rate / theirs.rate:>8.1f}"
        )


def masking(policy: Seq2SeqPolicy[Grid, Grid], tasks: Sequence[Task[Grid, Grid]], seed: int) -> str:
    """Sample once more, and return which part of the time the grammar took."""
    before = policy.sampled
    sampler(policy)(tasks, np.random.default_rng(seed))
    after = policy.sampled
    return f"{(after.masking - before.masking) / (after.seconds - before.seconds):.1%}"


def trained(
    folder: Path,
    chosen: Iterable[Sequence[Task[Grid, Grid]]],
    programs: Sequence[Program] | None,
) -> None:
    """Print what the grammar costs the network of a run, for each choice of tasks.

    Args:
        folder: of the run.
        chosen: the tasks of each round.
        programs: what tells the grammar which types are of use.

    Raises:
        RunFolderError: this is no run folder.
        CheckpointError: it has no intact checkpoint.
    """
    existing = RunFolder.existing(folder)
    policy = build_policy(from_settings(existing.read_config()["settings"]), 0, programs)
    checkpoint.load(existing.checkpoint, {"policy": policy})
    # Tasks come more than once, and get the same programs from the same seed.
    rounds = [*enumerate(chosen)]
    for seed, tasks in rounds:
        share = masking(policy, tasks, seed)
        print(f"the grammar takes {share} up to program {policy.sampled.candidates:,}")
    seed, tasks = rounds[-1]
    print(f"the grammar takes {masking(policy, tasks, seed)} where nothing is new to it")


def main() -> None:
    """Read the arguments, train, measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description=__doc__)
    parser.add_argument("--tasks", type=int, default=128, help="tasks sampled for in a round")
    parser.add_argument("--network", choices=NETWORKS, default="tiny", help="that is trained")
    parser.add_argument("--few", type=int, default=8, help="of them, tasks that generate gets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8, help="of training before")
    parser.add_argument("--threads", type=int, default=None, help="that torch computes with")
    parser.add_argument("--any-type", action="store_true", help="let values of all types be used")
    parser.add_argument("--run", type=Path, help="measure the network of this run folder")
    options = parser.parse_args()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    every = load_dataset("arc1-evaluation").tasks
    draws = (
        [every[index] for index in rng.choice(len(every), options.tasks, replace=False)]
        for _ in range(options.rounds + 1)
    )
    seeds = [seed.program for seed in load_seeds().values()]
    programs = None if options.any_type else seeds
    if options.run is not None:
        trained(options.run, draws, programs)
    else:
        network = NETWORKS[options.network]
        untrained(network, draws, options.few, options.epochs, programs, rng)


def untrained(
    network: SmallNetwork,
    draws: Iterator[Sequence[Task[Grid, Grid]]],
    few: int,
    epochs: int,
    programs: Sequence[Program] | None,
    rng: np.random.Generator,
) -> None:
    """Train a network for a moment, measure and print the table.

    Args:
        network: the size of it.
        draws: tasks of each round, the first of which is to fill caches.
        few: of them, the tasks that ``generate`` gets.
        epochs: of training.
        programs: what tells the grammar which types are of use.
        rng: determines weights and samples.
    """
    factors = source_encoder(network).factors
    model = small_t5(
        len(factors), CODEC.size, rng, source_factors=factors,
        d_model=network.d_model, layers=network.layers, heads=network.heads, d_ff=network.d_ff,
    )  # fmt: skip
    free = make_policy(network, model, None)
    print(f"trained on the seeds to a loss of {train(free, epochs, rng):.2f} nats a token")
    typed = make_policy(network, model, Grammar(CODEC, programs))
    sides = (
        Side("sampler", sampler(free)),
        Side("sampler, constrained", sampler(typed)),
        Side("generate, task by task", lambda tasks, rng: generate(network, model, tasks, rng)),
    )
    tasks = next(draws)
    for side in sides:
        side.take_turn(tasks[:few] if side is sides[2] else tasks, rng)
        side.programs.clear()
        side.seconds.clear()
    before = typed.sampled
    for tasks in draws:
        for side in sides:
            side.take_turn(tasks[:few] if side is sides[2] else tasks, rng)
    for line in report(*sides):
        print(line)
    for name, policy in (("sampler", free), ("sampler, constrained", typed)):
        share = policy.sampled.duplicates / policy.sampled.candidates
        print(f"duplicates, {name}: {share:.1%}")
    seconds = typed.sampled.seconds - before.seconds
    print(
        f"the grammar takes {(typed.sampled.masking - before.masking) / seconds:.1%} of"
        " constrained sampling"
    )
    masking(typed, tasks, 1)  # to see what there is
    print(f"the grammar takes {masking(typed, tasks, 1)} where nothing is new to it")


if __name__ == "__main__":
    main()
