"""Programs on three tasks, and scoreboards that have seen them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from hypothesis import strategies as st

from exit_dsl.evaluation import Scoreboard
from exit_dsl.types import Attempt, Budget, Candidate, Example, Program, Success, Task
from tests.fakes import ArithmeticInterpreter

# What is asked for is x + 2 in task a and 2 x in task b; the demonstrations leave room for doubt.
TASKS = {
    "a": Task("a", (Example(2, 4), Example(0, 2))),
    "b": Task("b", (Example(2, 4), Example(0, 0), Example(1, 2))),
    "c": Task("c", (Example(1, 9),)),
}
TESTS = {
    "a": [Example(5, 7)],
    "b": [Example(5, 10), Example(7, 14)],
    "c": [Example(1, 8), Example(2, 9)],
}
PROGRAMS = [
    Program(text)
    for text in (
        "add 2",
        "mul 2",
        "mul 2  ",
        " mul 2",
        "mul 2\nadd 0",
        "add 1\nadd 1",
        "add 000000002",
        "add 8",
        "add 7",
        "mul 9",
        "mul 4\nadd -4",
        "nonsense",
    )
]
Record = tuple[str, Attempt[int, int]]


def attempt(task_id: str, program: str, iteration: int = 0) -> Attempt[int, int]:
    task = TASKS[task_id]
    text = Program(program)
    outcomes = tuple(ArithmeticInterpreter().run(text, task.inputs, Budget()))
    scores = tuple(
        1.0 if outcome == Success(target) else 0.5
        for outcome, target in zip(outcomes, task.outputs, strict=True)
    )
    return Attempt(task, Candidate(task_id, text), outcomes, scores, iteration)


def strip(program: Program) -> str:
    return program.strip()


crowded = st.lists(  # many programs of one task in few places
    st.tuples(
        st.sampled_from(["policy", "mutation"]),
        st.builds(attempt, st.just("a"), st.sampled_from(PROGRAMS), st.integers(0, 1)),
    ),
    min_size=20,
    max_size=40,
)
records = crowded | st.lists(
    st.tuples(
        st.sampled_from(["policy", "mutation"]),
        st.builds(
            attempt, st.sampled_from(list(TASKS)), st.sampled_from(PROGRAMS), st.integers(0, 3)
        ),
    ),
    max_size=40,
)


def board(history: Sequence[Record] = (), keep: int = 3) -> Scoreboard[int, int]:
    scoreboard = Scoreboard(TESTS, ArithmeticInterpreter(), key=strip, keep=keep)
    for source, one in history:
        scoreboard.record([one], source)
    return scoreboard


def brute_force(
    history: Sequence[Record], k: int, sources: Collection[str] | None, iteration: int | None
) -> dict[str, tuple[list[Program], bool]]:
    """The attempts on each task and whether it is solved, from the definition."""
    result = {}
    for task_id, pairs in TESTS.items():
        found = {
            one.candidate.program: one.scores.count(1.0) / len(one.scores)
            for source, one in history
            if one.task.id == task_id
            and (sources is None or source in sources)
            and (iteration is None or one.iteration == iteration)
            and 1.0 in one.scores
        }
        ranked = sorted(found, key=lambda p: (-found[p], p.count("\n"), len(p), p))
        distinct = [
            next(group) for _, group in itertools.groupby(sorted(ranked, key=strip), key=strip)
        ]
        attempts = sorted(distinct, key=ranked.index)[:k]
        solved = any(
            all(
                outcome == Success(pair.output)
                for pair in pairs
                for outcome in ArithmeticInterpreter().run(program, [pair.input], Budget())
            )
            for program in attempts
        )
        if attempts:
            result[task_id] = (attempts, solved)
    return result
