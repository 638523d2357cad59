"""Constrained decoding of text by a grammar, for models with a pretrained tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, final

import numpy as np

from exit_dsl.policies.constrained import Mask
from exit_dsl.policies.text import TextCodec

if TYPE_CHECKING:
    from llguidance import LLMatcher


class LarkGrammar(Protocol):
    """Programs of lines in a Lark grammar, as ``exit_dsl.language.TextGrammar`` makes them."""

    @property
    def lark(self) -> str:
        """The grammar, whose rule ``start`` is a whole program."""
        ...

    @property
    def last(self) -> str:
        """What the last line begins with, and no other."""
        ...

    @property
    def longest(self) -> int:
        """The most bytes of a line, its line break included."""
        ...


@final
class LarkConstraint:
    """Allows the tokens that go on with a text of a grammar (see :class:`Constraint`).

    Every row ends in time: a line is begun only if that line and another, the last one, still
    fit, even if each of their bytes should take a token.

    Args:
        grammar: the texts that are programs.
        codec: its tokenizer has to have a token for each byte, as byte-level ones do.

    Raises:
        ImportError: llguidance is not installed.
        ValueError: the grammar has an error.
    """

    def __init__(self, grammar: LarkGrammar, codec: TextCodec) -> None:
        try:
            from llguidance import LLMatcher
            from llguidance.hf import from_tokenizer
        except ImportError as error:
            raise ImportError(
                'constraining text needs llguidance: pip install "exit_dsl[grammar]"'
            ) from error
        self.size = codec.size
        backend: Any = codec.tokenizer
        tokenizer = from_tokenizer(backend, n_vocab=codec.size, eos_token=codec.end)
        self._beginning = LLMatcher(tokenizer, grammar.lark)
        if self._beginning.is_error():
            raise ValueError(f"the grammar has an error: {self._beginning.get_error()}")
        self.room_to_close = grammar.longest + 1
        """Tokens that are always enough for the last line and the end."""
        self.room_to_go_on = 2 * grammar.longest + 1
        """Tokens that are always enough for a line, the last line and the end."""
        pieces = [tokenizer.decode_bytes([token]) for token in range(codec.size)]
        last = grammar.last.encode()
        self.breaks_line = np.array([piece.endswith(b"\n") for piece in pieces])
        """Tokens after which a line begins."""
        self.may_close = np.array([_begins(piece, last) for piece in pieces])
        """Tokens that, where a line begins, may begin the last one."""
        self.does_not_go_on = np.array(
            [b"\n" not in piece or _begins(piece.rpartition(b"\n")[2], last) for piece in pieces]
        )
        """Tokens that, within a line, do not begin another unless it may be the last one."""

    def start(self) -> LarkState:
        """Return the state of an empty row."""
        return LarkState(self, self._beginning.deep_copy())


def _begins(piece: bytes, last: bytes) -> bool:
    return piece.startswith(last) or last.startswith(piece)


@final
class LarkState:
    """A text under construction (see :class:`State`)."""

    def __init__(self, constraint: LarkConstraint, matcher: LLMatcher) -> None:
        self._constraint = constraint
        self._matcher = matcher
        self._empty = True
        self._line_begins = True

    def allowed(self, remaining: int) -> Mask:
        """Return which tokens may come next.

        Raises:
            ValueError: ``remaining`` is too few for any program.
        """
        constraint = self._constraint
        if self._empty and remaining < constraint.room_to_close:
            raise ValueError(
                f"a program may need {constraint.room_to_close} tokens, not {remaining}; raise"
                " max_new_tokens"
            )
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        mask = np.unpackbits(bits, count=constraint.size, bitorder="little").view(np.bool_)
        if remaining < constraint.room_to_go_on:
            mask &= constraint.may_close if self._line_begins else constraint.does_not_go_on
        return mask

    def advance(self, token: int) -> LarkState:
        """Append an allowed token and return this state.

        Raises:
            ValueError: the token is not allowed.
        """
        if not self._matcher.consume_token(token):
            raise ValueError(f"the token {token} is not allowed: {self._matcher.get_error()}")
        self._empty = False
        self._line_begins = bool(self._constraint.breaks_line[token])
        return self
