from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.contest.command import Options, compete, read_options
from examples.contest.sides import Contest, Result, learn, mutate
from examples.contest.size import code_lines
from examples.contest.tasks import read_tasks
from examples.strings.domain import TASKS, make_contest
from exit_dsl import Budget, Program, Success

ALL = read_tasks(TASKS, str)
EASY = {"phone with dots", "last name", "extension in capitals", "e-mail user", "year of a date"}
FEW = replace(ALL, held_out=tuple(task for task in ALL.held_out if task.id in EASY))


def tiny() -> Contest:
    """A policy of its own for each contest, as it learns."""
    return replace(make_contest(FEW), start=300, samples=30, iterations=2)


def test_both_sides_try_as_many_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compete(tiny(), Options(seed=3, iterations=1, minutes=1.0, folder=tmp_path / "run"))
    out = capsys.readouterr().out
    assert "11 seeds, 5 held-out tasks, seed 3, 330 programs a task on either side" in out
    assert "minutes in all" in out
    assert (tmp_path / "run" / "summary.txt").read_text() in out


def test_what_is_written_down_solves_the_test_pairs(tmp_path: Path) -> None:
    contest = tiny()
    result = learn(contest, minutes=1.0, folder=tmp_path)
    assert result.programs == 360
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 3
    solutions = list((tmp_path / "solutions").iterdir())
    assert 0 < len(solutions) == result.pass3 >= result.pass1
    for file in solutions:
        pairs = ALL.tests[file.stem]
        program = Program(file.read_text().strip())
        outcomes = contest.interpreter.run(program, [pair.input for pair in pairs], Budget())
        assert outcomes == [Success(pair.output) for pair in pairs]


def test_the_same_seed_gives_the_same_results(tmp_path: Path) -> None:
    def once(folder: Path) -> list[object]:
        results = [learn(tiny(), minutes=1.0, folder=folder), mutate(tiny(), 50)]
        files = sorted((folder / "solutions").iterdir())
        texts = [(file.name, file.read_text()) for file in files]
        return [*(replace(result, seconds=0.0, first=None) for result in results), texts]

    assert once(tmp_path / "a") == once(tmp_path / "b")


def test_mutation_knows_nothing_of_a_policy() -> None:
    result = mutate(tiny(), 100)
    assert isinstance(result, Result)
    assert (result.own, result.programs) == (0, 100)
    assert (result.first is None) == (result.pass3 == 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--seed", "-1"], "--seed: must be a whole number from 0, not '-1'"),
        (["--seed", "x"], "--seed: must be a whole number from 0, not 'x'"),
        (["--iterations", "0"], "--iterations: must be a whole number from 1, not '0'"),
        (["--minutes", "nan"], "--minutes: must be a positive number, not 'nan'"),
        (["--minutes", "long"], "--minutes: must be a positive number, not 'long'"),
        (["--run", "."], "choose another folder by --run"),
        (["--sed", "1"], "unrecognized arguments"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_told(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        read_options("strings", arguments)
    assert complaint in capsys.readouterr().err


def test_options_have_defaults() -> None:
    options = read_options("strings", [])
    assert (options.seed, options.iterations) == (0, None)
    assert options.folder.parts[0] == "runs"


def test_help_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        read_options("regex", ["--help"])
    assert "python -m examples.regex" in capsys.readouterr().out


@given(st.lists(st.sampled_from(["x = 1", "", "# why", '"""What."""', "y = '''a\n\nb'''"])))
def test_lines_of_code_are_those_that_are_neither_blank_nor_explained(lines: list[str]) -> None:
    expected = lines.count("x = 1") + 3 * lines.count("y = '''a\n\nb'''")
    assert code_lines("\n".join(lines)) == expected
