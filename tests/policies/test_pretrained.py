"""Checkpoints in the format of CodeT5+, which the tests write themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, T5ForConditionalGeneration

from exit_dsl.policies import (
    OnlyTokens,
    PretrainedError,
    Seq2SeqPolicy,
    check_round_trip,
    load_pretrained,
)
from exit_dsl.policies.pretrained import Pretrained
from exit_dsl.types import Example, Experience, Program, Task
from tests.policies.checkpoints import CORPUS, describe, edit, write_t5


def load(folder: Path, stream_tokens: int = 32) -> Pretrained[T5ForConditionalGeneration]:
    return load_pretrained(folder, describe, stream_tokens=stream_tokens)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_t5(tmp_path_factory.mktemp("codet5"))


@pytest.fixture(scope="module")
def pretrained(checkpoint: Path) -> Pretrained[T5ForConditionalGeneration]:
    return load(checkpoint)


@pytest.fixture
def broken(checkpoint: Path, tmp_path: Path) -> Path:
    """Return a copy to damage."""
    return Path(shutil.copytree(checkpoint, tmp_path / "broken"))


def test_half_precision_weights_are_read_as_float32(checkpoint: Path) -> None:
    model = load(checkpoint).model
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.lm_head.weight is model.shared.weight


def test_labels_have_an_end_and_no_beginning(checkpoint: Path) -> None:
    codec = load(checkpoint).codec
    assert (codec.pad, codec.start, codec.end) == (0, 0, 2)
    tokens = codec.encode(Program("x1 = rot90(I)"))
    assert tokens[-1] == 2
    assert not {0, 1, 2} & set(tokens[:-1])
    assert max(tokens) < codec.size <= 300


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=30))
def test_any_text_survives(pretrained: Pretrained[T5ForConditionalGeneration], text: str) -> None:
    codec = pretrained.codec
    assert codec.decode(codec.encode(Program(text))[:-1]) == text


def test_both_streams_are_read_and_cut_apart(checkpoint: Path) -> None:
    _, encode, codec = load(checkpoint, stream_tokens=8)
    short = encode(Task("short", (Example("x1", "I"),)))
    assert not short.truncated
    assert short.tokens == (1, *codec.encode(Program("x1")), 1, *codec.encode(Program("I")))
    long = encode(Task("long", (Example("x1", "abcdefghijklmnop"),)))
    assert long.truncated
    assert long.tokens[:-8] == (1, *codec.encode(Program("x1")))
    assert (long.tokens[-8], long.tokens[-1]) == (1, 2)


def test_streams_without_room_for_text_are_refused(checkpoint: Path) -> None:
    load(checkpoint, stream_tokens=3)
    with pytest.raises(
        ValueError, match="stream_tokens must be a whole number of at least 3, not 1"
    ):
        load(checkpoint, stream_tokens=1)


def test_a_policy_trains_and_samples_text(checkpoint: Path) -> None:
    model, encode, codec = load(checkpoint)
    allowed = {token for text in CORPUS for token in codec.encode(Program(text))}
    policy: Seq2SeqPolicy[str, str] = Seq2SeqPolicy(
        model=model,
        encode=encode,
        codec=codec,
        constraint=OnlyTokens(allowed, size=codec.size, end=codec.end),
        learning_rate=3e-3,
        max_new_tokens=12,
    )
    task = Task("a", (Example("3x3", "3x3"),))
    experiences = [Experience(task, Program("x1 = rot90(I)"), "a", (1.0,))] * 4
    rng = np.random.default_rng(0)
    losses = [policy.update(experiences, rng)["loss"] for _ in range(4)]
    assert losses[-1] < losses[0]
    programs = [candidate.program for candidate in policy.sample([task], 5, rng)]
    letters = set("".join(CORPUS))
    assert all(set(program) <= letters for program in programs)


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match=r"cannot load .*missing.*config\.json"):
        load(tmp_path / "missing")


@pytest.mark.parametrize("lost", ["config.json", "model.safetensors"])
def test_an_incomplete_folder_is_refused(broken: Path, lost: str) -> None:
    (broken / lost).unlink()
    with pytest.raises(PretrainedError, match="give a folder with"):
        load(broken)


def test_a_damaged_vocabulary_is_refused(broken: Path) -> None:
    (broken / "vocab.json").write_text('{"a')
    with pytest.raises(PretrainedError, match=r"cannot load .*BPE"):
        load(broken)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    BertConfig().save_pretrained(tmp_path)
    with pytest.raises(PretrainedError, match="is a bert model; choose a T5"):
        load(tmp_path)


def test_a_checkpoint_with_too_few_weights_is_refused(broken: Path) -> None:
    edit(broken / "config.json", num_layers=2)
    with pytest.raises(PretrainedError, match=r"lacks \d+ weights of a T5"):
        load(broken)


def test_a_tokenizer_of_another_model_is_refused(broken: Path) -> None:
    edit(broken / "config.json", eos_token_id=1)
    with pytest.raises(PretrainedError, match="has 2 as its eos token and the model 1"):
        load(broken)


def test_a_config_without_a_start_token_is_refused(broken: Path) -> None:
    edit(broken / "config.json", decoder_start_token_id=None)
    with pytest.raises(PretrainedError, match="no decoder_start_token_id"):
        load(broken)


@pytest.mark.parametrize("token", ["pad", "unk"])
def test_special_tokens_of_another_tokenizer_are_refused(broken: Path, token: str) -> None:
    edit(broken / "tokenizer_config.json", **{f"{token}_token": "<mask>"})
    with pytest.raises(PretrainedError, match=f"has 4 as its {token} token and CodeT5's have"):
        load(broken)


def test_programs_survive_or_are_named(checkpoint: Path) -> None:
    codec = load(checkpoint).codec
    check_round_trip(codec, [Program(text) for text in CORPUS])
    with pytest.raises(ValueError, match=r"makes 'x1 = ' of the program 'x1 = </s>'"):
        check_round_trip(codec, [Program("x1"), Program("x1 = </s>")])
