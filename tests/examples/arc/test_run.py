from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.evaluate import evaluate, record
from examples.arc.presets import (
    PRESETS,
    Breeding,
    Preset,
    Pretrained,
    Pretraining,
    Search,
    SmallNetwork,
)
from examples.arc.run import ArcRun
from examples.arc.runfolder import RunFolder
from examples.arc.seeds import load_seeds
from examples.arc.summary import table
from examples.arc.tasks import ArcDataset, load_dataset
from exit_dsl.evaluation import Scoreboard
from exit_dsl.execution import InlineExecutor, execute
from exit_dsl.interfaces import Executor
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Candidate
from tests.policies.checkpoints import write_t5

TINY = Preset(
    "for tests",
    network=SmallNetwork(d_model=16, layers=1, heads=2, d_ff=32, target_tokens=24),
    search=Search(mutants=30, rounds=1, share=1.0, lessons=3),
    breeding=Breeding(children=6, population=4, generations=2, share=1.0),
    pretraining=Pretraining(lessons=20, chunk=10, ahead=0, share=1.0),
    minutes=None,
    iterations=2,
    samples=2,
    draws={"policy": 10, "mutation": 20, "evolution": 10, "grammar": 10, "seed": 20},
)


BESIDE = replace(
    TINY,
    breeding=replace(TINY.breeding, alongside=2),
    pretraining=replace(TINY.pretraining, lessons=1000, alongside=1),
)
"""The network trains while the search goes on, if there is a thread for it."""
CLOCKED = {"seconds", "elapsed", "timeline"}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def training() -> ArcDataset:
    return load_dataset("arc1-training")


def first(dataset: ArcDataset, count: int) -> ArcDataset:
    return dataset.only(dataset.tasks[:count])


def build(
    training: ArcDataset,
    path: Path,
    iterations: int,
    resume: bool = False,
    preset: Preset = TINY,
    known: int = 6,
    trainer: Executor | None = None,
) -> ArcRun:
    """A run on the first training tasks, some of which the seeds solve by themselves."""
    tasks = first(training, 6)
    ours = load_seeds()
    seeds = {task.id: ours[task.id] for task in tasks.tasks[:known]}
    folder = RunFolder.existing(path) if resume else RunFolder.new(path)
    run = ArcRun(
        replace(preset, iterations=iterations),
        tasks,
        tasks,
        seeds,
        folder,
        seed=3,
        executor=InlineExecutor(),
        trainer=trainer,
    )
    if resume:
        run.resume()
    else:
        folder.write_config({})
    return run


def state(run: ArcRun) -> dict[str, Any]:
    progress = run.progress.state_dict()
    return {
        "buffer": repr(run.loop.buffer.state_dict()),
        "evolution": run.searching.evolution.state_dict(),
        "scoreboard": run.scoreboard.state_dict(),
        "loop": run.loop.state_dict(),
        "progress": {k: v for k, v in progress.items() if k not in CLOCKED},
        "solved by when": [
            {k: v for k, v in row.items() if k != "seconds"} for row in progress["timeline"]
        ],
    }


@pytest.fixture(scope="module")
def whole(training: ArcDataset, tmp_path_factory: pytest.TempPathFactory) -> ArcRun:
    run = build(training, tmp_path_factory.mktemp("runs") / "whole", 2)
    run.run()
    return run


def test_the_table_of_an_older_run_can_be_read(whole: ArcRun) -> None:
    summary = whole.folder.read_summary()
    assert "by so many answers" in table(summary)
    assert " of 24 valid" in table(summary)
    older = {name: value for name, value in summary.items() if name not in ("checked", "answered")}
    assert "by so many answers" not in table(older)
    assert "% valid" in table(older)


def test_seeds_solve_their_own_tasks_and_everything_is_written(whole: ArcRun) -> None:
    path = whole.folder.path
    summary = whole.folder.read_summary()
    assert summary["tasks"] == 6
    assert summary["solved"]["mutation"][2] >= 4
    assert summary["solved"]["in all"][2] >= summary["solved"]["policy"][2]
    solved = {file.stem for file in (path / "solutions").iterdir()}
    assert solved == {task_id for ids in summary["solved_ids"].values() for task_id in ids}
    answers = json.loads((path / "submission.json").read_text())
    assert {name: len(given) for name, given in answers.items()} == {
        name: len(pairs) for name, pairs in whole.dataset.tests.items()
    }
    rows = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1]
    assert [row["sampled_candidates"] for row in rows] == [12, 24]
    assert all(0 < row["sampled_masking"] < row["sampled_seconds"] for row in rows)
    assert (path / "metrics.csv").read_text().count("\n") == 3
    shown = table(summary)
    assert "solved by mutation" in shown
    assert "pass@3" in shown
    assert "of 6 tasks" in shown


def test_what_was_learned_is_evaluated(whole: ArcRun) -> None:
    seeds = load_seeds()
    evaluation = evaluate(
        replace(whole.preset, temperature=0.5),
        whole.folder,
        whole.dataset,
        programs=[seeds[task.id].program for task in whole.dataset.tasks],
        samples=5,
        seed=0,
        executor=InlineExecutor(),
    )
    assert set(evaluation.solving) == set(whole.dataset.tests)
    counted = replace(evaluation, solving={"a": 0, "b": 2, "c": 5})
    assert [round(counted.expected(k), 3) for k in (1, 2, 5)] == [1.4, 1.7, 2.0]


