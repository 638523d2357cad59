"""Checkpoints of causal language models: the model, and tasks and programs as its tokens."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from typing import Any, final

import torch
from torch import nn
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from exit_dsl.policies.causal import vocabulary_size
from exit_dsl.policies.checks import require_whole
from exit_dsl.policies.codec import Encoding
from exit_dsl.policies.hub import (
    PretrainedError,
    check_text,
    check_vocabulary,
    read,
    read_weights,
)
from exit_dsl.policies.pretrained import Pretrained
from exit_dsl.policies.text import TextCodec, TwoTexts, text_tokens
from exit_dsl.types import I, O, Task

HEADINGS = ("inputs:\n", "\noutputs:\n", "\nprogram:\n")
"""What stands before a task's inputs, its outputs, and the program."""


def load_causal(
    name_or_path: str | PathLike[str],
    describe: Callable[[Task[I, O]], tuple[str, str]],
    *,
    stream_tokens: int = 512,
) -> Pretrained[PreTrainedModel]:
    """Load a causal language model, such as GPT-2, Llama or Qwen, with float32 weights.

    Args:
        name_or_path: name on the Hugging Face hub or a folder in its format.
        describe: gives a task's inputs and its outputs, as two texts.
        stream_tokens: the most tokens of either text. Both, a few tokens of headings and the
            program have to fit into the model's context.

    Raises:
        PretrainedError: there is no such checkpoint, or not one of this kind.
        ValueError: ``stream_tokens`` leave no room for text.
    """
    require_whole(1, stream_tokens=stream_tokens)
    name = fspath(name_or_path)
    config = read(name, AutoConfig)
    if config.is_encoder_decoder:
        raise PretrainedError(
            f"{name!r} is a {config.model_type} model, with encoder and decoder; choose a causal"
            " language model, or load_pretrained for a T5"
        )
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise PretrainedError(
            f"{name!r} is a {config.model_type} model; choose a causal language model"
        )
    tokenizer: PreTrainedTokenizerBase = read(name, AutoTokenizer)
    if tokenizer.eos_token_id is None:
        raise PretrainedError(
            f"the tokenizer of {name!r} has no end-of-sequence token; set eos_token in"
            " tokenizer_config.json"
        )
    model: PreTrainedModel = read_weights(name, AutoModelForCausalLM, config)
    check_vocabulary(name, tokenizer, vocabulary_size(model))
    _check_causal(name, model)
    encode = _Prompt(tokenizer, describe, stream_tokens)
    codec = TextCodec(tokenizer, start=encode.last)
    check_text(name, codec)
    return Pretrained(model, encode, codec)


@final
class _Prompt:
    """A task as text under headings, but for its last token, which stands before the program."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        describe: Callable[[Task[Any, Any]], tuple[str, str]],
        stream_tokens: int,
    ) -> None:
        self._texts = TwoTexts(tokenizer, describe, stream_tokens)
        inputs, outputs, program = (text_tokens(tokenizer, heading) for heading in HEADINGS)
        begin = tokenizer.bos_token_id
        self._headings = (inputs if begin is None else [begin, *inputs], outputs)
        *self._tail, self.last = program

    def __call__(self, task: Task[Any, Any]) -> Encoding:
        inputs, outputs, truncated = self._texts(task)
        before, between = self._headings
        return Encoding((*before, *inputs, *between, *outputs, *self._tail), truncated)


@torch.inference_mode()
def _check_causal(name: str, model: PreTrainedModel) -> None:
    """Refuse a model in which a token sees what follows it, such as BERT."""
    nn.Module.eval(model)
    first, other = (model(input_ids=torch.tensor([[0, last]])).logits[0, 0] for last in (0, 1))
    if not torch.equal(first, other):
        raise PretrainedError(
            f"in the {model.config.model_type} model {name!r} tokens see what follows them;"
            " choose a causal language model"
        )
