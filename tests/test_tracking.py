from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.interfaces import Tracker
from exit_dsl.tracking import (
    ConsoleTracker,
    CsvTracker,
    JsonLinesTracker,
    TensorBoardTracker,
    Trackers,
)

Row = dict[str, float]

metric_values = st.one_of(st.integers(-(10**9), 10**9), st.floats())
logs = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.dictionaries(st.sampled_from(["loss", 'a, "b"', "pass@3", "é"]), metric_values),
        st.booleans(),
    ),
    max_size=12,
)


def read_csv(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: float(cell) for name, cell in row.items() if cell != ""}
            for row in csv.DictReader(file)
        ]


def read_json_lines(path: Path) -> list[Row]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    lines = path.read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line, parse_constant=refuse) for line in lines]
    return [{name: float(value) for name, value in row.items()} for row in rows]


FILES = pytest.mark.parametrize(
    ("make", "read"), [(CsvTracker, read_csv), (JsonLinesTracker, read_json_lines)]
)


def same(one: list[Row], other: list[Row]) -> bool:
    """Equality under which nan is nan."""
    return repr([sorted(row.items()) for row in one]) == repr(
        [sorted(row.items()) for row in other]
    )


@FILES
@given(log=logs)
def test_a_step_logged_again_replaces_the_rows_from_there_on(
    make: Callable[[Path], Tracker],
    read: Callable[[Path], list[Row]],
    log: list[tuple[int, Row, bool]],
) -> None:
    expected: list[Row] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "new", "log")
        tracker = make(path)
        for step, metrics, restart in log:
            if restart:
                tracker = make(path)
            tracker.log(step, metrics)
            row = {"step": float(step)} | {name: float(x) for name, x in metrics.items()}
            expected = [*(old for old in expected if old["step"] < step), row]
            assert same(read(path), expected)


@FILES
def test_numbers_of_other_libraries_are_plain_in_the_file(
    make: Callable[[Path], Tracker], read: Callable[[Path], list[Row]], tmp_path: Path
) -> None:
    path = tmp_path / "log"
    metrics: Any = {"loss": np.float32(0.5), "stored": np.int64(3), "rate": np.nan}
    make(path).log(np.int64(1), metrics)  # type: ignore[arg-type]
    [row] = read(path)
    assert row["loss"] == 0.5
    assert row["stored"] == 3
    assert math.isnan(row["rate"])
    assert "np." not in path.read_text()


@FILES
def test_a_metric_may_not_be_called_step(
    make: Callable[[Path], Tracker], read: Callable[[Path], list[Row]], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="rename it"):
        make(tmp_path / "log").log(1, {"step": 2.0})
    assert not (tmp_path / "log").exists()


@FILES
def test_a_foreign_file_is_left_alone(
    make: Callable[[Path], Tracker], read: Callable[[Path], list[Row]], tmp_path: Path
) -> None:
    path = tmp_path / "log"
    path.write_text("name,age\nada,36\n")
    with pytest.raises(ValueError, match="give another path"):
        make(path).log(1, {"loss": 0.5})
    assert path.read_text() == "name,age\nada,36\n"


def test_a_line_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    JsonLinesTracker(path).log(1, {"loss": 0.5})
    with path.open("a") as file:
        file.write('{"step": 2, "lo')
    JsonLinesTracker(path).log(2, {"loss": 0.25})
    assert read_json_lines(path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]


def test_the_console_line_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleTracker().log(12, {"loss": 0.123456, "stored": 1234567, "rate": float("nan")})
    assert capsys.readouterr().out == "step 12  loss 0.1235  stored 1234567  rate nan\n"


def test_tensorboard_shows_each_step_once(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with TensorBoardTracker(tmp_path) as tracker:
        for step in (0, 1, 2, 1):
            tracker.log(step, {"loss": 10.0 * step})
    with Trackers(TensorBoardTracker(tmp_path)) as resumed:
        resumed.log(1, {"loss": 11.0})
        events = accumulator.EventAccumulator(str(tmp_path)).Reload()
        shown = [(event.step, event.value) for event in events.Scalars("loss")]
    assert shown == [(0, 0.0), (1, 11.0)]


def test_a_missing_tensorboard_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match="needs the extra 'tensorboard'"):
        TensorBoardTracker(tmp_path)


class ClosableTracker:
    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.closed = False

    def log(self, step: int, metrics: Any) -> None:
        self.logged.append((step, dict(metrics)))

    def close(self) -> None:
        self.closed = True


def test_trackers_pass_everything_on_and_close_what_can_be_closed(tmp_path: Path) -> None:
    one, other = ClosableTracker(), ClosableTracker()
    with Trackers(one, CsvTracker(tmp_path / "log.csv"), Trackers(other)) as trackers:
        trackers.log(3, {"loss": 0.5})
        assert not other.closed
    assert one.logged == other.logged == [(3, {"loss": 0.5})]
    assert one.closed
    assert other.closed
    assert read_csv(tmp_path / "log.csv") == [{"step": 3, "loss": 0.5}]
