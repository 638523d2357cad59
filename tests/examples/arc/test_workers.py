from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from examples.arc.presets import PRESETS
from examples.arc.workers import training_thread

SCRIPT = """
import os
import time
from examples.arc.workers import worker_pool

if __name__ == "__main__":
    print(worker_pool(1).submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    root = Path(__file__).parents[3]
    command = [sys.executable, str(tmp_path / "script.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(root)}) as parent:
        assert parent.stdout is not None
        worker = Path("/proc") / parent.stdout.readline().decode().strip()
        alive = worker.exists()
        parent.kill()
    deadline = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive
    assert not _runs(worker)


def _runs(process: Path) -> bool:
    """Whether a process exists and is no zombie that nobody has reaped."""
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_network_may_train_on_fewer_cores_than_it_samples_on() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with training_thread() as thread:
            assert thread.submit(torch.get_num_threads).result() == 2
        with training_thread(1) as thread:
            assert thread.submit(torch.get_num_threads).result() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_network_leaves_the_search_a_core_where_both_go_on() -> None:
    assert PRESETS["laptop"].training_cores == 1
    assert PRESETS["paper"].training_cores is None
