from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.contest.command import Options, compete
from examples.contest.tasks import TaskSet, known, read_tasks
from examples.regex.__main__ import TASKS, make_contest
from examples.regex.alignment import MARKS, Alignment
from examples.regex.matches import Matches, Regex, overlap
from examples.regex.policy import AlignedPolicy
from examples.regex.tokens import TextMutation, tokens_of
from exit_dsl import Budget, Example, Failure, Program, Sandboxed, Success, Task
from tests.examples.regex.solutions import SOLUTIONS

TASK_SET: TaskSet[str, Matches] = read_tasks(TASKS, tuple)
KNOWN = {**{seed.task.id: seed.program for seed in TASK_SET.seeds}, **SOLUTIONS}
ALL = (*TASK_SET.held_out, *(seed.task for seed in TASK_SET.seeds))
RNG = np.random.default_rng
TIMES: Task[str, Matches] = Task("times", (Example("at 12:45 or 7:30", ("12:45", "7:30")),))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandboxed[str, Matches]]:
    with Sandboxed(Regex(), grace_seconds=0.1) as sandboxed:
        yield sandboxed


def test_there_are_as_many_tasks_and_pairs_as_the_documentation_says() -> None:
    assert (len(TASK_SET.seeds), len(TASK_SET.held_out)) == (11, 30)
    for task in ALL:
        assert 8 <= len(task.examples) <= 11
        assert 2 <= len(TASK_SET.tests[task.id]) <= 3
        pairs = [*task.examples, *TASK_SET.tests[task.id]]
        assert len({pair.input for pair in pairs}) == len(pairs)
        assert any(pair.output for pair in task.examples)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.id)
def test_the_reference_solution_passes_all_pairs(task: Task[str, Matches]) -> None:
    pairs = [*task.examples, *TASK_SET.tests[task.id]]
    program = Program(KNOWN[task.id])
    outcomes = Regex().run(program, [pair.input for pair in pairs], Budget())
    assert outcomes == [Success(pair.output) for pair in pairs]


@pytest.mark.parametrize("task", TASK_SET.held_out, ids=lambda task: task.id)
def test_no_seed_solves_a_held_out_task(task: Task[str, Matches]) -> None:
    for program in TASK_SET.programs:
        outcomes = Regex().run(program, task.inputs, Budget())
        assert outcomes != [Success(output) for output in task.outputs]


def test_catastrophic_backtracking_is_killed_and_its_neighbours_live(
    sandbox: Sandboxed[str, Matches],
) -> None:
    programs = [Program("a"), Program("(a+)+$"), Program("b$")]
    first, hostile, last = sandbox.run_many(programs, ["a" * 40 + "b"], Budget(seconds=0.1))
    assert first == (Success(("a",) * 40),)
    (outcome,) = hostile
    assert isinstance(outcome, Failure)
    assert outcome.kind == "timeout"
    assert last == (Success(("b",)),)


@pytest.mark.parametrize("text", ["(", "[[a]", "a{99999999999}", "(?<=a+)b", "*", "(" * 2000, "\\"])
def test_text_that_is_no_pattern_is_an_outcome(text: str) -> None:
    (outcome,) = Regex().run(Program(text), ["abc"], Budget())
    assert isinstance(outcome, Success | Failure)


@given(st.text(max_size=12))
def test_tokens_joined_are_the_pattern(text: str) -> None:
    assert "".join(tokens_of(text)) == text


@given(*[st.lists(st.text(max_size=5), max_size=4).map(tuple)] * 2)
def test_overlap_is_one_for_equal_answers_alone(target: Matches, value: Matches) -> None:
    assert (overlap(target, value) == 1.0) == (target == value)
    assert 0.0 <= overlap(target, value) <= 1.0


@pytest.mark.parametrize(
    ("head", "ahead"),
    [
        ("", ("digits", "digit", "after space")),
        (r"\d+", ("mark", "mark")),
        (r"\d+:", ("digits", "digits")),
        (r"\d+:\d", ("digit", "digit")),
        (r"\d+:\d\d", ("end space", "end edge")),
        (r"\d\d:", ("digits", "lost")),
        (r".+ ", ("beyond", "lost")),
        (r"\d+[", ("mark", "mark")),  # The last place where it compiles.
    ],
)
def test_what_is_ahead_of_a_pattern(head: str, ahead: tuple[str, ...]) -> None:
    assert Alignment(TIMES).view(tokens_of(head)).ahead == ahead


