"""Each hazard ends in an outcome, costs its neighbours nothing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from exit_dsl.execution import Sandboxed, run_chunk
from exit_dsl.types import Failure, FailureKind, Program, Success
from tests.execution.sandboxes import (
    BUDGET,
    ROOMY,
    SUMS,
    children,
    descriptors,
    eventually,
    is_running,
    only,
    sandbox,
    value,
)

ROOT = Path(__file__).parents[2]
MARK = "HAZARDS"
"""An environment variable by which the processes of a test are found, whatever they became."""
KILLERS = {
    "loop": FailureKind.TIMEOUT,
    "sleep": FailureKind.TIMEOUT,
    "power": FailureKind.TIMEOUT,
    "hash": FailureKind.TIMEOUT,
    "equal": FailureKind.TIMEOUT,
    "order": FailureKind.TIMEOUT,
    "repr": FailureKind.TIMEOUT,
    "deaf": FailureKind.TIMEOUT,
    "stop": FailureKind.TIMEOUT,
    "read": FailureKind.TIMEOUT,
    "nonsense": FailureKind.CRASHED,
    "zeros": FailureKind.CRASHED,
    "kill": FailureKind.CRASHED,
    "real-time": FailureKind.CRASHED,
    "terminate": FailureKind.CRASHED,
    "segfault": FailureKind.CRASHED,
    "exit": FailureKind.CRASHED,
    "close": FailureKind.CRASHED,
    "sys.exit": FailureKind.CRASHED,
    "interrupt": FailureKind.CRASHED,
    "plunge": FailureKind.CRASHED,
    "deep hash": FailureKind.CRASHED,
    "fork": FailureKind.ERROR,
    "fork a terminal": FailureKind.ERROR,
    "multiprocessing": FailureKind.ERROR,
    "nested": FailureKind.SIZE,
}
"""What each hazard fails with, within the budget."""


def marked() -> set[int]:
    """Return the processes that a test started, at any depth, and that still run."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:  # It has ended, or is another user's.
            continue
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandboxed[int, Any]]:
    """One sandbox for all hazards, after which nothing may be left."""
    temporary = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, uuid4().hex)
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        before = descriptors(), children()
        with sandbox() as sandboxed:
            yield sandboxed
        assert eventually(lambda: not marked())
        assert (descriptors(), children()) == before
        assert not list(temporary.iterdir())


@pytest.mark.parametrize("hazard", KILLERS)
def test_a_hazard_fails_alone(shared: Sandboxed[int, Any], hazard: str) -> None:
    programs = [*SUMS, Program(hazard), *SUMS]
    budget = BUDGET if KILLERS[hazard] is FailureKind.TIMEOUT else ROOMY
    results = run_chunk(shared, programs, [3, 4], budget)
    failed = results.pop(2)
    assert [outcome.kind for outcome in failed if isinstance(outcome, Failure)] == [
        KILLERS[hazard]
    ] * 2
    assert results == [(Success(4), Success(5)), (Success(6), Success(8))] * 2


@pytest.mark.parametrize("hazard", ["interrupt", "terminate"])
def test_signals_that_the_parent_ignores_are_heard(hazard: str) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        with sandbox() as sandboxed:
            (failed,) = run_chunk(sandboxed, [Program(hazard)], [3], ROOMY)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    assert isinstance(failed[0], Failure)
    assert failed[0].kind is FailureKind.CRASHED


@pytest.mark.parametrize("hazard", ["memory", "crumbs", "list", "too huge"])
def test_memory_is_limited(hazard: str) -> None:
    with sandbox(memory_bytes=40 * 2**20) as sandboxed:
        bomb, after = run_chunk(sandboxed, [Program(hazard), SUMS[0]], [3], ROOMY)
    assert isinstance(bomb[0], Failure)
    assert bomb[0].kind is FailureKind.MEMORY
    assert after == (Success(4),)


def test_failures_say_why(shared: Sandboxed[int, Any]) -> None:
    details = {
        "kill": "the worker ended by SIGKILL",
        "real-time": "the worker ended by signal 40",
        "exit": "the worker ended with status 3",
        "sys.exit": "the program tried to end the worker: SystemExit(3)",
        "fork": "the program tried to fork",
        "deaf": "killed: out of time",
    }
    for program, detail in details.items():
        outcome = only(shared, program)
        assert isinstance(outcome, Failure)
        assert outcome.detail == detail


def test_the_limit_is_on_all_inputs_of_a_program(shared: Sandboxed[int, Any]) -> None:
    value(shared, "pid")
    start = time.monotonic()
    shared.run(Program("sleep"), [1, 2, 3], BUDGET)
    assert 0.8 <= time.monotonic() - start < 2.5


