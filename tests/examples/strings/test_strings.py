from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.strings.__main__ import TASKS, likeness, make_policy, make_rules
from examples.strings.contest import Rules, arguments, compete, learn, mutate
from examples.strings.dsl import strings
from examples.strings.features import features
from examples.strings.tasks import TaskSet, read_tasks
from exit_dsl import Budget, Example, LanguageInterpreter, Program, Success, Task

TASK_SET = read_tasks(TASKS, str)
INTERPRETER = LanguageInterpreter(strings)


@pytest.fixture
def rules() -> Rules:
    tests = {task.id: TASK_SET.tests[task.id] for task in TASK_SET.held_out[:12]}
    few = TaskSet(TASK_SET.seeds, TASK_SET.held_out[:12], tests)
    return replace(make_rules(few, seed=0), first=200, samples=30)


def test_there_are_as_many_tasks_and_pairs_as_the_documentation_says() -> None:
    assert (len(TASK_SET.seeds), len(TASK_SET.held_out)) == (11, 48)
    for task in (*TASK_SET.held_out, *(seed.task for seed in TASK_SET.seeds)):
        assert 4 <= len(task.examples) <= 6
        assert 2 <= len(TASK_SET.tests[task.id]) <= 3
        pairs = [*task.examples, *TASK_SET.tests[task.id]]
        assert len({pair.input for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("seed", TASK_SET.seeds, ids=lambda seed: seed.source_id)
def test_seeds_solve_their_tasks(seed: object) -> None:
    (found,) = (known for known in TASK_SET.seeds if known is seed)
    pairs = [*found.task.examples, *TASK_SET.tests[found.source_id]]
    outcomes = INTERPRETER.run(found.program, [pair.input for pair in pairs], Budget())
    assert outcomes == [Success(pair.output) for pair in pairs]


@pytest.mark.parametrize("seed", TASK_SET.seeds, ids=lambda seed: seed.source_id)
def test_no_seed_solves_a_held_out_task(seed: object) -> None:
    (found,) = (known for known in TASK_SET.seeds if known is seed)
    for task in TASK_SET.held_out:
        outcomes = INTERPRETER.run(found.program, task.inputs, Budget())
        assert outcomes != [Success(output) for output in task.outputs]


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_one_for_equal_texts_alone(target: str, value: str) -> None:
    assert (likeness(target, value) == 1.0) == (target == value)
    assert 0.0 <= likeness(target, value) <= 1.0


def test_likeness_grows_with_what_is_right() -> None:
    scores = [likeness("A. Turing", value) for value in ("x", "Turing", ". Turing", "A. Turing")]
    assert scores == sorted(scores)
    assert len(set(scores)) == 4


def test_features_hold_in_every_demonstration() -> None:
    pairs = (Example("a-b", "A/B"), Example("cd-e", "CD/E"))
    named = features(Task("t", pairs))
    assert "none DASH" in named
    assert "output becomes capitals" in named
    assert "output equal in length" in named
    assert "long output" not in named


def test_a_text_that_grows_without_end_is_stopped() -> None:
    lines = ["x1 = concat(I, I)", *(f"x{n + 1} = concat(x{n}, x{n})" for n in range(1, 40))]
    program = Program("\n".join([*lines, "O = lower(x40)"]))
    (outcome,) = INTERPRETER.run(program, ["ab"], Budget())
    assert not isinstance(outcome, Success)
    assert outcome.kind == "size"


def test_a_tiny_run_solves_tasks_and_leaves_them_in_its_folder(
    rules: Rules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Namespace(minutes=1.0, iterations=2, run=tmp_path / "run")
    compete(rules, make_policy(rules.task_set), settings)
    assert "of 12 held-out tasks" in capsys.readouterr().out
    assert len((settings.run / "metrics.csv").read_text().splitlines()) == 3
    solutions = list((settings.run / "solutions").iterdir())
    assert solutions
    for file in solutions:
        pairs = TASK_SET.tests[file.stem]
        outcomes = INTERPRETER.run(
            Program(file.read_text().strip()), [pair.input for pair in pairs], Budget()
        )
        assert outcomes == [Success(pair.output) for pair in pairs]


def test_the_same_seed_gives_the_same_results(rules: Rules, tmp_path: Path) -> None:
    def once(folder: Path) -> tuple[tuple[int, ...], list[tuple[str, str]]]:
        policy = make_policy(rules.task_set)
        learned = learn(rules, policy, minutes=1.0, iterations=2, folder=folder)
        blind = mutate(rules, 50)
        files = sorted((folder / "solutions").iterdir())
        numbers = (learned.pass1, learned.pass3, learned.programs, blind.pass1, blind.pass3)
        return numbers, [(file.name, file.read_text()) for file in files]

    assert once(tmp_path / "a") == once(tmp_path / "b")


def test_a_folder_that_exists_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["examples.strings", "--run", str(tmp_path)])
    with pytest.raises(SystemExit):
        arguments("strings")
    assert "exists already" in capsys.readouterr().err
