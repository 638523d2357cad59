"""What the first of several processes tells the others to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, final

from exit_dsl.policies.processes import Processes, ReportedError


@final
class Orders:
    """Calls the same functions in all processes.

    Args:
        processes: each has such an object.
        functions: what can be called, by name; the same names everywhere.
    """

    def __init__(self, processes: Processes, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._processes = processes
        self._functions = functions
        self._leads = processes.size == 1

    def together(self, name: str, *args: Any) -> Any:
        """Call a function in all processes and return the result of this one.

        Raises:
            RuntimeError: this process does not lead the others.
        """
        self._require_lead()
        self._processes.broadcast((name, args))
        return self._functions[name](*args)

    def first(self, name: str, *args: Any) -> None:
        """Call a function here and, if it raises nothing, in the other processes.

        Raises:
            RuntimeError: this process does not lead the others.
        """
        self._require_lead()
        self._functions[name](*args)
        self._processes.broadcast((name, args))

    @contextmanager
    def leading(self, prepare: Callable[[], object]) -> Iterator[bool]:
        """Lead the other processes, if any, after ``prepare``, or follow the first to its end."""
        if self._processes.size == 1:
            yield True
            return
        if self._processes.rank:
            self._follow()
            yield False
            return
        self._leads = True
        try:
            prepare()
            yield True
        finally:
            self._leads = False
            self._processes.broadcast(None)

    def _require_lead(self) -> None:
        if not self._leads:
            raise RuntimeError(
                "the policy is shared by several processes; use it in the one where"
                " `with policy.leading() as leads:` gives True, inside that block"
            )

    def _follow(self) -> None:
        while (order := self._processes.broadcast(None)) is not None:
            name, args = order
            try:
                self._functions[name](*args)
            except ReportedError:
                continue
