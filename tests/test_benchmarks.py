"""The yardsticks of the benchmarks give what the interpreter gives."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.plain import PlainInterpreter, checkout, is_checkout, reference
from benchmarks.workload import BUDGET, cross_workload
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Failure, FailureKind, Program, Success

GRID = ((1, 0, 2), (0, 3, 0))


@pytest.fixture(autouse=True)
def alarms() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.signal(signal.SIGALRM, before)


def test_the_workload_is_drawn_with_a_fixed_seed() -> None:
    first, second = (cross_workload(PROGRAMS, 20, 3) for _ in range(2))
    assert first == second
    assert len(set(first.programs)) == first.seeds + 20
    assert first.runs == 3 * len(first.programs)
    assert all(arc.check(program) is None for program in first.programs)


def test_the_plain_interpreter_gives_the_same_outputs() -> None:
    workload = cross_workload(PROGRAMS, 200, 1)
    fast: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    plain = reference()
    budget = Budget(seconds=20.0, max_steps=10**6, max_size=10**5)
    for program in workload.programs[-300:]:
        (ours,) = fast.run(program, (GRID,), budget)
        (theirs,) = plain.run(program, (GRID,), budget)
        if isinstance(ours, Success) or isinstance(theirs, Success):
            assert ours == theirs, program


def test_a_program_is_stopped_when_its_time_is_up() -> None:
    def spin(grid: Grid) -> Grid:
        while True:
            pass

    spinning = PlainInterpreter({**reference_primitives(), "rot90": spin}, arc.constants)
    (outcome,) = spinning.run(Program("O = rot90(I)"), (GRID,), Budget(seconds=0.05))
    assert outcome == Failure(FailureKind.TIMEOUT)
    (after,) = spinning.run(Program("O = rot180(I)"), (GRID,), Budget(seconds=5.0))
    assert isinstance(after, Success)


def reference_primitives() -> dict[str, Callable[..., Any]]:
    return {name: primitive.function for name, primitive in arc.primitives.items()}


def test_a_checkout_of_arc_dsl_is_read_by_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_checkout(tmp_path)
    (tmp_path / "dsl.py").write_text(
        "from benchmarks.reference_dsl import PRIMITIVES\nglobals().update(PRIMITIVES)\n"
    )
    (tmp_path / "constants.py").write_text(
        "from examples.arc.dsl import arc\nglobals().update(arc.constants)\n"
    )
    assert is_checkout(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    for name in ("dsl", "constants"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    original = checkout(tmp_path)
    for name in ("dsl", "constants"):
        monkeypatch.delitem(sys.modules, name)
    (outcome,) = original.run(Program("O = rot90(I)"), (GRID,), BUDGET)
    assert outcome == Success(((0, 1), (3, 0), (0, 2)))
