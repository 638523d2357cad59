"""Lessons for a policy before its first meta-iteration: programs with what they give on grids.

Workers make them in blocks (see :mod:`examples.arc.curriculum`) while the policy trains on those
that are there. Many programs are tried on the same inputs, where they share their common
expressions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from functools import cache
from itertools import count
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from examples.arc.curriculum import Block, Board, Curriculum
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutate import BUDGET
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Example, Experience, Program, Success, Task

Lesson: TypeAlias = Experience[Grid, Grid]
R = TypeVar("R")

WIDTH = 8
"""The blocks that a portion is mixed from."""
MEMORY = 4_000_000
"""Of an interpreter, in elements: boards do not come back, and a block needs far less."""


class Workers(Protocol):
    """An executor whose calls can be cancelled, as all of ``concurrent.futures`` can."""

    def submit(self, fn: Callable[..., R], /, *args: Any) -> Future[R]:
        """Start ``fn(*args)`` and return at once."""
        ...


def lessons(
    curriculum: Curriculum, workers: Workers, *, first: int = 0, in_flight: int = 4
) -> Generator[list[Lesson], None, None]:
    """Yield blocks of lessons in their order, without end.

    While the caller does something else with a block, workers make the next ones. When the stream
    is closed, blocks that nobody works on are cancelled, and those that are being made awaited.

    Args:
        curriculum: what the lessons are made of.
        workers: where they are made: here or in processes, but not in threads.
        first: the number of the first block, to go on from an earlier stream.
        in_flight: the blocks that are submitted ahead; twice the number of workers is good.
    """
    waiting: deque[Future[list[Lesson]]] = deque()
    try:
        for number in count(first):
            waiting.append(workers.submit(make_lessons, curriculum.block(number)))
            if len(waiting) > in_flight:
                yield waiting.popleft().result()
    finally:
        wait([pending for pending in waiting if not pending.cancel()])


def portions(
    curriculum: Curriculum, workers: Workers, *, first: int = 0, in_flight: int = 4
) -> Generator[list[Lesson], None, None]:
    """Yield all lessons, each portion mixed from a part of each of the last ``WIDTH`` blocks.

    A block has few families of programs, so that a network which trains on one after the other
    keeps forgetting. The first portions are small, as there are few blocks yet.

    Args:
        curriculum: as of :func:`lessons`.
        workers: as of :func:`lessons`.
        first: the number of the first portion, to go on from an earlier stream.
        in_flight: as of :func:`lessons`.
    """
    begin = max(0, first - WIDTH + 1)
    recent: deque[list[Lesson]] = deque(maxlen=WIDTH)
    with closing(lessons(curriculum, workers, first=begin, in_flight=in_flight)) as blocks:
        for number, block in enumerate(blocks, begin):
            recent.appendleft(block)
            if number >= first:
                yield [lesson for age, old in enumerate(recent) for lesson in old[age::WIDTH]]


def with_seeds(
    made: Sequence[Lesson], seeds: Sequence[Lesson], share: float, rng: np.random.Generator
) -> list[Lesson]:
    """Return lessons, and after them ``share`` times as many draws from ``seeds``."""
    drawn = rng.integers(len(seeds), size=int(len(made) * share))
    return [*made, *(seeds[index] for index in drawn)]


def make_lessons(block: Block) -> list[Lesson]:
    """Make the lessons of a block; this is the call that is sent to workers."""
    return list(_numbered(block))


def _numbered(block: Block) -> Iterator[Lesson]:
    numbers = count()
    for board in block.boards():
        for outputs, program in worthwhile(board).items():
            name = f"lesson/{block.number}/{next(numbers)}"
            examples = tuple(map(Example, board.inputs, outputs))
            yield Experience(Task(name, examples), program, name, (1.0,) * len(examples))


def worthwhile(board: Board) -> Mapping[tuple[Grid, ...], Program]:
    """Return the rows of outputs worth learning, each with the shortest program that gives it.

    What fails on one of the inputs, changes nothing, or gives the same whatever the input, is not
    worth learning.
    """
    rows: dict[Program, list[Grid]] = {program: [] for program in board.programs}
    # One input after the other: the interpreter is fastest on the input of the run before.
    for item in board.inputs:
        for program in list(rows):
            (outcome,) = _interpreter().run(program, (item,), BUDGET)
            if isinstance(outcome, Success):
                rows[program].append(outcome.value)
            else:
                del rows[program]
    found: dict[tuple[Grid, ...], Program] = {}
    for program, outputs in rows.items():
        if len(set(outputs)) > 1:
            found.setdefault(tuple(outputs), program)
    found.pop(board.inputs, None)
    return found


# A process has one interpreter, whose memory lives on from block to block.


@cache
def _interpreter() -> LanguageInterpreter[Grid, Grid]:
    return LanguageInterpreter(arc, memory=MEMORY)
