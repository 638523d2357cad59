"""A T5 that is trained from nothing, with a vocabulary for tasks and one for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from transformers import T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import Seq2SeqLMOutput
from typing_extensions import override

from exit_dsl.policies.lines import Lined, Lines
from exit_dsl.policies.seeding import seeded
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


LEAST_DISTANCE = 17
"""T5's decoder tells positions up to 16 tokens away apart one by one, and has to tell more."""

_UNCACHED = "a T5 that is told of lines is sampled by a Seq2SeqPolicy alone"


@final
class TwoVocabularyT5(T5ForConditionalGeneration):  # type: ignore[no-untyped-call]
    """T5 whose encoder has its own embedding, so that both sides count their ids from zero.

    The output layer, tied to the decoder's embedding, then has only the target tokens.
    ``config.source_vocab_size`` is the encoder's vocabulary, ``config.vocab_size`` the target's;
    ``config.source_factors``, unless it is None, gives the factors of each source token;
    ``config.lines`` the start, the separator and the first variable of programs in lines, which
    the decoder is then told of. (transformers' own ``generate`` does not know how; sample such a
    model with a ``Seq2SeqPolicy``.)
    """

    _tied_weights_keys = {  # noqa: RUF012 - transformers reads it as a class attribute
        "decoder.embed_tokens.weight": "shared.weight",
        "lm_head.weight": "shared.weight",
    }

    def __init__(self, config: T5Config) -> None:
        super().__init__(config)
        self.encoder.embed_tokens = _embedding(config)  # type: ignore[assignment]
        self.lines: Lines | None = None
        if config.lines is not None:
            self.lines = Lines(*config.lines, size=config.vocab_size, width=config.d_model)

    @override
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return transformers' output, or its logits alone where lines are followed."""
        if self.lines is None:
            return super().forward(*args, **kwargs)
        return self._follow(self.lines, *args, **kwargs)

    @override
    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """Generate as transformers does.

        Raises:
            ValueError: the decoder is told of lines, of which that does not know.
        """
        if self.lines is not None:
            raise ValueError(_UNCACHED)
        return super().generate(*args, **kwargs)  # type: ignore[misc] # a mixin's self

    def _follow(
        self,
        lines: Lines,
        *,
        input_ids: Tensor,
        decoder_input_ids: Tensor,
        attention_mask: Tensor | None = None,
        use_cache: bool = False,
    ) -> Seq2SeqLMOutput:
        if use_cache:
            raise ValueError(_UNCACHED)
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        frame = lines.read(decoder_input_ids)
        hidden = self.decoder(
            inputs_embeds=self.decoder.embed_tokens(decoder_input_ids) + lines.embed(frame),
            encoder_hidden_states=states.last_hidden_state,
            encoder_attention_mask=attention_mask,
            use_cache=False,
        ).last_hidden_state
        return Seq2SeqLMOutput(logits=lines.adjust(self.lm_head(hidden), hidden, frame))


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
    lines: Lined | None = None,
) -> TwoVocabularyT5:
    """Return an untrained T5 with random weights from ``rng``.

    Args:
        source_size: number of token ids that tasks are written with.
        target_size: number of token ids that programs are written with.
        rng: seeds the weights; torch's global generators are left as they were.
        d_model: width.
        layers: layers of the encoder, and as many of the decoder.
        heads: attention heads, which share ``d_model`` equally.
        d_ff: width of the feed-forward layers.
        dropout: probability of dropout.
        max_distance: distance in tokens from which positions are no longer told apart, 17 at least.
        source_factors: the factors of each source token, such as its row and its colour, as ids
            from zero; the vector of a token is then the sum of those of its factors. A token that
            shares none has one of its own. None gives each token an independent vector.
        lines: the target tokens, such as a ``Vocabulary``, if programs are lines of calls. The
            decoder is then told of which call the next token is which argument, and which
            function made each variable, and learns from far fewer programs.

    Raises:
        ValueError: ``d_model`` is not a multiple of ``heads``, ``max_distance`` is too short, or
            ``source_factors`` are not those of ``source_size`` tokens, one or more for each.
    """
    if d_model % heads:
        raise ValueError(f"d_model must be a multiple of heads, but {d_model} is not of {heads}")
    if max_distance < LEAST_DISTANCE:
        raise ValueError(f"max_distance must be at least {LEAST_DISTANCE}, not {max_distance}")
    if source_factors is not None:
        _require_factors(source_factors, source_size)
    config = T5Config(
        vocab_size=target_size,
        source_vocab_size=source_size,  # type: ignore[call-arg] # a config takes any name
        source_factors=source_factors,
        lines=None if lines is None else (lines.start, lines.separator, lines.first_variable),
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
    with seeded(split(rng), torch.get_default_device()):
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
