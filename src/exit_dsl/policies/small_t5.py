"""A T5 that is trained from nothing, with a vocabulary for tasks and one for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from transformers import T5Config, T5ForConditionalGeneration

from exit_dsl.randomness import split


@final
class FactoredEmbedding(nn.Module):
    """An embedding of tokens that share what they have in common.

    The vector of a token is the sum of the vectors of its factors, so what is learned about a
    colour, say, holds at once for all tokens with that colour.

    Args:
        factors: the ids of the factors of each token, counted from zero.
        width: numbers in a vector.
    """

    factors: Tensor
    starts: Tensor

    def __init__(self, factors: Sequence[Sequence[int]], width: int) -> None:
        super().__init__()
        self.num_embeddings = len(factors)
        lengths = np.array([len(ids) for ids in factors])
        flat = torch.tensor([factor for ids in factors for factor in ids])
        # They follow from the arguments, as the shapes of weights do: no part of the state.
        self.register_buffer("factors", flat, persistent=False)
        self.register_buffer(
            "starts", torch.from_numpy(np.cumsum(lengths) - lengths), persistent=False
        )
        self.weight = nn.Parameter(torch.empty(int(flat.max()) + 1, width))
        # So that a sum of several varies as much as the one vector of an nn.Embedding.
        nn.init.normal_(self.weight, std=float(lengths.mean()) ** -0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors of ``tokens``, with one more dimension, of ``width``."""
        # There are fewer different tokens than tokens in a batch, so the sums come first.
        vectors = F.embedding_bag(self.factors, self.weight, self.starts, mode="sum")
        return F.embedding(tokens, vectors)


@final
class TwoVocabularyT5(T5ForConditionalGeneration):  # type: ignore[no-untyped-call]
    """T5 whose encoder has its own embedding, so that both sides count their ids from zero.

    The output layer, tied to the decoder's embedding, then has only the target tokens.
    ``config.source_vocab_size`` is the encoder's vocabulary, ``config.vocab_size`` the target's;
    ``config.source_factors``, unless it is None, gives the factors of each source token.
    """

    _tied_weights_keys = {  # noqa: RUF012 - transformers reads it as a class attribute
        "decoder.embed_tokens.weight": "shared.weight",
        "lm_head.weight": "shared.weight",
    }

    def __init__(self, config: T5Config) -> None:
        super().__init__(config)
        self.encoder.embed_tokens = _embedding(config)  # type: ignore[assignment]


def _embedding(config: T5Config) -> nn.Module:
    if config.source_factors is None:
        return nn.Embedding(config.source_vocab_size, config.d_model)
    return FactoredEmbedding(config.source_factors, config.d_model)


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
    source_factors: Sequence[Sequence[int]] | None = None,
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
        source_factors: the factors of each source token, such as its row and its colour, as ids
            from zero; the vector of a token is then the sum of those of its factors. A token that
            shares none has one of its own. None gives each token an independent vector.

    Raises:
        ValueError: ``d_model`` is not a multiple of ``heads``, or ``source_factors`` are not those
            of ``source_size`` tokens, one or more for each.
    """
    if d_model % heads:
        raise ValueError(f"d_model must be a multiple of heads, but {d_model} is not of {heads}")
    if source_factors is not None:
        _require_factors(source_factors, source_size)
    config = T5Config(
        vocab_size=target_size,
        source_vocab_size=source_size,  # type: ignore[call-arg] # a config takes any name
        source_factors=source_factors,
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


def _require_factors(factors: Sequence[Sequence[int]], size: int) -> None:
    if len(factors) != size:
        raise ValueError(
            f"source_factors must have a row for each of the {size} source tokens, not"
            f" {len(factors)}"
        )
    for token, ids in enumerate(factors):
        if not ids or min(ids) < 0:
            raise ValueError(
                f"source_factors must name one or more factors of each token, counted from zero,"
                f" but of token {token} they are {list(ids)}"
            )
