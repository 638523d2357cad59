"""The incremental decoder against the whole model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from exit_dsl.policies.batching import pad_sources
from exit_dsl.policies.decoder import Source, T5Decoder, advance

SIZE = 11
SOURCES = [(1, 2, 3), (4, 5, 6, 7, 8, 9, 1), (2,)]
LENGTH = 40  # the cache grows twice on the way


def make_model(kind: str) -> T5ForConditionalGeneration:
    config = T5Config(
        vocab_size=SIZE + 2, d_model=16, d_kv=8, d_ff=24, num_layers=1, num_decoder_layers=2,
        num_heads=2, feed_forward_proj=kind, relative_attention_max_distance=12,
        relative_attention_num_buckets=8, tie_word_embeddings=kind == "relu",  # type: ignore[call-arg] # a config takes any name
    )  # fmt: skip
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return T5ForConditionalGeneration(config).eval()  # type: ignore[no-untyped-call, no-any-return]


@pytest.mark.parametrize("kind", ["relu", "gated-gelu"])
@torch.inference_mode()
def test_steps_equal_the_whole_model_while_rows_leave(kind: str) -> None:
    rng = np.random.default_rng(0)
    model = make_model(kind)
    sources = []
    for group in (SOURCES[:2], SOURCES[2:]):
        tokens, mask = pad_sources(group)
        sources.append(Source(model.encoder(tokens, attention_mask=mask).last_hidden_state, mask))
    owners = [1, 0, 2, 1, 0, 0, 2]
    rows = torch.from_numpy(rng.integers(SIZE, size=(len(owners), LENGTH)))
    expected = torch.stack(
        [
            model(input_ids=torch.tensor([SOURCES[owner]]), decoder_input_ids=row[None]).logits[
                0, :, :SIZE
            ]
            for owner, row in zip(owners, rows, strict=True)
        ]
    )
    decoder = T5Decoder(model, sources, torch.tensor(owners), SIZE, advance, None)
    live = torch.arange(len(owners))
    leaving = {5: [0, 2, 3, 4, 5, 6], 17: [0, 2, 3, 4], 30: [3, 1]}  # the last of a group
    for step in range(LENGTH):
        if step in leaving:
            kept = torch.tensor(leaving[step])
            live = live[kept]
            decoder.keep(kept)
        logits = decoder.step(rows[live, step])
        torch.testing.assert_close(logits, expected[live, step], rtol=1e-4, atol=1e-5)
    assert live.tolist() == [5, 3]
