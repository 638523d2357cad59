from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.policies.batching import IGNORED, Pair, collate, pack, steps

TOKENS = st.lists(st.integers(3, 9), min_size=1, max_size=12).map(tuple)
PAIRS = st.lists(st.builds(Pair, TOKENS, TOKENS), max_size=30)


def area(group: list[Pair]) -> int:
    longest = max(len(pair.source) for pair in group) + max(len(pair.target) for pair in group)
    return len(group) * longest


@given(PAIRS, st.integers(1, 100))
def test_packing_keeps_every_pair_and_the_budget(pairs: list[Pair], batch_tokens: int) -> None:
    groups = pack(pairs, batch_tokens)
    assert Counter(pair for group in groups for pair in group) == Counter(pairs)
    assert all(len(group) == 1 or area(group) <= batch_tokens for group in groups)


@given(PAIRS.filter(bool), st.integers(1, 100))
def test_packing_opens_a_group_only_when_it_must(pairs: list[Pair], batch_tokens: int) -> None:
    groups = pack(pairs, batch_tokens)
    for group, following in pairwise(groups):
        assert area([*group, following[0]]) > batch_tokens


@given(PAIRS, st.integers(1, 10), st.integers(0, 2**32))
def test_steps_are_a_seeded_shuffle(pairs: list[Pair], size: int, seed: int) -> None:
    work = steps(pairs, size, np.random.default_rng(seed))
    assert work == steps(pairs, size, np.random.default_rng(seed))
    assert Counter(pair for step in work for pair in step) == Counter(pairs)
    assert all(len(step) == size for step in work[:-1])


def test_another_seed_shuffles_otherwise() -> None:
    pairs = [Pair((number,), (number,)) for number in range(20)]
    first, second = (steps(pairs, 4, np.random.default_rng(seed)) for seed in (0, 1))
    assert first != second


@given(PAIRS.filter(bool))
def test_collating_can_be_undone(pairs: list[Pair]) -> None:
    batch = collate(pairs, start=1, pad=0)
    for row, pair in enumerate(pairs):
        assert tuple(batch.sources[row][batch.source_mask[row]].tolist()) == pair.source
        real = batch.labels[row] != IGNORED
        assert tuple(batch.labels[row][real].tolist()) == pair.target
        assert batch.inputs[row][real].tolist() == [1, *pair.target[:-1]]
        assert torch.all(batch.inputs[row][~real] == 0)
