"""Incremental T5 decoding for many rows of a few tasks.

The samples of one task attend to the same source. Its keys and values are therefore computed and
kept once for each task, and a task's rows are the *queries* of one attention product. Repeating
the encoder's output for each row, as general-purpose generation does, costs as many times the
memory traffic as there are samples. Sources of similar length are kept together, so that little
of what is computed is padding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast, final

import torch
from torch import Tensor
from transformers import T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import (
    T5Attention,
    T5Block,
    T5LayerCrossAttention,
    T5LayerSelfAttention,
)

from exit_dsl.policies.lines import Lines, LineTracker


@dataclass(frozen=True, slots=True)
class Source:
    """What the encoder gave for a group of G tasks of up to S tokens.

    ``states`` has shape (G, S, d_model), and ``mask`` (G, S) tells which tokens are real.
    """

    states: Tensor
    mask: Tensor


@final
class T5Decoder:
    """The decoder of ``model`` for R rows over the sources of tasks.

    Args:
        model: in evaluation mode; used without gradients.
        sources: of the tasks, in groups.
        owners: the task of each row, R integers that count through the groups.
        size: number of target tokens; logits beyond are left out.
        advance: :func:`advance`, as it is or compiled.
        lines: what is told to the decoder of the lines of programs, if anything is.
    """

    def __init__(
        self,
        model: T5ForConditionalGeneration,
        sources: Sequence[Source],
        owners: Tensor,
        size: int,
        advance: Advance,
        lines: Lines | None,
    ) -> None:
        self._advance = advance
        self._tracker = None if lines is None else LineTracker(lines, len(owners), owners.device)
        self._stack = model.decoder
        self._scale = model.model_dim**-0.5 if model.config.scale_decoder_outputs else 1.0
        self._head = model.lm_head
        self._size = size
        self._blocks = [
            _Block(cast(T5Block, block), sources, len(owners)) for block in self._stack.block
        ]
        self._owners = owners
        self._counts = [len(source.states) for source in sources]
        self._layout = _layout(owners, self._counts)
        self._length = 0
        self._capacity = 0
        self._biases = sources[0].states.new_empty(0)

    def step(self, tokens: Tensor) -> Tensor:
        """Read one more token of each row, shape (R,), and return the next logits (R, size)."""
        # One place stays free, as a cache that is full would be compiled as a case of its own.
        if self._length + 1 >= self._capacity:
            self._grow()
        biases = self._biases[:, self._capacity - self._length - 1 :]
        self._length += 1
        if self._tracker is not None:
            self._tracker.follow(tokens)
        # A size of one would be compiled as a case of its own.
        call = self._advance if self._length > 1 and len(tokens) > 1 else advance
        return call(self, tokens, biases)

    def forward(self, tokens: Tensor, biases: Tensor) -> Tensor:
        """Do what :meth:`step` does where there is room for the tokens.

        Args:
            tokens: of each row, shape (R,).
            biases: of the distances to all tokens so far and these, shape (heads, length).
        """
        hidden = self._stack.embed_tokens(tokens)
        if self._tracker is not None:
            hidden = self._tracker.embed(hidden)
        for block in self._blocks:
            hidden = block.step(hidden, biases, self._layout)
        hidden = self._stack.final_layer_norm(hidden) * self._scale
        logits = cast(Tensor, self._head(hidden))[:, : self._size]
        return logits if self._tracker is None else self._tracker.adjust(logits, hidden)

    def keep(self, rows: Tensor) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        tasks, self._owners = torch.unique(self._owners[rows], return_inverse=True)
        kept = _by_group(tasks, self._counts)
        self._counts = [len(group) for group in kept]
        self._layout = _layout(self._owners, self._counts)
        for block in self._blocks:
            block.keep(rows, kept)
        if self._tracker is not None:
            self._tracker.keep(rows)

    def _grow(self) -> None:
        """Double the room for past tokens, so that all growing together costs little."""
        self._capacity = max(16, 2 * self._capacity)
        for block in self._blocks:
            block.grow(self._capacity)
        self._biases = self._blocks[0].distance_biases(self._capacity)


Advance = Callable[[T5Decoder, Tensor, Tensor], Tensor]


def advance(decoder: T5Decoder, tokens: Tensor, biases: Tensor) -> Tensor:
    """Call ``forward``. Compiled with dynamic shapes, it serves all decoders of a model that have
    as many groups: what changes from step to step and from batch to batch is nothing but shapes.
    """
    return decoder.forward(tokens, biases)


_LEAST = 2
"""Tasks of a group, and rows of each, that there is room for at least: a size of one would be
compiled as a case of its own. So a single task is there twice, and a group that all rows have left
stays with any."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Rows as queries of their task, which within a group all get as much room.

    ``rows`` has for each group a table (tasks, room) of who is at each place: any row where a
    place is free. ``places`` (R,) tells where each row is, all places counted through.
    """

    rows: tuple[Tensor, ...]
    places: Tensor


def _layout(owners: Tensor, counts: Sequence[int]) -> _Layout:
    order = torch.argsort(owners, stable=True)
    numbers = torch.bincount(owners, minlength=sum(counts))
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=owners.device)
    rank -= (numbers.cumsum(0) - numbers)[owners]
    tables = []
    places = torch.empty_like(order)
    first_task = first_place = 0
    for count in counts:
        busiest = int(numbers[first_task : first_task + count].max()) if count else 0
        if count < _LEAST:  # its copies share out the rows
            busiest = math.ceil(busiest / _LEAST)
        room = max(_LEAST, busiest)
        inside = ((owners >= first_task) & (owners < first_task + count)).nonzero()[:, 0]
        local = (owners[inside] - first_task) * room + rank[inside]
        table = local.new_zeros(max(_LEAST, count) * room)
        table[local] = inside
        tables.append(table.view(-1, room))
        places[inside] = first_place + local
        first_task, first_place = first_task + count, first_place + len(table)
    return _Layout(tuple(tables), places)


def _by_group(tasks: Tensor, counts: Sequence[int]) -> list[Tensor]:
    """Return which tasks of each group are among ``tasks``, which count through the groups."""
    groups = []
    first = 0
    for count in counts:
        groups.append(tasks[(tasks >= first) & (tasks < first + count)] - first)
        first += count
    return groups


@final
class _Block:
    """One layer of the decoder with what it remembers."""

    def __init__(self, block: T5Block, sources: Sequence[Source], rows: int) -> None:
        self_layer = cast(T5LayerSelfAttention, block.layer[0])
        cross_layer = cast(T5LayerCrossAttention, block.layer[1])
        self._self_norm = self_layer.layer_norm
        self._cross_norm = cross_layer.layer_norm
        self._feed_forward = block.layer[2]
        self._source = _CrossAttention(cross_layer.EncDecAttention, sources)
        like = self._source.groups[0].keys
        self._past = _SelfAttention(self_layer.SelfAttention, like.new_empty(rows, 0))

    def step(self, hidden: Tensor, biases: Tensor, layout: _Layout) -> Tensor:
        hidden = hidden + self._past.step(self._self_norm(hidden), biases)
        hidden = hidden + self._source.step(self._cross_norm(hidden), layout)
        return cast(Tensor, self._feed_forward(hidden))

    def grow(self, capacity: int) -> None:
        self._past.grow(capacity)

    def distance_biases(self, capacity: int) -> Tensor:
        return self._past.distance_biases(capacity)

    def keep(self, rows: Tensor, tasks: Sequence[Tensor]) -> None:
        self._past.keep(rows)
        self._source.keep(tasks)


@final
class _SelfAttention:
    """Attention to the row's own past; keys and values have shape (R, heads, capacity, d_kv)."""

    def __init__(self, weights: T5Attention, like: Tensor) -> None:
        self._weights = weights
        shape = (len(like), weights.n_heads, 0, weights.key_value_proj_dim)
        self._keys, self._values = like.new_empty(shape), like.new_empty(shape)

    def step(self, hidden: Tensor, biases: Tensor) -> Tensor:
        weights = self._weights
        heads = (len(hidden), weights.n_heads, 1, weights.key_value_proj_dim)
        length = biases.shape[1]
        keys, values = self._keys[:, :, :length], self._values[:, :, :length]
        # Slices, as torch.compile would make an index a constant.
        keys[:, :, length - 1 :] = weights.k(hidden).view(heads)
        values[:, :, length - 1 :] = weights.v(hidden).view(heads)
        scores = weights.q(hidden).view(heads) @ keys.transpose(2, 3)
        scores = (scores + biases[:, None]).softmax(-1)
        result: Tensor = weights.o((scores @ values).reshape(len(hidden), -1))
        return result

    def distance_biases(self, capacity: int) -> Tensor:
        """Return the bias of each distance, that of the farthest key first: (heads, capacity)."""
        biases: Tensor = self._weights.compute_bias(capacity, capacity)  # type: ignore[no-untyped-call]
        return biases[0, :, -1]

    def grow(self, capacity: int) -> None:
        self._keys, self._values = (_grown(past, capacity) for past in (self._keys, self._values))

    def keep(self, rows: Tensor) -> None:
        self._keys, self._values = self._keys[rows], self._values[rows]


