from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from exit_dsl.policies.small_t5 import FactoredEmbedding, TwoVocabularyT5, small_t5
from tests.policies.copying import (
    SOURCE_SIZE,
    DigitCodec,
    make_experiences,
    make_policy,
    make_tasks,
)
from tests.policies.test_seq2seq import assert_same_state

FACTORS = [(token % 3, 3 + token // 3) for token in range(SOURCE_SIZE)]

factors = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=9)


def factored(seed: int = 0, factors: Any = FACTORS) -> TwoVocabularyT5:
    return small_t5(
        SOURCE_SIZE, DigitCodec.size, np.random.default_rng(seed),
        d_model=16, layers=1, heads=2, d_ff=32, source_factors=factors,
    )  # fmt: skip


@given(factors)
def test_a_vector_is_the_sum_of_those_of_its_factors(factors: list[list[int]]) -> None:
    embedding = FactoredEmbedding(factors, 5)
    vectors = embedding(torch.arange(len(factors))[None])
    for token, ids in enumerate(factors):
        expected = torch.stack([embedding.weight[factor] for factor in ids]).sum(0)
        torch.testing.assert_close(vectors[0, token], expected)


@given(factors, st.data())
def test_gradients_reach_each_factor_of_the_tokens_that_were_read(
    factors: list[list[int]], data: st.DataObject
) -> None:
    embedding = FactoredEmbedding(factors, 5)
    tokens = data.draw(st.lists(st.integers(0, len(factors) - 1), min_size=1))
    embedding(torch.tensor([tokens])).sum().backward()
    gradient = embedding.weight.grad
    assert gradient is not None
    reached = set(gradient.abs().sum(1).nonzero()[:, 0].tolist())
    assert reached == {factor for token in tokens for factor in factors[token]}


def test_factored_vectors_vary_as_much_as_independent_ones() -> None:
    flat = small_t5(1000, 9, np.random.default_rng(0), d_model=16, heads=2, layers=1, d_ff=16)
    rows = [(token % 32, 32 + token // 32) for token in range(1000)]
    summed = small_t5(
        1000, 9, np.random.default_rng(0),
        d_model=16, heads=2, layers=1, d_ff=16, source_factors=rows,
    )  # fmt: skip
    assert isinstance(flat.encoder.embed_tokens, nn.Embedding)
    with torch.no_grad():
        ours, theirs = (
            float(model.encoder.embed_tokens(torch.arange(1000)).std()) for model in (summed, flat)
        )
    assert ours == pytest.approx(theirs, rel=0.3)


def test_a_policy_with_factors_learns_and_is_saved_exactly() -> None:
    policy, other = (make_policy(model=factored(seed)) for seed in (0, 1))
    before = policy.state_dict()["weights"]["encoder.embed_tokens.weight"]
    experiences = make_experiences(40, 0)
    policy.update(experiences, np.random.default_rng(0))
    state = policy.state_dict()
    assert not torch.equal(state["weights"]["encoder.embed_tokens.weight"], before)
    other.load_state_dict(state)
    assert_same_state(other.state_dict(), state)
    losses = [
        each.update(experiences, np.random.default_rng(1))["loss"] for each in (policy, other)
    ]
    assert losses[0] == losses[1]


def test_a_state_of_other_factors_is_refused() -> None:
    flat = [(token,) for token in range(SOURCE_SIZE)]
    policy = make_policy(model=factored(factors=flat))
    with pytest.raises(ValueError, match="embed_tokens"):
        policy.load_state_dict(make_policy(model=factored()).state_dict())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (FACTORS[1:], "a row for each"),
        ([*FACTORS[1:], ()], "one or more factors"),
        ([*FACTORS[1:], (-1,)], "counted from zero"),
    ],
)
def test_wrong_factors_are_told(wrong: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        factored(factors=wrong)


def test_a_distance_that_t5_cannot_count_to_is_refused() -> None:
    with pytest.raises(ValueError, match="max_distance must be at least 17, not 16"):
        small_t5(9, 9, np.random.default_rng(0), max_distance=16)
    model = small_t5(
        SOURCE_SIZE, DigitCodec.size, np.random.default_rng(0),
        d_model=16, layers=1, heads=2, d_ff=32, max_distance=17,
    )  # fmt: skip
    policy = make_policy(model=model, max_new_tokens=40)
    assert len(list(policy.sample(make_tasks(3, 0), 3, np.random.default_rng(0)))) == 9
