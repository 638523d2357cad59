"""What a seed uses is exactly what its budget has to allow."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.margins import BUDGETS, GENEROUS, Use, least, measure, report, uses
from examples.arc.presets import PRESETS
from examples.arc.seeds import PROGRAMS
from examples.arc.tasks import load_dataset
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Failure, FailureKind, Program, Success
from tests.language.lists import lists

interpreter: LanguageInterpreter[Any, Any] = LanguageInterpreter(lists)


@given(st.integers(1, 10**9))
def test_the_least_is_the_least(number: int) -> None:
    assert least(lambda limit: limit >= number) == number


@given(st.lists(st.lists(st.integers(0, 9), max_size=40).map(tuple), min_size=1, max_size=3))
def test_one_less_is_too_little(inputs: list[Any]) -> None:
    program = Program("x1 = reverse(I)\nO = reverse(x1)")
    use = measure(interpreter, "task", program, inputs)
    enough = replace(GENEROUS, max_steps=use.steps, max_size=use.size)
    assert all(isinstance(each, Success) for each in interpreter.run(program, inputs, enough))
    for tight, kind in (
        (replace(enough, max_steps=max(1, use.steps - 1)), FailureKind.STEPS),
        (replace(enough, max_size=max(1, use.size - 1)), FailureKind.SIZE),
    ):
        if tight != enough:
            failures = [
                outcome
                for outcome in interpreter.run(program, inputs, tight)
                if isinstance(outcome, Failure)
            ]
            assert failures
            assert all(failure.kind is kind for failure in failures)


def test_a_seed_that_fails_is_named() -> None:
    with pytest.raises(ValueError, match="the seed of broken fails on a pair of its task"):
        measure(interpreter, "broken", Program("O = pair(I, I)"), [((1,),)])


def test_seeds_are_measured_on_their_tasks(tmp_path: Path) -> None:
    files = sorted(PROGRAMS.glob("*.txt"))[:3]
    for file in files:
        shutil.copy(file, tmp_path)
    found = uses(tmp_path, load_dataset("arc1-training"))
    assert [use.task_id for use in found] == [file.stem for file in files]
    assert found == uses(tmp_path, load_dataset("arc1-training"))


def test_each_limit_has_its_margin_and_the_seeds_nearest_to_it() -> None:
    lines = list(report([Use("a", 10, 900), Use("b", 40_000, 30), Use("c", 20, 20)]))
    assert [line.split()[0] for line in lines[-2 * len(BUDGETS) :: 2]] == list(BUDGETS)
    rows = {tuple(line.split()[:2]): line for line in lines[-2 * len(BUDGETS) :]}
    assert rows["default", "steps"].split()[2:] == [
        f"{Budget().max_steps:,}",
        f"{Budget().max_steps / 40_000:.1f}",
        *["b", "(40,000),", "c", "(20),", "a", "(10)"],
    ]
    assert f"{PRESETS['paper'].budget.max_size / 900:.1f}" in rows["paper", "size"]
