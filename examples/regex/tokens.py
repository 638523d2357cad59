"""Patterns as tokens, and mutants of patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from examples.regex.matches import Matches
from exit_dsl import Candidate, Program, Task
from exit_dsl.randomness import split, stream

SYNTAX = (
    r"\d", r"\w", r"\s", r"\S", r"\b", "[A-Z]", "[a-z]", ".", "[", "[^", "]", "(?=", "(?<=", "(?<!",
    "(", ")", "|", "+", "*", "?", "{2}", "{3}", "{4}", "{6}", "{2,}", "{6,}", "^", "$", r"\1",
)  # fmt: skip
_TOKEN = re.compile(r"\\.|\[A-Z\]|\[a-z\]|\[\^|\(\?(?:<[=!]|[:=!])|\{\d,?\}|.", re.DOTALL)


def tokens_of(program: str) -> list[str]:
    """Split a pattern; joined, the tokens are the pattern again."""
    return _TOKEN.findall(program)


def alphabet(task: Task[str, Matches]) -> tuple[str, ...]:
    """Return the tokens that mutants for a task may hold: the syntax, and marks it shows."""
    marks = {c for e in task.examples for c in e.input if not c.isalnum() and not c.isspace()}
    return tuple(dict.fromkeys([*SYNTAX, *map(re.escape, sorted(marks)), " "]))


class TextMutation:
    """A sampler that needs no language: it edits the tokens of seed patterns, one or more.

    Args:
        seeds: the patterns to start from.
        depth: the largest number of edits.
    """

    def __init__(self, seeds: Sequence[Program], *, depth: int) -> None:
        self._seeds = [tokens_of(seed) for seed in seeds]
        self._depth = depth

    def sample(
        self, tasks: Sequence[Task[str, Matches]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` mutants for each task."""
        seed = split(rng)
        for task in tasks:
            own, symbols = stream(seed, task.id), alphabet(task)
            seen: set[Program] = set()
            for _ in range(n):
                for _ in range(8):
                    mutant = self._mutant(symbols, own)
                    if mutant not in seen:
                        break
                seen.add(mutant)
                yield Candidate(task.id, mutant)

    def _mutant(self, symbols: Sequence[str], rng: np.random.Generator) -> Program:
        tokens = list(self._seeds[rng.integers(len(self._seeds))])
        for _ in range(1 + rng.integers(self._depth)):
            at = int(rng.integers(len(tokens) + 1))
            match int(rng.integers(4)):
                case 0:  # replace
                    tokens[at : at + 1] = [symbols[int(rng.integers(len(symbols)))]]
                case 1:  # insert
                    tokens[at:at] = [symbols[int(rng.integers(len(symbols)))]]
                case 2:  # delete
                    del tokens[at : at + 1]
                case _:  # take over the end of another seed
                    other = self._seeds[rng.integers(len(self._seeds))]
                    tokens[at:] = other[int(rng.integers(len(other))) :]
        return Program("".join(tokens))
