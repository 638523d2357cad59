"""Each hazard ends in an outcome, costs its neighbours nothing, and leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.execution import InterpreterError, Sandboxed, execute, run_chunk
from exit_dsl.types import (
    Budget,
    Candidate,
    Example,
    Failure,
    FailureKind,
    Outcome,
    Program,
    Success,
    Task,
)
from tests.execution.hazards import Hazardous
from tests.fakes import ArithmeticInterpreter

ROOT = Path(__file__).parents[2]
BUDGET = Budget(seconds=0.2, max_steps=3, max_size=16)
ROOMY = Budget(seconds=5)
MEMORY = 120 * 2**20
SUMS = [Program("add 1"), Program("mul 2")]
KILLERS = {
    "loop": FailureKind.TIMEOUT,
    "sleep": FailureKind.TIMEOUT,
    "power": FailureKind.TIMEOUT,
    "hash": FailureKind.TIMEOUT,
    "nonsense": FailureKind.CRASHED,
    "kill": FailureKind.CRASHED,
    "segfault": FailureKind.CRASHED,
    "exit": FailureKind.CRASHED,
    "close": FailureKind.CRASHED,
    "sys.exit": FailureKind.CRASHED,
    "interrupt": FailureKind.CRASHED,
    "fork": FailureKind.ERROR,
    "nested": FailureKind.SIZE,
}
"""What each hazard fails with, within the budget."""


def sandbox(**settings: Any) -> Sandboxed[int, Any]:
    return Sandboxed(Hazardous(), **{"memory_bytes": MEMORY, "grace_seconds": 0.2, **settings})


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandboxed[int, Any]]:
    with sandbox() as sandboxed:
        yield sandboxed


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
    tasks = Path("/proc/self/task")
    return {pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()}


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("hazard", KILLERS)
def test_a_hazard_fails_alone(shared: Sandboxed[int, Any], hazard: str) -> None:
    programs = [*SUMS, Program(hazard), *SUMS]
    results = run_chunk(shared, programs, [3, 4], BUDGET)
    failed = results.pop(2)
    assert [outcome.kind for outcome in failed if isinstance(outcome, Failure)] == [
        KILLERS[hazard]
    ] * 2
    assert results == [(Success(4), Success(5)), (Success(6), Success(8))] * 2


@pytest.mark.parametrize("hazard", ["memory", "crumbs", "too huge"])
def test_memory_is_limited(shared: Sandboxed[int, Any], hazard: str) -> None:
    bomb, after = run_chunk(shared, [Program(hazard), SUMS[0]], [3], ROOMY)
    assert isinstance(bomb[0], Failure)
    assert bomb[0].kind is FailureKind.MEMORY
    assert after == (Success(4),)


def test_failures_say_why(shared: Sandboxed[int, Any]) -> None:
    details = {
        "kill": "the worker ended by SIGKILL",
        "exit": "the worker ended with status 3",
        "sys.exit": "the program tried to end the worker: SystemExit(3)",
        "fork": "the program tried to fork",
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
    assert value(shared, "fork unseen") > 0
    assert len(value(shared, "huge")) == 20_000_000
    assert value(shared, "thread") == 1
    assert value(shared, "pid") == pid


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


def test_what_neighbours_left_in_memory_does_not_decide() -> None:
    with sandbox() as sandboxed:
        programs = [Program(f"remember {size}") for size in (40_000_000, 70_000_000, 300_000_000)]
        first, second, third = run_chunk(sandboxed, programs, [3], ROOMY)
    assert first == (Success(40_000_000),)
    assert second == (Success(70_000_000),)
    assert third == (Failure(FailureKind.MEMORY, "caught"),)


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


def test_nothing_stays_behind() -> None:
    def state() -> tuple[list[str], set[str], list[str]]:
        return os.listdir("/proc/self/fd"), children(), sorted(os.listdir(tempfile.gettempdir()))

    before = state()
    sandboxed = sandbox()
    child = value(sandboxed, "child")
    pid = value(sandboxed, "pid")
    for hazard in ("kill", "loop", "exit"):
        only(sandboxed, hazard)
    last = value(sandboxed, "pid")
    sandboxed.close()
    sandboxed.close()
    assert eventually(lambda: not any(map(is_running, (child, pid, last))))
    assert state() == before


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
    ("program", "is_killed"), [("add 1", False), ("loop", True), ("power", True)]
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
