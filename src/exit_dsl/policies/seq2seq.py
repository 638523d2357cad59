"""An encoder-decoder policy from two functions: tasks to tokens, programs to tokens and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn
from transformers import T5ForConditionalGeneration
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.policies.batching import Pair, pad_sources
from exit_dsl.policies.codec import Encoding, ProgramCodec
from exit_dsl.policies.constrained import Constraint
from exit_dsl.policies.decoder import Decoder
from exit_dsl.policies.sampling import Distribution, SequenceSampler
from exit_dsl.policies.training import Progress, Trainer, silent
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, Experience, I, O, Program, Task


@final
class Seq2SeqPolicy(Policy[I, O]):
    """Samples programs from a T5, and trains it on experiences by likelihood.

    Candidates depend on the weights, ``rng``, the task's id and the sample's number, but not on
    which other tasks and samples are computed beside them: each row draws from its own random
    stream. (Sums are rounded differently in batches of other shapes, which can tip a draw that
    lies within about 1e-6 of the border between two tokens; in bfloat16, about 1e-2.)

    A candidate's ``logprob`` is that of its tokens under the distribution that they were drawn
    from, with constraint, temperature and ``top_p`` applied.

    Args:
        model: belongs to the policy from now on, which moves it to ``device`` as float32.
        encode: gives the tokens of a task; must be a function of the task's value alone.
        codec: programs as target tokens and back.
        constraint: the grammar of programs; None lets any token follow.
        learning_rate: of AdamW, constant after warm-up.
        warmup_steps: optimizer steps of linear warm-up, counted over all updates.
        weight_decay: of AdamW.
        clip: largest norm of the gradient of a step.
        batch_size: experiences an optimizer step.
        batch_tokens: source and target tokens, padding included, that training computes at
            once; lower it if memory runs out, results stay the same up to rounding and dropout.
        epochs: passes over the experiences of one update.
        max_new_tokens: most tokens of a program, the end token included. Longer programs are
            dropped from training and counted as ``dropped``.
        temperature: of sampling; divides the logits.
        top_p: samples among the most likely tokens that together have this probability.
        rows: sequences sampled at once; lower it if memory runs out.
        device: where the model runs, as torch names it.
        precision: what the model computes in: ``torch.float32``, ``torch.bfloat16``, or None for
            bfloat16 on CUDA and float32 elsewhere. Weights are float32 in any case.
        progress: wraps the sequence of training steps, as ``tqdm`` does.

    Raises:
        ValueError: an argument is out of range or does not fit the model.
    """

    def __init__(
        self,
        *,
        model: T5ForConditionalGeneration,
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
        outputs = model.lm_head.out_features
        if codec.size > outputs:
            raise ValueError(
                f"the codec has {codec.size} target tokens but the model only {outputs} outputs;"
                " build the model with codec.size of them"
            )
        self._device = torch.device(device)
        self._autocast = _autocast(self._device, precision)
        self._model = model
        nn.Module.to(model, device=self._device, dtype=torch.float32)
        self._encode = encode
        self._codec = codec
        self._max_new_tokens = max_new_tokens
        self._rows = rows
        self._sequences = SequenceSampler(codec, constraint, Distribution(temperature, top_p))
        self._trainer = Trainer(
            self._model,
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
        """Return copies of weights, optimizer moments and step count, on the CPU."""
        weights = {
            name: parameter.detach().to("cpu", copy=True)
            for name, parameter in self._model.named_parameters()
        }
        return {"weights": weights, "trainer": self._trainer.state_dict()}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            ValueError: the state is of a model with other weights.
        """
        own = dict(self._model.named_parameters())
        weights: Mapping[str, Tensor] = state["weights"]
        for name in own.keys() | weights.keys():
            here, there = own.get(name), weights.get(name)
            if here is None or there is None or here.shape != there.shape:
                raise ValueError(
                    f"the saved weights do not fit this model at {name!r}; build the policy with"
                    " the model and the vocabulary that it was saved with"
                )
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(weights[name])
        self._trainer.load_state_dict(state["trainer"])

    def truncated(self, tasks: Sequence[Task[I, O]]) -> float:
        """Return the share of ``tasks`` of which the encoder does not see everything."""
        return sum(self._encoding(task).truncated for task in tasks) / max(1, len(tasks))

    def _encoding(self, task: Task[I, O]) -> Encoding:
        encoding = self._encode(task)
        known = self._model.encoder.embed_tokens.num_embeddings
        if not encoding.tokens:
            raise ValueError(f"encode gave no tokens for task {task.id!r}; give at least one")
        if not 0 <= min(encoding.tokens) <= max(encoding.tokens) < known:
            raise ValueError(
                f"encode gave a token for task {task.id!r} that is not in range({known}), the"
                " model's source vocabulary"
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
        together = max(1, self._rows // max(1, n))
        for first in range(0, len(tasks), together):
            group = tasks[first : first + together]
            for low in range(0, n, self._rows):
                numbers = range(low, min(n, low + self._rows))
                yield from self._sample_group(group, numbers, seed)

    @torch.inference_mode()
    def _sample_group(
        self, tasks: Sequence[Task[I, O]], numbers: range, seed: int
    ) -> list[Candidate]:
        """Sample one candidate for each task and each of ``numbers``, all in one batch."""
        nn.Module.eval(self._model)
        tokens, mask = pad_sources([self._encoding(task).tokens for task in tasks])
        tokens, mask = tokens.to(self._device), mask.to(self._device)
        named = [(owner, number) for owner in range(len(tasks)) for number in numbers]
        uniforms = np.stack(
            [
                stream(seed, tasks[owner].id, number).random(self._max_new_tokens, np.float32)
                for owner, number in named
            ]
        )
        with self._autocast():
            states = self._model.encoder(tokens, attention_mask=mask).last_hidden_state
            owners = [owner for owner, _ in named]
            decoder = Decoder(self._model, states, mask, owners, self._codec.size)
            rows = self._sequences.sample(decoder, torch.from_numpy(uniforms).to(self._device))
        return [
            Candidate(tasks[owner].id, self._codec.decode(row.tokens), row.logprob)
            for owner, row in zip(owners, rows, strict=True)
        ]


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, not {value}")


def _autocast(
    device: torch.device, precision: torch.dtype | None
) -> Callable[[], AbstractContextManager[object]]:
    if precision is None:
        precision = torch.bfloat16 if device.type == "cuda" else torch.float32
    if precision == torch.float32:
        return nullcontext
    if precision != torch.bfloat16:
        raise ValueError(
            f"precision must be torch.float32 or torch.bfloat16, not {precision};"
            " T5 overflows in float16"
        )
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)
