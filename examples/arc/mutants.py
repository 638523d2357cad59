"""Files of mutated tasks: gzip-compressed JSON lines, written a block at a time.

Each block is a gzip member of its own, and members in a row are an ordinary ``.gz`` file. The
first member is one line, the settings::

    {"format": "mutated tasks, version 1", "kind": "d1", "seed": 0, ...}

All others are blocks: a line that counts the tries, then one line a task::

    {"tries": 1600}
    {"id": "67a3c6ac/0/12", "task": "67a3c6ac", "program": "...", "outputs": [{"$grid": "12/30"}]}

``id`` consists of parent task, number of the block and number in it; ``outputs`` are what the
program gives on the demonstration inputs of the parent task, in their order, as
:mod:`exit_dsl.encoding` writes values.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.arc.dsl.types import Grid
from exit_dsl.encoding import decode, encode
from exit_dsl.types import Program

FORMAT = "mutated tasks, version 1"
_CHUNK = 1 << 16
_GZIP = 31
"""What zlib calls a gzip header and the largest window."""

Key = bytes
"""Identifies a mutated task: a digest of parent task and program."""


class MutantFileError(ValueError):
    """A file of mutants that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutated task: the inputs of a training task with the outputs of a program.

    ``task_id`` names the training task, and ``outputs`` hold one grid for each of its
    demonstrations.
    """

    id: str
    task_id: str
    program: Program
    outputs: tuple[Grid, ...]

    @property
    def key(self) -> Key:
        """By which mutants are de-duplicated."""
        return hashlib.blake2b(f"{self.task_id} {self.program}".encode(), digest_size=16).digest()

    def line(self) -> str:
        """Return the mutant's line in a file."""
        outputs = encode(list(self.outputs))
        record = {
            "id": self.id, "task": self.task_id, "program": self.program, "outputs": outputs
        }  # fmt: skip
        return json.dumps(record, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Block:
    """What one block of tries gave: keys and lines of the mutants that are new within it."""

    tries: int
    mutants: Sequence[tuple[Key, str]]


def read_mutants(file: Path) -> Iterator[Mutant]:
    """Yield the mutants of a file in their order; a block that was cut short is left out.

    Raises:
        MutantFileError: there is no such file, or it holds no mutants.
    """
    members = _members(file)
    _read_settings(file, members)
    for member, _ in members:
        yield from _read_block(member)[1]


@dataclass
class MutantFile:
    """A file of mutants to go on with, made when there is none yet.

    Args:
        path: of the file.
        settings: that determine the mutants; a file that was begun with others is refused.

    Raises:
        MutantFileError: the file holds something else, or mutants made with other settings.
    """

    path: Path
    settings: Mapping[str, object]
    blocks: int = 0
    tasks: int = 0
    tries: int = 0
    barren: int = 0
    """Blocks at the end that gave nothing new."""
    _keys: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        settings = {"format": FORMAT, **self.settings}
        if not self.path.exists():
            _create(self.path, settings)
        members = _members(self.path)
        found, whole = _read_settings(self.path, members)
        for name, value in settings.items():
            if found.get(name) != value:
                raise MutantFileError(
                    f"{self.path} holds mutants made with {name} {found.get(name)}, not {value}; "
                    "give another --out, or delete the file"
                )
        for member, end in members:
            tries, mutants = _read_block(member)
            self._count(tries, [mutant.key for mutant in mutants])
            whole = end
        os.truncate(self.path, whole)

    def append(self, block: Block) -> int:
        """Write the mutants of the next block that no earlier one holds; return their number."""
        new = [(key, line) for key, line in block.mutants if key not in self._keys]
        lines = [json.dumps({"tries": block.tries}), *(line for _, line in new)]
        with self.path.open("ab") as stream:
            stream.write(_compress(lines))
        self._count(block.tries, [key for key, _ in new])
        return len(new)

    def _count(self, tries: int, keys: Sequence[Key]) -> None:
        self.blocks += 1
        self.tries += tries
        self.tasks += len(keys)
        self.barren = 0 if keys else self.barren + 1
        self._keys.update(keys)


def _create(path: Path, settings: Mapping[str, object]) -> None:
    building = path.with_name(f"{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        building.write_bytes(_compress([json.dumps(settings)]))
        os.replace(building, path)
    except OSError as error:
        raise MutantFileError(
            f"{path} cannot be made ({error.strerror}); give another --out"
        ) from None


def _compress(lines: Sequence[str]) -> bytes:
    # Without the time, equal content gives equal files.
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=6, mtime=0)


def _members(file: Path) -> Iterator[tuple[str, int]]:
    """Yield the text of each whole gzip member and where it ends, up to the first damage."""
    with file.open("rb") as stream:
        end, data = 0, b""
        while data := data or stream.read(_CHUNK):
            inflating = zlib.decompressobj(_GZIP)
            text = []
            while data and not inflating.eof:
                end += len(data)
                try:
                    text.append(inflating.decompress(data))
                except zlib.error:
                    return
                data = inflating.unused_data if inflating.eof else stream.read(_CHUNK)
            if not inflating.eof:
                return
            end -= len(data)
            yield b"".join(text).decode(), end


def _read_settings(file: Path, members: Iterator[tuple[str, int]]) -> tuple[dict[str, Any], int]:
    if not file.is_file():
        raise MutantFileError(f"{file} is not a file; make one with: python -m examples.arc mutate")
    try:
        text, end = next(members)
        settings = json.loads(text)
    except (StopIteration, ValueError):
        settings, end = None, 0
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise MutantFileError(f"{file} is not a file of {FORMAT}; give the path of another")
    return settings, end


def _read_block(text: str) -> tuple[int, list[Mutant]]:
    header, *records = map(json.loads, text.splitlines())
    return header["tries"], [
        Mutant(
            record["id"],
            record["task"],
            Program(record["program"]),
            tuple(decode(record["outputs"])),
        )
        for record in records
    ]
