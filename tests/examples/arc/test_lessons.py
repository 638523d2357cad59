from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.augmentation import FEWEST, MOST
from examples.arc.curriculum import Board, Curriculum, Effort, shortest_first
from examples.arc.dsl import arc
from examples.arc.dsl.language import is_grid
from examples.arc.dsl.types import Grid
from examples.arc.lessons import (
    WIDTH,
    Lesson,
    Workers,
    lessons,
    make_lessons,
    portions,
    worthwhile,
)
from examples.arc.mutate import BUDGET
from examples.arc.seeds import SeedError, load_seeds
from examples.arc.tasks import ArcTask, load_dataset
from examples.arc.workers import worker_pool
from exit_dsl import Example, Program, Success
from exit_dsl.execution import InlineExecutor
from exit_dsl.language import LanguageInterpreter, Vocabulary
from exit_dsl.language.programs import normalize

R = TypeVar("R")
EFFORT = Effort(families=3, mutants=3, random=3, own=2, other=2, tokens=40)
BLOCKS = 3
GRIDS: tuple[Grid, ...] = (((1, 0), (0, 2)), ((1, 2, 3), (0, 0, 0)))


@pytest.fixture(scope="module")
def tasks() -> tuple[Sequence[ArcTask], Sequence[ArcTask]]:
    training, others = load_dataset("arc1-training"), load_dataset("arc1-evaluation")
    return training.tasks[:40], others.tasks[:20]


@pytest.fixture(scope="module")
def curriculum(tasks: tuple[Sequence[ArcTask], Sequence[ArcTask]]) -> Curriculum:
    return Curriculum.of(load_seeds(), *tasks, seed=0, effort=EFFORT)


@pytest.fixture(scope="module")
def blocks(curriculum: Curriculum) -> list[list[Lesson]]:
    with closing(lessons(curriculum, InlineExecutor())) as stream:
        return list(islice(stream, BLOCKS))


