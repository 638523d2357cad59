"""Likelihood training of a network, resumable to the bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from exit_dsl.policies.batching import IGNORED, Batch, Packer, Pair, by_length, collate, steps
from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.policies.compiling import Compile
from exit_dsl.policies.gradients import add_up_gradients
from exit_dsl.policies.network import Network
from exit_dsl.policies.precision import Autocast
from exit_dsl.policies.processes import Processes, gather_results
from exit_dsl.policies.seeding import seeded
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
    that it was computed in and the processes that did, so ``packer`` and ``processes``
    change memory and speed but not the result (up to rounding and the places of dropout).

    Args:
        network: the model, with float32 weights.
        parameters: those of its weights that are trained, by name.
        learning_rate: after warm-up.
        warmup_steps: optimizer steps until then, over the trainer's whole life.
        weight_decay: of AdamW.
        clip: largest norm of the gradient.
        batch_size: pairs an optimizer step.
        packer: knows how many tokens are computed at once.
        epochs: passes over the pairs of one update.
        autocast: gives the context that the model computes in.
        compiler: compiles the model's computation.
        processes: share out each step; all call the same methods with the same arguments.
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
        packer: Packer,
        epochs: int,
        autocast: Autocast,
        compiler: Compile,
        processes: Processes,
        progress: Progress,
    ) -> None:
        self._model = network.model
        self._logits = compiler(network.logits)
        self._parameters = parameters
        self._learning_rate = learning_rate
        self._warmup_steps = warmup_steps
        self._clip = clip
        self._batch_size = batch_size
        self._packer = packer
        self._epochs = epochs
        self._autocast = autocast
        self._processes = processes
        self._progress = silent if processes.rank else progress
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
            torch.OutOfMemoryError: a single pair is too much; the same holds for the weights.
        """
        work = [step for _ in range(self._epochs) for step in steps(pairs, self._batch_size, rng)]
        began = time.perf_counter()
        loss = tokens = 0.0
        with seeded(split(rng) + self._processes.rank, self._model.device):
            self._model.train()
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
        number = self._step + 1
        try:
            total = self._accumulate_together(step, codec)
            gather_results(lambda: self._clip_gradient(step), self._processes)
            for group in self._optimizer.param_groups:
                group["lr"] = self._learning_rate * min(1.0, number / max(1, self._warmup_steps))
            self._optimizer.step()
            self._step = number
        finally:
            self._optimizer.zero_grad()  # sampling has more use for the memory
        return total

    def _clip_gradient(self, step: Sequence[Pair]) -> None:
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters.values(), self._clip))
        if not math.isfinite(norm):
            raise self._not_finite("gradient's norm", norm, "", step)

    def _accumulate_together(self, step: Sequence[Pair], codec: ProgramCodec) -> float:
        """Compute the gradient of the mean loss in all processes; fail in all if one does."""
        targets = sum(len(pair.target) for pair in step)
        own = by_length(step)[self._processes.rank :: self._processes.size]
        losses = gather_results(
            lambda: self._packer.compute(
                own, lambda groups: self._accumulate(groups, targets, codec)
            ),
            self._processes,
        )
        if self._processes.size > 1:
            add_up_gradients(list(self._parameters.values()), self._processes)
        return sum(losses)

    def _accumulate(
        self, groups: Sequence[Sequence[Pair]], targets: int, codec: ProgramCodec
    ) -> float:
        """Compute the gradient of the mean loss, and return the summed loss.

        Args:
            groups: this process's part of a step, in batches.
            targets: target tokens of the whole step, which the loss is the mean over.
            codec: as of :meth:`train`.
        """
        self._optimizer.zero_grad()  # whatever an earlier try has left
        total = 0.0
        for number, group in enumerate(groups, 1):
            batch = collate(group, start=codec.start, pad=codec.pad)
            loss = self._loss(batch.to(self._model.device), codec.size)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise self._not_finite("loss", value, f" in batch {number} of {len(groups)}", group)
            (loss / targets).backward()  # type: ignore[no-untyped-call]
            total += value
        return total

    def _loss(self, batch: Batch, size: int) -> Tensor:
        with self._autocast():
            logits = self._logits(batch)[..., :size]
        return F.cross_entropy(
            logits.float().flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )

    def _not_finite(
        self, what: str, value: float, where: str, pairs: Sequence[Pair]
    ) -> FloatingPointError:
        longest = max(len(pair.source) for pair in pairs)
        return FloatingPointError(
            f"the {what} is {value} at training step {self._step + 1}{where}"
            f" ({len(pairs)} pairs, sources of up to {longest} tokens);"
            " lower the learning rate or go back to the last checkpoint"
        )


def _copy(value: Any) -> Any:
    return value.detach().to("cpu", copy=True) if isinstance(value, Tensor) else value
