"""What the network is pretrained on depends on how much it was, not on when or where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from examples.arc.curriculum import Curriculum, Effort
from examples.arc.dsl.types import Grid
from examples.arc.presets import Pretraining
from examples.arc.progress import Progress
from examples.arc.seeds import load_seeds
from examples.arc.studying import Studying
from examples.arc.tasks import load_dataset
from exit_dsl.execution import InlineExecutor
from exit_dsl.interfaces import Policy
from exit_dsl.types import Candidate, Experience, Program, Task

PLAN = Pretraining(lessons=1000, chunk=20, ahead=1, seeds=0.5)


class Diary(Policy[Grid, Grid]):
    """Writes down what it is trained on, and a number from each random stream."""

    def __init__(self) -> None:
        self.pages: list[tuple[list[Program], float]] = []

    @override
    def sample(
        self, tasks: Sequence[Task[Grid, Grid]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        return iter(())

    @override
    def update(
        self, batch: Sequence[Experience[Grid, Grid]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        self.pages.append(([experience.program for experience in batch], float(rng.random())))
        return {}

    @override
    def state_dict(self) -> dict[str, Any]:
        return {}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    effort = Effort(families=2, mutants=4, random=2, own=1, other=1)
    tasks = load_dataset("arc1-training").tasks[:6]
    return Curriculum.of(load_seeds(), tasks, (), 0, effort)


@pytest.fixture(scope="module")
def seeds() -> list[Experience[Grid, Grid]]:
    known = load_seeds()
    tasks = load_dataset("arc1-training").tasks[-3:]
    return [Experience(task, known[task.id].program, task.id, (1.0,)) for task in tasks]


def study(
    curriculum: Curriculum,
    seeds: Sequence[Experience[Grid, Grid]],
    progress: Progress,
    diary: Diary,
    plan: Pretraining = PLAN,
) -> Studying:
    workers = InlineExecutor()
    return Studying(plan, curriculum, seeds, policy=diary, progress=progress, workers=workers)


def test_going_on_later_gives_the_same_lessons(
    curriculum: Curriculum, seeds: list[Experience[Grid, Grid]]
) -> None:
    whole, parts = Diary(), Diary()
    studying = study(curriculum, seeds, Progress(), whole)
    for _ in range(3):
        studying.chunk()
    progress = Progress()
    for _ in range(3):
        begun_again = study(curriculum, seeds, progress, parts)
        begun_again.chunk()
        begun_again.close()
    assert parts.pages == whole.pages
    drawn = [sum(programs.count(seed.program) for seed in seeds) for programs, _ in whole.pages]
    made = [len(programs) - some for (programs, _), some in zip(whole.pages, drawn, strict=True)]
    assert sum(made) == progress.lessons
    assert drawn == [int(lessons * PLAN.seeds) for lessons in made]
    assert len({number for _, number in whole.pages}) == 3
    assert min(made) >= PLAN.chunk


def test_closing_leaves_no_work_behind(
    curriculum: Curriculum, seeds: list[Experience[Grid, Grid]]
) -> None:
    class Idle:
        def __init__(self) -> None:
            self.given: list[Future[Any]] = []

        def submit(self, fn: Any, /, *args: Any) -> Future[Any]:
            future: Future[Any] = InlineExecutor().submit(fn, *args) if not self.given else Future()
            self.given.append(future)
            return future

    idle = Idle()
    plan = Pretraining(chunk=1, ahead=3)
    studying = Studying(plan, curriculum, seeds, policy=Diary(), progress=Progress(), workers=idle)
    studying.chunk()
    studying.close()
    assert [future.cancelled() for future in idle.given] == [False, True, True, True]
