"""A policy of one's own: which token follows which, for answers that look like these."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from examples.regex.matches import Matches
from examples.regex.tokens import alphabet, tokens_of
from exit_dsl import Candidate, Experience, Policy, Program, Task
from exit_dsl.randomness import split, stream

END = ""
LONGEST = 40
"""Tokens of the longest pattern."""
TRIES = 8
"""Draws before a pattern is proposed once more."""
KEPT = 24
"""Patterns that are remembered for each task, those that came nearest."""
Context = tuple[str, ...]
"""What a count is for (everything, a task or a shape), and the tokens before."""


def shapes(task: Task[str, Matches]) -> list[str]:
    """Say what most answers look like: ``d-d-d`` for a date, ``a@a.a`` for an e-mail address."""
    found = (match for example in task.examples for match in example.output)
    names = (re.sub("[0-9]+", "d", re.sub("[A-Za-z]+", "a", match)) for match in found)
    return [shape for shape, _ in Counter(names).most_common(2)]


class NGramPolicy(Policy[str, Matches]):
    """Draws each token from counts of what followed the last three, two, one and none.

    There are counts of all experiences, counts by what the answers look like, to which hindsight
    adds whatever a program found, and counts of what came near the task itself. The special ones
    are trusted the more, the more they have seen (Witten and Bell 1991). Every other pattern is one
    that came near the task, with a gap that is filled in this way.

    Args:
        memory: the share of all counts that outlives an update.
    """

    def __init__(self, *, memory: float = 0.8) -> None:
        self._memory = memory
        self._counts: dict[Context, dict[str, float]] = {}
        self._nearest: dict[str, dict[Program, float]] = {}

    @override
    def sample(
        self, tasks: Sequence[Task[str, Matches]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        seed = split(rng)
        return (
            Candidate(task.id, program)
            for task in tasks
            for program in self._patterns(task, n, stream(seed, task.id))
        )

    def _patterns(
        self, task: Task[str, Matches], n: int, rng: np.random.Generator
    ) -> Iterator[Program]:
        scopes, symbols = [task.id, *shapes(task)], alphabet(task)
        nearest = [tokens_of(program) for program in self._nearest.get(task.id, ())]
        following: dict[Context, tuple[list[str], list[float]]] = {}
        seen: set[Program] = set()
        for number in range(n):
            for _ in range(TRIES):
                head, tail, most = _gap(nearest, rng) if number % 2 else ([], [], LONGEST)
                scope = scopes[number // 2 % len(scopes)]
                drawn = self._draw(symbols, scope, head, most, following, rng)
                program = Program("".join([*head, *drawn, *tail]))
                if program not in seen:
                    break
            seen.add(program)
            yield program

    def _draw(
        self,
        symbols: Sequence[str],
        scope: str,
        head: Sequence[str],
        most: int,
        known: dict[Context, tuple[list[str], list[float]]],
        rng: np.random.Generator,
    ) -> list[str]:
        """Draw up to ``most`` tokens that follow ``head``."""
        tokens = list(head)
        while len(tokens) < len(head) + most and END not in tokens:
            context = (scope, *tokens[-3:])
            if context not in known:
                weights = self._following(context, symbols)
                known[context] = list(weights), np.cumsum([*weights.values()]).tolist()
            names, sums = known[context]
            tokens.append(names[bisect(sums, rng.random() * sums[-1], hi=len(sums) - 1)])
        return tokens[len(head) :]

    def _following(self, context: Context, symbols: Sequence[str]) -> dict[str, float]:
        """Return the probability of each next token: from general counts to special ones."""
        mixed = dict.fromkeys([*symbols, END], 1 / (len(symbols) + 1))
        scope, *tokens = context
        for name in ("", scope):
            for first in range(len(tokens), -1, -1):
                seen = self._counts.get((name, *tokens[first:]), {})
                total = sum(seen.values())
                doubt = len(seen) / (total + len(seen)) if seen else 1.0
                mixed = {token: doubt * p for token, p in mixed.items()}
                for token, count in seen.items():
                    mixed[token] = mixed.get(token, 0.0) + (1 - doubt) * count / total
        return mixed

    @override
    def update(
        self, batch: Sequence[Experience[str, Matches]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        if batch:
            for seen in self._counts.values():
                for token in seen:
                    seen[token] *= self._memory
        for experience in batch:
            nearness = sum(experience.scores) / len(experience.scores)
            self._keep(experience, nearness)
            weights = dict.fromkeys(["", *shapes(experience.task)], 1.0)
            weights[experience.source_id] = 8 * nearness**2 + 1e-3
            tokens = [*tokens_of(experience.program), END]
            for at, token in enumerate(tokens):
                for first in range(max(0, at - 3), at + 1):
                    for scope, weight in weights.items():
                        seen = self._counts.setdefault((scope, *tokens[first:at]), {})
                        seen[token] = seen.get(token, 0.0) + weight
        return {"examples": float(len(batch)), "contexts": float(len(self._counts))}

    def _keep(self, experience: Experience[str, Matches], nearness: float) -> None:
        kept = self._nearest.setdefault(experience.source_id, {})
        kept[experience.program] = nearness
        if len(kept) > KEPT:
            del kept[min(kept, key=lambda program: (kept[program], -len(program), program))]

    @override
    def state_dict(self) -> dict[str, Any]:
        counts = [[list(context), dict(seen)] for context, seen in self._counts.items()]
        nearest = {task_id: dict(kept) for task_id, kept in self._nearest.items()}
        return {"counts": counts, "nearest": nearest}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._counts = {tuple(context): dict(seen) for context, seen in state["counts"]}
        self._nearest = {task_id: dict(kept) for task_id, kept in state["nearest"].items()}


def _gap(
    nearest: Sequence[list[str]], rng: np.random.Generator
) -> tuple[list[str], list[str], int]:
    """Cut up to two tokens out of a pattern; return what is left, and how many may fill the gap."""
    if not nearest:
        return [], [], LONGEST
    tokens = nearest[int(rng.integers(len(nearest)))]
    at = int(rng.integers(len(tokens) + 1))
    return tokens[:at], tokens[at + int(rng.integers(3)) :], int(rng.integers(1, 4))
