from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.display import blocks, digits, painter_for, render_grid, render_pair, render_task
from examples.arc.tasks import ArcExample
from exit_dsl.types import Example, Task

ROWS = st.lists(st.integers(0, 9), min_size=1, max_size=30)
ESCAPES = re.compile("\x1b\\[[0-9;]*m")
PAIR: ArcExample = Example(((1, 2), (3, 4)), ((5, 6, 7),))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(ROWS)
def test_both_painters_use_two_columns_a_cell(row: list[int]) -> None:
    assert digits(row).split() == [str(colour) for colour in row]
    assert len(digits(row)) == 2 * len(row)
    assert ESCAPES.sub("", blocks(row)) == "  " * len(row)


@given(ROWS, ROWS)
def test_blocks_tell_rows_apart_and_restore_the_colour(row: list[int], other: list[int]) -> None:
    assert (blocks(row) == blocks(other)) == (row == other)
    assert blocks(row).endswith("\x1b[0m")


def test_colour_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert painter_for(Terminal()) is blocks
    assert painter_for(io.StringIO()) is digits


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    assert painter_for(Terminal()) is digits


def test_a_grid_is_one_line_a_row() -> None:
    assert render_grid(((1, 2), (3, 4))) == "1 2\n3 4"


def test_a_pair_stands_side_by_side_whichever_is_taller() -> None:
    assert render_pair(PAIR) == "1 2   ->  5 6 7\n3 4"
    assert render_pair(Example(PAIR.output, PAIR.input)) == "5 6 7   ->  1 2\n            3 4"


def test_a_pair_too_wide_for_the_terminal_is_stacked() -> None:
    assert render_pair(PAIR, columns=16) == render_pair(PAIR)
    assert render_pair(PAIR, columns=15) == "1 2\n3 4\n->\n5 6 7"


def test_blocks_keep_the_alignment_of_digits() -> None:
    tall: ArcExample = Example(((1,),), ((2, 2), (3, 3)))
    painted = ESCAPES.sub("", render_pair(tall, blocks)).split("\n")
    assert [len(line) for line in painted] == [2 + 6 + 4, 2 + 6 + 4]


def test_a_task_shows_test_pairs_only_when_they_are_given() -> None:
    task = Task("abc", (PAIR, PAIR))
    shown = render_task(task)
    assert shown.startswith("task abc\n\ndemonstration 1: 2x2 -> 1x3\n1 2   ->  5 6 7\n3 4\n\n")
    assert "demonstration 2" in shown
    assert "test" not in shown
    assert render_task(task, [PAIR]).endswith("test 1: 2x2 -> 1x3\n1 2   ->  5 6 7\n3 4")
