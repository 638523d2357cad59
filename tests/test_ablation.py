"""The stream of the ablation is correct and holds nothing back; its exam reads the policy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ablation import (
    SOURCES,
    Exam,
    Point,
    Result,
    curve,
    examples,
    line,
    run,
    search,
    write_csv,
)
from examples.arc.curriculum import Curriculum, Effort
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.policy import MAX_LINES
from examples.arc.presets import SmallNetwork
from examples.arc.seeds import Seed, load_seeds, solved_tasks
from examples.arc.tasks import ArcDataset, load_dataset
from exit_dsl.execution import InlineExecutor
from exit_dsl.language import Vocabulary
from exit_dsl.types import Experience

NETWORK = replace(
    SOURCES["features"], d_model=16, heads=2, d_ff=16, layers=1, learning_rate=1e-2, warmup_steps=0
)
COUNT = 60


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
def curriculum(data: ArcDataset, seeds: dict[str, Seed]) -> Curriculum:
    effort = Effort(families=3, mutants=4, random=2, own=1, other=1)
    return Curriculum.of(seeds, data.tasks, (), 0, effort)


@pytest.fixture(scope="module")
def parts(
    data: ArcDataset, seeds: dict[str, Seed], curriculum: Curriculum
) -> list[list[Experience[Grid, Grid]]]:
    solved = solved_tasks(dict(list(seeds.items())[10:]), data.tasks)
    return examples(curriculum, solved, [], COUNT, InlineExecutor())


def test_seeds_are_among_the_lessons(
    parts: list[list[Experience[Grid, Grid]]], seeds: dict[str, Seed]
) -> None:
    assert sum(map(len, parts)) >= COUNT
    given = [each for part in parts for each in part if each.task.id in seeds]
    assert len(given) == pytest.approx(sum(map(len, parts)) / 5, abs=len(parts))
    assert all(each.program == seeds[each.task.id].program for each in given)


def test_held_out_programs_are_left_out(
    parts: list[list[Experience[Grid, Grid]]],
    data: ArcDataset,
    seeds: dict[str, Seed],
    curriculum: Curriculum,
) -> None:
    everything = [each for part in parts for each in part]
    held_out = [everything[index].program for index in (0, 1, 2, -2, -1)]  # lessons and seeds
    solved = solved_tasks(seeds, data.tasks)
    others = examples(curriculum, solved, held_out, COUNT, InlineExecutor())
    forbidden = {arc.normalize(program) for program in held_out}
    assert not forbidden & {arc.normalize(each.program) for part in others for each in part}


def test_training_makes_held_out_programs_likelier(
    parts: list[list[Experience[Grid, Grid]]], data: ArcDataset, seeds: dict[str, Seed]
) -> None:
    few = data.only(data.tasks[:10])
    exam = Exam(few, {task.id: seeds[task.id].program for task in few.tasks})
    result = run("features", NETWORK, parts, exam, 0.5, 2, seed=0)
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
        badness = abs(1e3 * network.learning_rate - 1) + abs(network.d_model - 192)
        points = (Point(0, 0.0, 9.0), Point(10, 2.0, badness))
        return Result(name, network, points, 0.5, 10**6, 1)

    results = list(search(["grids", "features"], ["rate", "size"], measure))
    assert [each.learning_rate for each in tried[-3:]] == [1e-3] * 3
    assert min(results, key=lambda each: each.nats).name == "192 wide"
    assert "5.0" in line(results[0])
    assert "10: " in curve(results[0])
    write_csv(results, tmp_path / "curves.csv")
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 1 + 2 * len(results)
