"""The parts of the library put together for lists: a small T5 from nothing, and mutation."""

from __future__ import annotations

from examples.contest.sides import Contest
from examples.contest.tasks import TaskSet
from examples.lists.features import SIZE, signature
from examples.lists.language import Ints, lists
from examples.lists.problems import TASKS
from examples.lists.tasks import Output
from exit_dsl import Budget, LanguageInterpreter, Mutation, Vocabulary
from exit_dsl.language import Grammar
from exit_dsl.policies import Encoding, Seq2SeqPolicy, small_t5
from exit_dsl.randomness import stream


def make_policy(seed: int) -> Seq2SeqPolicy[Ints, Output]:
    """Return an untrained T5 that reads signatures and writes well-typed programs."""
    vocabulary = Vocabulary(lists, max_lines=6)
    rng = stream(seed, "weights")
    return Seq2SeqPolicy(
        model=small_t5(SIZE, vocabulary.size, rng, d_model=64, layers=2, d_ff=128),
        encode=lambda task: Encoding(signature(task)),
        codec=vocabulary,
        constraint=Grammar(vocabulary),
        learning_rate=2e-3,
        warmup_steps=50,
        batch_size=32,
        max_new_tokens=28,
    )


def make_contest(seed: int, task_set: TaskSet[Ints, Output] = TASKS) -> Contest:
    """Put the parts together, for other tasks than those of the example if they are given."""
    return Contest(
        task_set=task_set,
        interpreter=LanguageInterpreter(lists),
        mutation=Mutation(lists, task_set.programs, depth=4),
        policy=make_policy(seed),
        budget=Budget(max_steps=1_000, max_size=100),
        key=lists.normalize,
        start=300,
        samples=200,
        iterations=8,
        draws=5_000,
        seed=seed,
    )
