"""Policies for ARC: a small T5 from nothing over grid and program tokens, or CodeT5+ over text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.encoders import Both, Encoder, FeatureEncoder, GridEncoder
from examples.arc.grids import encode_text
from examples.arc.presets import PresetError, Pretrained, SmallNetwork
from examples.arc.seeds import load_seeds
from exit_dsl.language import Grammar, Vocabulary
from exit_dsl.policies import OnlyTokens, Seq2SeqPolicy, check_round_trip, small_t5
from exit_dsl.policies.compiling import Compile, uncompiled
from exit_dsl.policies.pretrained import PretrainedError, load_pretrained
from exit_dsl.policies.training import Progress, silent
from exit_dsl.types import Program, Task

MAX_LINES = 64
"""The longest program that the small network can write, in lines."""
SAMPLING_BYTES = 2**31
"""What a batch of its samples may take on a CPU: room for 16 programs of each of 400 tasks."""


def source_encoder(network: SmallNetwork) -> Encoder:
    """Return what gives ``network`` the tokens of a task."""
    if not network.features:
        return GridEncoder(network.source_tokens)
    if not network.source_tokens:
        return FeatureEncoder()
    return Both(FeatureEncoder(), GridEncoder(network.source_tokens))


def small_policy(
    network: SmallNetwork,
    rng: np.random.Generator,
    *,
    temperature: float,
    programs: Iterable[Program] | None = None,
    device: str = "cpu",
    compiler: Compile = uncompiled,
    progress: Progress = silent,
) -> Seq2SeqPolicy[Grid, Grid]:
    """Return an untrained T5 that reads features and grids and writes well-typed programs.

    ``programs`` limit which types are of use in those, as they do in :class:`Grammar`.
    """
    vocabulary = Vocabulary(arc, max_lines=MAX_LINES)
    encoder = source_encoder(network)
    model = small_t5(
        len(encoder.factors),
        vocabulary.size,
        rng,
        d_model=network.d_model,
        layers=network.layers,
        heads=network.heads,
        d_ff=network.d_ff,
        dropout=network.dropout,
        source_factors=encoder.factors if network.factored else None,
        lines=vocabulary if network.lines else None,
    )
    return Seq2SeqPolicy(
        model=model,
        encode=encoder,
        codec=vocabulary,
        constraint=Grammar(vocabulary, programs),
        learning_rate=network.learning_rate,
        warmup_steps=network.warmup_steps,
        batch_size=network.batch_size,
        max_new_tokens=network.target_tokens,
        temperature=temperature,
        sampling_bytes=SAMPLING_BYTES if device == "cpu" else None,
        device=device,
        compiler=compiler,
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
