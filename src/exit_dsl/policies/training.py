"""Likelihood training of a network, resumable to the bit."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from exit_dsl.policies.batching import IGNORED, Batch, Pair, area, collate, pack, steps
from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.policies.network import Network
from exit_dsl.randomness import split

_log = logging.getLogger(__name__)

Steps = Sequence[Sequence[Pair]]
Progress = Callable[[Steps], Iterable[Sequence[Pair]]]


def silent(work: Steps) -> Iterable[Sequence[Pair]]:
    """Show no progress."""
    return work


@final
class Trainer:
    """One AdamW over all updates, with linear warm-up and then a constant learning rate.

    A step's gradient is that of the mean loss over all its target tokens, whatever the batches
    that it was computed in, so ``batch_tokens`` changes memory and speed but not the result
    (up to rounding and the places of dropout).

    Args:
        network: the model, with float32 weights.
        parameters: those of its weights that are trained, by name.
        learning_rate: after warm-up.
        warmup_steps: optimizer steps until then, over the trainer's whole life.
        weight_decay: of AdamW.
        clip: largest norm of the gradient.
        batch_size: pairs an optimizer step.
        batch_tokens: source and target tokens, padding included, computed at once.
        epochs: passes over the pairs of one update.
        autocast: gives the context that the model computes in.
        progress: wraps the steps of one update, as ``tqdm`` does.
    """

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, nn.Parameter],
        *,
        learning_rate: float,
        warmup_steps: int,
        weight_decay: float,
        clip: float,
        batch_size: int,
        batch_tokens: int,
        epochs: int,
        autocast: Callable[[], AbstractContextManager[object]],
        progress: Progress,
    ) -> None:
        self._network = network
        self._parameters = parameters
        self._learning_rate = learning_rate
        self._warmup_steps = warmup_steps
        self._clip = clip
        self._batch_size = batch_size
        self._batch_tokens = batch_tokens
        self._epochs = epochs
        self._autocast = autocast
        self._progress = progress
        self._step = 0
        self._optimizer = torch.optim.AdamW(
            self._parameters.values(), lr=learning_rate, weight_decay=weight_decay, fused=True
        )

    def train(
        self, pairs: Sequence[Pair], codec: ProgramCodec, rng: np.random.Generator
    ) -> dict[str, float]:
        """Train on ``pairs`` and return metrics.

        Args:
            pairs: the training examples; none are harmless.
            codec: names the special tokens and the number of tokens.
            rng: shuffles, and seeds dropout.

        Raises:
            FloatingPointError: the loss or its gradient is not finite; the weights are as they
                were after the step before.
        """
        work = [step for _ in range(self._epochs) for step in steps(pairs, self._batch_size, rng)]
        model = self._network.model
        began = time.perf_counter()
        loss = tokens = 0.0
        with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []):
            torch.manual_seed(split(rng))
            model.train()
            for step in self._progress(work):
                loss += self._take_step(step, codec)
                tokens += sum(len(pair.target) for pair in step)
        seconds = time.perf_counter() - began
        return {
            "loss": loss / tokens if tokens else math.nan,
            "steps": float(len(work)),
            "tokens": tokens,
            "tokens_per_second": tokens / seconds,
            "seconds": seconds,
        }

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the moments and the step count, on the CPU."""
        moments = {
            name: {key: _copy(value) for key, value in self._optimizer.state[parameter].items()}
            for name, parameter in self._parameters.items()
            if parameter in self._optimizer.state
        }
        return {"step": self._step, "moments": moments}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned."""
        own = self._optimizer.state_dict()
        numbers = {name: number for number, name in enumerate(self._parameters)}
        moments = {
            numbers[name]: {key: _copy(value) for key, value in values.items()}
            for name, values in state["moments"].items()
        }
        self._optimizer.load_state_dict({"state": moments, "param_groups": own["param_groups"]})
        self._step = int(state["step"])

    def _take_step(self, step: Sequence[Pair], codec: ProgramCodec) -> float:
        """Take one optimizer step and return the loss summed over the target tokens."""
        total = self._accumulate_within_memory(step, codec)
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters.values(), self._clip))
        if not math.isfinite(norm):
            self._fail("gradient's norm", norm, "", step)
        self._step += 1
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate * min(1.0, self._step / max(1, self._warmup_steps))
        self._optimizer.step()
        self._optimizer.zero_grad()
        return total

    def _accumulate_within_memory(self, step: Sequence[Pair], codec: ProgramCodec) -> float:
        """Compute the gradient of a step, in batches of half the size while they are too large."""
        while True:
            groups = pack(step, self._batch_tokens)
            try:
                return self._accumulate(groups, codec)
            except torch.OutOfMemoryError:
                self._optimizer.zero_grad()  # a batch may have left part of its gradient
                if max(map(len, groups)) == 1:
                    raise
            # Not in the except clause, whose exception holds on to the memory.
            self._batch_tokens = min(self._batch_tokens, max(map(area, groups))) // 2
            _log.warning(
                "too little memory at training step %d; going on with %d tokens at once",
                self._step + 1,
                self._batch_tokens,
            )

    def _accumulate(self, groups: Sequence[Sequence[Pair]], codec: ProgramCodec) -> float:
        """Add up the gradient of the mean loss, and return the summed loss."""
        targets = sum(len(pair.target) for group in groups for pair in group)
        total = 0.0
        for number, group in enumerate(groups, 1):
            batch = collate(group, start=codec.start, pad=codec.pad)
            loss = self._loss(batch.to(self._network.model.device), codec.size)
            value = float(loss.detach())
            if not math.isfinite(value):
                self._fail("loss", value, f" in batch {number} of {len(groups)}", group)
            (loss / targets).backward()  # type: ignore[no-untyped-call]
            total += value
        return total

    def _loss(self, batch: Batch, size: int) -> Tensor:
        with self._autocast():
            logits = self._network.logits(batch)[..., :size]
        return F.cross_entropy(
            logits.float().flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )

    def _fail(self, what: str, value: float, where: str, pairs: Sequence[Pair]) -> None:
        self._optimizer.zero_grad()
        longest = max(len(pair.source) for pair in pairs)
        raise FloatingPointError(
            f"the {what} is {value} at training step {self._step + 1}{where}"
            f" ({len(pairs)} pairs, sources of up to {longest} tokens);"
            " lower the learning rate or go back to the last checkpoint"
        )


def _copy(value: Any) -> Any:
    return value.detach().to("cpu", copy=True) if isinstance(value, Tensor) else value
