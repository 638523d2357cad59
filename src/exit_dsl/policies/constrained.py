"""Constrained decoding: which tokens may come next in a row that is being sampled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, final

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


class State(Protocol):
    """Where one row stands in the grammar."""

    def allowed(self) -> Mask:
        """Return which target tokens may come next, as a mask of shape (size,), never all False.

        A grammar that looks ahead lets every row end within its tokens.
        """
        ...

    def advance(self, token: int) -> None:
        """Move on by an allowed token."""
        ...


class Constraint(Protocol):
    """A grammar over target tokens."""

    def start(self, max_tokens: int) -> State:
        """Return a fresh state for one row of at most ``max_tokens``, the end token included."""
        ...


def allowed_tokens(states: Sequence[State], size: int) -> Mask:
    """Return the masks of ``states`` as one array of shape (rows, size).

    Raises:
        ValueError: a mask has another length, or allows nothing.
    """
    masks = [state.allowed() for state in states]
    for mask in masks:
        if mask.shape != (size,):
            raise ValueError(
                f"a constraint gave a mask of shape {mask.shape} for {size} target tokens;"
                " build it from the same vocabulary as the codec"
            )
    stacked = np.stack(masks)
    if not stacked.any(axis=1).all():
        raise ValueError(
            "a constraint allows no token at all; State.allowed has to leave at least one"
        )
    return stacked


@final
class OnlyTokens:
    """Allows a fixed set of tokens in any order, and ends the row at the last token.

    It keeps a pretrained model within the tokens that programs of the DSL are written with.

    Args:
        tokens: ids that may occur in a program.
        size: number of target tokens.
        end: id of the end token, always allowed.
    """

    def __init__(self, tokens: Iterable[int], *, size: int, end: int) -> None:
        self._end = np.zeros(size, dtype=np.bool_)
        self._end[end] = True
        self._any = self._end.copy()
        self._any[list(tokens)] = True

    def start(self, max_tokens: int) -> _Countdown:
        """Return the state of an empty row."""
        return _Countdown(self._any, self._end, max_tokens)


class _Countdown:
    """Allows anything until only the end fits."""

    def __init__(self, anything: Mask, end: Mask, remaining: int) -> None:
        self._anything = anything
        self._end = end
        self._remaining = remaining

    def allowed(self) -> Mask:
        return self._anything if self._remaining > 1 else self._end

    def advance(self, token: int) -> None:
        self._remaining -= 1
