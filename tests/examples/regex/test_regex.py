from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.regex.__main__ import TASKS, make_rules
from examples.regex.matches import Matches, Regex, overlap
from examples.regex.ngrams import NGramPolicy, shapes
from examples.regex.tokens import TextMutation, tokens_of
from examples.strings.contest import compete
from examples.strings.tasks import TaskSet, read_tasks
from exit_dsl import Budget, Example, Failure, Program, Sandboxed, Success, Task

TASK_SET: TaskSet[str, Matches] = read_tasks(TASKS, tuple)
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandboxed[str, Matches]]:
    with Sandboxed(Regex(), grace_seconds=0.1) as sandboxed:
        yield sandboxed


def test_there_are_as_many_tasks_and_pairs_as_the_documentation_says() -> None:
    assert (len(TASK_SET.seeds), len(TASK_SET.held_out)) == (11, 30)
    for task in (*TASK_SET.held_out, *(seed.task for seed in TASK_SET.seeds)):
        assert 4 <= len(task.examples) <= 6
        assert 2 <= len(TASK_SET.tests[task.id]) <= 3
        pairs = [*task.examples, *TASK_SET.tests[task.id]]
        assert len({pair.input for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("seed", TASK_SET.seeds, ids=lambda seed: seed.source_id)
def test_seeds_solve_their_tasks(seed: object) -> None:
    (found,) = (known for known in TASK_SET.seeds if known is seed)
    pairs = [*found.task.examples, *TASK_SET.tests[found.source_id]]
    outcomes = Regex().run(found.program, [pair.input for pair in pairs], Budget())
    assert outcomes == [Success(pair.output) for pair in pairs]


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


def test_shapes_of_answers() -> None:
    task: Task[str, Matches] = Task(
        "t", (Example("", ("2024-01-31", "ab12")), Example("", ("1999-12-05",)))
    )
    assert shapes(task) == ["d-d-d", "ad"]


def test_the_policy_learns_which_patterns_give_answers_of_a_shape() -> None:
    policy = NGramPolicy()
    task = TASK_SET.held_out[0]
    for _ in range(20):
        policy.update(TASK_SET.seeds, RNG(0))
    likely = [candidate.program for candidate in policy.sample([task], 20, RNG(0))]
    assert set(likely) & set(TASK_SET.programs)
    assert len(likely) == 20


def test_a_restored_policy_samples_the_same() -> None:
    policy, restored = NGramPolicy(), NGramPolicy()
    policy.update(TASK_SET.seeds, RNG(0))
    restored.load_state_dict(policy.state_dict())
    tasks = TASK_SET.held_out[:3]
    assert list(policy.sample(tasks, 9, RNG(1))) == list(restored.sample(tasks, 9, RNG(1)))


def test_an_empty_update_changes_nothing() -> None:
    policy = NGramPolicy()
    policy.update(TASK_SET.seeds, RNG(0))
    before = policy.state_dict()
    policy.update([], RNG(0))
    assert policy.state_dict() == before


def test_what_is_proposed_does_not_depend_on_other_tasks() -> None:
    one, two = TASK_SET.held_out[:2]
    for source in (NGramPolicy(), TextMutation(TASK_SET.programs, depth=3)):
        together = [c for c in source.sample([one, two], 5, RNG(0)) if c.task_id == two.id]
        assert together == list(source.sample([two], 5, RNG(0)))


def test_a_tiny_run(
    sandbox: Sandboxed[str, Matches], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = TaskSet(TASK_SET.seeds, TASK_SET.held_out[:4], TASK_SET.tests)
    rules = replace(make_rules(few, sandbox, seed=0), first=100, samples=20)
    settings = Namespace(minutes=1.0, iterations=2, run=tmp_path / "run")
    compete(rules, NGramPolicy(), settings)
    out = capsys.readouterr().out
    assert "of 4 held-out tasks" in out
    assert (settings.run / "summary.txt").read_text() in out
