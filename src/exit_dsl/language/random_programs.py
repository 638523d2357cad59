"""Random well-typed programs, the baseline without seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic

import numpy as np

from exit_dsl.language.grammar import Grammar
from exit_dsl.language.vocabulary import Vocabulary
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, I, O, Program, Task


class RandomPrograms(Generic[I, O]):
    """A sampler of well-typed programs that are grown token by token.

    Each task gets programs of its own.

    Args:
        vocabulary: of the language.
        max_tokens: the longest program, in tokens with the closing one.
        reuse: how much likelier it is to use a variable or the input than any other argument that
            fits, so that lines build on each other.

    Raises:
        ValueError: ``reuse`` is not positive, or ``max_tokens`` are too few for any program.
    """

    def __init__(self, vocabulary: Vocabulary, *, max_tokens: int = 48, reuse: float = 8.0) -> None:
        if not 0 < reuse < math.inf:
            raise ValueError(f"reuse must be positive and finite, not {reuse}")
        self._vocabulary = vocabulary
        self._grammar = Grammar(vocabulary)
        self._grammar.start().allowed(max_tokens)  # refuses too few, here rather than later
        self._max_tokens = max_tokens
        self._weights = np.ones(vocabulary.size)
        self._weights[vocabulary.first_variable :] = reuse
        self._weights[vocabulary.token("I")] = reuse

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` programs for each task.

        They depend on the task's id and on ``rng``, not on the other tasks.
        """
        seed = split(rng)  # draws now, not when the programs are first asked for
        return (
            Candidate(task.id, program)
            for task in tasks
            for program in islice(self.programs(stream(seed, task.id)), n)
        )

    def programs(self, rng: np.random.Generator) -> Iterator[Program]:
        """Yield programs in normal form, without end; they may repeat.

        Args:
            rng: draws the tokens, as programs are asked for.
        """
        normalize = self._vocabulary.language.normalize
        while True:
            yield normalize(self._vocabulary.decode(self._tokens(rng)))

    def _tokens(self, rng: np.random.Generator) -> list[int]:
        state = self._grammar.start()
        tokens: list[int] = []
        while not tokens or tokens[-1] != self._vocabulary.end:
            weights = self._weights * state.allowed(self._max_tokens - len(tokens))
            sums = np.cumsum(weights)
            tokens.append(int(np.searchsorted(sums, rng.random() * sums[-1], side="right")))
            state.advance(tokens[-1])
        return tokens
