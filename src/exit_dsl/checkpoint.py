"""Saving and loading a run: either a whole generation is on the disk, or it does not count.

A checkpoint folder holds the newest generation and the intact one before it::

    generation-00000012/
        policy.json                what state_dict() returned, as exit_dsl.encoding writes it
        policy.torch.safetensors   its tensors
        buffer.json
        buffer.numpy.safetensors   its arrays
        manifest.json              written last: format, metadata, the SHA-256 of each file

A generation is written beside its final name and renamed when everything is on the disk, so a save
that fails or is interrupted leaves the older generations as they were.
"""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from exit_dsl.encoding import JSON, decode
from exit_dsl.interfaces import Stateful
from exit_dsl.manifest import (
    DamagedError,
    read_manifest,
    read_part,
    reason,
    sync,
    verify,
    write_manifest,
    write_part,
)

FORMAT = 2
"""The version of the layout above and of the states of the library's own parts.

It goes up whenever one version of the code could not read what the other wrote.
"""

_FOLDER = re.compile(r"generation-(\d{8,})(\.old)?")
_UNFINISHED = re.compile(r"generation-\d{8,}\.tmp")
_PART = re.compile(r"[A-Za-z0-9_-]+")


class CheckpointError(Exception):
    """A checkpoint that cannot be saved or loaded, or must not be overwritten."""


@dataclass(frozen=True, slots=True)
class _Generation:
    folder: Path
    number: int
    replaced: bool
    """Whether it was moved away for a newer one of the same number, which did not arrive."""


def save(
    path: Path,
    parts: Mapping[str, Stateful],
    *,
    generation: int,
    metadata: Mapping[str, JSON],
) -> None:
    """Write the state of ``parts`` as one generation, then drop what is older.

    Of older generations the newest intact one is kept. A generation of the same number is
    replaced. If older ones cannot be removed, that is a warning.

    Args:
        path: the checkpoint folder; it is made if it is not there.
        parts: what to save, by a name of letters, digits, ``_`` and ``-``.
        generation: a number that grows from save to save, such as the meta-iteration.
        metadata: anything of JSON that :func:`load` is to return.

    Raises:
        CheckpointError: the disk is full or read-only, say, or the folder holds an intact
            generation that is newer. What was saved before is still there.
        TypeError: a state holds a value that cannot be saved; the message names its type.
        ValueError: the generation is negative, or a part has another kind of name.
    """
    if generation < 0:
        raise ValueError(f"generation must be at least 0, not {generation}")
    for name in parts:
        if not _PART.fullmatch(name) or name == "manifest":
            raise ValueError(
                f"{name!r} cannot name a part; use letters, digits, '_' and '-', not 'manifest'"
            )
    final = path / f"generation-{generation:08d}"
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            sync(path.parent)
        _refuse_older(path, generation)
        _build(final, parts, metadata)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"generation {generation} could not be saved to {path} ({reason(error)}); what was "
            "saved before is still there; check that there is room and that the folder may be "
            "written, and save again"
        ) from error
    try:
        _prune(path, generation)
    except OSError as error:
        warnings.warn(
            f"generation {generation} is saved, but what is older in {path} could not be removed "
            f"({reason(error)}); remove it by hand",
            stacklevel=2,
        )


def exists(path: Path) -> bool:
    """Return whether a save to ``path`` was ever completed, intact or not.

    False means that a run may begin; where it is True, :func:`load` returns or raises.

    Args:
        path: the checkpoint folder, which need not be there.

    Raises:
        CheckpointError: the folder cannot be read.
    """
    return bool(_generations(path))


