"""Training batches: shuffled steps, cut by length into batches of a bounded number of tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, final

import numpy as np
import torch
from torch import Tensor

T = TypeVar("T")

_log = logging.getLogger(__name__)

IGNORED = -100
"""The label of padding, which the loss leaves out."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A training example: the task's tokens, and the program's with the end token."""

    source: tuple[int, ...]
    target: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors of B pairs with sources of up to S and targets of up to T tokens.

    ``sources`` (B, S) with ``source_mask`` (B, S; True where there is a token), ``inputs``
    (B, T; what the decoder reads: start, then the target shifted by one) and ``labels``
    (B, T; padded with :data:`IGNORED`).
    """

    sources: Tensor
    source_mask: Tensor
    inputs: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on ``device``."""
        return Batch(
            self.sources.to(device),
            self.source_mask.to(device),
            self.inputs.to(device),
            self.labels.to(device),
        )


def steps(pairs: Sequence[Pair], size: int, rng: np.random.Generator) -> list[list[Pair]]:
    """Shuffle ``pairs`` into optimizer steps of ``size`` pairs, the last one perhaps smaller."""
    order = [pairs[index] for index in rng.permutation(len(pairs))]
    return [order[first : first + size] for first in range(0, len(order), size)]


def area(group: Sequence[Pair]) -> int:
    """Return how many tokens the model computes for ``group`` as one batch, padding included."""
    longest_source = max(len(pair.source) for pair in group)
    return len(group) * (longest_source + max(len(pair.target) for pair in group))


def by_length(pairs: Iterable[Pair]) -> list[Pair]:
    """Return ``pairs``, the shortest sources first."""
    return sorted(pairs, key=lambda pair: (len(pair.source), len(pair.target)))


def pack(pairs: Sequence[Pair], batch_tokens: int) -> list[list[Pair]]:
    """Group pairs of similar length so that a group takes at most ``batch_tokens``.

    What a group takes is its :func:`area`. A pair that is too long alone gets its own group.
    """
    groups: list[list[Pair]] = []
    longest_source = longest_target = 0
    for pair in by_length(pairs):
        longest_source = max(longest_source, len(pair.source))
        longest_target = max(longest_target, len(pair.target))
        rows = len(groups[-1]) + 1 if groups else 1
        if not groups or rows * (longest_source + longest_target) > batch_tokens:
            groups.append([])
            longest_source, longest_target = len(pair.source), len(pair.target)
        groups[-1].append(pair)
    return groups


def pad_rows(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Return ``rows`` as an integer tensor (rows, longest), filled up on the right."""
    padded = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return torch.from_numpy(padded)


def pad_sources(sources: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ``sources`` padded, and the mask of their real tokens, both (rows, longest)."""
    lengths = torch.tensor([len(source) for source in sources])
    tokens = pad_rows(sources, 0)  # the mask hides the filling, so any id will do
    return tokens, torch.arange(tokens.shape[1]) < lengths[:, None]


def collate(pairs: Sequence[Pair], *, start: int, pad: int) -> Batch:
    """Return ``pairs`` as one padded batch for a decoder that begins with ``start``."""
    sources, source_mask = pad_sources([pair.source for pair in pairs])
    return Batch(
        sources,
        source_mask,
        pad_rows([(start, *pair.target[:-1]) for pair in pairs], pad),
        pad_rows([pair.target for pair in pairs], IGNORED),
    )


@final
class Packer:
    """Packs pairs into batches, for good into smaller ones once memory does not suffice.

    Args:
        batch_tokens: of a batch, at most.
    """

    def __init__(self, batch_tokens: int) -> None:
        self._batch_tokens = batch_tokens

    def compute(self, pairs: Sequence[Pair], work: Callable[[list[list[Pair]]], T]) -> T:
        """Return ``work(batches)``, done again in batches half as large while they are too large.

        Raises:
            torch.OutOfMemoryError: a single pair is too much.
        """
        while True:
            groups = pack(pairs, self._batch_tokens)
            try:
                return work(groups)
            except torch.OutOfMemoryError:
                if max(map(len, groups)) == 1:
                    raise
            # Not in the except clause, whose exception holds on to the memory.
            most = min(self._batch_tokens, max(map(area, groups)))
            self._batch_tokens = most // 2
            _log.warning(
                "too little memory for %d tokens at once; going on with %d",
                most,
                self._batch_tokens,
            )
