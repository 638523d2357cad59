"""Tiny checkpoints with byte-level tokenizers, written as the hub has them, in half precision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from exit_dsl.types import Task

CORPUS = ["x1 = rot90(I)", "O = hconcat(x1, x1)", "3x3 background=0", "a longer text\n  with lines"]
T5_SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]
CAUSAL = ["gpt2", "llama", "mistral", "bloom"]
CONTEXT = 160


def describe(task: Task[str, str]) -> tuple[str, str]:
    return "|".join(task.inputs), "|".join(task.outputs)


def make_tokenizer(special: list[str]) -> ByteLevelBPETokenizer:
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(CORPUS, vocab_size=280, special_tokens=special)
    return tokenizer


def edit(file: Path, **changes: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def make_causal(kind: str, **changes: Any) -> PreTrainedModel:
    """Return a random model; its weights are large, so that different inputs can be told apart."""
    small: dict[str, Any] = {
        "vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0, **changes,
    }  # fmt: skip
    rotary: dict[str, Any] = {
        "intermediate_size": 32,
        "num_key_value_heads": 1,
        "max_position_embeddings": CONTEXT,
    }
    quiet: dict[str, Any] = {"attn_pdrop": 0.0, "embd_pdrop": 0.0}
    makers: dict[str, Any] = {
        "gpt2": lambda: GPT2LMHeadModel(
            GPT2Config(n_positions=CONTEXT, **{"resid_pdrop": 0.0, **quiet, **small})
        ),
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**rotary, **small)),
        "mistral": lambda: MistralForCausalLM(MistralConfig(**rotary, sliding_window=8, **small)),
        "bloom": lambda: BloomForCausalLM(BloomConfig(**small)),
    }
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        model: PreTrainedModel = makers[kind]()
    return model


def write_t5(folder: Path) -> Path:
    """Write a T5 with the tokenizer files of CodeT5+."""
    make_tokenizer(T5_SPECIAL).save_model(str(folder))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 16})
    )
    config = T5Config(vocab_size=300, d_model=16, d_kv=8, d_ff=24, num_layers=1, num_heads=2)
    config.update({"bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 0})
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        model = T5ForConditionalGeneration(config)
    torch.nn.Module.half(model).save_pretrained(folder)
    return folder


def write_causal(folder: Path, kind: str, **changes: Any) -> Path:
    """Write a causal language model whose tokenizer has an end token and no padding."""
    make_tokenizer(["<|endoftext|>"]).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": "<|endoftext|>",
                "eos_token": "<|endoftext|>",
            }
        )
    )
    torch.nn.Module.half(make_causal(kind, **changes)).save_pretrained(folder)
    return folder
