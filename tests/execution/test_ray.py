"""On a real Ray cluster of two nodes, which loses workers and nodes."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings

from exit_dsl.execution import InterpreterError, RayExecutor, Sandboxed
from exit_dsl.types import Candidate, Failure, FailureKind, Program
from tests.execution.hazards import Hazardous
from tests.execution.remote import (
    CANDIDATES,
    Mortal,
    Stranded,
    assert_bounded_in_flight,
    assert_that_interpreters_stay,
    candidate_lists,
    expected,
    run,
    screened,
    wait_for,
)
from tests.fakes import BrokenInterpreter

ray = pytest.importorskip("ray")
NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    # Sockets lie below this folder, and their paths must be short, which those of pytest are not.
    with TemporaryDirectory(prefix="ray-") as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        environment.setenv("RAY_TMPDIR", folder)
        Path(folder, "ray").mkdir()
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        cluster.add_node(**NODE)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def executor(cluster: Any) -> RayExecutor:
    return RayExecutor()


@settings(max_examples=20)
@given(candidates=candidate_lists)
def test_results_are_those_of_one_process(
    executor: RayExecutor, candidates: list[Candidate]
) -> None:
    assert run(candidates, executor) == expected(candidates)


def test_workers_keep_their_interpreter_from_chunk_to_chunk(executor: RayExecutor) -> None:
    assert_that_interpreters_stay(executor)


def test_a_killed_worker_changes_nothing(executor: RayExecutor, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    assert run(CANDIDATES, executor, Mortal(killed)) == expected(CANDIDATES)
    assert killed.exists()


def test_a_killed_worker_is_reported_when_there_are_no_retries_left(
    cluster: Any, tmp_path: Path
) -> None:
    with pytest.raises(ray.exceptions.WorkerCrashedError):
        run(CANDIDATES, RayExecutor(max_retries=0), Mortal(tmp_path / "killed"))


def test_a_sandbox_saves_the_worker_from_a_program_that_kills(executor: RayExecutor) -> None:
    candidates = [Candidate("b", Program(text)) for text in ("mul 2", "kill", "add 1")]
    attempts = run(candidates, executor, Sandboxed(Hazardous()))
    assert [attempt.scores for attempt in attempts] == [(1.0,), (0.0,), (0.0,)]
    (lost,) = attempts[1].outcomes
    assert isinstance(lost, Failure)
    assert lost.kind is FailureKind.CRASHED


def test_a_lost_node_changes_nothing(cluster: Any, executor: RayExecutor, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    node = cluster.add_node(**NODE)

    def candidates() -> Iterator[Candidate]:
        """Remove the node when chunks are on their way, and one is running there."""
        yield from CANDIDATES[:24]
        wait_for(begun)
        cluster.remove_node(node)
        yield from CANDIDATES[24:]

    interpreter = Stranded(node.node_id, begun)
    assert run(candidates(), executor, interpreter) == expected(CANDIDATES)


def test_what_a_call_raises_comes_through(executor: RayExecutor) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug") as bug:
        run(CANDIDATES, executor, BrokenInterpreter())
    assert bug.type is ZeroDivisionError
    assert "in run_chunk" in str(bug.value.__cause__)
    with pytest.raises(InterpreterError) as sandboxed:
        run(CANDIDATES, executor, Sandboxed(BrokenInterpreter()))
    assert sandboxed.type is InterpreterError
    assert any("a bug" in note for note in sandboxed.value.__notes__)


def test_candidates_are_pulled_only_as_needed(executor: RayExecutor) -> None:
    assert_bounded_in_flight(executor)


def test_a_search_is_screened_there_as_here(executor: RayExecutor) -> None:
    assert screened(executor) == screened(None) != []


def test_an_interpreter_is_stored_once(
    executor: RayExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Mock(side_effect=ray.put)
    monkeypatch.setattr(ray, "put", stored)
    assert run(CANDIDATES, executor) == expected(CANDIDATES)
    stored.assert_called_once()


def test_without_ray_or_a_cluster_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(RuntimeError, match=r"call ray\.init\(\) first"):
        RayExecutor()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r'pip install "exit_dsl\[ray\]"'):
        RayExecutor()


def test_ray_is_not_imported_with_the_library() -> None:
    code = "import exit_dsl.execution, sys; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
