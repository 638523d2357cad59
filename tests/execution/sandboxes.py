"""Sandboxes around hazards, and questions to ask of them and of the processes around."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from exit_dsl.execution import Sandboxed
from exit_dsl.types import Budget, Outcome, Program, Success
from tests.execution.hazards import Hazardous

BUDGET = Budget(seconds=0.2, max_steps=3, max_size=16)
ROOMY = Budget(seconds=5)
MEMORY = 120 * 2**20
SUMS = [Program("add 1"), Program("mul 2")]


def sandbox(**settings: Any) -> Sandboxed[int, Any]:
    return Sandboxed(Hazardous(), **{"memory_bytes": MEMORY, "grace_seconds": 0.2, **settings})


def only(interpreter: Sandboxed[int, Any], program: str, budget: Budget = BUDGET) -> Outcome[Any]:
    (outcome,) = interpreter.run(Program(program), [3], budget)
    return outcome


def value(interpreter: Sandboxed[int, Any], program: str) -> Any:
    outcome = only(interpreter, program, ROOMY)
    assert isinstance(outcome, Success), outcome
    return outcome.value


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie (which is for its new parent to collect)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # The thread has ended.
            found.update((task / "children").read_text().split())
    return found


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))