def test_samples_that_solve_all_demonstrations_are_counted(training: ArcDataset) -> None:
    dataset = first(training, 3)
    first_id, second_id, third_id = dataset.tests
    seeds = load_seeds()
    right, wrong = seeds[first_id].program, seeds[second_id].program
    candidates = [Candidate(first_id, program) for program in (right, wrong, right)]
    candidates += [Candidate(second_id, program) for program in (right, wrong, right)]
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    attempts = execute(candidates, dataset.tasks, interpreter, budget=TINY.budget)
    scoreboard = Scoreboard(dataset.tests, interpreter, key=arc.normalize)
    solving = record(attempts, dataset.tasks, scoreboard)
    assert solving == {first_id: 2, second_id: 1, third_id: 0}
    assert scoreboard.performance(1).solved == (first_id, second_id)


def test_constrained_samples_are_programs_of_the_language(whole: ArcRun) -> None:
    kinds = {
        getattr(outcome, "kind", "value")
        for attempt in whole.loop.collect(n=4)
        for outcome in attempt.outcomes
    }
    assert "syntax" not in kinds
    assert "type" not in kinds


def test_a_resumed_run_equals_an_unbroken_one(training: ArcDataset, tmp_path: Path) -> None:
    build(training, tmp_path / "run", 1, preset=BESIDE, known=3).run()
    again = build(training, tmp_path / "run", 2, resume=True, preset=BESIDE, known=3)
    again.run()
    fresh = build(training, tmp_path / "unbroken", 2, preset=BESIDE, known=3)
    fresh.run()
    assert state(again) == state(fresh)
    weights, others = (run.policy.state_dict()["weights"] for run in (again, fresh))
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_training_beside_the_search_changes_nothing_but_the_time(
    training: ArcDataset, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as thread:
        beside = build(training, tmp_path / "beside", 2, preset=BESIDE, known=3, trainer=thread)
        beside.run()
    in_turn = build(training, tmp_path / "in turn", 2, preset=BESIDE, known=3)
    in_turn.run()
    assert state(beside) == state(in_turn)
    assert in_turn.progress.lessons >= 1000
    assert in_turn.progress.generations > TINY.breeding.generations  # type: ignore[operator]
    weights, others = (run.policy.state_dict()["weights"] for run in (beside, in_turn))
    assert all(torch.equal(weights[name], others[name]) for name in weights)


def test_the_timeline_ends_with_the_table(whole: ArcRun) -> None:
    rows = whole.folder.read_timeline()
    solved = whole.folder.read_summary()["solved"]
    assert {name: int(rows[-1][name]) for name in solved} == {
        name: counts[2] for name, counts in solved.items()
    }
    moments = [row["seconds"] for row in rows]
    assert moments == sorted(moments)
    assert len(rows) == whole.progress.stages


def test_a_run_stopped_before_its_first_checkpoint_begins_again(
    training: ArcDataset, tmp_path: Path
) -> None:
    build(training, tmp_path / "run", 2)  # only its settings are written
    (tmp_path / "run" / "checkpoint" / "generation-00000001.tmp").mkdir(parents=True)
    again = build(training, tmp_path / "run", 2, resume=True)
    again.run()
    fresh = build(training, tmp_path / "unbroken", 2)
    fresh.run()
    assert state(again) == state(fresh)


def test_no_generation_is_bred_for_tasks_that_are_all_solved(
    training: ArcDataset, tmp_path: Path
) -> None:
    tasks = replace(training, tasks=(training.find("67a3c6ac"),))
    tasks = replace(tasks, tests={"67a3c6ac": training.tests["67a3c6ac"]})
    seeds = {"67a3c6ac": load_seeds()["67a3c6ac"]}
    preset = replace(TINY, breeding=Breeding(generations=3, share=1.0), iterations=1)
    run = ArcRun(
        preset,
        tasks,
        tasks,
        seeds,
        RunFolder.new(tmp_path / "run"),
        seed=0,
        executor=InlineExecutor(),
    )
    run.run()
    assert run.progress.generations == 0


def test_time_that_is_up_still_gives_a_table(training: ArcDataset, tmp_path: Path) -> None:
    tasks = first(training, 2)
    moments = iter(range(0, 10**9, 1000))
    run = ArcRun(
        replace(TINY, minutes=1.0),
        tasks,
        tasks,
        {task_id: seed for task_id, seed in load_seeds().items() if task_id in tasks.tests},
        RunFolder.new(tmp_path / "short"),
        seed=0,
        executor=InlineExecutor(),
        clock=lambda: float(next(moments)),
    )
    summary = run.run()
    assert summary["programs"]["policy"] == 0
    assert "none were run" in table(summary)


def test_a_run_trains_and_samples_from_a_codet5_checkpoint(
    training: ArcDataset, tmp_path: Path
) -> None:
    (tmp_path / "codet5").mkdir()
    network = Pretrained(
        str(write_t5(tmp_path / "codet5")), learning_rate=1e-3, batch_size=4, target_tokens=96
    )
    preset = replace(PRESETS["paper"], network=network, samples=2, draws=TINY.draws)
    preset = replace(preset, search=TINY.search)
    run = build(training, tmp_path / "run", 1, preset=preset)
    before = run.policy.state_dict()["weights"]
    run.run()
    summary = run.folder.read_summary()
    assert summary["programs"]["policy"] == 2 * 6  # the paper's settings give all tasks the same
    assert summary["lessons"] == summary["programs"]["evolution"] == 0
    after = run.policy.state_dict()["weights"]
    assert any(not torch.equal(before[name], after[name]) for name in before)
    (row,) = (run.folder.path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(row)["train_examples"] > 0
