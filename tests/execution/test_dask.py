"""Dask's client is an executor as it is; on real worker processes, which get killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from exit_dsl.execution import InterpreterError, Sandboxed
from exit_dsl.types import Candidate
from tests.execution.remote import (
    CANDIDATES,
    Mortal,
    assert_bounded_in_flight,
    assert_that_interpreters_stay,
    candidate_lists,
    expected,
    run,
    screened,
)
from tests.fakes import BrokenInterpreter

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@settings(max_examples=20)
@given(candidates=candidate_lists)
def test_results_are_those_of_one_process(client: Any, candidates: list[Candidate]) -> None:
    assert run(candidates, client) == expected(candidates)


def test_workers_keep_their_interpreter_from_chunk_to_chunk(client: Any) -> None:
    assert_that_interpreters_stay(client)


def test_a_killed_worker_changes_nothing(client: Any, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    assert run(CANDIDATES, client, Mortal(killed)) == expected(CANDIDATES)
    assert killed.exists()


def test_what_a_call_raises_comes_through(client: Any) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug") as bug:
        run(CANDIDATES, client, BrokenInterpreter())
    assert bug.type is ZeroDivisionError
    with pytest.raises(InterpreterError) as sandboxed:
        run(CANDIDATES, client, Sandboxed(BrokenInterpreter()))
    assert sandboxed.type is InterpreterError
    assert any("a bug" in note for note in sandboxed.value.__notes__)


def test_candidates_are_pulled_only_as_needed(client: Any) -> None:
    assert_bounded_in_flight(client)


def test_a_search_is_screened_there_as_here(client: Any) -> None:
    assert screened(client) == screened(None) != []
