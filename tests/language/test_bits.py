"""Sets as bits are the same sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from exit_dsl.language.bits import Flags, add, members, pack, unpack

shapes = st.tuples(
    array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), st.integers(1, 150)
).map(lambda both: (*both[0], both[1]))
flags = shapes.flatmap(lambda shape: arrays(np.bool_, shape))


@given(flags)
def test_what_is_packed_is_unpacked(flags: Flags) -> None:
    assert np.array_equal(unpack(pack(flags), flags.shape[-1]), flags)


@given(flags, st.data())
def test_sets_are_joined_word_by_word(flags: Flags, data: st.DataObject) -> None:
    others = data.draw(arrays(np.bool_, flags.shape))
    assert np.array_equal(unpack(pack(flags) | pack(others), flags.shape[-1]), flags | others)


@given(flags)
def test_members_are_the_places_in_order(flags: Flags) -> None:
    found = members(pack(flags))
    assert all(map(np.array_equal, found, np.nonzero(flags)))
    assert len(found) == flags.ndim


@given(flags)
def test_numbers_are_added_to_their_sets(flags: Flags) -> None:
    sets = pack(np.zeros_like(flags))
    add(sets, *np.nonzero(flags))
    assert np.array_equal(sets, pack(flags))
