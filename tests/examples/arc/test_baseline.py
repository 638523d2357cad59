from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc import baseline, curve, mutate
from examples.arc.__main__ import main
from examples.arc.baseline import Maker, Problem, Source, make_maker, search
from examples.arc.commands import blind
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutate import Kind
from examples.arc.rounds import ATTEMPTS, BaselineError, Hit, Rounds, key_of
from examples.arc.seeds import Seed, load_seeds
from examples.arc.tasks import load_dataset
from examples.arc.workers import worker_pool
from exit_dsl.execution import InlineExecutor
from exit_dsl.interfaces import Executor
from exit_dsl.language import LanguageInterpreter, MutationRates
from exit_dsl.types import Budget, Example, Program, Success

PROGRAMS = [
    Program(f"O = {name}(I)")
    for name in ("hmirror", "vmirror", "rot90", "rot180", "rot270", "dmirror", "cmirror", "trim")
]
GRIDS: list[Grid] = [((1, 2, 3), (4, 5, 6)), ((1, 0), (0, 0), (2, 2)), ((7, 8), (9, 7))]


@dataclass(frozen=True)
class Given:
    """A maker of given programs, two of each block known from the block before."""

    @property
    def settings(self) -> Mapping[str, object]:
        return {"kind": "given"}

    def programs(self, block: int) -> Iterator[Program]:
        return islice(iter(PROGRAMS), max(2 * block - 1, 0), 2 * block + 2)


def problem(task_id: str, *programs: str, tests: str = "O = hmirror(I)") -> Problem:
    """A task that ``programs`` should solve on one grid after the other."""
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)

    def example(program: str, grid: Grid) -> Example[Grid, Grid]:
        (outcome,) = interpreter.run(Program(program), [grid], Budget())
        assert isinstance(outcome, Success)
        return Example(grid, outcome.value)

    pairs = [example(program, grid) for program, grid in zip(programs, GRIDS, strict=False)]
    return Problem(task_id, tuple(pairs), (example(tests, GRIDS[0]),))


PROBLEMS = [
    problem("mirror", "O = vmirror(I)", "O = vmirror(I)", tests="O = vmirror(I)"),
    problem("turn", "O = rot180(I)", "O = rot180(I)", tests="O = hmirror(I)"),
    problem("both", "O = hmirror(I)", "O = vmirror(I)"),
]


@pytest.fixture(autouse=True)
def _small_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "BLOCKS", 2)
    monkeypatch.setattr(baseline, "TASKS", 2)
    monkeypatch.setattr(baseline, "PATIENCE", 2)


def tried(
    path: Path, n: int = 100, executor: Executor | None = None, maker: Maker | None = None
) -> Rounds:
    maker = maker or Given()
    rounds = Rounds(path, maker.settings)
    search(maker, PROBLEMS, rounds, n, executor=executor or InlineExecutor())
    return rounds


def test_hits_solve_all_demonstrations_and_are_right_if_they_solve_the_tests(
    tmp_path: Path,
) -> None:
    rounds = tried(tmp_path / "r")
    assert rounds.programs == len(PROGRAMS)
    assert rounds.hits == {
        "mirror": [Hit(2, Program("O = vmirror(I)"), True)],
        "turn": [Hit(4, Program("O = rot180(I)"), False)],
    }
    assert list(rounds.solved()) == ["mirror"]


