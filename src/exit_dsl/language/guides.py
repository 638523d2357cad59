"""Guides of derivations: one draws choices, one scores them, one takes them down."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

import numpy as np

from exit_dsl.language.choices import ChoiceCounts, Choices, Context, Frame, Symbols, Weights
from exit_dsl.language.derivation import Derivation, Hole, Holes, Offered


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen, with the weight of each and their running sums."""

    symbols: Sequence[int]
    weights: Sequence[float] | Weights
    sums: list[float]

    def logprob(self, index: int) -> float:
        """Return the log-probability (nats) of one of the options."""
        return log(float(self.weights[index]) / self.sums[-1])


class TaskModel:
    """The distributions of choices for one task, each made when it is first asked for."""

    def __init__(
        self, holes: Holes, counts: ChoiceCounts, weights: Weights, sharpness: float
    ) -> None:
        self._holes = holes
        self.variable = holes.symbols.variable
        self._counts = counts
        self._weights = weights
        self._sharpness = sharpness
        self._known: dict[tuple[Context, Offered], Options] = {}

    def options(self, hole: Hole, context: Context, variables_fit: bool, most: int) -> Options:
        """Return the symbols that may fill a hole, where calls have ``most`` arguments at most."""
        known = self._counts.known(context)
        offered = self._holes.offered(hole, variables_fit, most)
        key = (known, offered)
        options = self._known.get(key)
        if options is None:
            weights = self._counts.probabilities(known) * self._weights
            chosen = weights[offered.array]
            if len(chosen):
                chosen = (chosen / chosen.max()) ** self._sharpness
            options = Options(offered.symbols, chosen, chosen.cumsum().tolist())
            self._known[key] = options
        return options

    def variables(self, frame: Frame, lines: Sequence[int], makers: Sequence[int]) -> Options:
        """Return the variables of ``lines``."""
        rates = [self._counts.rate(frame.variable_context(line, makers)) for line in lines]
        weights = [rate**self._sharpness for rate in rates]
        return Options(list(lines), weights, list(accumulate(weights)))


class Drawing:
    """Draws choices at random."""

    def __init__(self, model: TaskModel, rng: np.random.Generator) -> None:
        self._model = model
        self._rng = rng
        self.logprob = 0.0

    def choose(
        self, hole: Hole, frame: Frame, variables: Sequence[int], progress: Derivation
    ) -> tuple[int, int] | None:
        """Choose as :class:`~exit_dsl.language.derivation.Guide` says."""
        fit = bool(variables)
        options = self._model.options(hole, frame.context(fit), fit, progress.most)
        if not options.symbols:
            return None
        symbol = self._draw(options)
        if symbol != self._model.variable:
            return symbol, 0
        return symbol, self._draw(self._model.variables(frame, variables, progress.makers))

    def _draw(self, options: Options) -> int:
        index = bisect(options.sums, self._rng.random() * options.sums[-1])
        index = min(index, len(options.sums) - 1)
        self.logprob += options.logprob(index)
        return options.symbols[index]


class Scoring:
    """Makes given choices and asks how likely they are."""

    def __init__(self, model: TaskModel, choices: Choices) -> None:
        self._model = model
        self._choices = iter(choices)
        self.logprob = 0.0

    def choose(
        self, hole: Hole, frame: Frame, variables: Sequence[int], progress: Derivation
    ) -> tuple[int, int] | None:
        """Choose as :class:`~exit_dsl.language.derivation.Guide` says."""
        symbol, line = next(self._choices)
        fit = bool(variables)
        options = self._model.options(hole, frame.context(fit), fit, progress.most)
        if not self._add(options, symbol):
            return None
        if symbol == self._model.variable:
            known = self._model.variables(frame, variables, progress.makers)
            if not self._add(known, line):
                return None
        return symbol, line

    def _add(self, options: Options, choice: int) -> bool:
        if choice not in options.symbols:
            return False
        self.logprob += options.logprob(options.symbols.index(choice))
        return True


class Counting:
    """Makes given choices, of a program of any length, and takes down in which contexts."""

    def __init__(self, symbols: Symbols, choices: Choices) -> None:
        self._variable = symbols.variable
        self._choices = iter(choices)
        self.fillings: list[tuple[Context, int]] = []
        self.variables: list[tuple[Context, bool]] = []

    def choose(
        self, hole: Hole, frame: Frame, variables: Sequence[int], progress: Derivation
    ) -> tuple[int, int] | None:
        """Choose as :class:`~exit_dsl.language.derivation.Guide` says."""
        symbol, line = next(self._choices)
        self.fillings.append((frame.context(bool(variables)), symbol))
        if symbol == self._variable:
            if line not in variables:
                return None
            for other in variables:
                context = frame.variable_context(other, progress.makers)
                self.variables.append((context, other == line))
        return symbol, line
