"""How often each choice was made in which context, as a model of the next choice.

A context is a tuple of numbers: its kind, then what the choice depends on, the more telling the
earlier. Where a context was seen too rarely, it backs off to its own beginnings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.programs import Call
from exit_dsl.language.vocabulary import Vocabulary

Context = tuple[int, ...]
Weights = NDArray[np.float64]
Choices = Sequence[tuple[int, int]]
"""What makes a program, in the order of its derivation.

Each is a symbol and, if that is the one of variables, the number of the line, where lines are
counted as they are finished; else 0.
"""

_FILLING, _VARIABLE = range(2)
_LENGTHS = {_FILLING: (2, 4, 5, 7, 8), _VARIABLE: (3, 5, 6)}
"""How much of a context of each kind counts, from the most general step to the whole."""
_SHORTER = dict(zip(_LENGTHS[_FILLING], (0, *_LENGTHS[_FILLING]), strict=False))
"""From what a context of each length is sharpened."""
_WIDTH = 8
_NO_NUMBER = -1
"""Fills up short contexts where they are written as rows of an array."""
_MAX_AGE = 6
"""Older variables are not told apart by their age."""
_NEW_CALL = 0.1
"""How much likelier a call is than a value that fits, before anything is known: so much lower than
1 that programs end."""
_UNKNOWN_RATE = 0.5
_MAX_NUMBERS = 2**23
"""No more probabilities are remembered at a time: they take 64 MiB."""
MAX_APPLIED = 3
"""The most arguments in calls of computed functions."""


class Symbols:
    """Numbers for the ways to fill a hole: names as values, calls, and any variable.

    A name as a value has the number of its token, and a call of a primitive that plus ``calls``.
    The first tokens of a vocabulary are no names, so ``calls + n`` is free to be a call of a
    computed function with ``n`` arguments.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.calls = vocabulary.first_variable
        """What is added to a token to call it."""
        self.variable = 2 * self.calls
        """The symbol of any variable."""
        self.size = self.variable + 1
        """The number of symbols."""

    def name(self, symbol: int) -> str:
        """Return the name of a value, or of the primitive that is called."""
        return self._vocabulary.symbols[symbol % self.calls]

    def is_applied(self, symbol: int) -> bool:
        """Whether this is the call of a computed function."""
        return self.calls < symbol <= self.calls + MAX_APPLIED

    def of_value(self, name: str) -> int:
        """Return the symbol of a name as a value."""
        return self._vocabulary.token(name)

    def of_call(self, call: Call) -> int:
        """Return the symbol of a call; of a computed function's, up to MAX_APPLIED arguments."""
        if isinstance(call.function, int):
            return self.calls + len(call.args)
        return self.calls + self._vocabulary.token(call.function)


@dataclass(slots=True)
class Frame:
    """A call under construction: its symbol, those of its arguments so far, and where it stands.

    ``taken`` holds the lines whose variables are arguments. The frame with the symbol 0 stands for
    the output.
    """

    symbol: int = 0
    above: Frame | None = None
    args: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def context(self, variables_fit: bool) -> Context:
        """Return what the filling of the next hole depends on."""
        args, above = self.args, self.above
        return (
            _FILLING,
            int(variables_fit),
            self.symbol,
            len(args),
            args[-1] if args else 0,
            above.symbol if above else 0,
            len(above.args) if above else 0,
            args[-2] if len(args) > 1 else 0,
        )

    def variable_context(self, line: int, makers: Sequence[int]) -> Context:
        """Return what it depends on whether, of those that fit, the variable of ``line`` is it.

        Variables are known by the symbol that made them and by their age in lines, not by number.
        """
        age = min(len(makers) - line, _MAX_AGE)
        taken = int(line in self.taken)
        return (_VARIABLE, taken, makers[line], self.symbol, len(self.args), age)


