"""Checkpoints of causal language models, which the tests write themselves."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, BertConfig, BertLMHeadModel, PreTrainedModel, ViTConfig

from exit_dsl.policies import CausalPolicy, PretrainedError, load_causal
from exit_dsl.policies.pretrained import Pretrained
from exit_dsl.types import Example, Experience, Program, Task
from tests.policies.checkpoints import describe, edit, write_causal, write_t5


def load(folder: Path, stream_tokens: int = 16) -> Pretrained[PreTrainedModel]:
    return load_causal(folder, describe, stream_tokens=stream_tokens)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_causal(tmp_path_factory.mktemp("llama"), "llama")


@pytest.fixture(scope="module")
def pretrained(checkpoint: Path) -> Pretrained[PreTrainedModel]:
    return load(checkpoint)


@pytest.fixture
def broken(checkpoint: Path, tmp_path: Path) -> Path:
    """Return a copy to damage."""
    return Path(shutil.copytree(checkpoint, tmp_path / "broken"))


def test_half_precision_weights_are_read_as_float32(
    pretrained: Pretrained[PreTrainedModel],
) -> None:
    assert {parameter.dtype for parameter in pretrained.model.parameters()} == {torch.float32}


def test_padding_needs_no_token_of_its_own(pretrained: Pretrained[PreTrainedModel]) -> None:
    codec = pretrained.codec
    assert codec.tokenizer.pad_token_id is None
    assert (codec.pad, codec.end) == (0, 0)


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=30))
def test_any_text_survives(pretrained: Pretrained[PreTrainedModel], text: str) -> None:
    codec = pretrained.codec
    assert codec.decode(codec.encode(Program(text))[:-1]) == text


def test_a_task_is_read_under_headings(pretrained: Pretrained[PreTrainedModel]) -> None:
    _, encode, codec = pretrained
    encoding = encode(Task("a", (Example("x1", "I"), Example("3x3", "O"))))
    assert not encoding.truncated
    assert encoding.tokens[0] == codec.tokenizer.bos_token_id
    text = codec.decode([*encoding.tokens, codec.start])
    assert text == "inputs:\nx1|3x3\noutputs:\nI|O\nprogram:\n"


def test_both_texts_are_cut_apart(checkpoint: Path) -> None:
    _, encode, codec = load(checkpoint, stream_tokens=3)
    encoding = encode(Task("long", (Example("7" * 9, "8" * 9),)))
    assert encoding.truncated
    text = codec.decode([*encoding.tokens, codec.start])
    assert text == "inputs:\n777\noutputs:\n888\nprogram:\n"


def test_texts_without_room_are_refused(checkpoint: Path) -> None:
    load(checkpoint, stream_tokens=1)
    with pytest.raises(
        ValueError, match="stream_tokens must be a whole number of at least 1, not -4"
    ):
        load(checkpoint, stream_tokens=-4)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_policy_learns_to_write_text(tmp_path: Path, kind: str) -> None:
    model, encode, codec = load(write_causal(tmp_path, kind))
    policy: CausalPolicy[str, str] = CausalPolicy(
        model=model,
        encode=encode,
        codec=codec,
        learning_rate=1e-2,
        warmup_steps=5,
        max_new_tokens=30,
        epochs=60,
    )
    programs = {"a": "x1 = rot90(I)\nO = hconcat(x1, x1)", "b": "O = rot90(I)"}
    experiences = [
        Experience(Task(name, (Example(name, name),)), Program(text), name, (1.0,))
        for name, text in programs.items()
    ]
    rng = np.random.default_rng(0)
    for _ in range(2):
        metrics = policy.update(experiences, rng)
    assert metrics["truncated"] == 0
    candidates = list(policy.sample([experience.task for experience in experiences], 10, rng))
    assert sum(candidate.program == programs[candidate.task_id] for candidate in candidates) > 15


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match=r"cannot load .*missing.*config\.json"):
        load(tmp_path / "missing")


@pytest.mark.parametrize("lost", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_incomplete_folder_is_refused(broken: Path, lost: str) -> None:
    (broken / lost).unlink()
    with pytest.raises(PretrainedError, match="broken"):
        load(broken)


def test_an_encoder_decoder_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="is a t5 model, with encoder and decoder"):
        load(write_t5(tmp_path))


def test_a_model_that_writes_no_text_is_refused(tmp_path: Path) -> None:
    ViTConfig().save_pretrained(tmp_path)
    with pytest.raises(PretrainedError, match="is a vit model; choose a causal"):
        load(tmp_path)


def test_a_model_that_looks_ahead_is_refused(broken: Path) -> None:
    config = BertConfig(
        vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16,
    )  # fmt: skip
    BertLMHeadModel(config).save_pretrained(broken)
    with pytest.raises(PretrainedError, match=r"bert model .* see what follows"):
        load(broken)


def test_a_checkpoint_with_too_few_weights_is_refused(broken: Path) -> None:
    edit(broken / "config.json", num_hidden_layers=3, layer_types=None)
    with pytest.raises(PretrainedError, match=r"lacks \d+ weights of a LlamaForCausalLM"):
        load(broken)


def test_weights_of_other_shapes_are_refused(broken: Path) -> None:
    edit(broken / "config.json", intermediate_size=48)
    with pytest.raises(PretrainedError, match=r"other shapes .* 'model\.layers\.0\.mlp"):
        load(broken)


@pytest.mark.parametrize("left", [0, 1_000])
def test_damaged_weights_are_refused(broken: Path, left: int) -> None:
    file = broken / "model.safetensors"
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(PretrainedError, match="cannot load"):
        load(broken)


def truncated_zip() -> bytes:
    whole = io.BytesIO()
    torch.save({"x": torch.zeros(1000)}, whole)
    return whole.getvalue()[:2000]


@pytest.mark.parametrize(
    ("weights", "reason"),
    [(b"", "EOFError"), (b"garbage", "UnpicklingError: "), (truncated_zip(), "RuntimeError: ")],
)
def test_damaged_weights_of_the_old_kind_are_refused(
    broken: Path, weights: bytes, reason: str
) -> None:
    (broken / "model.safetensors").unlink()
    (broken / "pytorch_model.bin").write_bytes(weights)
    with pytest.raises(PretrainedError, match=rf"cannot load .*broken' \({reason}.*\); give a"):
        load(broken)


@pytest.mark.parametrize(
    ("name", "text"),
    [("tokenizer.json", "{}"), ("config.json", '{"model_type": "llama", "hidden_size": "x"}')],
)
def test_damaged_files_are_refused(broken: Path, name: str, text: str) -> None:
    (broken / name).write_text(text)
    with pytest.raises(PretrainedError, match="cannot load"):
        load(broken)


def test_a_missing_package_is_named(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> NoReturn:
        raise ImportError("pip install sentencepiece")

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", missing)
    with pytest.raises(ImportError, match="pip install sentencepiece"):
        load(broken)


def test_a_tokenizer_of_a_larger_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="has 261 tokens and the model only 250"):
        load(write_causal(tmp_path, "llama", vocab_size=250))


def test_a_tokenizer_without_an_end_is_refused(broken: Path) -> None:
    edit(broken / "tokenizer_config.json", eos_token=None)
    with pytest.raises(PretrainedError, match="no end-of-sequence token"):
        load(broken)


def test_a_tokenizer_that_changes_text_is_refused(broken: Path) -> None:
    edit(broken / "tokenizer.json", normalizer={"type": "Lowercase"})
    with pytest.raises(PretrainedError, match="keeps text as it is"):
        load(broken)
