"""The primitives and the plain reference agree on random well-typed calls."""

from __future__ import annotations

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
