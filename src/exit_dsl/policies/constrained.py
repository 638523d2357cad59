"""Constrained decoding: which tokens may come next in rows that are being sampled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, Self, final, runtime_checkable

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Tokens = npt.NDArray[np.int64]


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


class BatchState(Protocol):
    """Where many rows, which are sampled side by side, stand in the grammar."""

    def allowed(self, remaining: int) -> Mask:
        """Return which target tokens may come next in each row, shape (rows, size).

        No row is all False, not even that of a row that has ended.

        Args:
            remaining: tokens left, as for :meth:`State.allowed`.
        """
        ...

    def advance(self, tokens: Tokens) -> None:
        """Append a token to each row, shape (rows,); what comes after the end token is ignored."""
        ...

    def keep(self, rows: Tokens) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        ...


@runtime_checkable
class BatchConstraint(Constraint, Protocol):
    """A grammar that follows many rows at once, which may take much less time."""

    def start_rows(self, count: int) -> BatchState:
        """Return fresh states for ``count`` rows."""
        ...


@final
class OneByOne:
    """The :class:`BatchState` of a constraint that knows one row at a time.

    Args:
        constraint: gives a state for each row.
        count: the number of rows.
        size: number of target tokens.
        end: id of the end token.
    """

    def __init__(self, constraint: Constraint, count: int, *, size: int, end: int) -> None:
        self._size = size
        self._end = end
        self._states: list[State | None] = [constraint.start() for _ in range(count)]

    def allowed(self, remaining: int) -> Mask:
        """Return the masks of all rows; where one has ended, everything is allowed.

        Raises:
            ValueError: a mask has another length.
        """
        masks = np.ones((len(self._states), self._size), dtype=np.bool_)
        for row, state in enumerate(self._states):
            if state is not None:
                masks[row] = _checked(state.allowed(remaining), (self._size,))
        return masks

    def advance(self, tokens: Tokens) -> None:
        """Advance the states of rows that have not ended."""
        self._states = [
            None if state is None or token == self._end else state.advance(token)
            for state, token in zip(self._states, tokens.tolist(), strict=True)
        ]

    def keep(self, rows: Tokens) -> None:
        """Keep the states of ``rows``."""
        self._states = [self._states[row] for row in rows.tolist()]


def start_rows(constraint: Constraint, count: int, *, size: int, end: int) -> BatchState:
    """Return the states of ``count`` rows, in the constraint's own way if it has one."""
    if isinstance(constraint, BatchConstraint):
        return constraint.start_rows(count)
    return OneByOne(constraint, count, size=size, end=end)


def allowed_tokens(state: BatchState, count: int, remaining: int, size: int) -> Mask:
    """Return the mask of a batch, shape (count, size).

    Raises:
        ValueError: it has another shape, or allows nothing in some row.
    """
    masks = _checked(state.allowed(remaining), (count, size))
    # The first that is allowed is soon found, where ``any`` looks at all.
    first = masks.argmax(axis=1)
    if not masks[np.arange(count), first].all():
        raise ValueError(
            f"a constraint allows no token at all with {remaining} tokens left;"
            " it has to leave at least one"
        )
    return masks


def _checked(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape != shape:
        raise ValueError(
            f"a constraint gave a mask of shape {mask.shape}, not {shape}, for {shape[-1]} target"
            " tokens; build it from the same vocabulary as the codec"
        )
    return mask


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
