"""What the scaling benchmark runs is what it says, and what it writes can be read."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import scaling
from benchmarks.chains import Chains
from benchmarks.scaling import IMPLEMENTATIONS, LENGTHS, SIDE, SIDES, make_panels, resized
from benchmarks.workload import BUDGET, Workload, cross_workload
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import PROGRAMS
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Program, Success

grids = (
    st.integers(1, 6)
    .flatmap(
        lambda width: st.lists(st.tuples(*[st.integers(0, 9)] * width), min_size=1, max_size=6)
    )
    .map(tuple)
)


@pytest.fixture(scope="module")
def workload() -> Workload:
    return cross_workload(PROGRAMS, 40, 1)


@given(grids, st.integers(1, 30))
def test_a_resized_grid_repeats_the_grid(grid: Grid, side: int) -> None:
    square = resized(grid, side)
    assert (len(square), {len(row) for row in square}) == (side, {side})
    assert all(
        cell == grid[row % len(grid)][column % len(grid[0])]
        for row, cells in enumerate(square)
        for column, cell in enumerate(cells)
    )


@pytest.mark.parametrize("length", LENGTHS)
def test_chains_have_the_length_and_run_to_the_end(workload: Workload, length: int) -> None:
    grid = resized(workload.inputs[0], SIDE)
    chains = Chains(workload.programs[:100], (grid,))
    programs, again = (
        list(islice(chains.programs(length, np.random.default_rng(1)), 5)) for _ in range(2)
    )
    assert programs == again
    assert programs
    assert len(set(programs)) == len(programs)
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    for program in programs:
        assert len(program.splitlines()) == length
        assert arc.normalize(program) == program
        (outcome,) = interpreter.run(program, (grid,), replace(BUDGET, seconds=60.0))
        assert isinstance(outcome, Success)
        assert (len(outcome.value), len(outcome.value[0])) == (SIDE, SIDE)


def test_a_chain_applies_the_second_part_to_the_output_of_the_first() -> None:
    parts = [Program("O = rot90(I)"), Program("x1 = hmirror(I)\nO = vmirror(x1)")]
    grid = resized(((1, 2), (3, 4)), 4)
    programs = set(Chains(parts, (grid,)).programs(3, np.random.default_rng(0)))
    assert programs == {
        Program("x1 = rot90(I)\nx2 = hmirror(x1)\nO = vmirror(x2)"),
        Program("x1 = hmirror(I)\nx2 = vmirror(x1)\nO = rot90(x2)"),
        Program("x1 = rot90(I)\nx2 = rot90(x1)\nO = rot90(x2)"),
    }


def test_all_groups_on_one_input_are_of_one_size_and_distinct(workload: Workload) -> None:
    panels = make_panels(workload, 3)
    assert list(panels["grid size"].points) == list(SIDES)
    assert list(panels["program length"].points) == list(LENGTHS)
    groups = panels["programs per input"].points
    assert list(groups) == [10, 30]  # of 40 mutants
    for count, parts in groups.items():
        programs = [program for part in parts for program in part.programs]
        assert {len(part.programs) for part in parts} == {count}
        assert len(set(programs)) == len(programs)


def test_a_tiny_run_gives_all_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "SIDES", (3, 5))
    monkeypatch.setattr(scaling, "LENGTHS", (1, 5))
    file = tmp_path / "figures.json"
    options = ["--programs", "3", "--mutants", "10", "--inputs", "1", "--repeats", "1"]
    scaling.main([*options, "--json", str(file)])
    written, printed = json.loads(file.read_text()), capsys.readouterr().out
    assert [panel["x"] for panel in written.values()] == [[3, 5], [1, 5], [10]]
    for panel in written.values():
        assert list(panel["programs/s"]) == [each.name for each in IMPLEMENTATIONS]
        for points in panel["programs/s"].values():
            assert len(points) == len(panel["x"])
            assert all(rate > 0 for point in points for rate in point)
        assert panel["axis"] in printed


def test_the_plot_is_small_and_the_same_each_time(workload: Workload, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    panels = make_panels(workload, 2)
    rates = {
        name: {
            each.name: [[float(10 * place + x), 1.0, 10_000.0] for x in panel.points]
            for place, each in enumerate(IMPLEMENTATIONS)
        }
        for name, panel in panels.items()
    }
    files = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for file in files:
        scaling.plot(panels, rates, file)
    one, two = (file.read_text() for file in files)
    assert one == two
    assert len(one) < 80_000
    for text in (*(panel.axis for panel in panels.values()), "shared", "plain reference"):
        assert f">{text}<" in one
    assert "#ffffff" not in one  # what is behind it shows through


@pytest.mark.parametrize("option", ["--programs", "--mutants", "--inputs", "--repeats"])
def test_too_little_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scaling.main([option, "0"])
    assert f"{option} must be at least" in capsys.readouterr().err


def test_a_plot_without_matplotlib_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        scaling.main(["--out", "plot.svg"])
    assert 'pip install "exit_dsl[plots]"' in capsys.readouterr().err
