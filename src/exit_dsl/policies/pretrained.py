"""CodeT5 and CodeT5+ checkpoints: the model, and text as its tokens.

Source: CodeIt, appendix on the policy: demonstration inputs and outputs as two streams of at most
512 tokens each, read one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from typing import Any, Generic, NamedTuple, TypeVar, final

from transformers import (
    AutoConfig,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    T5Config,
    T5ForConditionalGeneration,
)

from exit_dsl.policies.checks import require_whole
from exit_dsl.policies.codec import Encoding
from exit_dsl.policies.hub import PretrainedError as PretrainedError
from exit_dsl.policies.hub import check_text, check_vocabulary, read, read_weights
from exit_dsl.policies.text import TextCodec, TwoTexts
from exit_dsl.types import I, O, Task

SPECIAL_TOKENS = {"pad": 0, "bos": 1, "eos": 2, "unk": 3}
"""The ids that CodeT5's and CodeT5+'s tokenizers share."""

M_co = TypeVar("M_co", covariant=True)


class Pretrained(NamedTuple, Generic[M_co]):
    """The parts of a policy that a checkpoint gives: its model and its ways to read and write."""

    model: M_co
    encode: Callable[[Task[Any, Any]], Encoding]
    codec: TextCodec


def load_pretrained(
    name_or_path: str | PathLike[str],
    describe: Callable[[Task[I, O]], tuple[str, str]],
    *,
    stream_tokens: int = 512,
) -> Pretrained[T5ForConditionalGeneration]:
    """Load a CodeT5 or CodeT5+, or another T5 with their tokenizer, with float32 weights.

    Args:
        name_or_path: name on the Hugging Face hub or a folder in its format.
        describe: gives a task's inputs and its outputs, as two texts.
        stream_tokens: the most tokens of either text, its two special tokens included.

    Raises:
        PretrainedError: there is no such checkpoint, or not one of this kind.
        ValueError: ``stream_tokens`` leave no room for text.
    """
    require_whole(3, stream_tokens=stream_tokens)
    name = fspath(name_or_path)
    config = read(name, AutoConfig)
    if not isinstance(config, T5Config):
        raise PretrainedError(
            f"{name!r} is a {config.model_type} model; choose a T5, such as CodeT5 or CodeT5+"
        )
    tokenizer: PreTrainedTokenizerBase = read(name, AutoTokenizer)
    # CodeT5+ is stored in half precision, in which T5 overflows.
    model: T5ForConditionalGeneration = read_weights(name, T5ForConditionalGeneration, config)
    _check_special_tokens(name, config, tokenizer)
    check_vocabulary(name, tokenizer, config.vocab_size)
    assert config.decoder_start_token_id is not None
    codec = TextCodec(tokenizer, start=config.decoder_start_token_id)
    check_text(name, codec)
    return Pretrained(model, _TextEncoder(tokenizer, describe, stream_tokens), codec)


@final
class _TextEncoder:
    """A task as ``<s> inputs </s> <s> outputs </s>``."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        describe: Callable[[Task[Any, Any]], tuple[str, str]],
        stream_tokens: int,
    ) -> None:
        self._begin, self._end = tokenizer.bos_token_id, tokenizer.eos_token_id
        self._texts = TwoTexts(tokenizer, describe, stream_tokens - 2)

    def __call__(self, task: Task[Any, Any]) -> Encoding:
        begin, end = self._begin, self._end
        inputs, outputs, truncated = self._texts(task)
        return Encoding((begin, *inputs, end, begin, *outputs, end), truncated)


def _check_special_tokens(name: str, config: T5Config, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a tokenizer that does not belong to the model."""
    if config.decoder_start_token_id is None:
        raise PretrainedError(
            f"the config of {name!r} has no decoder_start_token_id; add it to config.json"
        )
    for token, expected in SPECIAL_TOKENS.items():
        here = getattr(tokenizer, f"{token}_token_id")
        if here != expected:
            raise PretrainedError(
                f"the tokenizer of {name!r} has {here} as its {token} token and CodeT5's have"
                f" {expected}; use the tokenizer that the model was trained with"
            )
        there = getattr(config, f"{token}_token_id", expected)
        if here != there:
            raise PretrainedError(
                f"the tokenizer of {name!r} has {here} as its {token} token and the model {there};"
                " use the tokenizer that the model was trained with"
            )
