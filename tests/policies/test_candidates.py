"""Rows are batched in order, all that fit at once and no more."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.policies.candidates import Request, batches

BYTES = 100
TASKS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 12)), max_size=12).map(
    lambda drawn: [(f"{n}", (0,) * length, count) for n, (length, count) in enumerate(drawn)]
)


def room(longest: int, tasks: int) -> int:
    """A row takes 10 bytes and a task as many as it has tokens."""
    return max(1, (BYTES - tasks * longest) // 10)


def fits(requests: list[Request]) -> bool:
    longest = max(len(request.source) for request in requests)
    return len(requests) <= room(longest, len({request.task_id for request in requests}))


@given(TASKS)
def test_all_rows_come_in_order(tasks: list[tuple[str, tuple[int, ...], int]]) -> None:
    asked = [(task_id, number) for task_id, _, count in tasks for number in range(count)]
    assert [(r.task_id, r.number) for batch in batches(tasks, room) for r in batch] == asked


@given(TASKS)
def test_batches_are_as_large_as_there_is_room_for(
    tasks: list[tuple[str, tuple[int, ...], int]],
) -> None:
    found = list(batches(tasks, room))
    counts = {task_id: count for task_id, _, count in tasks}
    for batch in found:
        assert batch
        assert fits(batch)
    for batch, after in pairwise(found):
        following = [request for request in after if request.task_id == after[0].task_id]
        assert not fits([*batch, *following])
        if batch[-1].task_id == after[0].task_id:  # a task is divided only where it has to be
            source = after[0].source
            assert not fits([Request("", source, n) for n in range(counts[after[0].task_id])])
