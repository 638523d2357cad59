"""Sets as bits are the same sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from exit_dsl.language.bits import Flags, add, members, pack, unpack
from exit_dsl.language.completions import DEAD
from exit_dsl.language.name_groups import NO_GROUPS, NameGroups

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


# States 1 to 3: of the names, some complete a call alone, and others lead to the states below.
ALONE = np.array([[0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=np.bool_)
AFTER = np.array([[0, 0, 0, 0], [0, 7, 7, 0], [9, 8, 9, 0], [0, 0, 0, 0]])


def test_names_that_lead_to_one_state_are_one_group() -> None:
    groups = NameGroups(lambda state: (ALONE[state], AFTER[state]), 4)
    states = np.array([2, 1, 3, DEAD, 2])
    found = groups.open(states)
    assert found.calls.tolist() == [0, 0, 1, 4, 4]
    assert groups.targets(found).tolist() == [8, 9, 7, 8, 9]
    assert np.array_equal(groups.names(states, NO_GROUPS), ALONE[states])
    some = found.only(np.array([False, True, True, True, False]))
    assert groups.names(states, some).tolist() == [
        [True, False, True, False],
        [True, True, True, True],
        [False, True, False, False],
        [False, False, False, False],
        [False, True, False, False],
    ]
    assert groups.open(np.array([3])).calls.size == 0
