from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.contest.sides import Contest, Result, learn
from examples.lists.__main__ import main
from examples.lists.domain import make_contest
from examples.lists.features import SIZE, signature
from examples.lists.language import Ints, lists
from examples.lists.problems import HELD_OUT, SEEDS, TASKS
from examples.lists.tasks import Output, Problem
from exit_dsl import (
    Budget,
    FailureKind,
    LanguageInterpreter,
    Outcome,
    Program,
    RandomPrograms,
    Success,
    Vocabulary,
)
from tests.examples.lists.solutions import SOLUTIONS

PROBLEMS = (*SEEDS, *HELD_OUT)
BUDGET = Budget(max_steps=1_000, max_size=100)
interpreter: LanguageInterpreter[Ints, Output] = LanguageInterpreter(lists)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def outcomes(program: Program, problem: Problem) -> list[Outcome[Output]]:
    return list(interpreter.run(program, [pair.input for pair in problem.pairs], BUDGET))


def solves(program: Program, problem: Problem) -> bool:
    return outcomes(program, problem) == [Success(pair.output) for pair in problem.pairs]


def test_there_are_ten_seeds_and_fifty_problems_with_names_of_their_own() -> None:
    assert (len(SEEDS), len(HELD_OUT)) == (10, 50)
    assert len({problem.name for problem in PROBLEMS}) == len(PROBLEMS)
    assert len({problem.about for problem in PROBLEMS}) == len(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_the_reference_solution_passes_all_pairs(problem: Problem) -> None:
    program = problem.program or Program(SOLUTIONS[problem.name])
    assert lists.check(program) is None
    assert solves(program, problem)


@pytest.mark.parametrize("problem", HELD_OUT, ids=lambda problem: problem.name)
def test_a_held_out_problem_is_neither_given_away_nor_trivial(problem: Problem) -> None:
    assert problem.program is None
    assert 2 <= len(SOLUTIONS[problem.name].splitlines()) <= 6
    assert len({pair.output for pair in problem.pairs}) > 2
    assert not any(solves(seed.program, problem) for seed in SEEDS if seed.program)
    assert problem.name not in {seed.task.id for seed in TASKS.seeds}


def test_no_two_problems_are_the_same() -> None:
    for problem in HELD_OUT:
        program = Program(SOLUTIONS[problem.name])
        assert [other.name for other in HELD_OUT if solves(program, other)] == [problem.name]


def test_pairs_are_the_same_when_drawn_again() -> None:
    for problem in PROBLEMS:
        assert replace(problem).pairs == problem.pairs
        assert problem.task.examples + problem.tests == problem.pairs


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("O = head(I)", 3),
        ("O = access(TWO, I)", 2),
        ("O = take(FOUR, I)", (3, -1, 2)),
        ("x1 = minimum(I)\nO = take(x1, I)", ()),
        ("x1 = minimum(I)\nO = drop(x1, I)", (3, -1, 2)),
        ("O = map(OVER2, I)", (1, -1, 1)),
        ("O = map(SQUARED, I)", (9, 1, 4)),
        ("O = filter(NEGATIVE, I)", (-1,)),
        ("O = count(ODD, I)", 2),
        ("O = scanl1(SUB, I)", (3, 4, 2)),
        ("x1 = drop(ONE, I)\nO = zipwith(SUB, x1, I)", (-4, 3)),
    ],
)
def test_programs_run_as_in_deepcoder(program: str, value: object) -> None:
    assert interpreter.run(Program(program), [(3, -1, 2)], BUDGET) == [Success(value)]


@pytest.mark.parametrize(
    "program", ["O = take(I, TWO)", "O = sum(TWO)", "O = zipwith(ADD, I, ONE)", "O = sort(EVEN)"]
)
def test_ill_typed_programs_are_refused(program: str) -> None:
    failure = lists.check(Program(program))
    assert failure is not None
    assert failure.kind is FailureKind.TYPE


@pytest.mark.parametrize("program", ["x1 = minimum(I)\nO = access(x1, I)", "O = access(FOUR, I)"])
def test_there_is_no_element_outside_a_list(program: str) -> None:
    (outcome,) = interpreter.run(Program(program), [(3, -1, 2)], BUDGET)
    assert not isinstance(outcome, Success)


def test_well_typed_programs_never_fail_by_type() -> None:
    vocabulary = Vocabulary(lists, max_lines=5)
    source: RandomPrograms[Ints, Output] = RandomPrograms(vocabulary, max_tokens=24)
    programs = source.sample([HELD_OUT[0].task], 300, np.random.default_rng(0))
    for candidate in programs:
        assert lists.check(candidate.program) is None
        for outcome in outcomes(candidate.program, HELD_OUT[0]):
            assert isinstance(outcome, Success) or "TypeError" not in outcome.detail


def test_the_interpreter_can_travel_to_other_processes() -> None:
    copy = pickle.loads(pickle.dumps(interpreter))
    for seed in SEEDS:
        inputs = [pair.input for pair in seed.pairs]
        assert copy.run(seed.program, inputs, BUDGET) == outcomes(Program(str(seed.program)), seed)


def test_signatures_have_one_length_and_tell_problems_apart() -> None:
    signatures = [signature(problem.task) for problem in PROBLEMS]
    assert len({len(tokens) for tokens in signatures}) == 1
    assert all(0 <= token < SIZE for tokens in signatures for token in tokens)
    assert len(set(signatures)) == len(PROBLEMS)


def tiny() -> Contest:
    easy = {"even-sum", "largest-even", "even-squares", "neighbour-products", "steps", "last-two"}
    tasks = tuple(task for task in TASKS.held_out if task.id in easy)
    contest = make_contest(1, replace(TASKS, held_out=tasks))
    return replace(contest, start=300, samples=20, iterations=1, draws=300)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Result, Path]]:
    folders = [tmp_path_factory.mktemp("runs") / name for name in ("one", "two")]
    return [(learn(tiny(), minutes=1.0, folder=folder), folder) for folder in folders]


def test_a_tiny_run_solves_something(results: list[tuple[Result, Path]]) -> None:
    result, folder = results[0]
    programs = {file.stem: file.read_text("utf-8") for file in folder.glob("solutions/*.txt")}
    assert 0 < len(programs) == result.pass3
    by_name = {problem.name: problem for problem in HELD_OUT}
    for name, text in programs.items():
        pairs = by_name[name].tests
        values = interpreter.run(Program(text), [pair.input for pair in pairs], BUDGET)
        assert values == [Success(pair.output) for pair in pairs]


def test_the_same_seed_gives_the_same_run(results: list[tuple[Result, Path]]) -> None:
    (one, here), (two, there) = results
    assert replace(one, seconds=0.0, first=None) == replace(two, seconds=0.0, first=None)
    texts = [{f.name: f.read_text("utf-8") for f in at.glob("solutions/*")} for at in (here, there)]
    assert texts[0] == texts[1]


def test_a_folder_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--run", str(tmp_path)])
    assert "choose another folder" in capsys.readouterr().err