class ChoiceCounts:
    """How often each symbol was chosen, and how often each kind of variable where it fitted.

    The probability of a symbol is estimated from each context alone, and pulled towards the
    estimate of the shorter context by made-up observations: ``smoothing`` for each distinct
    symbol that was seen. A variable's weight is the rate at which such variables were chosen
    where they fitted, smoothed by ``smoothing`` observations.

    Source: Witten and Bell 1991, method C, interpolated.
    """

    def __init__(self, symbols: Symbols, smoothing: float) -> None:
        self._smoothing = smoothing
        self._rows: dict[Context, dict[int, float]] = {}
        self._rates: dict[Context, tuple[float, float]] = {}
        self._vectors: dict[Context, Weights] = {}
        prior = np.ones(symbols.size)
        prior[symbols.calls : symbols.variable] = _NEW_CALL
        self._prior: Weights = prior / prior.sum()

    def forget(self, kept: float, least: float) -> None:
        """Keep the share ``kept`` of each count, and none of those that fall below ``least``."""
        self._vectors.clear()
        rows = {
            context: {symbol: n * kept for symbol, n in row.items() if n * kept >= least}
            for context, row in self._rows.items()
        }
        self._rows = {context: row for context, row in rows.items() if row}
        self._rates = {
            context: (chosen * kept, fitted * kept)
            for context, (chosen, fitted) in self._rates.items()
            if fitted * kept >= least
        }

    def count(self, context: Context, symbol: int, weight: float) -> None:
        """Count that ``symbol`` was chosen."""
        self._vectors.clear()
        for length in _LENGTHS[_FILLING]:
            row = self._rows.setdefault(context[:length], {})
            row[symbol] = row.get(symbol, 0.0) + weight

    def count_variable(self, context: Context, weight: float, *, chosen: bool) -> None:
        """Count that a variable fitted, and whether it was the one that was chosen."""
        for length in _LENGTHS[_VARIABLE]:
            before, fitted = self._rates.get(context[:length], (0.0, 0.0))
            self._rates[context[:length]] = (before + weight * chosen, fitted + weight)

    def known(self, context: Context) -> Context:
        """Return the part of ``context`` that has been seen, on which alone things depend."""
        for length in reversed(_LENGTHS[_FILLING]):
            if context[:length] in self._rows:
                return context[:length]
        return ()

    def probabilities(self, known: Context) -> Weights:
        """Return the probability of each symbol, in a context from :meth:`known`."""
        vector = self._vectors.get(known)
        if vector is None:
            if (len(self._vectors) + 1) * len(self._prior) > _MAX_NUMBERS:
                self._vectors.clear()
            vector = self._vectors[known] = self._sharpened(known) if known else self._prior
        return vector

    def _sharpened(self, context: Context) -> Weights:
        prior = self.probabilities(context[: _SHORTER[len(context)]])
        row = self._rows[context]  # there, because longer contexts are forgotten first
        pull = self._smoothing * len(row)
        vector = prior * pull
        vector[list(row)] += list(row.values())
        sharpened: Weights = vector / (sum(row.values()) + pull)
        return sharpened

    def rate(self, context: Context) -> float:
        """Return how often such a variable is chosen where it fits."""
        rate = _UNKNOWN_RATE
        for length in _LENGTHS[_VARIABLE]:
            seen = self._rates.get(context[:length])
            if seen is None:
                break
            rate = (seen[0] + self._smoothing * rate) / (seen[1] + self._smoothing)
        return rate

    def state_dict(self) -> dict[str, Any]:
        """Return all counts as arrays, in the order in which they came."""
        counts = [
            (row, symbol, n)
            for row, counted in enumerate(self._rows.values())
            for symbol, n in counted.items()
        ]
        return {
            "contexts": _as_array(self._rows),
            "rows": np.array([row for row, _, _ in counts], dtype=np.int64),
            "symbols": np.array([symbol for _, symbol, _ in counts], dtype=np.int64),
            "counts": np.array([n for _, _, n in counts], dtype=np.float64),
            "variables": _as_array(self._rates),
            "rates": np.array(list(self._rates.values()), dtype=np.float64).reshape(-1, 2),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over counts that :meth:`state_dict` returned."""
        self._vectors.clear()
        contexts = _from_array(state["contexts"])
        self._rows = {context: {} for context in contexts}
        columns = (state[name].tolist() for name in ("rows", "symbols", "counts"))
        for row, symbol, n in zip(*columns, strict=True):
            self._rows[contexts[row]][symbol] = n
        rates = map(tuple, state["rates"].tolist())
        self._rates = dict(zip(_from_array(state["variables"]), rates, strict=True))


def _as_array(contexts: Mapping[Context, object]) -> NDArray[np.int64]:
    rows = [(*context, *[_NO_NUMBER] * (_WIDTH - len(context))) for context in contexts]
    return np.array(rows, dtype=np.int64).reshape(-1, _WIDTH)


def _from_array(rows: NDArray[np.int64]) -> list[Context]:
    return [tuple(n for n in row if n != _NO_NUMBER) for row in rows.tolist()]
