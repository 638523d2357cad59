from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from examples.arc.__main__ import main


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["examples.arc", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    code = stopped.value.code
    assert code is None or isinstance(code, int)
    return code or 0


GOOD = {"input": [[1]], "output": [[2]]}


def folder_with(path: Path, document: object) -> Path:
    path.mkdir()
    (path / "task.json").write_text(
        document if isinstance(document, str) else json.dumps(document), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--preset", "nosuch"], "there is no preset 'nosuch'; choose one of laptop"),
        (["run", "--data", "nosuch"], "there is no dataset or folder 'nosuch'"),
        (["run", "--minutes", "0"], "--minutes must be positive, not 0"),
        (["run", "--samples", "-1"], "--samples must be positive, not -1"),
        (["run", "--tasks", "0"], "--tasks must be at least 1, not 0"),
        (["run", "--resume"], "there is no run below runs"),
        (["run", "--resume", "--run", "nowhere"], "nowhere holds no run"),
        (["report", "nowhere"], "nowhere holds no run"),
        (["show", "abcdefgh"], "has no task 'abcdefgh'"),
        (["try", "67a3c6ac", "nofile"], "nofile is not a file"),
        (["verify", "--seeds", "nofolder"], "nofolder holds no seed programs"),
    ],
)
def test_mistakes_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"train": [{"input": [[1], [1, 2]], "output": [[1]]}], "test": [GOOD]}, "row 2 has 2"),
        ({"train": [{"input": [[10]], "output": [[1]]}], "test": [GOOD]}, "10 is not a colour"),
        ({"train": [], "test": [GOOD]}, "there are no pairs"),
        ("{", "is not valid JSON"),
    ],
)
def test_malformed_tasks_are_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    document: object,
    message: str,
) -> None:
    folder = folder_with(tmp_path / "data", document)
    assert call(monkeypatch, "run", "--data", str(folder)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "task.json" in error


def test_a_folder_that_is_no_checkpoint_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    words = ["run", "--tasks", "1", "--model", "model", "--workers", "1", "--run", "r"]
    assert call(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert "error: cannot load 'model'" in error
    assert "Traceback" not in error


def test_a_run_without_checkpoint_cannot_be_resumed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "r"
    folder.mkdir()
    config = {
        "preset": "laptop",
        "data": "arc1-evaluation",
        "tasks": 1,
        "seed": 0,
        **dict.fromkeys(("minutes", "iterations", "samples", "model")),
    }
    (folder / "config.json").write_text(json.dumps(config))
    assert call(monkeypatch, "run", "--resume", "--run", "r", "--workers", "1") == 2
    assert "no intact checkpoint" in capsys.readouterr().err


def test_show_prints_task_and_solution(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "runs" / "a" / "solutions").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "config.json").write_text("{}")
    (tmp_path / "runs" / "a" / "solutions" / "67a3c6ac.txt").write_text("# found\nO = vmirror(I)\n")
    assert call(monkeypatch, "show", "67a3c6ac", "--data", "arc1-training") == 0
    shown = capsys.readouterr().out
    assert "demonstration 1" in shown
    assert "O = vmirror(I)" in shown
    assert "its output on test 1" in shown


def test_verify_counts_the_seeds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "67a3c6ac.txt").write_text("# mirror the grid left to right\nO = vmirror(I)\n")
    (tmp_path / "68b16354.txt").write_text("# this one is wrong\nO = vmirror(I)\n")
    assert call(monkeypatch, "verify", "--seeds", str(tmp_path)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "verified 1 of 2"
    assert lines[0].startswith("68b16354, demonstration 1: ")
