"""The file that a baseline leaves behind, from which it goes on: one JSON line a round.

The first line holds the settings; each further one the number of programs of a round, their digests
and the hits among them::

    {"format": "baseline, version 1", "source": "d1", "seed": 0, ...}
    {"programs": 2711, "keys": "...", "hits": {"67a3c6ac": [[1904, true, "O = vmirror(I)"]]}}
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exit_dsl.types import Program

FORMAT = "baseline, version 1"
ATTEMPTS = 3
"""Programs that solve all demonstrations of a task and may be tried on its test pairs."""
_DIGEST = 8
"""Bytes that identify a program; among a million, two pass for one once in 37 million files."""

Key = bytes


def key_of(program: Program) -> Key:
    """Return the digest of a program in normal form, by which it is known."""
    return hashlib.blake2b(program.encode(), digest_size=_DIGEST).digest()


class BaselineError(Exception):
    """A file of rounds that cannot be gone on with; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A program that solves all demonstrations of a task.

    ``tried`` counts the programs tried up to and with it, and ``right`` says whether it gives all
    test outputs.
    """

    tried: int
    program: Program
    right: bool


@dataclass
class Rounds:
    """The rounds so far, on disk as JSON lines: the settings, then one line a round.

    Args:
        path: of the file, which is made when there is none yet.
        settings: that determine what is found; a file that was begun with others is refused.

    Raises:
        BaselineError: the file was begun with other settings, holds something else, or cannot be
            made.
    """

    path: Path
    settings: Mapping[str, object]
    count: int = 0
    programs: int = 0
    barren: int = 0
    """Rounds at the end that gave no new program."""
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    """By task, in the order in which they were found; at most ``ATTEMPTS``."""
    known: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        settings = {"format": FORMAT, **self.settings}
        if not self.path.exists():
            self._create(settings)
        lines = self.path.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        try:
            found, *rounds = map(json.loads, whole)
        except ValueError:
            found = None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise BaselineError(f"{self.path} is not a file of {FORMAT}; give another --out")
        for name, value in settings.items():
            if found.get(name) != value:
                raise BaselineError(
                    f"{self.path} was begun with {name} {found.get(name)}, not {value}; "
                    "give another --out, or delete the file"
                )
        for record in rounds:
            self._take(record)
        os.truncate(self.path, sum(map(len, whole)))

    def _create(self, settings: Mapping[str, object]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        except OSError as error:
            raise BaselineError(
                f"{self.path} cannot be made ({error.strerror}); give another --out"
            ) from None

    def append(self, new: Sequence[Program], found: Mapping[str, Sequence[Hit]]) -> None:
        """Write a round: the programs that were tried, and the hits among them."""
        record = {
            "programs": len(new),
            "keys": base64.b64encode(b"".join(map(key_of, new))).decode(),
            "hits": {
                task_id: [[hit.tried, hit.right, hit.program] for hit in hits]
                for task_id, hits in found.items()
            },
        }
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record, separators=(",", ":")) + "\n")
        self._take(record)

    def _take(self, record: Mapping[str, Any]) -> None:
        keys = base64.b64decode(record["keys"])
        self.known.update(keys[at : at + _DIGEST] for at in range(0, len(keys), _DIGEST))
        self.count += 1
        self.programs += record["programs"]
        self.barren = 0 if record["programs"] else self.barren + 1
        for task_id, hits in record["hits"].items():
            known = self.hits.setdefault(task_id, [])
            known += [Hit(tried, Program(program), right) for tried, right, program in hits]
            del known[ATTEMPTS:]

    def is_open(self, task_id: str) -> bool:
        """Whether further programs can still solve a task."""
        hits = self.hits.get(task_id, ())
        return len(hits) < ATTEMPTS and not any(hit.right for hit in hits)

    def solved(self) -> dict[str, Hit]:
        """Return the first right attempt on each task that is solved, by task."""
        right = {task_id: [hit for hit in hits if hit.right] for task_id, hits in self.hits.items()}
        return {task_id: hits[0] for task_id, hits in sorted(right.items()) if hits}
