"""Two processes train and sample as one does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl import checkpoint
from exit_dsl.policies import Accelerated
from exit_dsl.policies.processes import ALONE, ReportedError, gather_results, share
from tests.policies import together
from tests.policies.copying import make_experiences, make_model, make_policy
from tests.policies.test_seq2seq import assert_same_state

ROOT = Path(__file__).parents[2]


class Some:
    """One of several processes, whose results nobody waits for."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def add_up(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor

    def gather(self, value: Any) -> list[Any]:
        return [value] * self.size

    def broadcast(self, value: Any) -> Any:
        return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run two processes, as ``accelerate launch`` does, and return the folder of their results."""
    folder = tmp_path_factory.mktemp("together")
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.policies.together", str(folder)],
            env={**os.environ, **shared, "RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"},
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for rank in ("0", "1")
    ]  # fmt: skip
    try:
        errors = [worker.communicate(timeout=120)[1] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert all(worker.returncode == 0 for worker in workers), "\n".join(errors)
    return folder


@pytest.fixture(scope="module")
def results(run: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((run / "results.json").read_text())
    return found


def test_two_processes_give_the_weights_of_one(run: Path, results: Mapping[str, Any]) -> None:
    assert results["size"] == 2
    alone, shared = together.make(ALONE, seed=0), together.make(ALONE, seed=5)
    assert results["losses"] == pytest.approx(together.learn(alone), rel=1e-5)
    checkpoint.load(run, {"policy": shared})
    ours, theirs = alone.state_dict(), shared.state_dict()
    assert ours["trainer"]["step"] == theirs["trainer"]["step"] == 6
    for name, weight in ours["weights"].items():
        torch.testing.assert_close(theirs["weights"][name], weight, rtol=0, atol=1e-5)


def test_two_processes_give_the_candidates_of_one(run: Path, results: Mapping[str, Any]) -> None:
    alone = together.make(ALONE, seed=5)
    checkpoint.load(run, {"policy": alone})
    expected = together.sample(alone)
    assert [each[:2] for each in results["candidates"]] == [
        [c.task_id, c.program] for c in expected
    ]
    assert [each[2] for each in results["candidates"]] == pytest.approx(
        [c.logprob for c in expected], abs=1e-4
    )


def test_a_loss_that_is_not_finite_in_one_stops_both(results: Mapping[str, Any]) -> None:
    assert "the loss is nan at training step 1 in batch 1 of 1" in results["error"]


def test_a_policy_that_is_shared_is_used_by_its_leader(results: Mapping[str, Any]) -> None:
    assert "with policy.leading() as leads:" in results["refused"]


def test_a_state_is_refused_before_it_is_loaded() -> None:
    policy = make_policy(processes=Some(1, 2))
    before = policy.state_dict()
    with pytest.raises(RuntimeError, match="shared by several processes"):
        policy.load_state_dict(make_policy(model=make_model(7)).state_dict())
    assert_same_state(policy.state_dict(), before)


def test_one_process_leads_itself() -> None:
    policy = make_policy()
    with policy.leading() as leads:
        assert leads
    assert together.sample(policy)


def test_one_process_has_nothing_to_take_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(*_: object) -> None:
        raise AssertionError("its own state was loaded")

    policy = make_policy()
    monkeypatch.setattr(policy, "load_state_dict", loaded)
    with policy.leading() as leads:
        assert leads


def test_a_single_process_needs_no_launcher() -> None:
    processes = Accelerated(cpu=True)
    assert (processes.rank, processes.size, processes.device.type) == (0, 1, "cpu")
    assert processes.gather(3) == [3]
    assert processes.broadcast(4) == 4
    assert processes.add_up(torch.ones(2)).tolist() == [1, 1]


@pytest.mark.parametrize("rank", [0, 1])
def test_what_one_process_raises_is_reported_by_the_first(rank: int) -> None:
    def work() -> None:
        raise KeyError("lost")

    error = KeyError if rank == 0 else ReportedError
    with pytest.raises(error):
        gather_results(work, Some(rank, 2))
    assert gather_results(lambda: 5, Some(rank, 2)) == [5, 5]


def test_a_missing_accelerate_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"exit_dsl\[accelerate\]"):
        Accelerated()


@given(st.lists(st.integers()), st.integers(1, 5))
def test_shares_are_the_whole_in_order(items: list[int], size: int) -> None:
    shares = [share(items, Some(rank, size)) for rank in range(size)]
    assert [item for each in shares for item in each] == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_only_the_first_process_shows_progress() -> None:
    def progress(work: Any) -> Any:
        raise AssertionError("shown")

    policy = make_policy(processes=Some(1, 2), progress=progress)
    policy._trainer.train([], policy._codec, np.random.default_rng(0))
    with pytest.raises(RuntimeError, match="shared by several processes"):
        policy.update(make_experiences(3, 0), np.random.default_rng(0))
