"""The coordinator's benchmark prints what it says, and counts what travels."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from benchmarks import coordinator
from benchmarks.coordinator import Recording, Replaying, Run, Tasks, executed, measure, screened
from examples.arc.tasks import load_dataset


def test_what_was_recorded_is_replayed() -> None:
    recording = Recording()
    assert [recording.submit(divmod, 7, n).result() for n in (2, 3)] == [(3, 1), (2, 1)]
    assert recording.requests[0] == len(pickle.dumps((divmod, (7, 2))))
    replaying = Replaying(recording)
    assert [replaying.submit(divmod, 0, 1).result() for _ in range(2)] == [(3, 1), (2, 1)]


@pytest.mark.parametrize("make", [executed, screened])
def test_costs_are_for_one_program(make: Callable[[Tasks, int], Run]) -> None:
    costs = measure(make(load_dataset("arc1-evaluation").tasks[:2], 40), 80)
    assert costs.programs == 80
    assert (costs.kept == 1.0) is (make is executed)
    assert costs.sent > 50
    assert costs.received > 0
    assert costs.worker > costs.execution > 0
    assert costs.workers == pytest.approx(costs.worker / (costs.execution + costs.learning))


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    coordinator.main(["--tasks", "1", "--programs", "8"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "8 mutants; chunks of 256; for each program:"
    assert lines[1].split() == ["executed", "screened"]
    assert len(lines) == 9
    with pytest.raises(SystemExit):
        coordinator.main(["--tasks", "0"])
