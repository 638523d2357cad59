from __future__ import annotations

import numpy as np
import pytest

from exit_dsl.policies import OnlyTokens
from exit_dsl.policies.constrained import Mask, allowed_tokens


class Fixed:
    def __init__(self, *allowed: bool) -> None:
        self._mask = np.array(allowed)

    def allowed(self, remaining: int) -> Mask:
        return self._mask

    def advance(self, token: int) -> Fixed:
        raise AssertionError("not asked for")


def test_masks_are_stacked_in_order() -> None:
    masks = allowed_tokens([Fixed(True, False), None, Fixed(False, True)], 9, 2)
    assert masks.tolist() == [[True, False], [True, True], [False, True]]


def test_a_mask_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="2 target tokens"):
        allowed_tokens([Fixed(True, True, True)], 9, 2)


def test_a_mask_that_allows_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no token at all with 9 tokens left"):
        allowed_tokens([Fixed(True, False), Fixed(False, False)], 9, 2)


def test_only_tokens_allows_its_tokens_and_then_the_end() -> None:
    state = OnlyTokens([3, 5], size=7, end=2).start()
    for remaining in (3, 2):
        assert np.flatnonzero(state.allowed(remaining)).tolist() == [2, 3, 5]
        state = state.advance(3)
    assert np.flatnonzero(state.allowed(1)).tolist() == [2]
