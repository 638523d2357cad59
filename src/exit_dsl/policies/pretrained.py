"""CodeT5 and CodeT5+ checkpoints: the model, and text as its tokens.

Source: CodeIt, appendix on the policy: demonstration inputs and outputs as two streams of at most
512 tokens each, read one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from typing import Any, NamedTuple, final

import torch
from transformers import (
    AutoConfig,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    T5Config,
    T5ForConditionalGeneration,
)

from exit_dsl.policies.codec import Encoding
from exit_dsl.types import I, O, Program, Task


class PretrainedError(ValueError):
    """No usable checkpoint at a name or folder; the message says what to do."""


class Pretrained(NamedTuple):
    """The parts of a policy that a checkpoint gives: its model and its ways to read and write."""

    model: T5ForConditionalGeneration
    encode: Callable[[Task[Any, Any]], Encoding]
    codec: TextCodec


def load_pretrained(
    name_or_path: str | PathLike[str],
    describe: Callable[[Task[I, O]], tuple[str, str]],
    *,
    stream_tokens: int = 512,
) -> Pretrained:
    """Load a T5 with a byte-level tokenizer, such as CodeT5+, with float32 weights.

    Args:
        name_or_path: name on the Hugging Face hub or a folder in its format.
        describe: gives a task's inputs and its outputs, as two texts.
        stream_tokens: the most tokens of either text, its two special tokens included.

    Raises:
        PretrainedError: there is no such checkpoint, or not one of this kind.
    """
    name = fspath(name_or_path)
    try:
        config = AutoConfig.from_pretrained(name)
        if not isinstance(config, T5Config):
            raise PretrainedError(
                f"{name!r} is a {config.model_type} model; choose a T5, such as CodeT5 or CodeT5+"
            )
        tokenizer = AutoTokenizer.from_pretrained(name)
        # CodeT5+ is stored in half precision, in which T5 overflows.
        loaded: Any = T5ForConditionalGeneration.from_pretrained(
            name, config=config, dtype=torch.float32, output_loading_info=True
        )
    except PretrainedError:
        raise
    except (OSError, ValueError) as error:
        raise PretrainedError(
            f"cannot load {name!r}: give a folder with config.json, weights and tokenizer files,"
            " or the name of a model on the Hugging Face hub, which must be reachable then"
        ) from error
    model, report = loaded
    missing = sorted(report["missing_keys"])
    if missing:
        raise PretrainedError(
            f"the checkpoint {name!r} lacks {len(missing)} weights of a T5, {missing[0]!r} first;"
            " it is incomplete or of another architecture"
        )
    _check_tokens(name, config, tokenizer)
    codec = TextCodec(tokenizer, start=config.decoder_start_token_id)
    return Pretrained(model, _TextEncoder(tokenizer, describe, stream_tokens), codec)


@final
class TextCodec:
    """Program text as the tokens of a pretrained tokenizer (see :class:`ProgramCodec`).

    Labels have no leading ``<s>``: the decoder begins with its own start token.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, start: int) -> None:
        self._tokenizer = tokenizer
        self.size = len(tokenizer)
        self.pad: int = tokenizer.pad_token_id
        self.start = start
        self.end: int = tokenizer.eos_token_id

    def encode(self, program: Program) -> list[int]:
        """Return the tokens of ``program`` with ``</s>``."""
        return [*_tokens(self._tokenizer, program), self.end]

    def decode(self, tokens: Sequence[int]) -> Program:
        """Return the text of ``tokens``, special ones left out."""
        text = self._tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Program(str(text))


@final
class _TextEncoder:
    """A task as ``<s> inputs </s> <s> outputs </s>``."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        describe: Callable[[Task[Any, Any]], tuple[str, str]],
        stream_tokens: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._describe = describe
        self._room = stream_tokens - 2

    def __call__(self, task: Task[Any, Any]) -> Encoding:
        begin, end = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        streams = [_tokens(self._tokenizer, text) for text in self._describe(task)]
        return Encoding(
            tuple(token for stream in streams for token in (begin, *stream[: self._room], end)),
            truncated=any(len(stream) > self._room for stream in streams),
        )


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    # Not verbose: the length is dealt with here, where the tokenizer would warn of it.
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def _check_tokens(name: str, config: T5Config, tokenizer: PreTrainedTokenizerBase) -> None:
    """Refuse a tokenizer that does not belong to the model."""
    if config.decoder_start_token_id is None:
        raise PretrainedError(
            f"the config of {name!r} has no decoder_start_token_id; add it to config.json"
        )
    for token in ("pad", "bos", "eos"):
        here = getattr(tokenizer, f"{token}_token_id")
        there = getattr(config, f"{token}_token_id")
        if here is None or here != there:
            raise PretrainedError(
                f"the tokenizer of {name!r} has {here} as its {token} token and the model {there};"
                " use the tokenizer that the model was trained with"
            )
    if len(tokenizer) > config.vocab_size:
        raise PretrainedError(
            f"the tokenizer of {name!r} has {len(tokenizer)} tokens and the model only"
            f" {config.vocab_size}; use the tokenizer that the model was trained with"
        )
