"""The sampling loop: one random number a row and step, turned into a token by inverse CDF."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.policies.constrained import BatchState, Constraint, allowed_tokens, start_rows
from exit_dsl.policies.network import Decoder

KEPT = 0.75
"""Rows that have ended leave the batch when no more than this part of it goes on."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How logits become the distribution that tokens are drawn from.

    Args:
        temperature: divides the logits.
        top_p: draws from the most likely tokens that together have this probability.
    """

    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"temperature must be positive, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")

    def logprobs(self, logits: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Return log-probabilities in nats, of the shape of ``logits`` (..., size).

        Args:
            logits: shape (..., size).
            allowed: mask of the same shape; other tokens get probability zero.
        """
        logits = logits.float() / self.temperature
        if allowed is not None:
            logits = logits.masked_fill(~allowed.to(logits.device), -torch.inf)
        logprobs = logits.log_softmax(-1)
        if self.top_p == 1.0:
            return logprobs
        ordered, tokens = logprobs.sort(dim=-1, descending=True, stable=True)
        before = ordered.exp().cumsum(-1) - ordered.exp()
        ordered = ordered.masked_fill(before >= self.top_p, -torch.inf)
        return torch.empty_like(logprobs).scatter(-1, tokens, ordered).log_softmax(-1)


def draw(logprobs: Tensor, uniforms: Tensor) -> Tensor:
    """Return the token at which each row's cumulative probability passes its random number.

    Args:
        logprobs: shape (rows, size).
        uniforms: shape (rows,), in [0, 1).
    """
    probabilities = logprobs.exp()
    cumulative = probabilities.cumsum(-1)
    targets = uniforms[:, None] * cumulative[:, -1:]
    tokens = torch.searchsorted(cumulative, targets, right=True).clamp_(max=logprobs.shape[1] - 1)
    # A sum that is rounded (and, on a GPU, not even monotone) may point at an impossible token.
    possible = probabilities.gather(1, tokens) > 0
    if not possible.all():
        tokens = torch.where(possible, tokens, probabilities.argmax(-1, keepdim=True))
    return tokens[:, 0]


@dataclass(frozen=True, slots=True)
class Row:
    """A sampled sequence: its tokens without start and end, and their log-probability (nats).

    ``ended`` is whether it came to its end token.
    """

    tokens: tuple[int, ...]
    logprob: float
    ended: bool


class _Record:
    """What was drawn so far for the rows of a batch, some of which have left it.

    Args:
        count: the number of rows.
        end: the end token.
    """

    def __init__(self, count: int, end: int) -> None:
        self._end = end
        self._present = np.arange(count)
        self._steps: list[NDArray[np.int64]] = []
        self._lengths = np.zeros(count, dtype=np.int64)
        self._logprobs = np.zeros(count)
        self._ended = np.zeros(count, dtype=np.bool_)

    def add(self, tokens: NDArray[np.int64], logprobs: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Append a token to each present row that has not ended, and tell which go on."""
        going = ~self._ended[self._present]
        self._logprobs[self._present[going]] += logprobs[going]
        step = np.full(len(self._ended), self._end)
        step[self._present] = tokens
        self._steps.append(step)
        going &= tokens != self._end
        self._ended[self._present[~going]] = True
        self._lengths[self._present[going]] += 1
        return going

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        self._present = self._present[rows]

    def rows(self) -> list[Row]:
        """Return all rows, those that have left included, in order."""
        tokens = np.stack(self._steps, axis=1).tolist()
        each = (self._lengths.tolist(), self._logprobs.tolist(), self._ended.tolist())
        return [
            Row(tuple(row[:length]), logprob, ended)
            for row, length, logprob, ended in zip(tokens, *each, strict=True)
        ]


@final
class SequenceSampler:
    """Samples one sequence for each row of a decoder.

    Args:
        codec: names the start and end tokens and the number of tokens.
        constraint: the grammar, or None for any token.
        distribution: what tokens are drawn from.
    """

    def __init__(
        self, codec: ProgramCodec, constraint: Constraint | None, distribution: Distribution
    ) -> None:
        self._codec = codec
        self._constraint = constraint
        self._distribution = distribution
        self.masking = 0.0
        """Seconds that the constraint has taken so far."""

    def sample(self, decoder: Decoder, uniforms: Tensor) -> list[Row]:
        """Return the sampled rows, in order.

        A row's log-probability is under the distribution that its tokens were drawn from:
        constraint, temperature and top-p included.

        Args:
            decoder: at its beginning.
            uniforms: the random numbers of each row, shape (rows, most new tokens), in [0, 1).
        """
        count, most = uniforms.shape
        codec = self._codec
        record = _Record(count, codec.end)
        state = None
        if self._constraint is not None:
            state = start_rows(self._constraint, count, size=codec.size, end=codec.end)
        tokens = torch.full((count,), codec.start, device=uniforms.device)
        drawn = np.zeros(0, dtype=np.int64)
        for step in range(most):
            logits = decoder.step(tokens)
            # A GPU is at work on them while the constraint reads the tokens of the last step.
            allowed = self._allowed(state, len(tokens), drawn, most - step)
            logprobs = self._distribution.logprobs(logits, allowed)
            tokens = draw(logprobs, uniforms[:, step])
            logprobs = logprobs.gather(1, tokens[:, None])[:, 0]
            drawn = tokens.cpu().numpy()
            going = record.add(drawn, logprobs.cpu().numpy())
            if not going.any():
                break
            # Moving the rows together copies their past, so it waits until it pays.
            if going.sum() <= KEPT * len(going):
                index = np.flatnonzero(going)
                record.keep(index)
                if state is not None:
                    state.keep(index)
                drawn = drawn[index]
                kept = torch.from_numpy(index).to(tokens.device)
                tokens, uniforms = tokens[kept], uniforms[kept]
                decoder.keep(kept)
        return record.rows()

    def _allowed(
        self, state: BatchState | None, count: int, drawn: NDArray[np.int64], remaining: int
    ) -> Tensor | None:
        """Return what may follow the tokens that were drawn last, if any were."""
        if state is None:
            return None
        began = time.perf_counter()
        if drawn.size:
            state.advance(drawn)
        allowed = allowed_tokens(state, count, remaining, self._codec.size)
        self.masking += time.perf_counter() - began
        return torch.from_numpy(allowed)
