"""The fuzz study, made small; and that it finds what it looks for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pytest

from benchmarks import fuzz
from benchmarks.fuzz import EXCEPTION, KILLED, OUTPUT, Observed, Tally, observed, study
from benchmarks.fuzz_texts import FUZZ, sharing_bombs
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from exit_dsl.execution import Sandboxed
from exit_dsl.interfaces import Interpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success

GRID = ((1, 0, 2), (0, 3, 0))
TEXTS = 100


@pytest.fixture(scope="module")
def sandboxed() -> Iterator[Sandboxed[Grid, fuzz.Ending]]:
    with observed(grace_seconds=9.0) as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", FUZZ)
def test_any_text_ends_in_an_outcome(sandboxed: Sandboxed[Grid, fuzz.Ending], kind: str) -> None:
    texts = list(islice(FUZZ[kind](np.random.default_rng(1)), TEXTS))
    tally = study(sandboxed, texts, [GRID])
    assert tally.endings.total() == len(texts)
    assert not tally.defects
    assert 0 < tally.peak < fuzz.MEMORY


@pytest.mark.parametrize("kind", ["token soup", "edited seeds"])
def test_texts_are_drawn_with_a_fixed_seed(kind: str) -> None:
    first, second = (list(islice(FUZZ[kind](np.random.default_rng(2)), 50)) for _ in range(2))
    assert first == second


def test_what_ought_to_be_well_typed_is() -> None:
    texts = islice(FUZZ["random programs"](np.random.default_rng(3)), 50)
    assert [arc.check(Program(text)) for text in texts] == [None] * 50


def test_sharing_bombs_are_refused(sandboxed: Sandboxed[Grid, fuzz.Ending]) -> None:
    bombs = list(sharing_bombs())
    tally = study(sandboxed, bombs, [GRID], fuzz.NOT_REFUSED)
    assert tally.endings == {FailureKind.SIZE: len(bombs)}
    assert not tally.defects


def test_what_is_not_refused_is_a_defect_of_a_bomb(
    sandboxed: Sandboxed[Grid, fuzz.Ending],
) -> None:
    tally = study(sandboxed, ["O = hmirror(I)"], [GRID], fuzz.NOT_REFUSED)
    assert [text for text, _ in tally.defects] == ["O = hmirror(I)"]


class Faulty(Interpreter[Grid, Grid]):
    """Does wrong what an interpreter can do wrong."""

    def run(
        self, program: Program, inputs: Sequence[Grid], budget: Budget
    ) -> Sequence[Outcome[Grid]]:
        match program:
            case "raise":
                raise ZeroDivisionError("a bug")
            case "hang":
                time.sleep(60)
            case "die":
                os._exit(1)
            case "hoard":
                return [Failure(FailureKind.MEMORY)] * len(inputs)
            case "lie":
                return [Success(((10,),))] * len(inputs)
        return [Success(item) for item in inputs]


def test_every_kind_of_defect_is_found() -> None:
    texts = ["fine", "raise", "hang", "die", "hoard", "lie", "fine"]
    with Sandboxed(Observed(Faulty()), memory_bytes=2**28, grace_seconds=0.2) as sandbox:
        tally = study(sandbox, texts, [GRID])
    assert tally.endings[OUTPUT] == 2
    assert [(text, ending.name) for text, ending in tally.defects] == [
        ("raise", EXCEPTION),
        ("hang", KILLED),
        ("die", FailureKind.CRASHED),
        ("hoard", FailureKind.MEMORY),
        ("lie", EXCEPTION),
    ]
    assert "ZeroDivisionError" in tally.defects[0][1].detail


@pytest.mark.parametrize("defects", [0, 1])
def test_the_status_says_whether_there_were_defects(
    defects: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally(seconds=1.0)
    tally.add("O = culprit(I)", fuzz.Ending(EXCEPTION if defects else OUTPUT, detail="here"))
    monkeypatch.setattr("sys.argv", ["fuzz", "-n", "4"])
    monkeypatch.setattr(fuzz, "report", lambda n, inputs: [("random text", tally)])
    with pytest.raises(SystemExit) as exit_:
        fuzz.main()
    assert int(exit_.value.code or 0) == defects
    printed = capsys.readouterr().out
    assert f"{defects} defects" in printed
    assert (f"\n{EXCEPTION}: here\n" in printed) == bool(defects)