class Recorder:
    """Workers whose futures are remembered."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., R], /, *args: Any) -> Future[R]:
        future = self._workers.submit(fn, *args)
        self.futures.append(future)
        return future


def outputs_of(program: Program, inputs: Sequence[Grid]) -> tuple[Grid, ...] | None:
    """What a program gives if it is run on its own."""
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    outcomes = interpreter.run(program, inputs, BUDGET)
    values = tuple(outcome.value for outcome in outcomes if isinstance(outcome, Success))
    return values if len(values) == len(inputs) else None


def test_every_program_gives_the_outputs_of_its_lesson(blocks: list[list[Lesson]]) -> None:
    vocabulary = Vocabulary(arc)
    for lesson in [lesson for block in blocks for lesson in block]:
        task = lesson.task
        assert outputs_of(lesson.program, task.inputs) == task.outputs
        assert all(map(is_grid, (*task.inputs, *task.outputs)))
        assert FEWEST <= len(set(task.inputs)) == len(task.examples) <= MOST
        assert task.outputs != task.inputs
        assert len(set(task.outputs)) > 1
        assert lesson.program == arc.normalize(lesson.program)
        assert len(vocabulary.encode(lesson.program)) <= EFFORT.tokens
        assert lesson.scores == (1.0,) * len(task.examples)


def test_lessons_have_names_of_their_own_and_differ(blocks: list[list[Lesson]]) -> None:
    everything = [lesson for block in blocks for lesson in block]
    assert len(everything) > 50
    assert len({lesson.task.id for lesson in everything}) == len(everything)
    assert all(lesson.source_id == lesson.task.id for lesson in everything)
    assert len({lesson.task.examples for lesson in everything}) == len(everything)


def test_programs_meet_many_grids_and_grids_many_programs(blocks: list[list[Lesson]]) -> None:
    everything = [lesson for block in blocks for lesson in block]
    programs = {lesson.program for lesson in everything}
    inputs = {lesson.task.inputs for lesson in everything}
    assert len(everything) > 1.5 * len(programs)
    assert len(everything) > 5 * len(inputs)
    assert len(inputs) > BLOCKS * EFFORT.families * EFFORT.own / 2


def test_the_shortest_of_equal_programs_is_kept(curriculum: Curriculum) -> None:
    vocabulary = Vocabulary(arc)
    for board in curriculum.block(0).boards():
        found = worthwhile(board)
        for program in board.programs:
            outputs = outputs_of(program, board.inputs)
            if outputs is not None and outputs in found:
                kept = vocabulary.encode(found[outputs])
                assert len(kept) <= len(vocabulary.encode(program))


def test_what_teaches_nothing_is_left_out() -> None:
    programs = shortest_first(
        [
            normalize(arc.parse(Program(text)))
            for text in (
                "O = identity(I)",
                "O = canvas(ONE, UNITY)",
                "O = trim(I)",
                "x1 = rot90(I)\nO = rot90(x1)",
                "O = rot180(I)",
            )
        ],
        tokens=8,
    )
    found = worthwhile(Board(GRIDS, programs))
    turned = {"O = rot90(I)": "rot90", "O = rot180(I)": "rot180"}
    assert set(found.values()) == set(turned)
    for outputs, program in found.items():
        function = arc.primitives[turned[program]].function
        assert outputs == tuple(map(function, GRIDS))
    assert worthwhile(Board(GRIDS[:1], programs)) == {}


def test_long_programs_are_left_out_but_not_their_beginnings() -> None:
    code = normalize(arc.parse(Program("x1 = rot90(I)\nx2 = trim(x1)\nO = hconcat(x1, x2)")))
    every = ["O = rot90(I)", "x1 = rot90(I)\nO = trim(x1)", arc.format(code)]
    assert shortest_first([code, code], tokens=100) == every
    assert shortest_first([code], tokens=9) == every[:2]


def test_portions_mix_successive_blocks_and_lose_nothing(curriculum: Curriculum) -> None:
    count = WIDTH + 2
    with closing(lessons(curriculum, InlineExecutor())) as stream:
        made = list(islice(stream, count))
    with closing(portions(curriculum, InlineExecutor())) as stream:
        mixed = list(islice(stream, count))
    taken = [lesson.task.id for portion in mixed for lesson in portion]
    assert len(set(taken)) == len(taken)
    complete = made[: count - WIDTH + 1]
    assert {lesson.task.id for block in complete for lesson in block} <= set(taken)
    for number, portion in enumerate(mixed):
        blocks = {int(lesson.task.id.split("/")[1]) for lesson in portion}
        assert blocks == set(range(max(0, number - WIDTH + 1), number + 1))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, WIDTH + 1))
def test_portions_can_be_gone_on_with(curriculum: Curriculum, first: int) -> None:
    with closing(portions(curriculum, InlineExecutor())) as stream:
        whole = list(islice(stream, first + 2))
    with closing(portions(curriculum, InlineExecutor(), first=first, in_flight=1)) as stream:
        assert list(islice(stream, 2)) == whole[first:]


def test_workers_make_no_difference(curriculum: Curriculum, blocks: list[list[Lesson]]) -> None:
    with (
        worker_pool(2) as workers,
        closing(lessons(curriculum, workers, first=1, in_flight=3)) as stream,
    ):
        assert list(islice(stream, BLOCKS - 1)) == blocks[1:]


@settings(max_examples=5)
@given(st.integers(0, BLOCKS - 1))
def test_a_block_depends_on_curriculum_and_number_alone(
    curriculum: Curriculum, blocks: list[list[Lesson]], number: int
) -> None:
    copy: Curriculum = pickle.loads(pickle.dumps(curriculum))
    assert copy == curriculum
    assert make_lessons(copy.block(number)) == blocks[number]
    other = replace(curriculum, seed=1)
    assert make_lessons(other.block(number)) != blocks[number]


def test_outputs_of_tasks_are_never_looked_at(
    tasks: tuple[Sequence[ArcTask], Sequence[ArcTask]], curriculum: Curriculum
) -> None:
    training, others = (
        [
            replace(task, examples=tuple(Example(grid, ((0,),)) for grid in task.inputs))
            for task in some
        ]
        for some in tasks
    )
    blank = Curriculum.of(load_seeds(), training, others, seed=0, effort=EFFORT)
    assert blank == curriculum


def test_seeds_have_to_be_for_training_tasks(
    tasks: tuple[Sequence[ArcTask], Sequence[ArcTask]],
) -> None:
    with pytest.raises(SeedError, match="none of the 0 seeds"):
        Curriculum.of({}, *tasks, seed=0)


def test_blocks_are_made_ahead_within_bounds(curriculum: Curriculum) -> None:
    workers = Recorder(InlineExecutor())
    with closing(lessons(curriculum, workers, in_flight=2)) as stream:
        for taken in (1, 2):
            next(stream)
            assert len(workers.futures) == taken + 2


def test_closing_the_stream_leaves_nothing_running(curriculum: Curriculum) -> None:
    with worker_pool(1) as pool:
        workers = Recorder(pool)
        stream = lessons(curriculum, workers, in_flight=6)
        next(stream)
        stream.close()
        assert all(future.done() for future in workers.futures)
        assert workers.futures[-1].cancelled()
        assert len(workers.futures) == 7


def test_an_error_in_a_worker_is_raised(curriculum: Curriculum) -> None:
    broken = replace(curriculum, seeds=(replace(curriculum.seeds[0], program=Program("O = ")),))
    with pytest.raises(ValueError, match="not of the form"):
        next(lessons(broken, InlineExecutor()))
