"""A run that is killed, at whatever moment, goes on as if it had not been.

``benchmarks.kills`` does the same with a network and many more times.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from pathlib import Path

import pytest

from benchmarks import kills
from exit_dsl import (
    Example,
    Experience,
    ExpertIteration,
    Hindsight,
    LoopConfig,
    PrioritizedReplayBuffer,
    Program,
    Scoreboard,
    Task,
    checkpoint,
)
from exit_dsl.interfaces import Stateful
from exit_dsl.loop import POLICY, SEED
from exit_dsl.tracking import JsonLinesTracker
from tests.fakes import ArithmeticInterpreter, LearningPolicy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to name files")

SEEDS = [
    Experience(Task(f"seed {text}", (Example(1, value),)), Program(text), f"seed {text}", (1.0,))
    for text, value in (("add 2", 3), ("mul 3", 3))
]


class Run:
    """A whole run without a network, which goes on as the guide says."""

    def __init__(self, folder: Path) -> None:
        tasks = [Task("plus five", (Example(1, 6), Example(2, 7))), Task("ten", (Example(5, 10),))]
        self.folder = folder
        self.tracker = JsonLinesTracker(folder / "losses.jsonl")
        self.scoreboard: Scoreboard[int, int] = Scoreboard(
            {task.id: (Example(0, 5),) for task in tasks}, ArithmeticInterpreter()
        )
        self.loop: ExpertIteration[int, int] = ExpertIteration(
            policy=LearningPolicy(),
            interpreter=ArithmeticInterpreter(),
            relabeler=Hindsight(),
            buffer=PrioritizedReplayBuffer(capacity=12),
            tasks=tasks,
            seeds=SEEDS,
            config=LoopConfig(samples=5, draws={POLICY: 6, SEED: 2}, seed=1),
        )
        self.parts: dict[str, Stateful] = {
            "loop": self.loop,
            "policy": self.loop.policy,
            "buffer": self.loop.buffer,
            "scoreboard": self.scoreboard,
        }

    def go_on(self) -> None:
        if checkpoint.exists(self.folder / "checkpoint"):
            checkpoint.load(self.folder / "checkpoint", self.parts)
        for iteration in self.loop.run(3):
            self.scoreboard.record(iteration.attempts, POLICY)
            self.scoreboard.performance(3)
            self.tracker.log(iteration.index, iteration.train)
            self.save()

    def save(self) -> None:
        folder, generation = self.folder / "checkpoint", self.loop.iteration
        checkpoint.save(folder, self.parts, generation=generation, metadata={})


def start(folder: Path, kill: kills.Kill) -> kills.Ending:
    with warnings.catch_warnings():
        # Torch has started threads, which Python warns of; what the child does needs none.
        warnings.simplefilter("ignore", DeprecationWarning)
        return kills.forked(Run, folder, kill)


def test_a_run_that_is_killed_at_any_moment_ends_as_if_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A kill takes away nothing that the system has, so waiting for the disk is of no use here.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    alone = tmp_path / "alone"
    moments = start(alone, kills.Kill()).moments
    assert len(moments) > 100
    for index, name in enumerate(moments):
        folder = tmp_path / str(index)
        assert start(folder, kills.Kill(moment=index)).status == -signal.SIGKILL
        Run(folder).go_on()
        assert kills.outcome(folder) == kills.outcome(alone), f"killed at moment {index}, {name}"


def test_a_run_can_be_killed_at_any_time(tmp_path: Path) -> None:
    assert start(tmp_path, kills.Kill(seconds=0)).status == -signal.SIGKILL
    ending = start(tmp_path, kills.Kill(seconds=100))
    assert ending.status == 0
    assert ending.seconds < 100


def test_outcomes_differ_where_runs_do(tmp_path: Path) -> None:
    Run(tmp_path).go_on()
    before = kills.outcome(tmp_path)
    last = tmp_path / "checkpoint" / "generation-00000003"
    (last / "buffer.json").write_text("")
    (last / "loop.json").unlink()
    changed = kills.differences(before, kills.outcome(tmp_path))
    assert [Path(name).name for name in changed] == ["buffer.json", "loop.json"]
