"""Honest fakes: small, but true to the contracts, and strict about what they are given.

Together they make a run of expert iteration that takes milliseconds: something to test a new
relabeler, buffer, tracker or executor with.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Interpreter, Policy, ReplayBuffer
from exit_dsl.randomness import split, stream
from exit_dsl.types import (
    Budget,
    Candidate,
    Experience,
    Failure,
    FailureKind,
    I,
    O,
    Outcome,
    Program,
    Success,
    Task,
)

_LINE = re.compile(r"(add|mul) (-?\d{1,9})")


class ArithmeticInterpreter(Interpreter[int, int]):
    """Programs on one integer: each line is ``add N`` or ``mul N``, applied in order;
    spaces around a line mean nothing.

    A line is a step, and the size of a value is its number of bits. ``runs`` counts how often
    each program was run by this very object.
    """

    def __init__(self) -> None:
        self.runs: Counter[Program] = Counter()

    @override
    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[int]]:
        if not all(isinstance(value, int) for value in inputs):
            raise TypeError(f"inputs must be integers, not {inputs!r}")
        self.runs[program] += 1
        return [_run(program, value, budget) for value in inputs]


class LearningPolicy(Policy[int, int]):
    """Writes one to three lines, each as likely as it was frequent in what it has learned from.

    At first half of its lines are nonsense. An update halves all counts, so that it forgets, and
    leaves one experience out, so that it depends on ``rng``.
    """

    LINES = (*(f"{verb} {number}" for verb in ("add", "mul") for number in range(6)), "nonsense")

    def __init__(self) -> None:
        self._counts = np.ones(len(self.LINES))
        self._counts[-1] = len(self.LINES) - 1
        self._updates = 0

    @override
    def sample(
        self, tasks: Sequence[Task[int, int]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        seed = split(rng)
        return (
            self._candidate(task.id, stream(seed, task.id, number))
            for task in tasks
            for number in range(n)
        )

    def _candidate(self, task_id: str, rng: np.random.Generator) -> Candidate:
        shares = self._counts / self._counts.sum()
        chosen = rng.choice(len(self.LINES), size=rng.integers(1, 4), p=shares)
        program = Program("\n".join(self.LINES[index] for index in chosen))
        return Candidate(task_id, program, float(np.log(shares[chosen]).sum()))

    @override
    def update(
        self, batch: Sequence[Experience[int, int]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        if batch:
            self._counts /= 2
            for index in rng.permutation(len(batch))[1:]:
                for line in batch[index].program.splitlines():
                    self._counts[self.LINES.index(line)] += 1
        self._updates += 1
        return {"examples": float(len(batch)), "updates": float(self._updates)}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"counts": self._counts.copy(), "updates": self._updates}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["counts"].shape != self._counts.shape:
            raise ValueError("the state is of a policy with other lines")
        self._counts = np.array(state["counts"])
        self._updates = state["updates"]


class UniformReplayBuffer(ReplayBuffer[I, O]):
    """Draws all experiences of a partition alike.

    One is new if its source and program are.
    """

    def __init__(self) -> None:
        self._partitions: dict[str, dict[tuple[str, Program], Experience[I, O]]] = {}

    @override
    def add(self, experiences: Iterable[Experience[I, O]], partition: str) -> int:
        held = self._partitions.setdefault(partition, {})
        before = len(held)
        for each in experiences:
            held.setdefault((each.source_id, each.program), each)
        return len(held) - before

    @override
    def sample(self, counts: Mapping[str, int], rng: np.random.Generator) -> list[Experience[I, O]]:
        drawn: list[Experience[I, O]] = []
        for name in sorted(counts):
            if counts[name] < 0:
                raise ValueError(f"cannot draw {counts[name]} experiences of partition {name!r}")
            held = list(self._partitions.get(name, {}).values())
            drawn += [held[index] for index in rng.permutation(len(held))[: counts[name]]]
        return drawn

    @override
    def sizes(self) -> Mapping[str, int]:
        return {name: len(held) for name, held in self._partitions.items()}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {name: list(held.values()) for name, held in self._partitions.items()}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._partitions = {}
        for name, held in state.items():
            self.add(held, name)


def _run(program: Program, value: int, budget: Budget) -> Outcome[int]:
    lines = [_LINE.fullmatch(line.strip()) for line in program.splitlines()]
    if not lines:
        return Failure(FailureKind.SYNTAX, "the program is empty")
    for step, match in enumerate(lines, start=1):
        if match is None:
            return Failure(FailureKind.SYNTAX, f"line {step} is neither 'add N' nor 'mul N'")
        if step > budget.max_steps:
            return Failure(FailureKind.STEPS, f"more than {budget.max_steps} steps")
        number = int(match[2])
        value = value + number if match[1] == "add" else value * number
        if value.bit_length() > budget.max_size:
            return Failure(FailureKind.SIZE, f"more than {budget.max_size} bits")
    return Success(value)
