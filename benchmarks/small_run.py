"""A whole run that takes a second: the loop on list programs, with everything that has a state.

A tiny T5 with dropout and a breeding policy share the samples; mutants fill the buffer at first;
after every meta-iteration the losses are logged and all is saved, as ``how-to/resume`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from examples.lists.language import Ints, lists
from exit_dsl import (
    Budget,
    Example,
    Experience,
    ExpertIteration,
    Hindsight,
    Iteration,
    LanguageInterpreter,
    LoopConfig,
    Mutation,
    PrioritizedReplayBuffer,
    Program,
    Scoreboard,
    Success,
    Task,
    Vocabulary,
    checkpoint,
)
from exit_dsl.interfaces import Policy, Stateful
from exit_dsl.language import Evolution, Grammar
from exit_dsl.loop import POLICY, SEED
from exit_dsl.mixture import PolicyMixture
from exit_dsl.policies import Encoding, Seq2SeqPolicy, small_t5
from exit_dsl.randomness import stream
from exit_dsl.tracking import JsonLinesTracker

Output = Ints | int

ITERATIONS = 4
LESSONS = 60
"""Mutants for each task that fill the buffer."""
MUTATION = "mutation"
BUDGET = Budget(max_steps=1_000, max_size=100)
SEEDS = tuple(
    map(
        Program,
        (
            "O = take(THREE, I)",
            "x1 = sort(I)\nO = reverse(x1)",
            "O = map(TIMES2, I)",
            "x1 = filter(POSITIVE, I)\nO = sum(x1)",
            "O = count(EVEN, I)",
            "O = scanl1(ADD, I)",
            "x1 = filter(NEGATIVE, I)\nO = maximum(x1)",
        ),
    )
)
RULES = {
    "even sum": Program("x1 = filter(EVEN, I)\nO = sum(x1)"),
    "last negative": Program("x1 = filter(NEGATIVE, I)\nO = last(x1)"),
    "descending totals": Program("x1 = sort(I)\nx2 = reverse(x1)\nO = scanl1(ADD, x2)"),
    "tripled": Program("O = map(TIMES3, I)"),
    "largest total": Program("x1 = scanl1(ADD, I)\nO = maximum(x1)"),
}
INPUTS = ((3, -2, 8, 5, -7), (-4, 6, 1, 9), (2, 7, -1, -6, 4, 5), (-3, 8, 2, -5), (6, 1, -8, 7, 2))
DEMONSTRATIONS = 3
LARGEST = 15
SEPARATOR = 2 * LARGEST + 2


class Diary:
    """All that was sampled and learned, so that runs can be compared from beginning to end."""

    def __init__(self) -> None:
        self._days: list[dict[str, Any]] = []

    def write(self, iteration: Iteration[Ints, Output]) -> None:
        """Note the candidates, losses and sizes of a meta-iteration."""
        losses = {name: value for name, value in iteration.train.items() if name.endswith("loss")}
        candidates = [attempt.candidate for attempt in iteration.attempts]
        sizes = dict(iteration.sizes)
        self._days.append({"losses": losses, "candidates": candidates, "sizes": sizes})

    def state_dict(self) -> dict[str, Any]:
        """Return the notes."""
        return {"days": self._days}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over notes."""
        self._days = list(state["days"])


class SmallRun:
    """The parts, from nothing.

    Args:
        folder: where the checkpoint and the log of losses are kept.
    """

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self.checkpoint = folder / "checkpoint"
        self.tracker = JsonLinesTracker(folder / "losses.jsonl")
        self.diary = Diary()
        self.scoreboard = Scoreboard(
            {name: _examples(rule)[DEMONSTRATIONS:] for name, rule in RULES.items()},
            LanguageInterpreter[Ints, Output](lists),
            budget=BUDGET,
            key=lists.normalize,
        )
        self.loop: ExpertIteration[Ints, Output] = ExpertIteration(
            policy=_policy(),
            interpreter=LanguageInterpreter(lists),
            relabeler=Hindsight(),
            buffer=PrioritizedReplayBuffer(key=lists.normalize, capacity=250),
            tasks=[_task(name, rule) for name, rule in RULES.items()],
            seeds=[
                Experience(_task(seed, seed), seed, seed, (1.0,) * DEMONSTRATIONS) for seed in SEEDS
            ],
            config=LoopConfig(
                samples=8, draws={SEED: 8, MUTATION: 60, POLICY: 40}, budget=BUDGET, seed=1
            ),
        )
        self.parts: dict[str, Stateful] = {
            "loop": self.loop,
            "policy": self.loop.policy,
            "buffer": self.loop.buffer,
            "scoreboard": self.scoreboard,
            "diary": self.diary,
        }

    def go_on(self) -> None:
        """Go on from the checkpoint, or begin, and go to the end."""
        if checkpoint.exists(self.checkpoint):
            checkpoint.load(self.checkpoint, self.parts)
        else:
            mutants = self.loop.collect(
                Mutation(lists, SEEDS, depth=2), n=LESSONS, partition=MUTATION
            )
            self.scoreboard.record(mutants, MUTATION)
            self.save()
        for iteration in self.loop.run(ITERATIONS):
            self.scoreboard.record(iteration.attempts, POLICY)
            solved = len(self.scoreboard.performance(3).solved)
            self.diary.write(iteration)
            self.tracker.log(
                iteration.index, {"loss": iteration.train["network/loss"], "solved": solved}
            )
            self.save()

    def save(self) -> None:
        """Save a generation."""
        checkpoint.save(
            self.checkpoint,
            self.parts,
            generation=self.loop.iteration,
            metadata={"tasks": list(RULES)},
        )


def _examples(rule: Program) -> tuple[Example[Ints, Output], ...]:
    """Return the demonstrations of a task and then its test pairs."""
    outcomes = LanguageInterpreter[Ints, Output](lists).run(rule, INPUTS, BUDGET)
    return tuple(
        Example(given, outcome.value)
        for given, outcome in zip(INPUTS, outcomes, strict=True)
        if isinstance(outcome, Success)
    )


def _task(name: str, rule: Program) -> Task[Ints, Output]:
    return Task(name, _examples(rule)[:DEMONSTRATIONS])


def _tokens(task: Task[Ints, Output]) -> Encoding:
    """Write numbers as tokens from 1 on, those too large as the largest."""
    tokens: list[int] = []
    for example in task.examples:
        output = example.output if isinstance(example.output, tuple) else (example.output,)
        for number in (*example.input, *output):
            tokens.append(min(max(number, -LARGEST), LARGEST) + LARGEST + 1)
        tokens.append(SEPARATOR)
    return Encoding(tuple(tokens))


def _policy() -> Policy[Ints, Output]:
    vocabulary = Vocabulary(lists, max_lines=3)
    model = small_t5(
        SEPARATOR + 1,
        vocabulary.size,
        stream(1, "weights"),
        d_model=16,
        layers=1,
        heads=2,
        d_ff=32,
        dropout=0.1,
    )
    network: Seq2SeqPolicy[Ints, Output] = Seq2SeqPolicy(
        model=model,
        encode=_tokens,
        codec=vocabulary,
        constraint=Grammar(vocabulary),
        learning_rate=5e-3,
        warmup_steps=5,
        batch_size=16,
        max_new_tokens=20,
    )
    breeding: Evolution[Ints, Output] = Evolution(lists, SEEDS)
    return PolicyMixture({"network": (network, 3.0), "breeding": (breeding, 1.0)})
