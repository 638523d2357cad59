"""The benchmark measures what it says."""

from __future__ import annotations

import sys

import pytest

from benchmarks.replay import GRIDS, KINDS, LIGHT, Kind, chunks, measure


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_experiences_are_all_different_and_of_the_kind(kind: Kind) -> None:
    made = [each for chunk in chunks(kind, 500) for each in chunk]
    assert len({each.program for each in made}) == 500
    assert len({each.task for each in made}) == 50
    assert {len(each.program) for each in made} == {kind.characters}
    assert all(each.source_id == each.task.id.partition("#")[0] for each in made)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", [LIGHT, GRIDS], ids=lambda kind: kind.name)
def test_a_line_has_all_figures(kind: Kind) -> None:
    line = measure(kind, 200, 100)
    assert min(line.peak, line.add, line.draw, line.choose, line.numpy, line.save, line.load) > 0
    assert "/s" in str(line)
