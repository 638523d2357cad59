"""Text as the tokens of a pretrained tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from transformers import PreTrainedTokenizerBase

from exit_dsl.types import Program, Task


@final
class TextCodec:
    """Program text as the tokens of a pretrained tokenizer (see :class:`ProgramCodec`).

    Labels have no leading ``<s>``: what stands before a program is ``start`` alone.

    Args:
        tokenizer: has to keep text as it is, line breaks included; with an end token.
        start: id of the token that stands before every program.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, start: int) -> None:
        self.tokenizer = tokenizer
        self.size = len(tokenizer)
        self.end: int = tokenizer.eos_token_id
        pad = tokenizer.pad_token_id
        # The loss leaves padding out and nothing attends to it, so that any token does.
        self.pad: int = self.end if pad is None else pad
        self.start = start

    def encode(self, program: Program) -> list[int]:
        """Return the tokens of ``program`` with the end token."""
        return [*text_tokens(self.tokenizer, program), self.end]

    def decode(self, tokens: Sequence[int]) -> Program:
        """Return the text of ``tokens``, special ones left out."""
        text = self.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Program(str(text))


def text_tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the tokens of ``text`` alone, without special ones."""
    # Not verbose: the length is dealt with by who asks, where the tokenizer would warn of it.
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


@final
class TwoTexts:
    """A task as the tokens of two texts, each cut where it is too long.

    Args:
        tokenizer: gives the tokens.
        describe: gives a task's inputs and its outputs, as two texts.
        room: the most tokens of either.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        describe: Callable[[Task[Any, Any]], tuple[str, str]],
        room: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._describe = describe
        self._room = room

    def __call__(self, task: Task[Any, Any]) -> tuple[list[int], list[int], bool]:
        """Return the tokens of inputs and of outputs, and whether any were cut off."""
        inputs, outputs = (text_tokens(self._tokenizer, text) for text in self._describe(task))
        truncated = max(len(inputs), len(outputs)) > self._room
        return inputs[: self._room], outputs[: self._room], truncated
