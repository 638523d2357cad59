"""What a policy asks of a domain: token ids of tasks and of programs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
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


def fingerprint(codec: ProgramCodec) -> str:
    """Return a digest of what the tokens of ``codec`` mean, to tell vocabularies apart."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((codec.size, codec.pad, codec.start, codec.end)).encode())
    for token in range(codec.size):
        digest.update(repr(codec.decode([token])).encode())
    return digest.hexdigest()


def check_round_trip(codec: ProgramCodec, programs: Iterable[Program]) -> None:
    """Make sure that ``codec`` writes programs and reads them back as they were.

    Raises:
        ValueError: it changes one of them, or cannot write it; the message has the program.
    """
    for program in programs:
        try:
            read_back = codec.decode(codec.encode(program)[:-1])
        except ValueError as error:
            raise ValueError(f"the codec cannot write the program {program!r}: {error}") from error
        if read_back != program:
            raise ValueError(
                f"the codec makes {read_back!r} of the program {program!r}; choose a tokenizer"
                " that keeps text as it is, or give programs in their normal form"
            )
