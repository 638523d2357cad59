"""The folder that a run leaves behind: settings, metrics, solutions, answers and checkpoint."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from exit_dsl import checkpoint
from exit_dsl.solutions import Solution

RUNS = Path("runs")

_SETTINGS = ("preset", "settings", "data", "tasks", "seeds", "seed")
"""What ``config.json`` has to say for a run to go on."""


class RunFolderError(Exception):
    """A run folder that cannot be used; the message says which and what to do."""


class RunFolder:
    """``config.json``, ``metrics.csv``, ``metrics.jsonl``, ``timeline.csv``, ``solutions/``,
    ``submission.json``, ``summary.json`` and ``checkpoint/`` of one run.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metrics_csv = path / "metrics.csv"
        self.metrics_jsonl = path / "metrics.jsonl"
        self.tensorboard = path / "tensorboard"
        self.checkpoint = path / "checkpoint"
        self._config = path / "config.json"
        self._summary = path / "summary.json"
        self._timeline = path / "timeline.csv"
        self._solutions = path / "solutions"
        self._submission = path / "submission.json"

    @classmethod
    def new(cls, path: Path | None) -> RunFolder:
        """Make the folder of a new run; it is named by the time unless ``path`` is given.

        Raises:
            RunFolderError: there is a run in it already, or it cannot be made.
        """
        chosen = path or RUNS / datetime.now().strftime("arc-%Y%m%d-%H%M%S")
        folder = cls(chosen)
        if folder._config.exists():
            raise RunFolderError(
                f"{chosen} already holds a run; go on with it by --resume, or choose another folder"
            )
        try:
            chosen.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(
                f"the folder {chosen} cannot be made ({error.strerror}); choose another by --run"
            ) from None
        return folder

    @classmethod
    def existing(cls, path: Path | None) -> RunFolder:
        """Return the folder of a run that was begun; the newest below ``runs`` unless given.

        Raises:
            RunFolderError: there is no run.
        """
        if path is None:
            found = sorted(RUNS.glob("*/config.json"), key=lambda file: file.stat().st_mtime)
            if not found:
                raise RunFolderError(f"there is no run below {RUNS}; start one first")
            path = found[-1].parent
        folder = cls(path)
        if not folder._config.exists():
            raise RunFolderError(f"{path} holds no run (config.json is missing); check the path")
        return folder

    @property
    def is_untouched(self) -> bool:
        """Whether the run was stopped before it had saved anything but its settings."""
        return not (self._summary.exists() or checkpoint.exists(self.checkpoint))

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write the settings."""
        _write_json(self._config, config)

    def read_config(self) -> dict[str, Any]:
        """Read the settings.

        Raises:
            RunFolderError: the file is damaged.
        """
        config = _read_json(self._config)
        missing = [name for name in _SETTINGS if name not in config]
        if missing:
            raise RunFolderError(f"{self._config} is damaged: it lacks {', '.join(missing)}")
        return config

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write the figures of the final table."""
        _write_json(self._summary, summary)

    def read_summary(self) -> dict[str, Any]:
        """Read the figures of the final table.

        Raises:
            RunFolderError: the run has not written them yet, or the file is damaged.
        """
        return _read_json(self._summary)

    def write_timeline(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write how many tasks were solved by when, in seconds; the rows have the same names."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        _write(self._timeline, text.getvalue())

    def read_timeline(self) -> list[dict[str, float]]:
        """Read how many tasks were solved by when.

        Raises:
            RunFolderError: the run has not written it yet, or the file is damaged.
        """
        try:
            with self._timeline.open(encoding="utf-8", newline="") as stream:
                return [
                    {name: float(value) for name, value in row.items()}
                    for row in csv.DictReader(stream)
                ]
        except FileNotFoundError:
            raise RunFolderError(
                f"{self._timeline} is not there; has the run come that far?"
            ) from None
        except (TypeError, ValueError) as error:
            raise RunFolderError(f"{self._timeline} is damaged: {error}") from None

    def write_solutions(self, solved: Mapping[str, Solution]) -> None:
        """Write the program of each solved task to ``solutions/<task id>.txt``."""
        self._solutions.mkdir(exist_ok=True)
        for task_id, solution in solved.items():
            text = (
                f"# found by {solution.source} in iteration {solution.iteration}; "
                f"solves {solution.score:.0%} of the demonstrations\n{solution.program}\n"
            )
            _write(self._solutions / f"{task_id.replace('/', '_')}.txt", text)

    def write_submission(self, answers: Mapping[str, Any]) -> None:
        """Write what could be handed in, by task id."""
        _write(self._submission, json.dumps(answers) + "\n")

    def read_solution(self, task_id: str) -> str | None:
        """Return the file of a task's solution, None if it is not solved."""
        file = self._solutions / f"{task_id.replace('/', '_')}.txt"
        return file.read_text(encoding="utf-8") if file.exists() else None


def _write_json(file: Path, value: Mapping[str, Any]) -> None:
    _write(file, json.dumps(value, indent=2) + "\n")


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all, whenever the process or the machine stops."""
    building = file.with_suffix(".tmp")
    with building.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(building, file)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(f"{file} is not there; has the run come that far?") from None
    except ValueError as error:
        raise RunFolderError(f"{file} is damaged: {error}") from None
    if not isinstance(value, dict):
        raise RunFolderError(f"{file} is damaged: it is no JSON object")
    return value
