"""Likelihood training of a sequence-to-sequence model, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from transformers import T5ForConditionalGeneration

from exit_dsl.policies.batching import IGNORED, Batch, Pair, collate, pack, steps
from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.randomness import split

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
        model: float32 weights.
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
        model: T5ForConditionalGeneration,
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
        self._model = model
        self._learning_rate = learning_rate
        self._warmup_steps = warmup_steps
        self._clip = clip
        self._batch_size = batch_size
        self._batch_tokens = batch_tokens
        self._epochs = epochs
        self._autocast = autocast
        self._progress = progress
        self._step = 0
        # Named once each: tied weights are one parameter under one name.
        self._parameters = dict(model.named_parameters())
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
        device = self._model.device
        began = time.perf_counter()
        loss = tokens = 0.0
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(split(rng))
            self._model.train()
            for step in self._progress(work):
                batches = [
                    collate(group, start=codec.start, pad=codec.pad)
                    for group in pack(step, self._batch_tokens)
                ]
                targets = sum(len(pair.target) for pair in step)
                loss += self._take_step(batches, targets, codec.size)
                tokens += targets
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

    def _take_step(self, batches: Sequence[Batch], targets: int, size: int) -> float:
        """Take one optimizer step and return the loss summed over the target tokens."""
        total = 0.0
        for number, batch in enumerate(batches, 1):
            loss = self._loss(batch.to(self._model.device), size)
            value = float(loss.detach())
            if not math.isfinite(value):
                self._fail("loss", value, f" in batch {number} of {len(batches)}", batch)
            (loss / targets).backward()  # type: ignore[no-untyped-call]
            total += value
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters.values(), self._clip))
        if not math.isfinite(norm):
            self._fail("gradient's norm", norm, f" over {len(batches)} batches", batches[-1])
        self._step += 1
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate * min(1.0, self._step / max(1, self._warmup_steps))
        self._optimizer.step()
        self._optimizer.zero_grad()
        return total

    def _loss(self, batch: Batch, size: int) -> Tensor:
        with self._autocast():
            logits = self._model(
                input_ids=batch.sources,
                attention_mask=batch.source_mask,
                decoder_input_ids=batch.inputs,
                use_cache=False,
            ).logits[..., :size]
        return F.cross_entropy(
            logits.float().flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )

    def _fail(self, what: str, value: float, where: str, batch: Batch) -> None:
        self._optimizer.zero_grad()
        rows, length = batch.sources.shape
        raise FloatingPointError(
            f"the {what} is {value} at training step {self._step + 1}{where}"
            f" ({rows} pairs, sources of up to {length} tokens);"
            " lower the learning rate or go back to the last checkpoint"
        )


def _copy(value: Any) -> Any:
    return value.detach().to("cpu", copy=True) if isinstance(value, Tensor) else value
