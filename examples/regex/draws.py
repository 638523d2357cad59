"""Draws of tokens for one task, by what followed where other patterns stood."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from examples.regex.alignment import MARKS, Alignment
from examples.regex.matches import Matches
from examples.regex.tokens import alphabet, tokens_of
from exit_dsl import Program, Task

END = ""
Context = tuple[str, ...]
"""What a choice depends on."""


class Counts:
    """How often each symbol followed in a context.

    Args:
        contexts: gives, from the general to the special, what a choice may depend on: what is seen
            ahead (see :class:`~examples.regex.alignment.View`), and the symbols so far.
    """

    def __init__(
        self, contexts: Callable[[Sequence[str], Sequence[str]], Iterable[Context]]
    ) -> None:
        self._contexts = contexts
        self.seen: dict[Context, dict[str, float]] = {}

    def add(self, task: Task[str, Matches], program: Program, times: float) -> None:
        """Count the choices that a pattern consists of, which finds the answers of ``task``."""
        alignment, tokens = Alignment(task), tokens_of(program)
        past = alignment.symbols(tokens)
        for at, symbol in enumerate([*past, END]):
            for context in self._contexts(alignment.view(tokens[:at]).ahead, past[:at]):
                seen = self.seen.setdefault(context, {})
                count = seen.pop(symbol, 0.0) + times
                if count > 1e-6:
                    seen[symbol] = count

    def refine(
        self, weights: Mapping[str, float], ahead: Sequence[str], past: Sequence[str]
    ) -> Mapping[str, float]:
        """Mix given probabilities of the next symbol with what is counted, as far as it tells.

        Source: Witten and Bell 1991, method C.
        """
        for context in dict.fromkeys(self._contexts(ahead, past)):
            if seen := self.seen.get(context):
                total = sum(seen.values())
                doubt = len(seen) / (total + len(seen))
                weights = {symbol: doubt * p for symbol, p in weights.items()}
                for symbol, count in seen.items():
                    weights[symbol] = weights.get(symbol, 0.0) + (1 - doubt) * count / total
        return weights


def places(ahead: Sequence[str], past: Sequence[str]) -> list[Context]:
    """Tell choices apart by what is ahead and the last symbols."""
    last = past[-1:]
    found = [("any",), ("any", *last), ("one", *ahead[:1], "|", *last)]
    return [*found, *(("all", *ahead, "|", *past[-order:]) for order in (1, 2, 3))]


def phrases(ahead: Sequence[str], past: Sequence[str]) -> list[Context]:
    """Tell choices apart by the last symbols alone."""
    return [tuple(past[-order:]) for order in (1, 2, 3)]


class Draws:
    """Draws tokens from distributions that are made when first asked for.

    Args:
        task: what patterns are drawn for.
        counts: each refines what the ones before say.
        rng: the source of randomness.
    """

    def __init__(
        self, task: Task[str, Matches], counts: Sequence[Counts], rng: np.random.Generator
    ) -> None:
        self._counts = counts
        self._alignment = Alignment(task)
        self._symbols = [*alphabet(task), *MARKS, END]
        self._rng = rng
        self._known: dict[Context, tuple[list[str], list[float]]] = {}

    def fill(self, head: Sequence[str], most: int) -> list[str]:
        """Draw up to ``most`` tokens that follow ``head``."""
        tokens, past = list(head), self._alignment.symbols(head)
        while len(tokens) < len(head) + most:
            view = self._alignment.view(tokens)
            token = view.token(self._draw(view.ahead, past))
            if token == END:
                break
            if token is not None:
                tokens.append(token)
                past.append(view.symbol(token))
        return tokens[len(head) :]

    def _draw(self, ahead: Sequence[str], past: Sequence[str]) -> str:
        place = (*ahead, *past[-3:])
        if place not in self._known:
            weights: Mapping[str, float] = dict.fromkeys(self._symbols, 1 / len(self._symbols))
            for counts in self._counts:
                weights = counts.refine(weights, ahead, past)
            self._known[place] = list(weights), np.cumsum([*weights.values()]).tolist()
        names, sums = self._known[place]
        return names[bisect(sums, self._rng.random() * sums[-1], hi=len(sums) - 1)]