def test_what_is_harmless_passes(shared: Sandboxed[int, Any]) -> None:
    pid = value(shared, "pid")
    assert value(shared, "flood") == 1
    assert value(shared, "ask") == ""
    assert value(shared, "fork unseen") > 0
    assert len(value(shared, "huge")) == 20_000_000
    assert value(shared, "thread") == 1
    assert value(shared, "busy thread") == 1
    assert value(shared, "close streams") is None
    assert value(shared, "pid") == pid


def test_a_copy_made_by_native_code_does_not_answer(shared: Sandboxed[int, Any]) -> None:
    programs = [Program(name) for name in ("pid", "fork natively", "add 1", "add 2", "pid")]
    for _ in range(5):
        pid, copy, *sums, same = (row[0] for row in run_chunk(shared, programs, [3], ROOMY))
        assert sums == [Success(4), Success(5)]
        assert same == pid
        assert isinstance(copy, Success)
        number = copy.value
        assert number > 0
        assert eventually(lambda number=number: not is_running(number))  # type: ignore[misc]


@pytest.mark.parametrize("hazard", ["thread exits", "alarm"])
def test_what_strikes_a_neighbour_later_does_not_decide(hazard: str) -> None:
    with sandbox() as sandboxed:
        programs = [Program(hazard), Program("nap"), SUMS[0]]
        results = run_chunk(sandboxed, programs, [3], ROOMY)
    assert results == [(Success(1),), (Success(None),), (Success(4),)]


def test_what_neighbours_left_in_memory_does_not_decide() -> None:
    with sandbox() as sandboxed:
        programs = [Program(f"remember {size}") for size in (40_000_000, 70_000_000, 300_000_000)]
        first, second, third = run_chunk(sandboxed, programs, [3], ROOMY)
        assert first == (Success(40_000_000),)
        assert second == (Success(70_000_000),)
        assert third == (Failure(FailureKind.MEMORY, "caught"),)
        assert value(sandboxed, "remember 80000000") == 80_000_000
        # There is no room left for the request itself.
        assert value(sandboxed, "add 1" + " " * 20_000_000) == 4


def test_a_process_that_is_left_does_not_hide_the_end_of_the_worker() -> None:
    with sandbox() as sandboxed:
        assert value(sandboxed, "shell") == 0
        value(sandboxed, "hog")
        start = time.monotonic()
        first, second = run_chunk(sandboxed, [Program("kill"), Program("kill")], [3], ROOMY)
        assert first == second == (Failure(FailureKind.CRASHED, "the worker ended by SIGKILL"),)
        assert time.monotonic() - start < ROOMY.seconds


def test_nothing_stays_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(MARK, uuid4().hex)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = descriptors(), children()
    sandboxed = sandbox()
    for left in ("child", "hog", "shell", "thread", "busy thread"):
        value(sandboxed, left)
    assert len(marked()) >= 4
    for hazard in ("kill", "loop", "exit"):
        only(sandboxed, hazard)
    last = value(sandboxed, "pid")
    assert marked() == {last}
    sandboxed.close()
    sandboxed.close()
    assert eventually(lambda: not marked())
    assert (descriptors(), children()) == before
    assert not list(tmp_path.iterdir())


def test_the_worker_ends_with_its_object() -> None:
    sandboxed = sandbox()
    pid = value(sandboxed, "pid")
    assert is_running(pid)
    del sandboxed
    assert not is_running(pid)


SCRIPT = """
import sys
from exit_dsl import Budget, Interpreter, Program, Sandboxed, Success
from tests.execution.hazards import Hazardous

class Own(Interpreter[int, object]):
    def run(self, program, inputs, budget):
        return Hazardous().run(program, inputs, budget)

class Value:
    pass

class Makes(Interpreter[int, object]):
    def run(self, program, inputs, budget):
        return [Success(Value())]

if __name__ == "__main__":
    sandboxed = Sandboxed(Own())
    print(sandboxed.run(Program("pid"), [1], Budget())[0].value, flush=True)
    assert isinstance(Sandboxed(Makes()).run(Program(""), [1], Budget())[0].value, Value)
    print("ready", flush=True)
    sandboxed.run(Program(sys.argv[1]), [1], Budget(seconds=60))
"""


@pytest.mark.parametrize(
    ("program", "is_killed"),
    [("add 1", False), ("loop", True), ("power", True), ("deaf", True), ("stop", True)],
)
def test_the_worker_ends_with_the_process(program: str, is_killed: bool, tmp_path: Path) -> None:
    """The interpreter is declared in the script itself, which workers import for it."""
    (tmp_path / "script.py").write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, tmp_path / "script.py", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}"},
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert process.stdout.readline() == b"ready\n"
        if is_killed:
            time.sleep(0.1)
            process.kill()
    assert process.returncode == (-signal.SIGKILL if is_killed else 0)
    assert eventually(lambda: not is_running(pid))
