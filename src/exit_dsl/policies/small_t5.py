"""A T5 that is trained from nothing, with a vocabulary for tasks and one for programs."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration

from exit_dsl.randomness import split


@final
class TwoVocabularyT5(T5ForConditionalGeneration):  # type: ignore[no-untyped-call]
    """T5 whose encoder has its own embedding, so that both sides count their ids from zero.

    The output layer, tied to the decoder's embedding, then has only the target tokens.
    ``config.source_vocab_size`` is the encoder's vocabulary, ``config.vocab_size`` the target's.
    """

    _tied_weights_keys = {  # noqa: RUF012 - transformers reads it as a class attribute
        "decoder.embed_tokens.weight": "shared.weight",
        "lm_head.weight": "shared.weight",
    }

    def __init__(self, config: T5Config) -> None:
        super().__init__(config)
        self.encoder.embed_tokens = nn.Embedding(config.source_vocab_size, config.d_model)


def small_t5(
    source_size: int,
    target_size: int,
    rng: np.random.Generator,
    *,
    d_model: int = 128,
    layers: int = 3,
    heads: int = 4,
    d_ff: int = 512,
    dropout: float = 0.0,
    max_distance: int = 128,
) -> TwoVocabularyT5:
    """Return an untrained T5 with random weights from ``rng``.

    Args:
        source_size: number of token ids that tasks are written with.
        target_size: number of token ids that programs are written with.
        rng: seeds the weights; torch's global generator is left as it was.
        d_model: width.
        layers: layers of the encoder, and as many of the decoder.
        heads: attention heads, which share ``d_model`` equally.
        d_ff: width of the feed-forward layers.
        dropout: probability of dropout.
        max_distance: distance in tokens from which positions are no longer told apart.

    Raises:
        ValueError: ``d_model`` is not a multiple of ``heads``.
    """
    if d_model % heads:
        raise ValueError(f"d_model must be a multiple of heads, but {d_model} is not of {heads}")
    config = T5Config(
        vocab_size=target_size,
        source_vocab_size=source_size,  # type: ignore[call-arg] # a config takes any name
        d_model=d_model,
        d_kv=d_model // heads,
        d_ff=d_ff,
        num_layers=layers,
        num_heads=heads,
        dropout_rate=dropout,
        relative_attention_max_distance=max_distance,
        feed_forward_proj="relu",
        tie_word_embeddings=False,  # T5's name for unscaled logits; the weights are tied anyway
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(split(rng))
        model = TwoVocabularyT5(config)
    # T5's embeddings have unit variance, for an optimizer whose steps grow with the weights.
    # AdamW's do not, so they start where logits have unit variance without being scaled.
    with torch.no_grad():
        for embedding in (model.shared, model.encoder.embed_tokens):
            embedding.weight.mul_(d_model**-0.5)
    return model
