"""What a sandbox and its worker say to each other."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exit_dsl.types import Budget, Program

HEADER = struct.Struct("!8sQ")
"""Precedes each message: a mark and the message's length in bytes."""
MARK = b"exit_dsl"
"""Tells a message from what a program writes into every descriptor that it finds."""
MAIN = "__mp_main__"
"""The name under which Python's spawned processes import the main script; ours do the same."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is.

    ``main`` is the script to import first, if the interpreter is from it: the name of a module, or
    the path of a file. It finds ``argv`` in ``sys.argv``.
    """

    interpreter: bytes
    memory_bytes: int | None
    main: str | Path | None
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """Answers a setup: from now on programs may come."""


@dataclass(frozen=True, slots=True)
class Request:
    """Programs to run one after the other; each is answered as soon as it has run.

    ``inputs`` are pickled, so that what cannot travel is noticed where they come from.
    """

    programs: Sequence[Program]
    inputs: bytes
    budget: Budget


@dataclass(frozen=True, slots=True)
class Fault:
    """Answers what broke a contract; the rest of the request is dropped."""

    summary: str
    traceback: str
