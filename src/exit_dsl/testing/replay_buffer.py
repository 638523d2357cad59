"""The contract of :class:`~exit_dsl.ReplayBuffer`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeAlias

import numpy as np
from hypothesis import strategies as st

from exit_dsl.interfaces import ReplayBuffer
from exit_dsl.testing import strategies
from exit_dsl.testing.contract import Contract, broken, promised, reload, shown
from exit_dsl.types import Experience, Failure, FailureKind, I, O, Success

_NEW = "add() stores what is new to the partition and returns how many were"
_DRAW = "a draw has no duplicates and min(n, size) items of each partition"
_APART = "partitions do not mix"
_UNKNOWN = "a partition that holds fewer gives all it has, so an unknown one gives nothing"
_RELOADED = "a reloaded buffer draws the same items"
_SAME = "the same contents and rng give the same draw"
_SIZES = "sizes() gives the number of experiences in each partition"

_MOST = 8
"""Experiences in a case."""
_VALUES = (
    None, True, 1, -(2**70), 0.1, -math.inf, "\u00e9\n", (), ((0, 9), (1, 2)), (1, (2.0, "a")),
    frozenset({1, ("b",)}), Success((1,)), Failure(FailureKind.ERROR, "why"),
)  # fmt: skip
"""Inputs and outputs of many kinds; all of them can be saved."""

Identity: TypeAlias = tuple[str, str]


class ReplayBufferContract(Contract, ABC, Generic[I, O]):
    """The tests of a :class:`~exit_dsl.ReplayBuffer`."""

    @abstractmethod
    def make_buffer(self) -> ReplayBuffer[I, O]:
        """Return a new and empty buffer with room for a hundred experiences."""

    def experiences(self) -> st.SearchStrategy[Experience[Any, Any]]:
        """Return a strategy for experiences, if not any will do."""
        return strategies.experiences(of=st.sampled_from(_VALUES))

    def same(self, first: Experience[I, O], second: Experience[I, O]) -> bool:
        """Tell whether two experiences are the same; override it where ``==`` does not."""
        return bool(first == second)

    def test_adding_returns_the_number_of_new_ones(self) -> None:
        """``add`` returns by how many a partition grew, and nothing is new twice."""

        def check(items: list[Experience[I, O]]) -> None:
            buffer = self.make_buffer()
            first = self._add(buffer, items[:1], "policy")
            assert first == 1, broken(_NEW, f"The first experience of an empty buffer gave {first}")
            self._add(buffer, items, "policy")
            again = self._add(buffer, items, "policy")
            assert again == 0, broken(
                _NEW, f"Adding the same {len(items)} experiences once more gave {again}"
            )

        self.for_all(check, items=self._several())

    def test_draws_have_no_duplicates_and_the_right_size(self) -> None:
        """A draw has no duplicates and ``min(n, size)`` items of each partition."""

        def check(items: list[Experience[I, O]], cut: int, counts: list[int], seed: int) -> None:
            buffer = self.make_buffer()
            self._add(buffer, items[:cut], "policy")
            self._add(buffer, items[cut:], "seed")
            asked = dict(zip(("policy", "seed"), counts, strict=True))
            self._require_draw(buffer, asked, seed)

        self.for_all(
            check,
            items=self._several(),
            cut=st.integers(0, _MOST),
            counts=st.lists(st.integers(0, _MOST + 1), min_size=2, max_size=2),
            seed=st.integers(0, 2**32),
        )

    def test_draws_hold_what_was_added(self) -> None:
        """What is drawn is what was added, in the partition that it was added to."""

        def check(items: list[Experience[I, O]], cut: int) -> None:
            buffer = self.make_buffer()
            parts = {"policy": items[:cut], "seed": items[cut:]}
            for name, part in parts.items():
                self._add(buffer, part, name)
            for name, part in parts.items():
                added = {_identity(each): each for each in part}
                for each in buffer.sample({name: _MOST + 1}, np.random.default_rng(0)):
                    original = added.get(_identity(each))
                    assert original is not None, broken(
                        _APART, f"Partition {name!r} gave {shown(each)}, which was not added to it"
                    )
                    assert self.same(original, each), broken(
                        _DRAW, f"{shown(original)} was added, and {shown(each)} drawn"
                    )

        self.for_all(check, items=self._several(), cut=st.integers(0, _MOST))

    def test_partitions_do_not_mix(self) -> None:
        """What is in one partition is new to another, and leaves it as it was."""

        def check(items: list[Experience[I, O]]) -> None:
            buffer, alone = self.make_buffer(), self.make_buffer()
            expected = self._add(alone, items, "policy")
            self._add(buffer, items[::-1], "another")
            got = self._add(buffer, items, "policy")
            assert got == expected, broken(
                _APART,
                f"Of {len(items)} experiences {expected} are new to an empty partition, but {got} "
                "where another partition holds them",
            )
            counts = {"policy": len(items) // 2}
            expected_draw = alone.sample(counts, np.random.default_rng(0))
            draw = buffer.sample(counts, np.random.default_rng(0))
            self._require_same(_APART, expected_draw, draw)

        self.for_all(check, items=self._several())

    def test_an_unknown_partition_gives_nothing(self) -> None:
        """A partition that does not exist gives nothing, and is not made by asking for it."""

        def check(items: list[Experience[I, O]]) -> None:
            buffer = self.make_buffer()
            self._add(buffer, items, "policy")
            before = _sizes(buffer)
            for counts in ({"unknown": 3}, {"policy": 0}, {}):
                with promised(_UNKNOWN, f"drawing {counts}"):
                    drawn = buffer.sample(counts, np.random.default_rng(0))
                assert not drawn, broken(_UNKNOWN, f"Drawing {counts} gave {shown(drawn)}")
            self._require_draw(buffer, {"unknown": 3, "policy": 2}, 0)
            assert _sizes(buffer) == before, broken(
                _SIZES, f"They were {before}, and after a draw {_sizes(buffer)}"
            )

        self.for_all(check, items=self._several())

    def test_draws_are_reproducible(self) -> None:
        """The same contents and ``rng`` give the same draw, and a draw changes nothing."""

        def check(items: list[Experience[I, O]], count: int, seed: int) -> None:
            buffer, twin = self.make_buffer(), self.make_buffer()
            for each in (buffer, twin):
                self._add(each, items, "policy")
            first = buffer.sample({"policy": count}, np.random.default_rng(seed))
            for each in (buffer, twin):
                second = each.sample({"policy": count}, np.random.default_rng(seed))
                self._require_same(_SAME, first, second)

        self.for_all(
            check,
            items=self._several(),
            count=st.integers(0, _MOST),
            seed=st.integers(0, 2**32),
        )

    def test_any_order_of_insertion_will_do(self) -> None:
        """In whatever order and calls experiences arrive, draws have no duplicates."""

        def check(items: list[Experience[I, O]], order: list[int]) -> None:
            buffer = self.make_buffer()
            for number in order:
                self._add(buffer, [items[number % len(items)]], "policy")
                self._require_draw(buffer, {"policy": len(items) // 2}, number)
            self._add(buffer, items, "policy")
            self._require_draw(buffer, {"policy": len(items)}, 0)

        orders = st.lists(st.integers(0, _MOST), max_size=_MOST)
        self.for_all(check, items=self._several(), order=orders)

    def test_a_reloaded_buffer_draws_the_same(self) -> None:
        """A state that went through a checkpoint replaces all, and the buffer goes on the same."""

        def check(items: list[Experience[I, O]], cut: int) -> None:
            buffer, reloaded = self.make_buffer(), self.make_buffer()
            self._add(buffer, items[:cut], "policy")
            self._add(buffer, items[: cut // 2], "seed")
            self._add(reloaded, items[cut:], "policy")
            with promised(_RELOADED, "saving and loading a checkpoint"):
                reload(buffer, reloaded)
            self._require_equal(buffer, reloaded)
            mine, theirs = (self._add(each, items, "policy") for each in (buffer, reloaded))
            assert mine == theirs, broken(
                _RELOADED, f"Of {len(items)} experiences {mine} were new, but {theirs} to the copy"
            )
            self._require_equal(buffer, reloaded)

        # Each case waits for the disk.
        self.for_all(check, at_most=10, items=self._several(), cut=st.integers(0, _MOST))

    def test_a_state_stays_as_it_was(self) -> None:
        """A state does not change when the buffer that gave it, or took it over, goes on."""

        def check(items: list[Experience[I, O]], cut: int) -> None:
            buffer, then = self.make_buffer(), self.make_buffer()
            for each in (buffer, then):
                self._add(each, items[:cut], "policy")
            state = buffer.state_dict()
            for _ in range(2):
                self._add(buffer, items, "policy")
                buffer = self.make_buffer()
                buffer.load_state_dict(state)
                self._require_equal(then, buffer)

        self.for_all(check, items=self._several(), cut=st.integers(0, _MOST))

    def _several(self) -> st.SearchStrategy[list[Experience[Any, Any]]]:
        return st.lists(self.experiences(), min_size=1, max_size=_MOST, unique_by=_identity)

    def _add(
        self, buffer: ReplayBuffer[I, O], items: Sequence[Experience[I, O]], partition: str
    ) -> int:
        """Add what can be read but once, as a relabeler's experiences; check the sizes."""
        before = _sizes(buffer)
        count = buffer.add(iter(items), partition)
        after = _sizes(buffer)
        assert after.get(partition, 0) == before.get(partition, 0) + count, broken(
            f"{_NEW}; {_SIZES}",
            f"add() of {len(items)} experiences to {partition!r} returned {count}, and sizes() "
            f"went from {before} to {after}",
        )
        others = before.keys() - {partition}
        assert all(after.get(name) == before[name] for name in others), broken(
            _APART, f"Adding to {partition!r} changed sizes() from {before} to {after}"
        )
        return count

    def _require_draw(
        self, buffer: ReplayBuffer[I, O], counts: Mapping[str, int], seed: int
    ) -> None:
        sizes = _sizes(buffer)
        drawn = buffer.sample(counts, np.random.default_rng(seed))
        expected = sum(min(count, sizes.get(name, 0)) for name, count in counts.items())
        assert len(drawn) == expected, broken(
            _DRAW, f"Drawing {counts} from partitions of sizes {sizes} gave {len(drawn)} items"
        )
        identities = sorted(map(_identity, drawn))
        assert len(set(identities)) == len(identities), broken(
            _DRAW, f"Drawing {counts} gave these sources and programs: {identities}"
        )

    def _require_equal(self, first: ReplayBuffer[I, O], second: ReplayBuffer[I, O]) -> None:
        assert _sizes(first) == _sizes(second), broken(
            _RELOADED, f"The sizes are {_sizes(first)} and {_sizes(second)}"
        )
        for counts in ({"policy": 3}, {"policy": _MOST, "seed": _MOST}):
            draws = [each.sample(counts, np.random.default_rng(1)) for each in (first, second)]
            self._require_same(_RELOADED, *draws)

    def _require_same(
        self, promise: str, first: Sequence[Experience[I, O]], second: Sequence[Experience[I, O]]
    ) -> None:
        agree = len(first) == len(second) and all(map(self.same, first, second))
        assert agree, broken(promise, f"The draws are\n  {shown(first)}\nand\n  {shown(second)}")


def _identity(experience: Experience[Any, Any]) -> Identity:
    return experience.source_id, experience.program


def _sizes(buffer: ReplayBuffer[Any, Any]) -> dict[str, int]:
    """Return the sizes of partitions that are not empty."""
    return {name: size for name, size in buffer.sizes().items() if size}
