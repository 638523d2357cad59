"""The files of one generation of a checkpoint, and the manifest by which damage is found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from exit_dsl.encoding import JSON, Array, decode, encode

_MANIFEST = "manifest.json"


class DamagedError(Exception):
    """Why a generation is not intact."""


def write_part(folder: Path, name: str, state: Mapping[str, Any]) -> None:
    """Write what a part's ``state_dict`` returned.

    Raises:
        TypeError: it holds a value that cannot be saved.
    """
    arrays: dict[str, Array] = {}
    text = json.dumps(encode(state, arrays), allow_nan=False, separators=(",", ":"))
    _write(folder / f"{name}.json", text)
    of_numpy = {key: array for key, array in arrays.items() if isinstance(array, np.ndarray)}
    of_torch = {key: array for key, array in arrays.items() if key not in of_numpy}
    if of_numpy:
        file = folder / f"{name}.numpy.safetensors"
        safetensors.numpy.save_file(of_numpy, file)
        sync(file)
    if of_torch:
        from safetensors.torch import save_file  # torch is imported only where there are tensors

        file = folder / f"{name}.torch.safetensors"
        save_file(of_torch, file)
        sync(file)


def read_part(folder: Path, name: str) -> dict[str, Any]:
    """Return what :func:`write_part` was given."""
    arrays: dict[str, Array] = {}
    file = folder / f"{name}.numpy.safetensors"
    if file.exists():
        arrays.update(safetensors.numpy.load_file(file))
    file = folder / f"{name}.torch.safetensors"
    if file.exists():
        from safetensors.torch import load_file  # as in write_part

        arrays.update(load_file(file))
    state: dict[str, Any] = decode(json.loads((folder / f"{name}.json").read_bytes()), arrays)
    return state


def write_manifest(folder: Path, version: int, metadata: Mapping[str, JSON]) -> None:
    """Write the manifest of all files that are in ``folder`` by now.

    Args:
        folder: of the generation.
        version: of the format.
        metadata: anything of JSON.
    """
    body: dict[str, JSON] = {
        "format": version,
        "metadata": encode(dict(metadata)),
        "files": {file.name: _sha256(file) for file in sorted(folder.iterdir())},
    }
    _write(folder / _MANIFEST, _signed(body))
    sync(folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a manifest that is as it was written, of whatever format.

    Raises:
        DamagedError: it is not, or not there.
    """
    with _damage_named(_MANIFEST):
        content = (folder / _MANIFEST).read_bytes()
    try:
        body: dict[str, Any] = json.loads(content)
        digest = body.pop("sha256")
    except (ValueError, AttributeError, KeyError, TypeError):
        raise DamagedError(f"{_MANIFEST} cannot be read") from None
    if digest != _digest(body):
        raise DamagedError(f"{_MANIFEST} has changed since it was written")
    return body


def verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Make sure that all files of a generation are as they were written.

    Args:
        folder: of the generation.
        manifest: what :func:`read_manifest` returned, of the format that is written today.

    Raises:
        DamagedError: one is not, or not there.
    """
    with _damage_named(_MANIFEST):
        content = (folder / _MANIFEST).read_bytes()
    # Not all changes change what JSON means.
    if content != _signed(manifest).encode():
        raise DamagedError(f"{_MANIFEST} has changed since it was written")
    for name, expected in manifest["files"].items():
        with _damage_named(name):
            actual = _sha256(folder / name)
        if actual != expected:
            raise DamagedError(f"{name} has changed since it was written")


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Say which file of a generation it is that cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise DamagedError(f"{name} is missing") from None
    except OSError as error:
        raise DamagedError(f"{name} cannot be read: {reason(error)}") from error


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")  # the same bytes on Windows
    sync(file)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and its renames need no help
    # Windows synchronizes only what is open for writing, which a folder cannot be.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
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


def reason(error: Exception) -> str:
    """Return what went wrong, in the words of the system if it has any."""
    return getattr(error, "strerror", None) or str(error)
