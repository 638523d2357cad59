from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.contest.tasks import read_tasks
from examples.strings.__main__ import main
from examples.strings.domain import TASKS, likeness
from examples.strings.dsl import strings
from examples.strings.features import features
from exit_dsl import Budget, Example, LanguageInterpreter, Program, Success, Task
from tests.examples.strings.solutions import SOLUTIONS

TASK_SET = read_tasks(TASKS, str)
INTERPRETER = LanguageInterpreter(strings)
KNOWN = {**{seed.task.id: seed.program for seed in TASK_SET.seeds}, **SOLUTIONS}
ALL = (*TASK_SET.held_out, *(seed.task for seed in TASK_SET.seeds))


def test_there_are_as_many_tasks_and_pairs_as_the_documentation_says() -> None:
    assert (len(TASK_SET.seeds), len(TASK_SET.held_out)) == (11, 48)
    for task in ALL:
        assert 4 <= len(task.examples) <= 6
        assert 2 <= len(TASK_SET.tests[task.id]) <= 3
        pairs = [*task.examples, *TASK_SET.tests[task.id]]
        assert len({pair.input for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.id)
def test_the_reference_solution_passes_all_pairs(task: Task[str, str]) -> None:
    program = Program(KNOWN[task.id].strip())
    assert strings.check(program) is None
    pairs = [*task.examples, *TASK_SET.tests[task.id]]
    outcomes = INTERPRETER.run(program, [pair.input for pair in pairs], Budget())
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
    assert {"capitals", "DASH 010", "SLASH 101"} <= {*named}
    assert not {"longer", "shorter", "a part"} & {*named}


def test_a_text_that_grows_without_end_is_stopped() -> None:
    lines = ["x1 = concat(I, I)", *(f"x{n + 1} = concat(x{n}, x{n})" for n in range(1, 40))]
    program = Program("\n".join([*lines, "O = lower(x40)"]))
    (outcome,) = INTERPRETER.run(program, ["ab"], Budget())
    assert not isinstance(outcome, Success)
    assert outcome.kind == "size"


def test_a_folder_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--run", str(tmp_path)])
    assert "choose another folder" in capsys.readouterr().err
