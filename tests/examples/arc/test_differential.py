"""The primitives and the plain reference agree on random well-typed calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.reference_dsl import PRIMITIVES
from examples.arc.dsl import arc
from tests.examples.arc.calls import PLAIN, agree, calls


@pytest.mark.parametrize("name", arc.primitives)
@settings(max_examples=20)
@given(data=st.data())
def test_both_implementations_agree(name: str, data: st.DataObject) -> None:
    call = data.draw(calls(name))
    ours, theirs = call.outcome(PLAIN), call.outcome(PRIMITIVES)
    assert agree(ours, theirs), (ours, theirs)


ragged = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=5).map(tuple), min_size=1).map(
    tuple
)


@given(ragged, st.booleans(), st.booleans(), st.booleans())
def test_objects_of_grids_with_rows_of_any_length(
    grid: Any, univalued: bool, diagonal: bool, without_bg: bool
) -> None:
    flags = univalued, diagonal, without_bg
    assert PLAIN["objects"](grid, *flags) == PRIMITIVES["objects"](grid, *flags)


@pytest.mark.parametrize("name", ["lefthalf", "righthalf"])
@given(grid=ragged)
def test_halves_of_grids_with_rows_of_any_length(name: str, grid: Any) -> None:
    assert PLAIN[name](grid) == PRIMITIVES[name](grid)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("paint", (((0,),), (frozenset({(1, 2), (3, 4)}),))),
        ("underpaint", (((0,),), (frozenset({(1, 2), (3, 4)}),))),
        ("partition", ((frozenset({1}), frozenset({2})),)),
        ("fgpartition", ((frozenset({1}), frozenset({2})),)),
    ],
)
def test_sets_are_neither_read_as_pairs_nor_as_rows(name: str, args: Any) -> None:
    for primitives in (PLAIN, PRIMITIVES):
        with pytest.raises(TypeError):
            primitives[name](*args)
