"""Names are grouped by where they lead."""

from __future__ import annotations

import numpy as np

from exit_dsl.language.completions import DEAD
from exit_dsl.language.name_groups import NO_GROUPS, NameGroups

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
