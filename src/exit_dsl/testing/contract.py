"""What the contracts of all interfaces have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from exit_dsl import checkpoint
from exit_dsl.interfaces import Stateful

_LONGEST = 1_000
"""Characters of a value in a message."""


class Contract:
    """A class of tests to inherit, with pytest or beside ``unittest.TestCase``.

    Attributes:
        examples: random cases for each promise; those of the Hypothesis profile if None. Lower
            it where making or running the object is dear.
    """

    examples: int | None = None

    def for_all(
        self,
        check: Callable[..., None],
        *,
        at_most: int = sys.maxsize,
        **cases: SearchStrategy[Any],
    ) -> None:
        """Call ``check`` with random ``cases``; of those for which it fails, report a small one.

        Args:
            check: takes the cases by name and raises ``AssertionError``.
            at_most: bounds the number of cases where checking one is dear.
            cases: strategies by name.
        """
        broken: list[AssertionError] = []

        @wraps(check)
        def remembered(**drawn: Any) -> None:
            try:
                check(**drawn)
            except AssertionError as error:
                broken.append(error)
                raise

        # The speed of drawing and running is no promise, and one readable failure will do.
        profile = settings()
        configured = settings(
            profile,
            max_examples=min(self.examples or profile.max_examples, at_most),
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=[*profile.suppress_health_check, HealthCheck.too_slow],
        )
        try:
            configured(given(**cases)(remembered))()
        except Flaky:
            # What is broken may well be that the same call gives the same answer.
            if broken:
                raise broken[0] from None
            raise


def broken(promise: str, found: str) -> str:
    """Return the message of a failure: the promise in one sentence, then what happened."""
    return f"broken promise: {promise}.\n{found}"


def shown(value: object) -> str:
    """Return ``repr(value)``, without the middle if that is long."""
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]} ... {text[-half:]} ({len(text)} characters)"


@contextmanager
def promised(promise: str, deed: str) -> Iterator[None]:
    """Turn what the block raises into a failure that names ``promise``.

    Args:
        promise: one sentence without its full stop.
        deed: what the block does, as the subject of "... raised ValueError".
    """
    try:
        yield
    except AssertionError:
        raise
    # A program that ends the process by an exception would end the run.
    except (Exception, SystemExit) as error:
        found = f"{deed} raised {type(error).__name__}: {error}"
        raise AssertionError(broken(promise, found)) from error


def reload(saved: Stateful, into: Stateful) -> None:
    """Give ``into`` the state of ``saved`` by way of a checkpoint on the disk."""
    with TemporaryDirectory() as folder:
        checkpoint.save(Path(folder), {"part": saved}, generation=0, metadata={})
        checkpoint.load(Path(folder), {"part": into})
