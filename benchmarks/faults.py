"""Every moment at which a run changes the disk, each a chance to be killed or to fail.

A moment is named by what is about to be done and to which file, as in ``rename
generation-00000002.tmp``. The functions of ``os`` and ``io`` are wrapped for a while; the library
knows nothing of it. The state of the disk after one moment is that before the next, so to stop
before each of them is to stop after each as well.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

_CHANGING = ((os, "mkdir"), (os, "rename"), (os, "replace"), (os, "unlink"), (os, "rmdir"))
Strike = Callable[[str], None]
"""Is told the name of each moment just before it, and may raise or end the process."""


def strike_at(index: int, act: Callable[[], None]) -> Strike:
    """Return what acts at the moment with ``index`` others before it."""
    passed = -1

    def strike(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == index:
            act()

    return strike


def die() -> None:
    """Kill this process, as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def watched(folder: Path, strike: Strike) -> Iterator[None]:
    """Tell ``strike`` before anything below ``folder`` is changed, synchronized or written.

    What Python does is seen, and what other code does (safetensors writes files by itself) up to
    the synchronization that follows it.
    """
    root = os.path.abspath(folder)

    def tell(operation: str, path: str) -> None:
        if path == root or path.startswith(root + os.sep):
            strike(f"{operation} {os.path.relpath(path, root)}")

    def wrapped(real: Callable[..., Any], operation: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            tell(operation, _absolute(path, kwargs.get("dir_fd")))
            return real(path, *args, **kwargs)

        return call

    def opening(path: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if not isinstance(path, int) and set(mode) & set("wax+"):
            tell("write", _absolute(path))
        return really_open(path, mode, *args, **kwargs)

    def synchronizing(descriptor: int) -> None:
        tell("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        really_sync(descriptor)

    really_open, really_sync = io.open, os.fsync
    with ExitStack() as stack:
        for module, name in _CHANGING:
            real = getattr(module, name)
            stack.enter_context(mock.patch.object(module, name, wrapped(real, name)))
        stack.enter_context(mock.patch.object(io, "open", opening))
        stack.enter_context(mock.patch.object(os, "fsync", synchronizing))
        yield


@contextmanager
def labelled(owner: object, names: tuple[str, ...], strike: Strike) -> Iterator[None]:
    """Tell ``strike`` before and after each call of the methods or functions of ``owner``."""

    def wrapped(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            strike(f"before {name}")
            result = real(*args, **kwargs)
            strike(f"after {name}")
            return result

        return call

    with ExitStack() as stack:
        for name in names:
            real = getattr(owner, name)
            stack.enter_context(mock.patch.object(owner, name, wrapped(real, name)))
        yield


def _absolute(path: str | os.PathLike[str], descriptor: int | None = None) -> str:
    """Return a path that may be relative to an open folder."""
    folder = "" if descriptor is None else os.readlink(f"/proc/self/fd/{descriptor}")
    return os.path.abspath(os.path.join(folder, path))
