"""What a policy asks of a model: logits of training batches, and a decoder to sample from."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor
from transformers import PreTrainedModel

from exit_dsl.policies.batching import Batch

BYTES = 4
"""Of a number; in bfloat16 it takes half, so that estimates are on the safe side."""
DRAWING = 8
"""Numbers at once for each target token of a row: logits, probabilities, their order and sums."""


class Decoder(Protocol):
    """Incremental decoding of R rows, each a program for one of the tasks."""

    def step(self, tokens: Tensor) -> Tensor:
        """Read one more token of each row, shape (R,), and return the next logits (R, size)."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        ...


class Network(Protocol):
    """A model with one way to train it and one to sample from it."""

    @property
    def model(self) -> PreTrainedModel:
        """The model; parameters that require gradients are trained."""
        ...

    @property
    def source_size(self) -> int:
        """Number of token ids that tasks may be written with."""
        ...

    @property
    def target_size(self) -> int:
        """Number of token ids that the model has logits for."""
        ...

    @property
    def context(self) -> int | None:
        """The most tokens of a task and its program together; None if there is no such limit."""
        ...

    def task_bytes(self, source_tokens: int) -> int:
        """Return about how much memory a task of so many tokens takes beside its rows."""
        ...

    def row_bytes(self, source_tokens: int, new_tokens: int, size: int) -> int:
        """Return about how much memory a row takes that is sampled.

        Args:
            source_tokens: tokens of its task.
            new_tokens: most tokens of the row.
            size: number of target tokens.
        """
        ...

    def logits(self, batch: Batch) -> Tensor:
        """Return the logits of the labels of B pairs, shape (B, T, target_size)."""
        ...

    def decoder(self, sources: Tensor, mask: Tensor, owners: Tensor, size: int) -> Decoder:
        """Read the tasks and return a decoder at its beginning.

        Args:
            sources: tokens of G tasks, shape (G, S), padded on the right.
            mask: which of them are real, shape (G, S).
            owners: the task of each row, R integers in ``range(G)``.
            size: number of target tokens.
        """
        ...
