"""A sandbox is its interpreter, in a process that it owns."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.execution import InterpreterError, Sandboxed, execute, run_chunk
from exit_dsl.types import Budget, Candidate, Example, Program, Task
from tests.execution.hazards import Hazardous
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
from tests.fakes import ArithmeticInterpreter


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandboxed[int, Any]]:
    with sandbox() as sandboxed:
        yield sandboxed


@given(
    st.lists(
        st.sampled_from(["add 2", "mul 2\nadd 1", "nonsense", "", "mul 99999", "add 1\n" * 4])
        | st.text(max_size=20)
    ),
    st.lists(st.integers(), max_size=3),
)
def test_outcomes_are_those_of_the_interpreter(texts: list[str], inputs: list[int]) -> None:
    programs = [Program(text) for text in texts]
    expected = run_chunk(ArithmeticInterpreter(), programs, inputs, ROOMY)
    assert run_chunk(arithmetic, programs, inputs, ROOMY) == expected


arithmetic: Sandboxed[int, int] = Sandboxed(ArithmeticInterpreter(), recycle_after=200)


def test_a_bug_in_the_interpreter_is_an_exception_and_the_worker_lives(
    shared: Sandboxed[int, Any],
) -> None:
    pid = value(shared, "pid")
    with pytest.raises(InterpreterError, match=r"Error: a bug .* program 'bug'") as info:
        shared.run_many([SUMS[0], Program("bug"), SUMS[1]], [3], BUDGET)
    assert "hazards.py" in info.value.__notes__[0]
    assert str(pickle.loads(pickle.dumps(info.value))) == str(info.value)
    with pytest.raises(InterpreterError, match="the interpreter raised RecursionError"):
        only(shared, "recurse")
    with pytest.raises(InterpreterError, match="cannot be pickled: TypeError: it stays"):
        only(shared, "stubborn")
    assert value(shared, "pid") == pid
    with pytest.raises(InterpreterError, match="cannot be unpickled: ValueError"):
        only(shared, "one way")
    with pytest.raises(ValueError, match="returned 0 outcomes for 2 inputs"):
        run_chunk(shared, [Program("few")], [1, 2], BUDGET)
    assert value(shared, "add 1") == 4


def test_inputs_that_cannot_travel_cost_nothing(shared: Sandboxed[int, Any]) -> None:
    pid = value(shared, "pid")
    unpicklable: Any = threading.Lock()
    with pytest.raises(TypeError, match="pickle"):
        shared.run(SUMS[0], [unpicklable], BUDGET)
    assert value(shared, "pid") == pid


def test_workers_are_recycled() -> None:
    with sandbox(recycle_after=3) as sandboxed:
        pids = [pid for (pid,) in run_chunk(sandboxed, [Program("pid")] * 7, [3], ROOMY)]
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]


def test_a_worker_that_died_while_idle_is_replaced() -> None:
    with sandbox() as sandboxed:
        os.kill(value(sandboxed, "pid"), signal.SIGKILL)
        assert value(sandboxed, "add 1") == 4


def test_the_worker_has_no_torch_and_no_descriptors_but_its_own() -> None:
    with open(os.devnull) as extra, sandbox() as sandboxed:
        os.set_inheritable(extra.fileno(), True)
        assert value(sandboxed, "torch") is False
        # Standard streams, requests, replies, lifeline; and the listing itself.
        assert len(value(sandboxed, "descriptors")) == 7


TASKS = [Task(name, (Example(3, 4), Example(4, 5))) for name in "ab"]
CANDIDATES = [
    Candidate(task.id, Program(program), 0.0)
    for task in TASKS
    for program in (*SUMS, "nonsensical", *SUMS, "kill" if task.id == "a" else "add 2", "add 3")
]


def test_pools_do_not_change_the_results() -> None:
    def attempts(executor: Any) -> list[Any]:
        with sandbox() as sandboxed:
            return list(
                execute(CANDIDATES, TASKS, sandboxed, budget=ROOMY, executor=executor, chunk_size=3)
            )

    alone = attempts(None)
    assert [attempt.scores for attempt in alone[:3]] == [(1.0, 1.0), (0.0, 0.0), (0.0, 0.0)]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        assert attempts(processes) == alone
    with ThreadPoolExecutor(2) as threads:
        assert attempts(threads) == alone


def test_daemonic_processes_have_sandboxes_of_their_own() -> None:
    with sandbox() as sandboxed:
        pid = value(sandboxed, "pid")
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            other = pool.apply(value, (sandboxed, "pid"))
        assert other != pid
        assert eventually(lambda: not is_running(other))
        assert value(sandboxed, "pid") == pid


def test_threads_can_share_one_sandbox(shared: Sandboxed[int, Any]) -> None:
    with ThreadPoolExecutor(4) as threads:
        sums = list(
            threads.map(lambda number: value(shared, f"add {number}"), range(100)),
        )
    assert sums == [number + 3 for number in range(100)]


def test_closing_ends_the_runs_of_other_threads() -> None:
    before = descriptors(), children()
    with sandbox() as sandboxed, ThreadPoolExecutor(2) as threads:
        value(sandboxed, "pid")
        hangs = [Program("sleep")], [3], Budget(seconds=20)
        one, other = (threads.submit(sandboxed.run_many, *hangs) for _ in range(2))
        time.sleep(0.2)
        sandboxed.close()
        assert (descriptors(), children()) == before
        for run in (one, other):  # Of which one waits for its turn.
            with pytest.raises(RuntimeError, match="closed during the run"):
                run.result(5)
        assert value(sandboxed, "add 1") == 4


def test_closing_ends_a_worker_that_is_starting() -> None:
    before = descriptors(), children()
    sandboxed = Sandboxed(SlowToLoad())
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(sandboxed.run, SUMS[0], [1], BUDGET)
        assert eventually(lambda: children() != before[1])
        sandboxed.close()
        assert (descriptors(), children()) == before
        with pytest.raises(RuntimeError, match="closed during the run"):
            run.result(5)


class SlowToLoad(ArithmeticInterpreter):
    def __setstate__(self, state: object) -> None:
        time.sleep(20)


def test_copies_are_settings_only() -> None:
    with sandbox(recycle_after=7) as sandboxed:
        pid = value(sandboxed, "pid")
        payload = pickle.dumps(sandboxed)
        with pickle.loads(payload) as copy:
            assert value(copy, "pid") != pid
            assert pickle.dumps(copy) == payload


def test_bad_settings_are_refused_with_a_sentence() -> None:
    for name in ("memory_bytes", "recycle_after", "grace_seconds"):
        with pytest.raises(ValueError, match=f"{name} must be positive, not 0"):
            sandbox(**{name: 0})
    unpicklable = Hazardous()
    unpicklable.hoard = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(TypeError, match="pickle"):
        Sandboxed(unpicklable)


class Unloadable(ArithmeticInterpreter):
    def __setstate__(self, state: object) -> None:
        raise ValueError("not here")


def test_an_interpreter_that_cannot_be_loaded_is_named() -> None:
    sandboxed = Sandboxed(Unloadable())
    before = children()
    with pytest.raises(InterpreterError, match="could not load the interpreter"):
        sandboxed.run(SUMS[0], [1], BUDGET)
    assert children() == before


def test_a_worker_that_cannot_be_started_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors(), children()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(InterpreterError, match=r"could not start: .*/no/such/python"):
        only(sandbox(), "add 1")
    assert (descriptors(), children()) == before


@pytest.mark.parametrize("spare", range(0, 8, 2))
def test_a_want_of_descriptors_leaves_nothing(spare: int) -> None:
    before = descriptors(), children()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = min(set(range(1000)) - set(map(int, before[0])))
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + spare, hard))
    try:
        with pytest.raises(InterpreterError, match=r"could not start: .*Too many open files"):
            only(sandbox(), "add 1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (descriptors(), children()) == before


MAIN = """
import sys
from exit_dsl import Budget, Interpreter, Program, Sandboxed, Success
{line}
ARGUMENT = sys.argv[1]

class Own(Interpreter[int, object]):
    def run(self, program, inputs, budget):
        return [Success((PART, ARGUMENT, __debug__))]

if __name__ == "__main__":
    print(*Sandboxed(Own()).run(Program(""), [1], Budget()))
"""


@pytest.mark.parametrize(
    ("started", "line"),
    [
        (["-m", "package.main"], "from .part import PART"),
        (["-m", "package"], "from .part import PART"),
        (["package/main.py"], "PART = 7"),
        (["package"], "PART = 7"),
    ],
)
def test_the_main_script_is_imported_as_it_was_started(
    started: list[str], line: str, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "part.py").write_text("PART = 7")
    for name in ("main.py", "__main__.py"):
        (package / name).write_text(MAIN.format(line=line))
    command = [sys.executable, "-O", *started, "argument"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert output.stdout == "Success(value=(7, 'argument', False))\n"
