"""What a run saves survives failing disks and damage, and nothing of it in silence.

Each moment at which the disk is changed is tried; ``benchmarks.damage`` does the same with a
network and many more times.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import shutil
import stat
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import damage
from benchmarks.faults import watched
from exit_dsl import (
    checkpoint,
)
from exit_dsl.checkpoint import CheckpointError
from exit_dsl.tracking import JsonLinesTracker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to name files")


class Part:
    """A stateful part that is nothing but its state."""

    def __init__(self, **state: Any) -> None:
        self.state: dict[str, Any] = state

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: Any) -> None:
        self.state = dict(state)


def write(path: Path, generation: int) -> None:
    part = Part(generation=generation, array=np.arange(500), tensor=torch.ones(300))
    checkpoint.save(path, {"part": part}, generation=generation, metadata={"at": "é 1e-05"})


def read(path: Path) -> int:
    """Return the generation that is loaded without a warning."""
    part = Part()
    checkpoint.load(path, {"part": part})
    generation: int = part.state["generation"]
    return generation


def entries(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


def failing(index: int, number: int) -> Callable[[str], None]:
    """Return what lets moment ``index`` and all that follow fail, as a full disk does."""
    passed = -1

    def strike(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed >= index:
            raise OSError(number, os.strerror(number), name)

    return strike


def refusal(path: Path, generation: int, strike: Callable[[str], None]) -> CheckpointError | None:
    """Save, and return the error that was raised."""
    try:
        with watched(path, strike):
            write(path, generation)
    except CheckpointError as error:
        return error
    return None


@pytest.mark.parametrize("again", [2, 3])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_at_any_moment_is_reported_and_costs_nothing(
    tmp_path: Path, number: int, again: int
) -> None:
    for index in range(60):
        path = tmp_path / str(index)
        write(path, 1)
        write(path, 2)
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            error = refusal(path, again, failing(index, number))
        if error is None and not noted:
            break
        said = str(error or noted[0].message)
        assert f"generation {again} {'could not be' if error else 'is'} saved" in said
        assert str(path) in said
        assert os.strerror(number) in said
        assert read(path) in ((2, again) if error else (again,))
        write(path, 4)
        assert read(path) == 4
        before, newest = entries(path)
        assert before.removesuffix(".old") in ("generation-00000002", f"generation-{again:08d}")
        assert newest == "generation-00000004"
    else:
        pytest.fail("the save was never let through")
    assert index > 10


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file become longer than so many bytes, whoever writes it."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_a_write_that_finds_no_room_is_reported_and_cleaned_up(tmp_path: Path) -> None:
    write(tmp_path, 1)
    sizes = [file.stat().st_size for file in (tmp_path / "generation-00000001").iterdir()]
    for size in (0, 1, *sizes):
        with (
            pytest.raises(CheckpointError, match=r"could not be saved .*File too large"),
            room_for(min(size, max(sizes) - 1)),
        ):
            write(tmp_path, 2)
        assert entries(tmp_path) == ["generation-00000001"]
        assert read(tmp_path) == 1
    with room_for(max(sizes)):
        write(tmp_path, 2)
    assert read(tmp_path) == 2


def test_a_generation_that_cannot_be_put_in_its_place_is_cleaned_up(tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        if name == "rename generation-00000002.tmp":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write(tmp_path, 2)
    assert refusal(tmp_path, 2, refuse)
    assert entries(tmp_path) == ["generation-00000002.old"]
    assert read(tmp_path) == 2


def test_a_line_of_a_log_that_found_no_room_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "losses.jsonl"
    tracker = JsonLinesTracker(path)
    tracker.log(1, {"loss": 0.5})
    with pytest.raises(OSError, match="File too large"), room_for(path.stat().st_size + 5):
        tracker.log(2, {"loss": 0.25})
    assert path.read_text().endswith('{"ste')
    tracker.log(2, {"loss": 0.25})
    tracker.log(3, {"loss": 0.125})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3]


def test_files_are_written_and_synchronized_in_ways_that_windows_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synchronize(descriptor: int) -> None:
        writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        if not writable and not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def write_text(path: Path, text: str, *, encoding: str, newline: str = "\r\n") -> None:
        path.write_bytes(text.replace("\n", newline).encode(encoding))

    monkeypatch.setattr(os, "fsync", synchronize)
    monkeypatch.setattr(Path, "write_text", write_text)
    write(tmp_path, 1)
    assert read(tmp_path) == 1


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be nobody for a while, where one is root, to whom permissions mean nothing."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_folder_without_permissions_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    write(path, 1)
    path.chmod(0)
    try:
        for use in (checkpoint.exists, read, lambda path: write(path, 2)):
            with pytest.raises(CheckpointError, match=f"{path}.*Permission denied"), unprivileged():
                use(path)
    finally:
        path.chmod(0o700)
    assert read(path) == 1


def test_a_file_that_cannot_be_read_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    opening = Path.open

    def refusing(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.match("generation-00000002/part.json"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return opening(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.warns(UserWarning, match=r"damaged \(part.json cannot be read: Input/output"):
        assert read(tmp_path) == 1


@pytest.mark.parametrize("obstacle", [Path.touch, lambda path: path.symlink_to("/nowhere")])
def test_what_is_in_the_way_of_the_folder_is_named(
    tmp_path: Path, obstacle: Callable[[Path], None]
) -> None:
    path = tmp_path / "checkpoint"
    obstacle(path)
    with pytest.raises(CheckpointError, match=f"could not be saved to {path} .*exists"):
        write(path, 1)
    assert not checkpoint.exists(path)


def test_links_are_followed_to_load_and_removed_when_they_are_old(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "checkpoint", tmp_path / "elsewhere"
    (tmp_path / "real").mkdir()
    path.symlink_to(tmp_path / "real")
    write(path, 1)
    (path / "generation-00000001").rename(elsewhere)
    (path / "generation-00000001").symlink_to(elsewhere)
    assert read(path) == 1
    write(path, 2)
    write(path, 3)
    assert entries(path) == ["generation-00000002", "generation-00000003"]
    assert entries(elsewhere)


def test_a_run_that_was_killed_before_its_first_generation_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    assert not checkpoint.exists(path)
    (path / "generation-00000001.tmp").mkdir(parents=True)
    assert not checkpoint.exists(path)
    write(path, 1)
    assert entries(path) == ["generation-00000001"]
    assert checkpoint.exists(path)
    (path / "generation-00000001").rename(path / "generation-00000001.old")
    assert checkpoint.exists(path)
    assert read(path) == 1


def test_what_is_not_a_generation_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, 1)
    shutil.copytree(tmp_path / "generation-00000001", tmp_path / "generation-00000001.best")
    (tmp_path / "generation-notes.txt").write_text("the first was good")
    write(tmp_path, 2)
    write(tmp_path, 3)
    assert entries(tmp_path) == [
        "generation-00000001.best",
        "generation-00000002",
        "generation-00000003",
        "generation-notes.txt",
    ]


def test_a_damaged_generation_is_not_kept_in_place_of_an_intact_one(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    (tmp_path / "generation-00000002" / "part.json").write_text("")
    with pytest.warns(UserWarning, match="damaged"):
        assert read(tmp_path) == 1
    write(tmp_path, 3)
    assert entries(tmp_path) == ["generation-00000001", "generation-00000003"]
    (tmp_path / "generation-00000003" / "part.json").write_text("")
    with pytest.warns(UserWarning, match="damaged"):
        assert read(tmp_path) == 1


@pytest.mark.parametrize(("step", "advice"), [(-1, "use the exit_dsl that wrote"), (1, "upgrade")])
def test_another_format_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, advice: str
) -> None:
    known = checkpoint.FORMAT
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", known + step)
        write(tmp_path, 1)
    with pytest.raises(CheckpointError, match=f"format {known + step}, .*format {known}; {advice}"):
        read(tmp_path)
    write(tmp_path, 2)
    assert entries(tmp_path) == ["generation-00000001", "generation-00000002"]


def test_a_small_study_of_damage_finds_all_of_it_noticed(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    study = damage.Study(tmp_path, ["part"], np.random.default_rng(0))
    for kind in (damage.flip, damage.truncate):
        for _ in range(40):
            study.hit(kind)
        for _ in range(10):
            study.hit_both(kind)
    for file in sorted(study.newer.iterdir()):
        study.hit(damage.delete, file)
    assert study.damaged.total() == 104
    assert study.faults == []


def test_a_study_of_damage_can_fail(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    study = damage.Study(tmp_path, ["part"], np.random.default_rng(0))

    def nothing(file: Path, rng: np.random.Generator) -> None:
        """Leave the file as it is."""

    study.hit(nothing)
    study.hit_both(nothing)
    assert len(study.faults) == 2
