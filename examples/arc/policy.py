"""Policies for ARC: a small T5 from nothing over grid and program tokens, or CodeT5+ over text."""

from __future__ import annotations

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.grids import GridVocabulary, encode_text
from examples.arc.presets import PresetError, Pretrained, SmallNetwork
from examples.arc.seeds import load_seeds
from exit_dsl.language import Grammar, Vocabulary
from exit_dsl.policies import Encoding, OnlyTokens, Seq2SeqPolicy, check_round_trip, small_t5
from exit_dsl.policies.pretrained import PretrainedError, load_pretrained
from exit_dsl.policies.training import Progress, silent
from exit_dsl.types import Task

MAX_LINES = 64
"""The longest program that the small network can write, in lines."""


class GridEncoder:
    """Gives the tokens of a task's demonstrations, the smallest first.

    Args:
        limit: the most tokens of a task; demonstrations that do not fit are left out.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._vocabulary = GridVocabulary()

    def __call__(self, task: Task[Grid, Grid]) -> Encoding:
        """Return the tokens, and whether any demonstration was left out or cut."""
        encoding = self._vocabulary.encode_task(task, self._limit)
        return Encoding(encoding.tokens, encoding.shown < len(task.examples))


def small_policy(
    network: SmallNetwork,
    rng: np.random.Generator,
    *,
    temperature: float,
    device: str = "cpu",
    progress: Progress = silent,
) -> Seq2SeqPolicy[Grid, Grid]:
    """Return an untrained T5 that reads grid tokens and writes well-typed programs."""
    vocabulary = Vocabulary(arc, max_lines=MAX_LINES)
    model = small_t5(
        GridVocabulary.size,
        vocabulary.size,
        rng,
        d_model=network.d_model,
        layers=network.layers,
        heads=network.heads,
        d_ff=network.d_ff,
        dropout=network.dropout,
    )
    return Seq2SeqPolicy(
        model=model,
        encode=GridEncoder(network.source_tokens),
        codec=vocabulary,
        constraint=Grammar(vocabulary),
        learning_rate=network.learning_rate,
        warmup_steps=network.warmup_steps,
        batch_size=network.batch_size,
        max_new_tokens=network.target_tokens,
        temperature=temperature,
        device=device,
        progress=progress,
    )


def pretrained_policy(
    pretrained: Pretrained,
    *,
    temperature: float,
    device: str = "cpu",
    progress: Progress = silent,
) -> Seq2SeqPolicy[Grid, Grid]:
    """Return CodeT5 or CodeT5+ that reads and writes text, as in the paper.

    Raises:
        PresetError: the hub name or folder holds no such model.
    """
    programs = [seed.program for seed in load_seeds().values()]
    try:
        model, encode, codec = load_pretrained(pretrained.name, _describe)
        check_round_trip(codec, programs)
    except (PretrainedError, ValueError) as error:
        raise PresetError(str(error)) from error
    # The paper ends a sequence at the first token outside the language's; here none is drawn.
    tokens = {token for program in programs for token in codec.encode(program)}
    return Seq2SeqPolicy(
        model=model,
        encode=encode,
        codec=codec,
        constraint=OnlyTokens(tokens, size=codec.size, end=codec.end),
        learning_rate=pretrained.learning_rate,
        batch_size=pretrained.batch_size,
        max_new_tokens=pretrained.target_tokens,
        temperature=temperature,
        device=device,
        progress=progress,
    )


def _describe(task: Task[Grid, Grid]) -> tuple[str, str]:
    """Return a task as the two texts of the paper: all inputs, and all outputs."""
    text = encode_text(task)
    return text.inputs, text.outputs
