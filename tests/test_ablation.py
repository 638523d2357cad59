"""The stream of the ablation is correct and holds nothing back; its exam reads the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ablation import SOURCES, Exam, Point, Result, curve, line, run, search, write_csv
from benchmarks.ablation_examples import lessons
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.policy import MAX_LINES
from examples.arc.presets import BUDGET, SmallNetwork
from examples.arc.seeds import Seed, load_seeds
from examples.arc.tasks import ArcDataset, load_dataset
from exit_dsl.language import LanguageInterpreter, Vocabulary
from exit_dsl.types import Experience, Success

NETWORK = replace(
    SOURCES["features"], d_model=16, heads=2, d_ff=16, layers=1, learning_rate=1e-2, warmup_steps=0
)
COUNT = 60


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.ablation_examples.BLOCK", COUNT)
        yield


@pytest.fixture(scope="module")
def data() -> ArcDataset:
    whole = load_dataset("arc1-training")
    seeds = load_seeds()
    known = [task for task in whole.tasks if task.id in seeds][:30]
    tests = {task.id: whole.tests[task.id] for task in known}
    return replace(whole, tasks=tuple(known), tests=tests)


@pytest.fixture(scope="module")
def seeds(data: ArcDataset) -> dict[str, Seed]:
    return {task_id: seed for task_id, seed in load_seeds().items() if task_id in data.tests}


@pytest.fixture(scope="module")
def stream(
    data: ArcDataset, seeds: dict[str, Seed], tmp_path_factory: pytest.TempPathFactory
) -> list[Experience[Grid, Grid]]:
    cache = tmp_path_factory.mktemp("cache") / "lessons.gz"
    taught = dict(list(seeds.items())[10:])
    first = lessons(cache, taught, data.tasks, [], COUNT)
    before = cache.read_bytes()
    assert lessons(cache, taught, data.tasks, [], COUNT) == first
    assert cache.read_bytes() == before
    return first


def test_examples_are_correct_and_not_the_identity(stream: list[Experience[Grid, Grid]]) -> None:
    interpreter = LanguageInterpreter[Grid, Grid](arc)
    assert len(stream) == COUNT
    for each in stream:
        outcomes = interpreter.run(each.program, each.task.inputs, replace(BUDGET, seconds=60.0))
        assert outcomes == [Success(output) for output in each.task.outputs]
        assert each.task.inputs != each.task.outputs


def test_held_out_programs_are_left_out(
    stream: list[Experience[Grid, Grid]],
    data: ArcDataset,
    seeds: dict[str, Seed],
    tmp_path: Path,
) -> None:
    held_out = [stream[index].program for index in (0, 1, 2, 5, 10)]  # seeds and mutants
    taught = dict(list(seeds.items())[10:])
    others = lessons(tmp_path / "lessons.gz", taught, data.tasks, held_out, COUNT)
    forbidden = {arc.normalize(program) for program in held_out}
    assert not forbidden & {arc.normalize(each.program) for each in others}


def test_training_makes_held_out_programs_likelier(
    stream: list[Experience[Grid, Grid]], data: ArcDataset, seeds: dict[str, Seed]
) -> None:
    few = replace(data, tasks=data.tasks[:10])
    few = replace(few, tests={task.id: data.tests[task.id] for task in few.tasks})
    exam = Exam(few, {task.id: seeds[task.id].program for task in few.tasks})
    result = run("features", NETWORK, stream, exam, 0.5, 2, seed=0)
    assert result.curve[0] == Point(0, 0.0, result.curve[0].nats)
    assert result.curve[-1].examples > 0
    size = Vocabulary(arc, max_lines=MAX_LINES).size
    # Before training, all tokens are about equally likely.
    assert result.curve[0].nats == pytest.approx(exam.mean_tokens * np.log(size), rel=0.1)
    assert result.nats < 0.9 * result.curve[0].nats
    assert 0 <= result.solved <= 10


def test_each_axis_begins_with_the_best_so_far(tmp_path: Path) -> None:
    tried: list[SmallNetwork] = []

    def measure(name: str, network: SmallNetwork) -> Result:
        tried.append(network)
        badness = abs(network.learning_rate - 4e-3) + abs(network.d_model - 96)
        points = (Point(0, 0.0, 9.0), Point(10, 2.0, badness))
        return Result(name, network, points, 0.5, 10**6, 1)

    results = list(search(["grids", "features"], ["rate", "size"], measure))
    assert [each.learning_rate for each in tried[-4:]] == [4e-3] * 4
    assert min(results, key=lambda each: each.nats).name == "96 wide"
    assert "5.0" in line(results[0])
    assert "10: " in curve(results[0])
    write_csv(results, tmp_path / "curves.csv")
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 1 + 2 * len(results)