def load(path: Path, parts: Mapping[str, Stateful]) -> dict[str, Any]:
    """Load the newest intact generation into ``parts`` and return its metadata.

    A damaged generation is passed over with a warning. Nothing is loaded into any part before
    all states have been read. Saved parts that are not asked for are left alone.

    Args:
        path: the checkpoint folder.
        parts: what to load, by the names that it was saved under.

    Raises:
        CheckpointError: no generation is intact, a part was not saved, or an exit_dsl with
            another format wrote the checkpoint.
    """
    for found in _generations(path):
        try:
            manifest = _intact_manifest(found.folder)
        except DamagedError as defect:
            warnings.warn(
                f"checkpoint {found.folder} is damaged ({defect}); falling back to the one "
                "before it",
                stacklevel=2,
            )
            continue
        for name in parts:
            if f"{name}.json" not in manifest["files"]:
                raise CheckpointError(
                    f"checkpoint {found.folder} has no part {name!r}; load only parts that "
                    "were saved"
                )
        states = {name: read_part(found.folder, name) for name in parts}
        for name, part in parts.items():
            part.load_state_dict(states[name])
        metadata: dict[str, Any] = decode(manifest["metadata"])
        return metadata
    raise CheckpointError(
        f"folder {path} holds no intact checkpoint; check the path, restore the folder from a "
        "copy, or start a new run"
    )


def _generations(path: Path) -> list[_Generation]:
    """Return the generations in ``path``, intact or not, the newest first."""
    try:
        matches = [(folder, _FOLDER.fullmatch(folder.name)) for folder in path.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise CheckpointError(
            f"folder {path} cannot be read ({reason(error)}); check its permissions and its disk"
        ) from error
    found = [
        _Generation(folder, int(match[1]), match[2] is not None)
        for folder, match in matches
        if match
    ]
    return sorted(found, key=lambda each: (-each.number, each.replaced))


def _build(final: Path, parts: Mapping[str, Stateful], metadata: Mapping[str, JSON]) -> None:
    """Write a generation beside ``final`` and put it there when it is on the disk."""
    building = final.with_suffix(".tmp")
    _remove(building)
    try:
        building.mkdir()
        for name, part in parts.items():
            write_part(building, name, part.state_dict())
        write_manifest(building, FORMAT, metadata)
        if final.exists():
            replaced = final.with_suffix(".old")
            _remove(replaced)
            final.rename(replaced)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)  # it would go on taking what room there is
        raise
    sync(final.parent)


def _intact_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an intact generation."""
    manifest = read_manifest(folder)
    # Before the files: another format is told apart from damage.
    if manifest["format"] != FORMAT:
        advice = (
            "upgrade exit_dsl" if manifest["format"] > FORMAT else "use the exit_dsl that wrote it"
        )
        raise CheckpointError(
            f"checkpoint {folder} has format {manifest['format']}, and this exit_dsl reads format "
            f"{FORMAT}; {advice} to load it"
        )
    verify(folder, manifest)
    return manifest


def _is_intact(generation: _Generation) -> bool:
    try:
        _intact_manifest(generation.folder)
    except DamagedError:
        return False
    except CheckpointError:
        return True  # it has another format, which is for others to judge
    return True


def _refuse_older(path: Path, generation: int) -> None:
    """Refuse to write a generation that a run in the same folder has passed already."""
    for found in _generations(path):
        if found.number > generation and _is_intact(found):
            raise CheckpointError(
                f"folder {path} holds generation {found.number}, which is newer than "
                f"{generation}; load it to go on, or save to another folder"
            )


def _prune(path: Path, newest: int) -> None:
    """Drop what is neither ``newest`` nor the intact generation before it."""
    generations = _generations(path)
    kept = {each.folder for each in generations if each.number == newest and not each.replaced}
    earlier = (each.folder for each in generations if each.number < newest and _is_intact(each))
    kept.update(islice(earlier, 1))
    for entry in path.iterdir():
        ours = _FOLDER.fullmatch(entry.name) or _UNFINISHED.fullmatch(entry.name)
        if ours and entry not in kept:
            _remove(entry)


def _remove(path: Path) -> None:
    """Remove a folder or, without following it, a link, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
