"""Models that run out of memory above a number of rows lose time and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import T5ForConditionalGeneration

from exit_dsl.policies.batching import Batch, pad_sources
from exit_dsl.policies.candidates import Request
from exit_dsl.policies.compiling import Compile, uncompiled
from exit_dsl.policies.likelihood import LikelihoodPolicy
from exit_dsl.policies.network import Decoder
from exit_dsl.policies.seq2seq import MOST_GROUPS, _T5Network
from exit_dsl.types import Candidate
from tests.policies.copying import (
    DigitCodec,
    Digits,
    encode,
    make_experiences,
    make_model,
    make_tasks,
)


def out_of_memory(*_: object) -> NoReturn:
    raise torch.OutOfMemoryError("as a GPU would say")


class SmallMemory:
    """A T5 with room for ``most`` rows, which notices in its second step or on the way back."""

    def __init__(self, model: T5ForConditionalGeneration, most: int) -> None:
        self._whole = _T5Network(model, uncompiled)
        self.batches: list[int] = []
        self._most = most
        self.model = model
        self.source_size, self.target_size = self._whole.source_size, self._whole.target_size
        self.context = None
        self.row_bytes, self.task_bytes = self._whole.row_bytes, self._whole.task_bytes

    def logits(self, batch: Batch) -> Tensor:
        logits = self._whole.logits(batch)
        if len(batch.inputs) > self._most:
            if not torch.is_grad_enabled():
                out_of_memory()
            logits.register_hook(out_of_memory)  # type: ignore[no-untyped-call]
        return logits

    def decoder(self, sources: Tensor, mask: Tensor, owners: Tensor, size: int) -> Decoder:
        self.batches.append(len(owners))
        decoder = self._whole.decoder(sources, mask, owners, size)
        return SmallDecoder(decoder) if len(owners) > self._most else decoder


class SmallDecoder:
    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._steps = 0

    def step(self, tokens: Tensor) -> Tensor:
        self._steps += 1
        return out_of_memory() if self._steps > 1 else self._decoder.step(tokens)

    def keep(self, rows: Tensor) -> None:
        self._decoder.keep(rows)


def make_policy(
    most: int, **changes: Any
) -> LikelihoodPolicy[T5ForConditionalGeneration, Digits, Digits]:
    class Policy(LikelihoodPolicy[T5ForConditionalGeneration, Digits, Digits]):
        def _wrap(self, model: T5ForConditionalGeneration, compiler: Compile) -> SmallMemory:
            return SmallMemory(model, most)

    return Policy(
        model=make_model(),
        encode=encode,
        codec=DigitCodec(),
        learning_rate=3e-3,
        batch_size=16,
        max_new_tokens=10,
        **changes,
    )


def sample(policy: Any, count: int, n: int) -> list[Candidate]:
    return list(policy.sample(make_tasks(count, 0), n, np.random.default_rng(0)))


@pytest.mark.parametrize("most", [1, 3, 5])
def test_training_goes_on_in_smaller_batches(most: int, caplog: pytest.LogCaptureFixture) -> None:
    whole, small = make_policy(1_000), make_policy(most)
    ours, theirs = (
        policy.update(make_experiences(50, 0), np.random.default_rng(0))
        for policy in (whole, small)
    )
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-4)
    assert (theirs["steps"], theirs["tokens"]) == (ours["steps"], ours["tokens"])
    expected = whole.state_dict()["weights"]
    for name, weight in small.state_dict()["weights"].items():
        torch.testing.assert_close(weight, expected[name], rtol=1e-3, atol=1e-3)
    assert "too little memory for " in caplog.text


def test_training_remembers_what_fits(caplog: pytest.LogCaptureFixture) -> None:
    policy = make_policy(4)
    policy.update(make_experiences(50, 0), np.random.default_rng(0))
    caplog.clear()
    policy.update(make_experiences(50, 0), np.random.default_rng(0))
    assert not caplog.records


def scored(policy: Any, count: int = 50) -> list[float]:
    pairs = [(experience.task, experience.program) for experience in make_experiences(count, 0)]
    found: list[float] = policy.logprobs(pairs)
    return found


def test_programs_are_scored_in_smaller_batches(caplog: pytest.LogCaptureFixture) -> None:
    policy = make_policy(3)
    assert scored(policy) == pytest.approx(scored(make_policy(1_000)), abs=1e-4)
    assert "too little memory for " in caplog.text
    caplog.clear()
    scored(policy)
    assert not caplog.records
    with pytest.raises(torch.OutOfMemoryError):
        scored(make_policy(0))


def test_scoring_remembers_what_training_found_to_fit(caplog: pytest.LogCaptureFixture) -> None:
    policy = make_policy(4)
    policy.update(make_experiences(16, 0), np.random.default_rng(0))
    assert caplog.records
    caplog.clear()
    scored(policy, 16)
    assert not caplog.records


@pytest.mark.parametrize(("count", "n"), [(7, 4), (3, 40), (1, 9)])
@pytest.mark.parametrize("most", [1, 5, 16])
def test_sampling_goes_on_with_fewer_rows(most: int, count: int, n: int) -> None:
    whole, small = (sample(make_policy(rows), count, n) for rows in (1_000, most))
    assert [c.program for c in small] == [c.program for c in whole]
    assert [c.task_id for c in small] == [c.task_id for c in whole]
    assert [c.logprob for c in small] == pytest.approx([c.logprob for c in whole], abs=1e-4)


def test_sampling_remembers_what_fits(caplog: pytest.LogCaptureFixture) -> None:
    policy = make_policy(5)
    with caplog.at_level(logging.WARNING):
        sample(policy, 8, 4)
        assert "too little memory to sample 32 rows; going on with 16" in caplog.text
        caplog.clear()
        sample(policy, 8, 4)
    assert not caplog.records


def test_rows_that_another_process_asks_for_are_divided_as_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    policy = make_policy(5)
    requests = [Request("12", (1, 2), number) for number in range(32)]
    first = policy._candidate_sampler.sample(requests, 0)
    caplog.clear()
    assert policy._candidate_sampler.sample(requests, 0) == first
    assert not caplog.records
    whole = make_policy(1_000)._candidate_sampler.sample(requests, 0)
    assert [row.tokens for row in first] == [row.tokens for row in whole]


def test_what_does_not_fit_alone_is_an_error() -> None:
    policy = make_policy(0)
    before = policy.state_dict()["weights"]
    with pytest.raises(torch.OutOfMemoryError):
        policy.update(make_experiences(5, 0), np.random.default_rng(0))
    after = policy.state_dict()["weights"]
    assert all(torch.equal(before[name], after[name]) for name in before)
    with pytest.raises(torch.OutOfMemoryError):
        sample(policy, 3, 3)


def test_batches_are_as_large_as_memory_allows() -> None:
    whole = make_policy(1_000)
    network: Any = whole._network
    a_row = network.row_bytes(8, 10, DigitCodec.size) + network.task_bytes(8) / 4
    small = make_policy(1_000, sampling_bytes=int(12.5 * a_row))
    expected, found = sample(whole, 20, 4), sample(small, 20, 4)
    assert [c.program for c in found] == [c.program for c in expected]
    assert network.batches == [80]
    batches = small._network.batches  # type: ignore[attr-defined]
    assert sum(batches) == 80
    assert max(batches[:-1]) >= 12  # tasks that are shorter than 8 tokens take less
    assert max(batches) <= 24


@torch.inference_mode()
def test_rows_take_no_more_than_was_estimated() -> None:
    network = _T5Network(make_model(), uncompiled)
    rows, tasks, length, new = 60, 6, 12, 50
    sources = torch.ones(tasks, length, dtype=torch.int64)
    owners = torch.arange(rows) % tasks
    decoder = network.decoder(sources, sources > 0, owners, DigitCodec.size)
    for _ in range(new):
        decoder.step(torch.ones(rows, dtype=torch.int64))
    kept = [
        tensor.nbytes
        for block in decoder._blocks
        for tensor in (
            block._past._keys,
            block._past._values,
            *(part for group in block._source.groups for part in (group.keys, group.values)),
        )
    ]
    estimated = tasks * network.task_bytes(length)
    estimated += rows * network.row_bytes(length, new, DigitCodec.size)
    assert sum(kept) <= estimated <= 4 * sum(kept)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
@torch.inference_mode()
def test_rows_that_are_shared_out_unevenly_take_at_most_twice_the_room(counts: list[int]) -> None:
    tables = groups_of(counts)
    assert sum(table.numel() for table in tables) <= 2 * sum(max(2, count) for count in counts)
    assert all(size >= 2 for table in tables for size in table.shape)
    assert {row for table in tables for row in table.flatten().tolist()} == {*range(sum(counts))}


@torch.inference_mode()
def test_batches_of_many_tasks_have_as_many_groups() -> None:
    as_many = [16 + number % 2 for number in range(100)]
    assert [table.shape[1] for table in groups_of(as_many)] == [17] * MOST_GROUPS
    uneven = groups_of([*as_many, *[4] * 15])
    assert [table.shape for table in uneven] == [(34, 17), (33, 17), (33, 17), (15, 4)]
    assert len(groups_of([16] * 3 + [4] * 3)) == 2
    assert len(groups_of([2**number for number in range(6)])) == 6


def groups_of(counts: list[int]) -> Sequence[Tensor]:
    """Return the rows of each task as a T5 lays them out, in tables."""
    sources, mask = pad_sources([(1,) * (1 + number % 5) for number in range(len(counts))])
    owners = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    network = _T5Network(make_model(), uncompiled)
    return network.decoder(sources, mask, owners, DigitCodec.size)._layout.rows
