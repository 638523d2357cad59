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

import hashlib
import json
import os
import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from exit_dsl.encoding import JSON, Array, decode, encode
from exit_dsl.interfaces import Stateful

FORMAT = 2
"""The version of the layout above and of the states of the library's own parts.

It goes up whenever one version of the code could not read what the other wrote.
"""

_MANIFEST = "manifest.json"
_FOLDER = re.compile(r"generation-(\d{8,})(\.old)?")
_UNFINISHED = re.compile(r"generation-\d{8,}\.tmp")
_PART = re.compile(r"[A-Za-z0-9_-]+")


class CheckpointError(Exception):
    """A checkpoint that cannot be saved or loaded, or must not be overwritten."""


class _DamagedError(Exception):
    """Why a generation is not intact."""


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
            _sync(path.parent)
        _refuse_older(path, generation)
        _build(final, parts, metadata)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"generation {generation} could not be saved to {path} ({_reason(error)}); what was "
            "saved before is still there; check that there is room and that the folder may be "
            "written, and save again"
        ) from error
    try:
        _prune(path, generation)
    except OSError as error:
        warnings.warn(
            f"generation {generation} is saved, but what is older in {path} could not be removed "
            f"({_reason(error)}); remove it by hand",
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
            manifest = _verified_manifest(found.folder)
        except _DamagedError as defect:
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
        states = {name: _read_part(found.folder, name) for name in parts}
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
            f"folder {path} cannot be read ({_reason(error)}); check its permissions and its disk"
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
            _write_part(building, name, part.state_dict())
        _write_manifest(building, metadata)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)  # it would go on taking what room there is
        raise
    if final.exists():
        replaced = final.with_suffix(".old")
        _remove(replaced)
        final.rename(replaced)
    building.rename(final)
    _sync(final.parent)


def _write_part(folder: Path, name: str, state: Mapping[str, Any]) -> None:
    arrays: dict[str, Array] = {}
    text = json.dumps(encode(state, arrays), allow_nan=False, separators=(",", ":"))
    _write(folder / f"{name}.json", text)
    of_numpy = {key: array for key, array in arrays.items() if isinstance(array, np.ndarray)}
    of_torch = {key: array for key, array in arrays.items() if key not in of_numpy}
    if of_numpy:
        file = folder / f"{name}.numpy.safetensors"
        safetensors.numpy.save_file(of_numpy, file)
        _sync(file)
    if of_torch:
        from safetensors.torch import save_file  # torch is imported only where there are tensors

        file = folder / f"{name}.torch.safetensors"
        save_file(of_torch, file)
        _sync(file)


def _read_part(folder: Path, name: str) -> dict[str, Any]:
    arrays: dict[str, Array] = {}
    file = folder / f"{name}.numpy.safetensors"
    if file.exists():
        arrays.update(safetensors.numpy.load_file(file))
    file = folder / f"{name}.torch.safetensors"
    if file.exists():
        from safetensors.torch import load_file  # as in _write_part

        arrays.update(load_file(file))
    state: dict[str, Any] = decode(json.loads((folder / f"{name}.json").read_bytes()), arrays)
    return state


def _write_manifest(folder: Path, metadata: Mapping[str, JSON]) -> None:
    body: dict[str, JSON] = {
        "format": FORMAT,
        "metadata": encode(dict(metadata)),
        "files": {file.name: _sha256(file) for file in sorted(folder.iterdir())},
    }
    _write(folder / _MANIFEST, _signed(body))
    _sync(folder)


def _verified_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an intact generation.

    The manifest's own digest is checked first, so that another format is told apart from a
    damaged number.
    """
    with _damage_named(_MANIFEST):
        content = (folder / _MANIFEST).read_bytes()
    try:
        body = json.loads(content)
        digest = body.pop("sha256")
    except (ValueError, AttributeError, KeyError, TypeError):
        raise _DamagedError(f"{_MANIFEST} cannot be read") from None
    if digest != _digest(body):
        raise _DamagedError(f"{_MANIFEST} has changed since it was written")
    if body["format"] != FORMAT:
        advice = "upgrade exit_dsl" if body["format"] > FORMAT else "use the exit_dsl that wrote it"
        raise CheckpointError(
            f"checkpoint {folder} has format {body['format']}, and this exit_dsl reads format "
            f"{FORMAT}; {advice} to load it"
        )
    # Not all changes change what JSON means.
    if content != _signed(body).encode():
        raise _DamagedError(f"{_MANIFEST} has changed since it was written")
    for name, expected in body["files"].items():
        with _damage_named(name):
            actual = _sha256(folder / name)
        if actual != expected:
            raise _DamagedError(f"{name} has changed since it was written")
    return body  # type: ignore[no-any-return]


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Say which file of a generation it is that cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise _DamagedError(f"{name} is missing") from None
    except OSError as error:
        raise _DamagedError(f"{name} cannot be read: {_reason(error)}") from error


def _is_intact(generation: _Generation) -> bool:
    try:
        _verified_manifest(generation.folder)
    except _DamagedError:
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


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    _sync(file)


def _sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and its renames need no help
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _signed(body: Mapping[str, JSON]) -> str:
    """Return the text of a manifest, which holds its own digest."""
    return json.dumps({**body, "sha256": _digest(body)}, indent=1)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