def test_the_file_does_not_depend_on_breaks(tmp_path: Path) -> None:
    whole = tried(tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    for length in range(content.index(b"\n") + 1, len(content), 7):
        (tmp_path / "part").write_bytes(content[:length])
        again = tried(tmp_path / "part")
        assert (tmp_path / "part").read_bytes() == content
        assert (again.hits, again.programs) == (whole.hits, whole.programs)
    tried(tmp_path / "step", 1)
    assert content.startswith((tmp_path / "step").read_bytes())


def test_workers_find_what_one_process_finds(tmp_path: Path) -> None:
    tried(tmp_path / "one")
    with worker_pool(2) as executor:
        tried(tmp_path / "two", executor=executor)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_three_attempts_are_all(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path / "r", {})
    wrong = [Hit(number, PROGRAMS[number], False) for number in range(4)]
    rounds.append(PROGRAMS[:4], {"a": wrong[:2]})
    assert rounds.is_open("a")
    rounds.append(PROGRAMS[4:6], {"a": [wrong[2], Hit(6, PROGRAMS[5], True)]})
    assert rounds.hits["a"] == wrong[:ATTEMPTS]
    assert not rounds.is_open("a")
    assert not rounds.solved()
    assert rounds.is_open("b")


def test_a_file_of_other_settings_or_of_something_else_is_left_alone(tmp_path: Path) -> None:
    Rounds(tmp_path / "r", {"seed": 0})
    with pytest.raises(BaselineError, match="was begun with seed 0, not 1"):
        Rounds(tmp_path / "r", {"seed": 1})
    for content in (b"", b"rubbish\n", b"[1]\n"):
        (tmp_path / "s").write_bytes(content)
        with pytest.raises(BaselineError, match="is not a file of baseline, version 1"):
            Rounds(tmp_path / "s", {})
        assert (tmp_path / "s").read_bytes() == content


@pytest.fixture(scope="module")
def seeds() -> dict[str, Seed]:
    shortest = sorted(load_seeds().values(), key=lambda seed: (len(seed.program), seed.task_id))
    return {seed.task_id: seed for seed in shortest[20:23]}


@pytest.mark.parametrize("source", list(Source))
def test_makers_make_the_same_well_typed_programs_again(
    source: Source, seeds: dict[str, Seed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "RANDOM", 20)
    monkeypatch.setattr(mutate, "FAMILIES", 2)
    training = load_dataset("arc1-training")
    first, second, other = (
        make_maker(source, seeds, training, seed, MutationRates.paper()) for seed in (0, 0, 1)
    )
    made = baseline.make_programs(first, 1)
    assert made == baseline.make_programs(second, 1)
    assert made != baseline.make_programs(other, 1)
    assert made != baseline.make_programs(first, 0)
    assert made
    assert all(arc.check(program) is None for program in made)
    assert [arc.normalize(program) for program in made] == made
    assert first.settings["kind"] == source.value
    assert source.value == "random" or Kind(source) in Kind


@given(st.lists(st.integers(1, 10**6)), st.integers(1, 10**6), st.sampled_from([{}, curve.PAPER]))
def test_the_curve_counts_tasks_by_programs(
    found: list[int], programs: int, paper: Mapping[int, int]
) -> None:
    found = [min(tried, programs) for tried in found]
    last = curve.table(found, programs, 400, paper).splitlines()[-1].split()
    assert last[:2] == [f"{programs:,}", str(len(found))]
    assert curve.solved_at(found, 0) == 0
    root = ElementTree.fromstring(curve.drawing(found, programs, "a <title>", paper))
    points = next(part for part in root if part.tag.endswith("polyline")).attrib["points"]
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert heights == sorted(heights, reverse=True)
    circles = [part for part in root if part.tag.endswith("circle")]
    assert len(circles) == len(paper)


def test_the_paper_is_beside_the_curve() -> None:
    assert curve.table([5, 9_600, 9_601], 20_000, 400, curve.PAPER).splitlines()[-3:] == [
        "    10,000       3",
        "    19,200       3             32",
        "    20,000       3",
    ]


class Here(InlineExecutor):
    """Stands in for worker processes, whose start takes long."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def shutdown(self, *, cancel_futures: bool) -> None:
        pass


def test_the_command_goes_on_and_leaves_table_and_curve(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(blind, "worker_pool", lambda workers: Here())
    monkeypatch.setattr(baseline, "RANDOM", 3)
    (tmp_path / "task").mkdir()
    pair = {"input": [[1, 2], [3, 4]], "output": [[2, 1], [4, 3]]}
    (tmp_path / "task" / "t.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    words = ["baseline", "-n", "1", "--source", "random", "--data", "task"]
    for _ in range(2):
        monkeypatch.setattr(sys, "argv", ["examples.arc", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code
        assert "random on 1 tasks (folder task" in capsys.readouterr().out
    summary = json.loads(Path("runs/baseline-random-0/summary.json").read_text())
    assert summary["tasks"] == 1
    assert Path("runs/baseline-random-0/curve.svg").exists()
    monkeypatch.setattr(
        sys, "argv", ["examples.arc", *words, "--seed", "1", "--out", "runs/baseline-random-0"]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "was begun with seed 0, not 1" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["examples.arc", *words, "--rates", "0", "0", "0", "0"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "rates must not be negative" in capsys.readouterr().err


def test_keys_tell_programs_apart() -> None:
    assert len(set(map(key_of, PROGRAMS))) == len(PROGRAMS)
