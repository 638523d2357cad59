"""An encoder-decoder policy: the encoder reads the task, the decoder writes the program."""

from __future__ import annotations

from typing import final

from torch import Tensor
from transformers import T5ForConditionalGeneration
from typing_extensions import override

from exit_dsl.policies.batching import Batch
from exit_dsl.policies.decoder import T5Decoder
from exit_dsl.policies.likelihood import LikelihoodPolicy
from exit_dsl.policies.network import Network
from exit_dsl.types import I, O


@final
class Seq2SeqPolicy(LikelihoodPolicy[T5ForConditionalGeneration, I, O]):
    """Samples programs from a T5, and trains it on experiences by likelihood.

    Arguments and behaviour are those of :class:`LikelihoodPolicy`.
    """

    @override
    def _wrap(self, model: T5ForConditionalGeneration) -> Network:
        return _T5Network(model)


@final
class _T5Network:
    """A T5; tasks of any length fit, as its positions are relative."""

    def __init__(self, model: T5ForConditionalGeneration) -> None:
        self.model = model
        self.source_size: int = model.encoder.embed_tokens.num_embeddings
        self.target_size: int = model.lm_head.out_features
        self.context = None

    def logits(self, batch: Batch) -> Tensor:
        logits: Tensor = self.model(
            input_ids=batch.sources,
            attention_mask=batch.source_mask,
            decoder_input_ids=batch.inputs,
            use_cache=False,
        ).logits
        return logits

    def decoder(self, sources: Tensor, mask: Tensor, owners: Tensor, size: int) -> T5Decoder:
        states = self.model.encoder(sources, attention_mask=mask).last_hidden_state
        return T5Decoder(self.model, states, mask, owners, size)
