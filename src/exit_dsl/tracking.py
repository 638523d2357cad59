"""Where metrics go: the console, CSV, JSON lines, TensorBoard, or several at once.

Each tracker takes one call a step, with all metrics of that step. Logging a step again, or an
earlier one, replaces the rows from that step on, so a run that is resumed from a checkpoint
leaves the same log as one that was never stopped. Every call has reached the operating system
when it returns: killing the process loses nothing.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from tqdm import tqdm

from exit_dsl.interfaces import Tracker

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class ConsoleTracker:
    """Writes one readable line a step to standard output, above any progress bar."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write ``metrics`` of ``step``, floats with four digits."""
        parts = [f"{name} {_brief(value)}" for name, value in _row(step, metrics).items()]
        tqdm.write("  ".join(parts))


class CsvTracker:
    """Keeps a CSV file with one row a step and one column a metric.

    Metrics may appear at any step: the file is rewritten with the new column at the end, and
    cells without a value are empty. Not-a-number and infinities are ``nan``, ``inf``, ``-inf``.

    Args:
        path: the file; its folder is made at the first call, and a log that is there goes on.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write ``metrics`` as the row of ``step`` and drop the rows from ``step`` on.

        Raises:
            ValueError: if a metric is called ``step``, or the file is not such a log.
        """
        row = {name: str(value) for name, value in _row(step, metrics).items()}
        columns, rows = self._read()
        kept = [old for old in rows if int(old["step"]) < step]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(dict.fromkeys((*columns, *row))), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, row])
        _replace(self._path, text.getvalue())

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        if not self._path.exists():
            return [], []
        with self._path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or ["step"])
            if columns[0] != "step":
                raise ValueError(f"{self._path} has no first column 'step'; give another path")
            return columns, list(reader)


class JsonLinesTracker:
    """Keeps a file with one JSON object a step.

    JSON knows neither not-a-number nor infinities; they are the strings ``"nan"``, ``"inf"`` and
    ``"-inf"``, which Python's ``float`` reads back.

    Args:
        path: the file; its folder is made at the first call, and a log that is there goes on.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._last: int | None = None

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Append ``metrics`` of ``step`` as a line and drop the lines from ``step`` on.

        Raises:
            ValueError: if a metric is called ``step``, or the file is not such a log.
        """
        row = {name: _json(value) for name, value in _row(step, metrics).items()}
        line = json.dumps(row, allow_nan=False) + "\n"
        # Until it is written: a write that fails may leave half a line, which a rewrite drops.
        last, self._last = self._last, None
        if last is None or step <= last:
            kept = [old for old_step, old in self._read() if old_step < step]
            _replace(self._path, "".join([*kept, line]))
        else:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                file.write(line)
        self._last = step

    def _read(self) -> Iterator[tuple[int, str]]:
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8", newline="") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith("\n"):
                    return  # the process was killed while it wrote this line
                try:
                    yield int(json.loads(line)["step"]), line
                except (ValueError, KeyError, TypeError) as error:
                    raise ValueError(
                        f"{self._path}, line {number}, is no object with a step; give another path"
                    ) from error


class TensorBoardTracker:
    """Writes scalars for TensorBoard, which a step logged again replaces there.

    It holds a file open: use it in a ``with`` statement or call :meth:`close`.

    Args:
        folder: the folder of the run.

    Raises:
        ImportError: if TensorBoard is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoardTracker needs the extra 'tensorboard': "
                "pip install 'exit_dsl[tensorboard]'"
            ) from error
        self._make = SummaryWriter
        self._folder = Path(folder)
        self._writer: SummaryWriter | None = None
        self._last: int | None = None

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write ``metrics`` of ``step``; what was logged from ``step`` on is no longer shown."""
        _row(step, metrics)
        if self._writer is None or self._last is None or step <= self._last:
            self.close()
            self._writer = self._make(str(self._folder), purge_step=step)
        for name, value in metrics.items():
            self._writer.add_scalar(name, float(value), step)
        self._writer.flush()
        self._last = step

    def close(self) -> None:
        """Close the file; a later call opens a new one."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Trackers:
    """Passes everything on to several trackers, in their order; closes those that can be."""

    def __init__(self, *trackers: Tracker) -> None:
        self._trackers = trackers

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log ``metrics`` of ``step`` everywhere."""
        for tracker in self._trackers:
            tracker.log(step, metrics)

    def close(self) -> None:
        """Close each tracker that has a ``close``."""
        for tracker in self._trackers:
            if isinstance(tracker, _Closable):
                tracker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


def _row(step: int, metrics: Mapping[str, float]) -> dict[str, int | float]:
    """Return the row of a step in plain Python numbers, which NumPy's and torch's become."""
    if "step" in metrics:
        raise ValueError("a metric is called 'step', which is the name of the step; rename it")
    return {"step": int(step)} | {name: _plain(value) for name, value in metrics.items()}


def _plain(value: float) -> int | float:
    return int(value) if isinstance(value, Integral) else float(value)


def _brief(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _json(value: float) -> int | float | str:
    return value if math.isfinite(value) else str(value)


def _replace(path: Path, text: str) -> None:
    """Write the file as a whole, so that a reader sees either the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8", newline="")
    temporary.replace(path)
