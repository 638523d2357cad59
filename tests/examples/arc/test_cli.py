from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from examples.arc.__main__ import main
from examples.arc.dsl import arc
from examples.arc.mutants import read_mutants
from examples.arc.presets import PRESETS, PresetError, SmallNetwork, from_settings
from examples.arc.progress import Progress
from examples.arc.summary import summarize
from exit_dsl.evaluation import Scoreboard
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Example


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
        (["run", "--data", "arc1-training"], "all training tasks are among those of arc1-training"),
        (["run", "--run", "/dev/null/r", "--tasks", "1"], "the folder /dev/null/r cannot be made"),
        (["run", "--resume"], "there is no run below runs"),
        (["run", "--resume", "--tasks", "3", "--seed", "1"], "leave out --tasks, --seed"),
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
    ("words", "message"),
    [
        (["baseline", "--out", "bytes"], "bytes/rounds.jsonl cannot be made (File exists)"),
        (["try", "67a3c6ac", "bytes"], "bytes is no text in UTF-8"),
        (["report", ".", "--plot", "plot.foo"], "plot.foo cannot be drawn"),
        (["report", ".", "--plot", "nodir/plot.svg"], "nodir/plot.svg cannot be drawn"),
    ],
)
def test_files_that_cannot_be_read_or_written_are_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "timeline.csv").write_text("seconds,in all\n1.0,2\n")
    progress = Progress()
    tests = {"a": (Example(((1,),), ((2,),)),)}
    board: Scoreboard[Any, Any] = Scoreboard(tests, LanguageInterpreter(arc))
    (tmp_path / "summary.json").write_text(json.dumps(summarize(board, progress)))
    assert call(monkeypatch, *words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error


def test_no_samples_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "evaluate", "--samples", "0") == 2
    assert "--samples" in capsys.readouterr().err


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


def test_a_run_whose_checkpoint_is_gone_cannot_be_resumed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "r"
    folder.mkdir()
    config = {
        "preset": "laptop",
        "settings": asdict(PRESETS["laptop"]),
        "data": "arc1-evaluation",
        "tasks": 1,
        "seeds": None,
        "seed": 0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "summary.json").write_text("{}")
    assert call(monkeypatch, "run", "--resume", "--run", "r", "--workers", "1") == 2
    assert "no intact checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["data_version", "seeds_digest"])
def test_a_run_goes_on_with_its_own_data_and_seeds_only(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    other: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder_with(tmp_path / "data", {"train": [GOOD], "test": [GOOD]})
    words = ["run", "--data", "data", "--iterations", "1", "--workers", "1", "--run", "r"]
    assert call(monkeypatch, *words, "--preset", "rehearsal", "--minutes", "0.01") == 0
    file = tmp_path / "r" / "config.json"
    config = json.loads(file.read_text())
    again = ["run", "--resume", "--run", "r", "--workers", "1"]
    assert call(monkeypatch, *again) == 0
    assert "its 0.01 minutes are over; --minutes gives it more" in capsys.readouterr().out
    file.write_text(json.dumps(config | {other: "another"}))
    assert call(monkeypatch, *again) == 2
    assert f"the {other[:4]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "config.json is damaged: Expecting"),
        ("[]", "config.json is damaged: it is no JSON object"),
        (
            '{"preset": "laptop"}',
            "config.json is damaged: it lacks settings, data, tasks, seeds, seed",
        ),
    ],
)
@pytest.mark.parametrize("words", [["run", "--resume"], ["evaluate"]])
def test_damaged_settings_are_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    config: str,
    message: str,
) -> None:
    (tmp_path / "config.json").write_text(config)
    assert call(monkeypatch, *words, "--run", str(tmp_path)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_settings_that_were_written_give_the_preset_back(preset: object) -> None:
    assert from_settings(json.loads(json.dumps(asdict(preset)))) == preset  # type: ignore[call-overload]


def test_settings_of_another_version_are_told() -> None:
    settings = asdict(PRESETS["laptop"])
    with pytest.raises(PresetError, match="of another version"):
        from_settings({**settings, "search": {"mutants": 3, "unknown": 1}})
    with pytest.raises(PresetError, match="of another version"):
        from_settings({"about": "nothing"})


def test_the_network_of_a_run_from_before_lines_goes_on_without() -> None:
    settings = json.loads(json.dumps(asdict(PRESETS["laptop"])))
    del settings["network"]["lines"]
    network = from_settings(settings).network
    assert isinstance(network, SmallNetwork)
    assert not network.lines


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
    assert lines[0].startswith("68b16354: demonstration 1: ")


SOLVERS = """from elsewhere import *


def solve_67a3c6ac(I):
    O = vmirror(I)
    return O


def solve_68b16354(I):
    O = hmirror(vmirror(I))
    return O
"""


def test_verify_counts_the_functions_of_a_python_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "solvers.py").write_text(SOLVERS)
    assert call(monkeypatch, "verify", "--seeds", str(tmp_path / "solvers.py")) == 1
    assert capsys.readouterr().out.splitlines() == [
        "solve_68b16354: line 1: argument 1 is not a name",
        "verified 1 of 2",
    ]


def test_mutate_makes_a_file_and_goes_on_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("solvers.py").write_text(SOLVERS)
    words = ["mutate", "--seeds", "solvers.py", "--out", "new/m.gz", "--workers", "1"]
    assert call(monkeypatch, *words, "-n", "20") == 0
    told = capsys.readouterr()
    assert "left out: solve_68b16354: line 1" in told.err
    first = list(read_mutants(Path("new/m.gz")))
    assert len(first) >= 20
    assert f"{len(first)} mutated tasks of " in told.out
    assert call(monkeypatch, *words, "-n", str(len(first) + 1)) == 0
    assert list(read_mutants(Path("new/m.gz")))[: len(first)] == first
    assert call(monkeypatch, *words, "--kind", "dm") == 2
    assert "mutants made with kind d1, not dm" in capsys.readouterr().err
