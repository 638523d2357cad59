from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.runfolder import RunFolder
from examples.arc.submission import submission
from examples.arc.tasks import ArcDataset, load_dataset
from exit_dsl.evaluation import Scoreboard
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Attempt, Candidate, Failure, FailureKind, Program


@pytest.fixture(scope="module")
def dataset() -> ArcDataset:
    """Two tasks, the first of which has two test inputs and is solved by a mirror image."""
    training = load_dataset("arc1-training")
    tasks = [training.find(name) for name in ("67a3c6ac", "68b16354")]
    chosen = training.only(tasks)
    pairs = {name: tests * (1 + (name == "67a3c6ac")) for name, tests in chosen.tests.items()}
    return ArcDataset(chosen.name, chosen.version, chosen.tasks, pairs)


def board(dataset: ArcDataset, *found: tuple[str, str, float]) -> Scoreboard[Grid, Grid]:
    """A scoreboard that was told of programs: task, text and demonstration score of each."""
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    scoreboard = Scoreboard(dataset.tests, interpreter, key=arc.normalize)
    untold = Failure(FailureKind.ERROR, "not run for this test")
    for task_id, text, score in found:
        task = dataset.find(task_id)
        outcomes = (untold,) * len(task.examples)
        right = round(score * len(outcomes))
        scores = (1.0,) * right + (0.0,) * (len(outcomes) - right)
        candidate = Candidate(task_id, Program(text))
        scoreboard.record([Attempt(task, candidate, outcomes, scores)], "policy")
    return scoreboard


def test_each_test_input_has_two_attempts(dataset: ArcDataset) -> None:
    found = board(
        dataset,
        ("67a3c6ac", "O = hmirror(I)", 2 / 3),
        ("67a3c6ac", "O = vmirror(I)", 1.0),
        ("67a3c6ac", "O = rot180(I)", 1 / 3),
    )
    answers = submission(dataset, found.predictions(3))
    assert list(answers) == list(dataset.tests)
    first, second = answers["67a3c6ac"]
    assert first == second
    (pair, _) = dataset.tests["67a3c6ac"]
    assert first == {"attempt_1": pair.output, "attempt_2": pair.input[::-1]}


def test_one_answer_is_given_twice_and_none_is_blank(dataset: ArcDataset) -> None:
    answers = submission(
        dataset, board(dataset, ("67a3c6ac", "O = vmirror(I)", 1.0)).predictions(3)
    )
    for pair, attempts in zip(dataset.tests["67a3c6ac"], answers["67a3c6ac"], strict=True):
        assert attempts == {"attempt_1": pair.output, "attempt_2": pair.output}
    assert answers["68b16354"] == [{"attempt_1": ((0,),), "attempt_2": ((0,),)}]


def test_it_is_written_as_rows_of_numbers(dataset: ArcDataset, tmp_path: Path) -> None:
    folder = RunFolder.new(tmp_path)
    answers = submission(
        dataset, board(dataset, ("68b16354", "O = hmirror(I)", 1.0)).predictions(3)
    )
    folder.write_submission(answers)
    (pair,) = dataset.tests["68b16354"]
    read = json.loads((tmp_path / "submission.json").read_text())
    assert read["68b16354"][0]["attempt_1"] == [list(row) for row in pair.output]
    assert read["67a3c6ac"] == [{"attempt_1": [[0]], "attempt_2": [[0]]}] * 2
