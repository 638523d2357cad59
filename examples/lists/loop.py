"""The parts of the library put together for lists: a small T5 from nothing, and the loop."""

from __future__ import annotations

from examples.lists.features import SIZE, signature
from examples.lists.language import Ints, lists
from examples.lists.problems import HELD_OUT, SEEDS
from examples.lists.tasks import Output
from exit_dsl import (
    Budget,
    ExpertIteration,
    Hindsight,
    LanguageInterpreter,
    LoopConfig,
    Mutation,
    PrioritizedReplayBuffer,
    Scoreboard,
    Vocabulary,
)
from exit_dsl.language import Grammar
from exit_dsl.policies import Encoding, Seq2SeqPolicy, small_t5
from exit_dsl.randomness import stream

BUDGET = Budget(max_steps=1_000, max_size=100)
MUTATION = "mutation"
"""The partition of what the first mutants teach."""

Loop = ExpertIteration[Ints, Output]


def make_policy(seed: int) -> Seq2SeqPolicy[Ints, Output]:
    """Return an untrained T5 that reads signatures and writes well-typed programs."""
    vocabulary = Vocabulary(lists, max_lines=6)
    rng = stream(seed, "weights")
    model = small_t5(SIZE, vocabulary.size, rng, d_model=64, layers=2, d_ff=128)
    return Seq2SeqPolicy(
        model=model,
        encode=lambda task: Encoding(signature(task)),
        codec=vocabulary,
        constraint=Grammar(vocabulary),
        learning_rate=2e-3,
        warmup_steps=50,
        batch_size=32,
        max_new_tokens=28,
    )


def make_mutation() -> Mutation[Ints, Output]:
    """Return mutants of the seeds; of depths 2, 4 and 6, this one solved the most by itself."""
    return Mutation(lists, [seed.program for seed in SEEDS if seed.program], depth=4)


def make_loop(seed: int, samples: int, draws: int) -> Loop:
    """Return the loop over the held-out tasks, before it has seen anything but the seeds."""
    return ExpertIteration(
        policy=make_policy(seed),
        interpreter=LanguageInterpreter(lists),
        relabeler=Hindsight(),
        buffer=PrioritizedReplayBuffer(key=lists.normalize),
        tasks=[problem.task for problem in HELD_OUT],
        seeds=[problem.experience for problem in SEEDS],
        config=LoopConfig(
            samples=samples,
            draws={"seed": len(SEEDS), MUTATION: draws * 3 // 5, "policy": draws * 2 // 5},
            budget=BUDGET,
            seed=seed,
        ),
    )


def teach(loop: Loop, mutation: Mutation[Ints, Output], lessons: int) -> None:
    """Store what mutants compute: others for each task, so that no program is seen too often."""
    for task in loop.tasks:
        loop.collect(mutation, tasks=[task], n=lessons, partition=MUTATION)


def make_scoreboard() -> Scoreboard[Ints, Output]:
    """Return the scoreboard, the only holder of the test pairs."""
    tests = {problem.name: problem.tests for problem in HELD_OUT}
    return Scoreboard(tests, LanguageInterpreter(lists), budget=BUDGET, key=lists.normalize)
