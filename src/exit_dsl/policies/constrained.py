"""Constrained decoding: which tokens may come next in a row that is being sampled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, Self, final

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


class State(Protocol):
    """Where one row stands in the grammar."""

    def allowed(self, remaining: int) -> Mask:
        """Return which target tokens may come next, as a mask of shape (size,), never all False.

        Args:
            remaining: tokens left, the end token included; at 1 only the end token fits, so a
                grammar that looks ahead lets every row end in time.
        """
        ...

    def advance(self, token: int) -> State:
        """Return the state after an allowed token; it may be this object, changed."""
        ...


class Constraint(Protocol):
    """A grammar over target tokens."""

    def start(self) -> State:
        """Return a fresh state for one row, whose changes nobody else sees."""
        ...


def allowed_tokens(states: Sequence[State | None], remaining: int, size: int) -> Mask:
    """Return the masks of ``states`` as one array of shape (rows, size); None allows everything.

    Raises:
        ValueError: a mask has another length, or allows nothing.
    """
    masks = np.empty((len(states), size), dtype=np.bool_)
    for row, state in enumerate(states):
        if state is None:
            masks[row] = True
            continue
        mask = state.allowed(remaining)
        if mask.shape != (size,):
            raise ValueError(
                f"a constraint gave a mask of shape {mask.shape} for {size} target tokens;"
                " build it from the same vocabulary as the codec"
            )
        masks[row] = mask
    if not masks.any(axis=1).all():
        raise ValueError(
            f"a constraint allows no token at all with {remaining} tokens left;"
            " State.allowed has to leave at least one"
        )
    return masks


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

    def start(self) -> Self:
        """Return the constraint itself: every position in a row is alike."""
        return self

    def allowed(self, remaining: int) -> Mask:
        """Return the fixed mask, or the end token alone where nothing else fits."""
        return self._any if remaining > 1 else self._end

    def advance(self, token: int) -> Self:
        """Return the constraint itself."""
        return self
