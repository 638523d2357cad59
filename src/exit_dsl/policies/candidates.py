"""Batches of rows to sample, as large as memory allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import final

import numpy as np
import torch
from torch import nn

from exit_dsl.policies.batching import pad_sources
from exit_dsl.policies.network import Network
from exit_dsl.policies.precision import Autocast
from exit_dsl.policies.sampling import Row, SequenceSampler
from exit_dsl.randomness import stream

_log = logging.getLogger(__name__)

CPU_BYTES = 2**30
"""What a batch may take where there is no GPU. Networks are no faster with more; a grammar is."""
GPU_SHARE = 0.5
"""The part of a GPU's memory that a batch may take, as far as it can be told beforehand."""


@dataclass(frozen=True, slots=True)
class Request:
    """One row to sample: the number of the sample, and its task's id and tokens."""

    task_id: str
    source: tuple[int, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a policy has sampled so far.

    ``duplicates`` are candidates whose tokens an earlier one of the same call and task had.
    ``tokens`` counts those of programs, their end included, ``seconds`` the time that sampling
    took, and ``masking`` the part of it in which the constraint was asked (in this process, if
    there are several).
    """

    candidates: int = 0
    duplicates: int = 0
    tokens: int = 0
    seconds: float = 0.0
    masking: float = 0.0

    def plus(self, rows: Sequence[Row], duplicates: int, seconds: float, masking: float) -> Sampled:
        """Return the counts with those of ``rows`` added."""
        return Sampled(
            self.candidates + len(rows),
            self.duplicates + duplicates,
            self.tokens + sum(len(row.tokens) + row.ended for row in rows),
            self.seconds + seconds,
            self.masking + masking,
        )


def batches(
    tasks: Iterable[tuple[str, tuple[int, ...], int]], room: Callable[[int, int], int]
) -> Iterator[list[Request]]:
    """Yield the rows to be sampled, in order and as many at once as there is room for.

    Rows of a task are in one batch if they fit into one at all.

    Args:
        tasks: ids, tokens and numbers of rows; not read further than is needed.
        room: rows that fit at once, given the tokens of the longest task and the number of tasks.
    """
    batch: list[Request] = []
    longest = among = 0
    for task_id, source, count in tasks:
        together = max(longest, len(source)), among + 1
        if batch and len(batch) + count > room(*together):
            yield batch
            batch = []
        longest, among = together if batch else (len(source), 1)
        most = room(longest, among)
        for number in range(count):
            batch.append(Request(task_id, source, number))
            if len(batch) == most:
                yield batch
                batch = []
    if batch:
        yield batch


def default_bytes(device: torch.device) -> int:
    """Return what a batch of samples may take on ``device``, in bytes."""
    if device.type != "cuda":
        return CPU_BYTES
    # Not what is free at the moment: results must not depend on that, not even by rounding.
    return int(GPU_SHARE * torch.cuda.get_device_properties(device).total_memory)


@final
class CandidateSampler:
    """Samples rows of many tasks in few batches.

    Args:
        network: the model.
        sequences: how a row is drawn.
        size: number of target tokens.
        max_new_tokens: most tokens of a row.
        most_rows: rows sampled at once, at most.
        most_bytes: what a batch may take, as far as it can be told beforehand.
        autocast: gives the context that the model computes in.
    """

    def __init__(
        self,
        network: Network,
        sequences: SequenceSampler,
        *,
        size: int,
        max_new_tokens: int,
        most_rows: int,
        most_bytes: int,
        autocast: Autocast,
    ) -> None:
        self._network = network
        self._sequences = sequences
        self._size = size
        self._max_new_tokens = max_new_tokens
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._autocast = autocast

    @property
    def masking(self) -> float:
        """Seconds that the constraint has taken so far."""
        return self._sequences.masking

    def room(self, longest_source: int, tasks: int) -> int:
        """Return how many rows can be sampled at once, 1 at least.

        Args:
            longest_source: tokens of the longest of their tasks.
            tasks: number of their tasks.
        """
        left = self._most_bytes - tasks * self._network.task_bytes(longest_source)
        a_row = self._network.row_bytes(longest_source, self._max_new_tokens, self._size)
        return max(1, min(self._most_rows, int(left / a_row)))

    def sample(self, requests: Sequence[Request], seed: int) -> list[Row]:
        """Sample a row for each request, in fewer rows at once if memory does not suffice."""
        rows: list[Row] = []
        while len(rows) < len(requests):
            batch = requests[len(rows) : len(rows) + self._most_rows]
            try:
                rows += self._sample_batch(batch, seed)
                continue
            except torch.OutOfMemoryError:
                if len(batch) == 1:
                    raise
            # Not in the except clause, whose exception holds on to the memory.
            self._most_rows = len(batch) // 2
            _log.warning(
                "too little memory to sample %d rows; going on with %d",
                len(batch),
                self._most_rows,
            )
        return rows

    @torch.inference_mode()
    def _sample_batch(self, requests: Sequence[Request], seed: int) -> list[Row]:
        model = self._network.model
        nn.Module.eval(model)
        groups = [list(group) for _, group in groupby(requests, attrgetter("task_id", "source"))]
        owners = [owner for owner, group in enumerate(groups) for _ in group]
        tokens, mask = pad_sources([group[0].source for group in groups])
        uniforms = np.stack(
            [
                stream(seed, each.task_id, each.number).random(self._max_new_tokens, np.float32)
                for each in requests
            ]
        )
        with self._autocast():
            decoder = self._network.decoder(
                tokens.to(model.device),
                mask.to(model.device),
                torch.tensor(owners, device=model.device),
                self._size,
            )
            return self._sequences.sample(decoder, torch.from_numpy(uniforms).to(model.device))
