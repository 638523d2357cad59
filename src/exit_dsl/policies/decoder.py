"""Incremental T5 decoding for many rows of a few tasks.

The samples of one task attend to the same source. Its keys and values are therefore computed and
kept once for each task, and a task's rows are the *queries* of one attention product. Repeating
the encoder's output for each row, as general-purpose generation does, costs as many times the
memory traffic as there are samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from transformers import T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import (
    T5Attention,
    T5Block,
    T5LayerCrossAttention,
    T5LayerSelfAttention,
)


@final
class T5Decoder:
    """The decoder of ``model`` for R rows over the sources of G tasks.

    Args:
        model: in evaluation mode; used without gradients.
        states: encoder output, shape (G, S, d_model).
        mask: which source tokens are real, shape (G, S).
        owners: the task of each row, R integers in ``range(G)``.
        size: number of target tokens; logits beyond are not computed.
    """

    def __init__(
        self,
        model: T5ForConditionalGeneration,
        states: Tensor,
        mask: Tensor,
        owners: Tensor,
        size: int,
    ) -> None:
        self._stack = model.decoder
        self._scale = model.model_dim**-0.5 if model.config.scale_decoder_outputs else 1.0
        self._head = model.lm_head.weight[:size]
        self._blocks = [
            _Block(cast(T5Block, block), states, mask, len(owners)) for block in self._stack.block
        ]
        self._owners = owners
        self._layout = _layout(self._owners)
        self._length = 0
        self._capacity = 0
        self._biases = states.new_empty(0)

    def step(self, tokens: Tensor) -> Tensor:
        """Read one more token of each row, shape (R,), and return the next logits (R, size)."""
        if self._length == self._capacity:
            self._grow()
        biases = self._biases[:, self._capacity - self._length - 1 :]
        hidden = self._stack.embed_tokens(tokens)
        for block in self._blocks:
            hidden = block.step(hidden, self._length, biases, self._layout)
        self._length += 1
        return F.linear(self._stack.final_layer_norm(hidden) * self._scale, self._head)

    def keep(self, rows: Tensor) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        tasks, self._owners = torch.unique(self._owners[rows], return_inverse=True)
        self._layout = _layout(self._owners)
        for block in self._blocks:
            block.keep(rows, tasks)

    def _grow(self) -> None:
        """Double the room for past tokens, so that all growing together costs little."""
        self._capacity = max(16, 2 * self._capacity)
        for block in self._blocks:
            block.grow(self._capacity)
        self._biases = self._blocks[0].distance_biases(self._capacity)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Rows as queries of their task, which all get as much room: a grid of (tasks, room) places.

    ``places`` (R,) tells where each row is, and ``rows`` (tasks * room,) who is there: any row
    where a place is free.
    """

    places: Tensor
    rows: Tensor
    tasks: int
    room: int


def _layout(owners: Tensor) -> _Layout:
    counts = torch.bincount(owners)
    order = torch.argsort(owners, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=owners.device)
    room = int(counts.max())
    places = owners * room + rank - (counts.cumsum(0) - counts)[owners]
    rows = places.new_zeros(len(counts) * room)
    rows[places] = torch.arange(len(places), device=owners.device)
    return _Layout(places, rows, len(counts), room)


@final
class _Block:
    """One layer of the decoder with what it remembers."""

    def __init__(self, block: T5Block, states: Tensor, mask: Tensor, rows: int) -> None:
        self_layer = cast(T5LayerSelfAttention, block.layer[0])
        cross_layer = cast(T5LayerCrossAttention, block.layer[1])
        self._self_norm = self_layer.layer_norm
        self._cross_norm = cross_layer.layer_norm
        self._feed_forward = block.layer[2]
        self._source = _CrossAttention(cross_layer.EncDecAttention, states, mask)
        self._past = _SelfAttention(self_layer.SelfAttention, self._source.keys.new_empty(rows, 0))

    def step(self, hidden: Tensor, position: int, biases: Tensor, layout: _Layout) -> Tensor:
        hidden = hidden + self._past.step(self._self_norm(hidden), position, biases)
        hidden = hidden + self._source.step(self._cross_norm(hidden), layout)
        return cast(Tensor, self._feed_forward(hidden))

    def grow(self, capacity: int) -> None:
        self._past.grow(capacity)

    def distance_biases(self, capacity: int) -> Tensor:
        return self._past.distance_biases(capacity)

    def keep(self, rows: Tensor, tasks: Tensor) -> None:
        self._past.keep(rows)
        self._source.keep(tasks)


@final
class _SelfAttention:
    """Attention to the row's own past; keys and values have shape (R, heads, capacity, d_kv)."""

    def __init__(self, weights: T5Attention, like: Tensor) -> None:
        self._weights = weights
        shape = (len(like), weights.n_heads, 0, weights.key_value_proj_dim)
        self._keys, self._values = like.new_empty(shape), like.new_empty(shape)

    def step(self, hidden: Tensor, position: int, biases: Tensor) -> Tensor:
        weights = self._weights
        heads = (len(hidden), weights.n_heads, 1, weights.key_value_proj_dim)
        self._keys[:, :, position] = weights.k(hidden).view(heads)[:, :, 0]
        self._values[:, :, position] = weights.v(hidden).view(heads)[:, :, 0]
        keys, values = self._keys[:, :, : position + 1], self._values[:, :, : position + 1]
        scores = weights.q(hidden).view(heads) @ keys.transpose(2, 3)
        scores = (scores + biases[:, None]).softmax(-1)
        result: Tensor = weights.o((scores @ values).reshape(len(hidden), -1))
        return result

    def distance_biases(self, capacity: int) -> Tensor:
        """Return the bias of each distance, that of the farthest key first: (heads, capacity)."""
        biases: Tensor = self._weights.compute_bias(capacity, capacity)  # type: ignore[no-untyped-call]
        return biases[0, :, -1]

    def grow(self, capacity: int) -> None:
        more = (0, 0, 0, capacity - self._keys.shape[2])
        self._keys, self._values = F.pad(self._keys, more), F.pad(self._values, more)

    def keep(self, rows: Tensor) -> None:
        self._keys, self._values = self._keys[rows], self._values[rows]


@final
class _CrossAttention:
    """Attention to the sources; keys and values have shape (G, heads, S, d_kv)."""

    def __init__(self, weights: T5Attention, states: Tensor, mask: Tensor) -> None:
        self._weights = weights
        heads = (*states.shape[:2], weights.n_heads, weights.key_value_proj_dim)
        self.keys = weights.k(states).view(heads).transpose(1, 2).contiguous()
        self._values = weights.v(states).view(heads).transpose(1, 2).contiguous()
        self._hidden = torch.where(mask, 0.0, -torch.inf)[:, None, None]

    def step(self, hidden: Tensor, layout: _Layout) -> Tensor:
        weights = self._weights
        heads = (layout.tasks, layout.room, weights.n_heads, weights.key_value_proj_dim)
        scores = weights.q(hidden)[layout.rows].view(heads).transpose(1, 2) @ self.keys.transpose(
            2, 3
        )
        scores = (scores + self._hidden).softmax(-1)
        read = (scores @ self._values).transpose(1, 2).reshape(len(layout.rows), -1)
        result: Tensor = weights.o(read[layout.places])
        return result

    def keep(self, tasks: Tensor) -> None:
        self.keys, self._values = self.keys[tasks], self._values[tasks]
        self._hidden = self._hidden[tasks]