def _grown(past: Tensor, capacity: int) -> Tensor:
    rows, heads, length, width = past.shape
    grown = past.new_empty(rows, heads, capacity, width)
    grown[:, :, :length] = past
    return grown


@dataclass(frozen=True, slots=True)
class _Read:
    """Keys (G, heads, d_kv, S) and values (G, heads, S, d_kv) of a group of sources.

    ``hidden`` is minus infinity where there is no token.
    """

    keys: Tensor
    values: Tensor
    hidden: Tensor

    def keep(self, tasks: Tensor) -> _Read:
        """Go on with ``tasks`` alone: with copies of a single one, of any if there is none."""
        if len(tasks) < _LEAST:
            tasks = (tasks if len(tasks) else tasks.new_zeros(1)).expand(_LEAST)
        return _Read(self.keys[tasks], self.values[tasks], self.hidden[tasks])


@final
class _CrossAttention:
    """Attention to the sources."""

    def __init__(self, weights: T5Attention, sources: Sequence[Source]) -> None:
        self._weights = weights
        self.groups = [self._read(source) for source in sources]

    def _read(self, source: Source) -> _Read:
        weights = self._weights
        heads = (*source.mask.shape, weights.n_heads, weights.key_value_proj_dim)
        read = _Read(
            weights.k(source.states).view(heads).permute(0, 2, 3, 1).contiguous(),
            weights.v(source.states).view(heads).transpose(1, 2).contiguous(),
            torch.where(source.mask, 0.0, -torch.inf)[:, None, None],
        )
        tasks = torch.arange(len(source.mask), device=source.mask.device)
        return read.keep(tasks) if len(tasks) < _LEAST else read

    def step(self, hidden: Tensor, layout: _Layout) -> Tensor:
        weights = self._weights
        queries = weights.q(hidden)
        results = []
        for group, rows in zip(self.groups, layout.rows, strict=True):
            heads = (*rows.shape, weights.n_heads, weights.key_value_proj_dim)
            scores = queries[rows].view(heads).transpose(1, 2) @ group.keys
            scores = (scores + group.hidden).softmax(-1)
            results.append((scores @ group.values).transpose(1, 2).reshape(rows.numel(), -1))
        result: Tensor = weights.o(torch.cat(results)[layout.places])
        return result

    def keep(self, tasks: Sequence[Tensor]) -> None:
        self.groups = [group.keep(kept) for group, kept in zip(self.groups, tasks, strict=True)]
