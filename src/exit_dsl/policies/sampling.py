"""The sampling loop: one random number a row and step, turned into a token by inverse CDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.policies.constrained import Constraint, State, allowed_tokens
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
    return torch.where(possible, tokens, probabilities.argmax(-1, keepdim=True))[:, 0]


@dataclass(slots=True)
class Row:
    """A sequence so far: its tokens without start and end, and their log-probability (nats)."""

    state: State | None
    tokens: list[int] = field(default_factory=list)
    logprob: float = 0.0
    ended: bool = False


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

    def sample(self, decoder: Decoder, uniforms: Tensor) -> list[Row]:
        """Return the sampled rows, in order.

        A row's log-probability is under the distribution that its tokens were drawn from:
        constraint, temperature and top-p included.

        Args:
            decoder: at its beginning.
            uniforms: the random numbers of each row, shape (rows, most new tokens), in [0, 1).
        """
        most = uniforms.shape[1]
        rows = live = [self._row() for _ in uniforms]
        tokens = torch.full((len(rows),), self._codec.start, device=uniforms.device)
        for step in range(most):
            logits = decoder.step(tokens)
            logprobs = self._distribution.logprobs(logits, self._allowed(live, most - step))
            tokens = draw(logprobs, uniforms[:, step])
            self._record(live, tokens, logprobs.gather(1, tokens[:, None])[:, 0])
            going = [index for index, row in enumerate(live) if not row.ended]
            if not going:
                break
            # Moving the rows together copies their past, so it waits until it pays.
            if len(going) <= KEPT * len(live):
                live = [live[index] for index in going]
                kept = torch.tensor(going, device=tokens.device)
                tokens, uniforms = tokens[kept], uniforms[kept]
                decoder.keep(kept)
        for row in rows:
            row.state = None
        return rows

    def _row(self) -> Row:
        return Row(None if self._constraint is None else self._constraint.start())

    def _allowed(self, live: Sequence[Row], remaining: int) -> Tensor | None:
        if self._constraint is None:
            return None
        states = [row.state for row in live]
        return torch.from_numpy(allowed_tokens(states, remaining, self._codec.size))

    def _record(self, live: Sequence[Row], tokens: Tensor, logprobs: Tensor) -> None:
        for row, token, logprob in zip(live, tokens.tolist(), logprobs.tolist(), strict=True):
            if row.ended:
                continue
            row.logprob += logprob
            if token == self._codec.end:
                row.ended, row.state = True, None
                continue
            row.tokens.append(token)
            if row.state is not None:
                row.state = row.state.advance(token)
