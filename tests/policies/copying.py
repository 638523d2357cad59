"""A language of digits whose tasks are solved by copying them: the smallest thing to learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from exit_dsl.policies import Encoding, Seq2SeqPolicy, TwoVocabularyT5, small_t5
from exit_dsl.types import Example, Experience, Program, Task

Digits = tuple[int, ...]
SOURCE_SIZE = 10


class DigitCodec:
    """Programs of digits, such as "204"."""

    pad, start, end, size = 0, 1, 2, 13

    def encode(self, program: Program) -> list[int]:
        return [*(3 + int(digit) for digit in program), self.end]

    def decode(self, tokens: Sequence[int]) -> Program:
        return Program("".join(str(token - 3) if token > 2 else "?" for token in tokens))


def encode(task: Task[Digits, Digits]) -> Encoding:
    shown = task.examples[0].input
    return Encoding(shown[:12], truncated=len(shown) > 12)


def make_task(digits: Digits) -> Task[Digits, Digits]:
    return Task("".join(map(str, digits)), (Example(digits, digits),))


def make_tasks(count: int, seed: int, longest: int = 8) -> list[Task[Digits, Digits]]:
    rng = np.random.default_rng(seed)
    return [
        make_task(tuple(rng.integers(10, size=rng.integers(1, longest + 1)).tolist()))
        for _ in range(count)
    ]


def make_experiences(count: int, seed: int) -> list[Experience[Digits, Digits]]:
    return [Experience(task, Program(task.id), task.id, (1.0,)) for task in make_tasks(count, seed)]


def make_model(seed: int = 0, dropout: float = 0.0) -> TwoVocabularyT5:
    rng = np.random.default_rng(seed)
    return small_t5(
        SOURCE_SIZE, DigitCodec.size, rng, d_model=16, layers=2, heads=2, d_ff=32, dropout=dropout
    )


def make_policy(**changes: Any) -> Seq2SeqPolicy[Digits, Digits]:
    settings: dict[str, Any] = {
        "model": make_model(),
        "encode": encode,
        "codec": DigitCodec(),
        "learning_rate": 3e-3,
        "warmup_steps": 5,
        "batch_size": 16,
        "max_new_tokens": 10,
    }
    return Seq2SeqPolicy(**{**settings, **changes})


def teacher_forced_logits(
    model: TwoVocabularyT5, source: Sequence[int], target: Sequence[int]
) -> torch.Tensor:
    """Return the logits (len(target), size) at each token of ``target``, by the whole model."""
    torch.nn.Module.eval(model)
    with torch.no_grad():
        logits: torch.Tensor = model(
            input_ids=torch.tensor([source]),
            decoder_input_ids=torch.tensor([[DigitCodec.start, *target[:-1]]]),
        ).logits[0]
    return logits
