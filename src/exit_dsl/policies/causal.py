"""A policy of a causal language model: one sequence of the task's tokens and the program's."""

from __future__ import annotations

import inspect
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from transformers import PreTrainedModel
from typing_extensions import override

from exit_dsl.policies.batching import Batch, pad_sources
from exit_dsl.policies.compiling import Compile
from exit_dsl.policies.likelihood import LikelihoodPolicy
from exit_dsl.policies.network import BYTES, DRAWING, Network
from exit_dsl.types import I, O

TOLERANCE = 0.02
"""Part of the largest logit by which logits may differ from rounding. Positions change far more."""


@final
class CausalPolicy(LikelihoodPolicy[PreTrainedModel, I, O]):
    """Samples programs from a causal language model, and trains it on experiences by likelihood.

    The model reads the task, then ``codec.start``, then the program; the loss is that of the
    program alone. All samples of a task continue from one reading of it. A task and a program of
    ``max_new_tokens`` have to fit into the model's context together.

    Arguments and behaviour are those of :class:`LikelihoodPolicy`. The model may be any of
    transformers' with an attention cache, with adapters or without; see
    :func:`~exit_dsl.policies.load_causal` and :func:`~exit_dsl.policies.add_lora`. One whose
    positions cannot be told, such as a BART or RoBERTa decoder, is refused with a ValueError.
    """

    @override
    def _wrap(self, model: PreTrainedModel, compiler: Compile) -> Network:
        return _CausalNetwork(model)


@final
class _CausalNetwork:
    """Puts tasks on the left and programs on the right, so that programs begin in one column."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        known = inspect.signature(model.forward).parameters
        if "past_key_values" not in known:
            raise ValueError(f"{type(model).__name__} has no attention cache to sample with")
        if "logits_to_keep" not in known:
            raise ValueError(
                f"{type(model).__name__} gives the logits of all tokens, those of the task too;"
                " choose a model whose forward takes logits_to_keep"
            )
        # The others work out positions from the attention mask.
        self._has_positions = "position_ids" in known
        head: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        self.source_size: int = vocabulary_size(model)
        self.target_size: int = head.weight.shape[0]
        self.context: int | None = getattr(model.config, "max_position_embeddings", None)
        self._check_padding()

    @torch.inference_mode()
    def _check_padding(self) -> None:
        """Refuse a model that counts positions in another way than from the first real token."""
        nn.Module.eval(self.model)
        device = self.model.device
        # From the middle of the vocabulary, as special tokens are at its ends.
        *task, last = range(self.source_size // 2 + 1)[-3:]
        sources, mask = pad_sources([task, task * 3])
        decoder = self.decoder(
            sources.to(device), mask.to(device), torch.tensor([0], device=device), self.target_size
        )
        padded = decoder.step(torch.tensor([last], device=device))[0]
        plain = self.model(input_ids=torch.tensor([[*task, last]], device=device)).logits[0, -1]
        if float((padded - plain).abs().max()) > TOLERANCE * float(plain.abs().max()):
            raise ValueError(
                f"{type(self.model).__name__} reads a task differently where it is filled up on"
                " the left; choose another model, such as GPT-2, Llama or Qwen"
            )

    def task_bytes(self, source_tokens: int) -> int:
        return BYTES * 8 * source_tokens * int(self.model.config.hidden_size)

    def row_bytes(self, source_tokens: int, new_tokens: int, size: int) -> int:
        config = self.model.config
        # Keys and values of all layers, which at times are there twice; at most one head a query.
        position = 2 * 2 * int(config.num_hidden_layers * config.hidden_size)
        return BYTES * ((source_tokens + new_tokens) * position + DRAWING * size)

    def logits(self, batch: Batch) -> Tensor:
        sources, mask = _moved_right(batch.sources, batch.source_mask)
        length = batch.inputs.shape[1]
        tokens = torch.cat([sources, batch.inputs], dim=1)
        # What fills up the programs on the right need not be hidden: no token looks ahead.
        mask = F.pad(mask, (0, length), value=True)
        logits: Tensor = self._run(tokens, mask, use_cache=False, logits_to_keep=length).logits
        return logits

    def decoder(self, sources: Tensor, mask: Tensor, owners: Tensor, size: int) -> _CausalDecoder:
        sources, mask = _moved_right(sources, mask)
        read = self._run(sources, mask, use_cache=True, logits_to_keep=1)
        return _CausalDecoder(self, read.past_key_values, mask, owners, size)

    def step(self, tokens: Tensor, mask: Tensor, cache: Any) -> Tensor:
        """Return the logits after one more token of each row."""
        run = self._run(tokens[:, None], mask, past_key_values=cache, use_cache=True)
        logits: Tensor = run.logits[:, -1]
        return logits

    def _run(self, tokens: Tensor, mask: Tensor, **options: Any) -> Any:
        if self._has_positions:
            positions = (mask.cumsum(1) - 1).clamp(min=0)
            options["position_ids"] = positions[:, -tokens.shape[1] :]
        return self.model(input_ids=tokens, attention_mask=mask.long(), **options)


@final
class _CausalDecoder:
    """Rows that continue from the keys and values of their tasks."""

    def __init__(
        self, network: _CausalNetwork, cache: Any, mask: Tensor, owners: Tensor, size: int
    ) -> None:
        self._network = network
        self._cache = cache
        self._mask = mask
        self._size = size
        self.keep(owners)

    def step(self, tokens: Tensor) -> Tensor:
        self._mask = F.pad(self._mask, (0, 1), value=True)
        return self._network.step(tokens, self._mask, self._cache)[:, : self._size]

    def keep(self, rows: Tensor) -> None:
        self._cache.reorder_cache(rows)
        self._mask = self._mask[rows]


def vocabulary_size(model: PreTrainedModel) -> int:
    """Return the number of token ids that ``model`` can read."""
    embedding: Any = model.get_input_embeddings()
    return int(embedding.weight.shape[0])


def _moved_right(tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows that are padded on the right as rows that are padded on the left."""
    width = tokens.shape[1]
    lengths = mask.sum(1, keepdim=True)
    places = (torch.arange(width, device=tokens.device) + lengths) % width
    return tokens.gather(1, places), mask.gather(1, places)