def test_a_mark_is_called_by_what_it_is() -> None:
    view = Alignment(TIMES).view([r"\d", "+"])
    assert (view.symbol(":"), view.symbol(r"\d"), view.symbol("#")) == ("<next>", r"\d", "#")
    assert (view.token("<next>"), view.token("<behind>"), view.token("#")) == (":", r"\ ", "#")
    assert view.token("<") == "<"


@given(st.lists(st.sampled_from([r"\d", r"\w", "+", "*", "(", ")", "[", "]", ":", "{2}", "^"])))
def test_whatever_comes_first_something_is_seen(tokens: list[str]) -> None:
    alignment = Alignment(TIMES)
    symbols = alignment.symbols(tokens)
    assert len(symbols) == len(tokens)
    for at, symbol in enumerate(symbols):
        assert symbol == tokens[at] or symbol in MARKS


def test_a_repeated_group_is_not_run_outside_the_sandbox() -> None:
    task: Task[str, Matches] = Task("t", (Example("a" * 40, ("a" * 40,)),))
    hostile = ["(", "a", "+", ")", "+", "$"]
    assert Alignment(task).view(hostile) == Alignment(task).view(hostile[:4])


def test_the_policy_learns_which_patterns_find_what_looks_like_this() -> None:
    policy = AlignedPolicy()
    policy.update(TASK_SET.seeds, RNG(0))
    likely = [candidate.program for candidate in policy.sample([TIMES], 60, RNG(0))]
    assert len(likely) == 60
    assert any(
        Regex().run(p, TIMES.inputs, Budget()) == [Success(TIMES.outputs[0])] for p in likely
    )


def test_of_patterns_that_find_the_same_the_shortest_is_learned() -> None:
    one, two = AlignedPolicy(), AlignedPolicy()
    short, long = (known(TIMES, Program(text)) for text in (r"\d+:\d+", r"\d+:\d\d*"))
    one.update([long, short], RNG(0))
    two.update([short], RNG(0))
    full = one.state_dict()
    assert full["lessons"] == two.state_dict()["lessons"]
    assert {tuple(c): s for c, s in full["counts"] if s} == {
        tuple(c): s for c, s in two.state_dict()["counts"]
    }


def test_a_restored_policy_samples_the_same() -> None:
    policy, restored = AlignedPolicy(), AlignedPolicy()
    policy.update(TASK_SET.seeds, RNG(0))
    tasks = TASK_SET.held_out[:3]
    list(policy.sample(tasks, 5, RNG(0)))
    restored.load_state_dict(policy.state_dict())
    assert list(policy.sample(tasks, 9, RNG(1))) == list(restored.sample(tasks, 9, RNG(1)))


def test_an_empty_update_changes_nothing() -> None:
    policy = AlignedPolicy()
    policy.update(TASK_SET.seeds, RNG(0))
    before = policy.state_dict()
    policy.update([], RNG(0))
    assert policy.state_dict() == before


def test_what_is_proposed_does_not_depend_on_other_tasks() -> None:
    one, two = TASK_SET.held_out[:2]
    for make in (AlignedPolicy, lambda: TextMutation(TASK_SET.programs, depth=3)):
        together = [c for c in make().sample([one, two], 5, RNG(0)) if c.task_id == two.id]
        assert together == list(make().sample([two], 5, RNG(0)))


def test_a_tiny_run(
    sandbox: Sandboxed[str, Matches], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = TaskSet(TASK_SET.seeds, TASK_SET.held_out[:4], TASK_SET.tests)
    contest = replace(make_contest(sandbox, few), start=100, samples=20, iterations=2)
    compete(contest, Options(seed=0, iterations=None, minutes=1.0, folder=tmp_path / "run"))
    assert "4 held-out tasks, seed 0, 140 programs a task" in capsys.readouterr().out
