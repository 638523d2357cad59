"""A policy from a network and two functions: tasks to tokens, programs to tokens and back."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel
from typing_extensions import TypeVar, override

from exit_dsl.interfaces import Policy
from exit_dsl.policies.batching import Pair, pad_sources
from exit_dsl.policies.codec import Encoding, ProgramCodec
from exit_dsl.policies.constrained import Constraint
from exit_dsl.policies.network import Network
from exit_dsl.policies.sampling import Distribution, SequenceSampler
from exit_dsl.policies.training import Progress, Trainer, silent
from exit_dsl.policies.weights import TrainedWeights, lower_frozen
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, Experience, I, O, Program, Task

M = TypeVar("M", bound=PreTrainedModel)
_log = logging.getLogger(__name__)


class LikelihoodPolicy(Policy[I, O], Generic[M, I, O]):
    """Samples programs from a model, and trains it on experiences by likelihood.

    Candidates depend on the weights, ``rng``, the task's id and the sample's number, but not on
    which other tasks and samples are computed beside them: each row draws from its own random
    stream. (Sums are rounded differently in batches of other shapes, which can tip a draw that
    lies within about 1e-6 of the border between two tokens; in bfloat16, about 1e-2.)

    A candidate's ``logprob`` is that of its tokens under the distribution that they were drawn
    from, with constraint, temperature and ``top_p`` applied.

    Only parameters that require gradients are trained and saved. Where a GPU's memory runs out,
    ``rows`` or ``batch_tokens`` is halved for good, with a warning in the log, and the work done
    again in smaller batches.

    Args:
        model: belongs to the policy from now on, which moves it to ``device``.
        encode: gives the tokens of a task; must be a function of the task's value alone.
        codec: programs as target tokens and back.
        constraint: the grammar of programs; None lets any token follow.
        learning_rate: of AdamW, constant after warm-up.
        warmup_steps: optimizer steps of linear warm-up, counted over all updates.
        weight_decay: of AdamW.
        clip: largest norm of the gradient of a step.
        batch_size: experiences an optimizer step.
        batch_tokens: source and target tokens, padding included, that training computes at
            once; results are the same for all values up to rounding and dropout.
        epochs: passes over the experiences of one update.
        max_new_tokens: most tokens of a program, the end token included. Longer programs are
            dropped from training and counted as ``dropped``.
        temperature: of sampling; divides the logits.
        top_p: samples among the most likely tokens that together have this probability.
        rows: sequences sampled at once.
        device: where the model runs, as torch names it.
        precision: what the model computes in: ``torch.float32``, ``torch.bfloat16``, or None for
            bfloat16 on CUDA and float32 elsewhere. Trained weights are float32 in any case.
        progress: wraps the sequence of training steps, as ``tqdm`` does.

    Raises:
        ValueError: an argument is out of range or does not fit the model.
    """

    def __init__(
        self,
        *,
        model: M,
        encode: Callable[[Task[I, O]], Encoding],
        codec: ProgramCodec,
        constraint: Constraint | None = None,
        learning_rate: float = 5e-5,
        warmup_steps: int = 100,
        weight_decay: float = 0.0,
        clip: float = 1.0,
        batch_size: int = 64,
        batch_tokens: int = 8_192,
        epochs: int = 1,
        max_new_tokens: int = 512,
        temperature: float = 1.0,
        top_p: float = 1.0,
        rows: int = 512,
        device: str | torch.device = "cpu",
        precision: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> None:
        _require_positive(
            learning_rate=learning_rate,
            clip=clip,
            batch_size=batch_size,
            batch_tokens=batch_tokens,
            epochs=epochs,
            max_new_tokens=max_new_tokens,
            rows=rows,
        )
        self._network = self._wrap(model)
        outputs = self._network.target_size
        if codec.size > outputs:
            raise ValueError(
                f"the codec has {codec.size} target tokens but the model only {outputs} outputs;"
                " build the model with codec.size of them"
            )
        self._device = torch.device(device)
        precision = _checked_precision(self._device, precision)
        self._autocast = _autocast(self._device, precision)
        nn.Module.to(model, dtype=torch.float32)
        self._weights = TrainedWeights(model)
        lower_frozen(model, precision)
        nn.Module.to(model, device=self._device)
        self._encode = encode
        self._codec = codec
        self._max_new_tokens = max_new_tokens
        self._rows = rows
        self._sequences = SequenceSampler(codec, constraint, Distribution(temperature, top_p))
        self._trainer = Trainer(
            self._network,
            self._weights.parameters,
            learning_rate=learning_rate,
            warmup_steps=warmup_steps,
            weight_decay=weight_decay,
            clip=clip,
            batch_size=batch_size,
            batch_tokens=batch_tokens,
            epochs=epochs,
            autocast=self._autocast,
            progress=progress,
        )

    @abstractmethod
    def _wrap(self, model: M) -> Network:
        """Return how ``model`` is trained and sampled from."""

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` candidates for each task, lazily and in the order of the tasks."""
        return self._candidates(tasks, n, split(rng))  # draws now, not when it is first read

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train on ``batch`` and return metrics.

        ``loss`` (nats a target token, over the whole update), ``examples``, ``truncated`` (share
        of them whose task did not fit), ``dropped`` (programs over ``max_new_tokens``, or that
        ``codec`` cannot write), ``steps``, ``tokens`` (target), ``tokens_per_second``,
        ``seconds``.

        Raises:
            FloatingPointError: the loss or its gradient is not finite.
        """
        encodings = [self._encoding(experience.task) for experience in batch]
        targets = [self._target(experience.program) for experience in batch]
        pairs = [
            Pair(encoding.tokens, target)
            for encoding, target in zip(encodings, targets, strict=True)
            if target is not None
        ]
        truncated = sum(encoding.truncated for encoding in encodings)
        return {
            "examples": float(len(pairs)),
            "dropped": float(len(batch) - len(pairs)),
            "truncated": truncated / max(1, len(batch)),
            **self._trainer.train(pairs, self._codec, rng),
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return copies of trained weights, optimizer moments and step count, on the CPU."""
        return {**self._weights.state_dict(), "trainer": self._trainer.state_dict()}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            ValueError: the state is of a model with other weights.
        """
        self._weights.load_state_dict(state)
        self._trainer.load_state_dict(state["trainer"])

    def truncated(self, tasks: Sequence[Task[I, O]]) -> float:
        """Return the share of ``tasks`` of which the model does not see everything."""
        return sum(self._encoding(task).truncated for task in tasks) / max(1, len(tasks))

    def _encoding(self, task: Task[I, O]) -> Encoding:
        encoding = self._encode(task)
        known, context = self._network.source_size, self._network.context
        if not encoding.tokens:
            raise ValueError(f"encode gave no tokens for task {task.id!r}; give at least one")
        if not 0 <= min(encoding.tokens) <= max(encoding.tokens) < known:
            raise ValueError(
                f"encode gave a token for task {task.id!r} that is not in range({known}), the"
                " model's source vocabulary"
            )
        if context is not None and len(encoding.tokens) + self._max_new_tokens > context:
            raise ValueError(
                f"task {task.id!r} has {len(encoding.tokens)} tokens, which with"
                f" {self._max_new_tokens} of a program exceed the model's context of {context};"
                " let encode give fewer, or lower max_new_tokens"
            )
        return encoding

    def _target(self, program: Program) -> tuple[int, ...] | None:
        """Return the tokens of ``program``, or None if sampling could not write them either."""
        try:
            tokens = tuple(self._codec.encode(program))
        except ValueError:
            return None
        return tokens if len(tokens) <= self._max_new_tokens else None

    def _candidates(self, tasks: Sequence[Task[I, O]], n: int, seed: int) -> Iterator[Candidate]:
        first = 0
        while first < len(tasks):
            group = tasks[first : first + max(1, self._rows // max(1, n))]
            low = 0
            while low < n:
                numbers = range(low, min(n, low + self._rows))
                yield from self._sample_within_memory(group, numbers, seed)
                low = numbers.stop
            first += len(group)

    def _sample_within_memory(
        self, tasks: Sequence[Task[I, O]], numbers: range, seed: int
    ) -> list[Candidate]:
        """Sample one candidate for each task and each of ``numbers``, halving what is too much."""
        try:
            return self._sample_group(tasks, numbers, seed)
        except torch.OutOfMemoryError:
            count = len(tasks) * len(numbers)
            if count == 1:
                raise
        # Not in the except clause, whose exception holds on to the memory.
        self._rows = min(self._rows, count // 2)
        _log.warning("too little memory to sample %d rows; going on with %d", count, self._rows)
        if len(tasks) > 1:
            middle = len(tasks) // 2
            halves = [(tasks[:middle], numbers), (tasks[middle:], numbers)]
        else:
            middle = len(numbers) // 2
            halves = [(tasks, numbers[:middle]), (tasks, numbers[middle:])]
        return [
            candidate for half in halves for candidate in self._sample_within_memory(*half, seed)
        ]

    @torch.inference_mode()
    def _sample_group(
        self, tasks: Sequence[Task[I, O]], numbers: range, seed: int
    ) -> list[Candidate]:
        """Sample one candidate for each task and each of ``numbers``, all in one batch."""
        nn.Module.eval(self._network.model)
        tokens, mask = pad_sources([self._encoding(task).tokens for task in tasks])
        named = [(owner, number) for owner in range(len(tasks)) for number in numbers]
        owners = [owner for owner, _ in named]
        uniforms = np.stack(
            [
                stream(seed, tasks[owner].id, number).random(self._max_new_tokens, np.float32)
                for owner, number in named
            ]
        )
        with self._autocast():
            decoder = self._network.decoder(
                tokens.to(self._device),
                mask.to(self._device),
                torch.tensor(owners, device=self._device),
                self._codec.size,
            )
            rows = self._sequences.sample(decoder, torch.from_numpy(uniforms).to(self._device))
        return [
            Candidate(tasks[owner].id, self._codec.decode(row.tokens), row.logprob)
            for owner, row in zip(owners, rows, strict=True)
        ]


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, not {value}")


def _checked_precision(device: torch.device, precision: torch.dtype | None) -> torch.dtype:
    if precision is None:
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if precision not in (torch.float32, torch.bfloat16):
        raise ValueError(
            f"precision must be torch.float32 or torch.bfloat16, not {precision};"
            " T5 and others overflow in float16"
        )
    return precision


def _autocast(
    device: torch.device, precision: torch.dtype
) -> Callable[[], AbstractContextManager[object]]:
    if precision == torch.float32:
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=precision)
