"""What tables, lists and pairs remember is what they were told, each thing once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exit_dsl.language.tables import List, Numbers, Pairs, Rows

numbers = st.integers(0, 300)
questions = st.lists(st.tuples(numbers, numbers), max_size=30).map(
    lambda pairs: np.array(pairs, dtype=np.int64).reshape(-1, 2)
)


@given(st.lists(st.lists(numbers, max_size=30), max_size=6), st.booleans())
def test_a_list_asks_for_each_number_once(rounds: list[list[int]], wide: bool) -> None:
    asked: Counter[int] = Counter()

    def values(arguments: Numbers) -> Numbers:
        return np.stack([arguments, arguments + 1], axis=-1) if wide else arguments * 3

    def compute(arguments: Numbers) -> Numbers:
        asked.update(arguments.tolist())
        return values(arguments)

    answers = List(compute, 2) if wide else List(compute)
    for each in rounds:
        arguments = np.array(each, dtype=np.int64)
        assert np.array_equal(answers(arguments), values(arguments))
    assert dict(asked) == dict.fromkeys({number for each in rounds for number in each}, 1)


def test_a_list_may_ask_itself() -> None:
    def compute(arguments: Numbers) -> Numbers:
        return np.array([0 if n == 0 else answers(np.array([n - 1]))[0] + n for n in arguments])

    answers = List(compute)
    assert answers(np.array([100, 3])).tolist() == [5050, 6]


def test_what_cannot_be_computed_is_not_remembered() -> None:
    def compute(arguments: Numbers) -> Numbers:
        raise ValueError(f"{arguments.tolist()} will not do")

    answers = List(compute)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"\[4\] will not do"):
            answers(np.array([4]))


def pairs_of(pairs: Pairs, numbers: Numbers) -> list[tuple[int, int]]:
    lefts, rights = pairs.both(numbers)
    return list(zip(lefts.tolist(), rights.tolist(), strict=True))


@given(st.integers(0, 2**30), st.lists(questions, max_size=6))
def test_pairs_have_numbers_of_their_own(first: int, rounds: list[Numbers]) -> None:
    pairs = Pairs(first)
    met: dict[tuple[int, int], int] = {}
    for each in rounds:
        found = pairs(each[:, 0], each[:, 1])
        assert pairs_of(pairs, found) == list(map(tuple, each.tolist()))
        for pair, number in zip(map(tuple, each.tolist()), found.tolist(), strict=True):
            assert met.setdefault(pair, number) == number
        assert pairs.size == len(met)
    assert sorted(met.values()) == list(range(first, first + len(met)))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 2000), st.sampled_from([3, 500, 2**31]))
def test_many_pairs_keep_their_numbers(seed: int, count: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = Pairs(0)
    for _ in range(3):
        lefts, rights = rng.integers(0, most, (2, count))
        numbers = pairs(lefts, rights)
        assert np.array_equal(pairs(lefts, rights), numbers)
        assert pairs_of(pairs, numbers) == list(zip(lefts.tolist(), rights.tolist(), strict=True))


def test_pairs_of_large_numbers_are_told_apart() -> None:
    large = np.array([0, 2**31 - 1])
    lefts, rights = (grid.ravel() for grid in np.meshgrid(large, large))
    pairs = Pairs(0)
    assert len(set(pairs(lefts, rights).tolist())) == 4
    assert set(pairs_of(pairs, np.arange(4))) == set(
        zip(lefts.tolist(), rights.tolist(), strict=True)
    )


@given(st.lists(st.integers(0, 90), max_size=6))
def test_rows_that_are_appended_stay(counts: list[int]) -> None:
    rows, expected = Rows(2, dtype=np.int32), np.zeros((0, 2), dtype=np.int32)
    for count in counts:
        more = np.arange(2 * count, dtype=np.int32).reshape(count, 2) + len(expected)
        assert rows.append(more) == len(expected)
        expected = np.concatenate([expected, more])
    assert np.array_equal(rows[np.arange(len(expected))], expected)
