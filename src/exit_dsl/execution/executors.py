"""Executors of our own; any ``concurrent.futures`` executor serves as well."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

R = TypeVar("R")


class InlineExecutor:
    """Runs each call at once, in the calling thread.

    What the call raises is raised by ``result()``, as it is with a pool.
    """

    def submit(self, fn: Callable[..., R], /, *args: Any) -> Future[R]:
        """Run ``fn(*args)`` and return its outcome as a finished future."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args))
        except Exception as error:
            future.set_exception(error)
        return future
