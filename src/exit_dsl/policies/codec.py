"""What a policy asks of a domain: token ids of tasks and of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from exit_dsl.types import Program


@dataclass(frozen=True, slots=True)
class Encoding:
    """A task as the model reads it: token ids, and whether some of the task was left out."""

    tokens: tuple[int, ...]
    truncated: bool = False


class ProgramCodec(Protocol):
    """Programs as token ids in ``range(size)`` and back; ``decode(encode(p)[:-1])`` means ``p``.

    ``pad`` fills up batches, ``start`` is what the decoder reads first and ``end`` closes a
    program. ``pad`` and ``start`` may be the same token.
    """

    @property
    def size(self) -> int:
        """Number of target tokens."""
        ...

    @property
    def pad(self) -> int:
        """Token id of padding."""
        ...

    @property
    def start(self) -> int:
        """Token id that stands before every program."""
        ...

    @property
    def end(self) -> int:
        """Token id that stands after every program."""
        ...

    def encode(self, program: Program) -> Sequence[int]:
        """Return the tokens of ``program`` without ``start`` and with ``end``.

        Raises:
            ValueError: the program cannot be written in these tokens.
        """
        ...

    def decode(self, tokens: Sequence[int]) -> Program:
        """Return the text of any tokens, without ``start`` and ``end``; never an exception."""
        ...
