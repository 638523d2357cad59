from __future__ import annotations

import numpy as np
import pytest

from exit_dsl.policies import OnlyTokens
from exit_dsl.policies.constrained import Mask, OneByOne, State, allowed_tokens, start_rows


class Fixed:
    """Gives each row one of some masks in turn, and counts the tokens of the row."""

    def __init__(self, *masks: tuple[bool, ...]) -> None:
        self._masks = list(masks)

    def start(self) -> State:
        self._masks.append(self._masks.pop(0))
        return FixedState(np.array(self._masks[-1]))


class FixedState:
    def __init__(self, mask: Mask) -> None:
        self._mask = mask

    def allowed(self, remaining: int) -> Mask:
        return self._mask

    def advance(self, token: int) -> FixedState:
        assert token != 1, "told of the end"
        return FixedState(~self._mask)


def rows(*masks: tuple[bool, ...], size: int = 2) -> OneByOne:
    return OneByOne(Fixed(*masks), len(masks), size=size, end=1)


def test_masks_are_stacked_in_order() -> None:
    masks = allowed_tokens(rows((True, False), (False, True)), 2, 9, 2)
    assert masks.tolist() == [[True, False], [False, True]]


def test_rows_advance_and_are_kept_and_those_that_end_allow_everything() -> None:
    state = rows((True, False), (False, True), (False, True))
    state.advance(np.array([0, 1, 0]))
    assert state.allowed(8).tolist() == [[False, True], [True, True], [True, False]]
    state.keep(np.array([2, 1]))
    state.advance(np.array([0, 0]))
    assert state.allowed(7).tolist() == [[False, True], [True, True]]


def test_a_mask_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="2 target tokens"):
        allowed_tokens(rows((True, True, True)), 1, 9, 2)
    with pytest.raises(ValueError, match="3 target tokens"):
        allowed_tokens(rows((True, True)), 1, 9, 3)


def test_a_mask_that_allows_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no token at all with 9 tokens left"):
        allowed_tokens(rows((True, False), (False, False)), 2, 9, 2)


def test_only_tokens_allows_its_tokens_and_then_the_end() -> None:
    state = OnlyTokens([3, 5], size=7, end=2).start()
    for remaining in (3, 2):
        assert np.flatnonzero(state.allowed(remaining)).tolist() == [2, 3, 5]
        state = state.advance(3)
    assert np.flatnonzero(state.allowed(1)).tolist() == [2]


def test_a_constraint_that_follows_rows_at_once_is_asked_to() -> None:
    class AtOnce(Fixed):
        def start_rows(self, count: int) -> OneByOne:
            return OneByOne(Fixed((False, True)), count, size=2, end=1)

    state = start_rows(AtOnce((True, False)), 3, size=2, end=1)
    assert state.allowed(9).tolist() == [[False, True]] * 3
