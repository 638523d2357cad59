"""An encoder-decoder policy: the encoder reads the task, the decoder writes the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from transformers import T5ForConditionalGeneration
from typing_extensions import override

from exit_dsl.policies.batching import Batch
from exit_dsl.policies.compiling import Compile
from exit_dsl.policies.decoder import Advance, Source, T5Decoder, advance
from exit_dsl.policies.likelihood import LikelihoodPolicy
from exit_dsl.policies.network import BYTES, DRAWING, Network
from exit_dsl.policies.small_t5 import TwoVocabularyT5
from exit_dsl.types import I, O

MOST_GROUPS = 4
"""Groups of similar tasks, unless numbers of rows are of more kinds than that."""
LEAST_TASKS = 8
"""Tasks of a batch for each group that it is divided into."""


@final
class Seq2SeqPolicy(LikelihoodPolicy[T5ForConditionalGeneration, I, O]):
    """Samples programs from a T5, and trains it on experiences by likelihood.

    Arguments and behaviour are those of :class:`LikelihoodPolicy`.
    """

    @override
    def _wrap(self, model: T5ForConditionalGeneration, compiler: Compile) -> Network:
        return _T5Network(model, compiler)


@final
class _T5Network:
    """A T5; tasks of any length fit, as its positions are relative."""

    def __init__(self, model: T5ForConditionalGeneration, compiler: Compile) -> None:
        self.model = model
        self._advance: Advance = compiler(advance)
        self._lines = model.lines if isinstance(model, TwoVocabularyT5) else None
        embedding: Any = model.encoder.embed_tokens
        # An adapter of it is around it.
        self.source_size: int = getattr(embedding, "base_layer", embedding).num_embeddings
        self.target_size: int = model.lm_head.out_features
        self.context = None

    def task_bytes(self, source_tokens: int) -> int:
        config: Any = self.model.config
        # What the encoder's layer computes at once, attention included.
        read = config.d_ff + 4 * config.d_model + 2 * config.num_heads * source_tokens
        return BYTES * source_tokens * (self._position + int(read))

    def row_bytes(self, source_tokens: int, new_tokens: int, size: int) -> int:
        return BYTES * (new_tokens * self._position + DRAWING * size)

    @property
    def _position(self) -> int:
        """Numbers that are remembered of a token."""
        config: Any = self.model.config
        # Keys and values of all layers, which at times are there twice: when there are more.
        return 2 * 2 * int(config.num_decoder_layers * config.num_heads * config.d_kv)

    def logits(self, batch: Batch) -> Tensor:
        logits: Tensor = self.model(
            input_ids=batch.sources,
            attention_mask=batch.source_mask,
            decoder_input_ids=batch.inputs,
            use_cache=False,
        ).logits
        return logits

    def decoder(self, sources: Tensor, mask: Tensor, owners: Tensor, size: int) -> T5Decoder:
        lengths = mask.sum(1)
        groups = _alike(lengths, torch.bincount(owners, minlength=len(sources)))
        order = torch.cat(groups)
        read = []
        for group in groups:
            tokens, known = (each[group, : lengths[group].max()] for each in (sources, mask))
            states = self.model.encoder(tokens, attention_mask=known).last_hidden_state
            read.append(Source(states, known))
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order), device=order.device)
        return T5Decoder(self.model, read, place[owners], size, self._advance, self._lines)


def _alike(lengths: Tensor, rows: Tensor) -> list[Tensor]:
    """Return the tasks in groups of similar length, and with similar numbers of rows.

    A group's tasks all get as much room as its longest, and for as many rows as its busiest has:
    less than twice as many as any other. Batches of many tasks have the same number of groups, as
    each number is compiled as a case of its own.
    """
    octaves = torch.log2(rows.max() / rows).floor()
    kinds, counts = torch.unique(octaves, return_counts=True)
    groups: list[Tensor] = []
    for kind, share in zip(kinds, _shares(counts.tolist()), strict=True):
        members = (octaves == kind).nonzero()[:, 0]
        members = members[torch.argsort(lengths[members], stable=True)]
        groups.extend(members.tensor_split(share))
    return groups


def _shares(counts: Sequence[int]) -> list[int]:
    """Return in how many groups to divide each kind of tasks, of which there are ``counts``."""
    shares = [1] * len(counts)
    for _ in range(len(counts), min(MOST_GROUPS, sum(counts) // LEAST_TASKS)):
        largest = max(range(len(counts)), key=lambda kind: counts[kind] / shares[kind])
        shares[largest] += 1
    return shares
