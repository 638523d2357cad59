"""What is stored as bytes comes back as it was, and takes little memory."""

from __future__ import annotations

import gc
import itertools
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exit_dsl.encoding import decode, encode
from exit_dsl.replay import PrioritizedReplayBuffer, similarity, texts, uniform
from exit_dsl.replay.building import build, without_collection
from exit_dsl.replay.digests import SIZE, Digests
from exit_dsl.replay.texts import Texts, joined, parted
from exit_dsl.replay.values import pack, unpack
from exit_dsl.types import Example, Experience, Program, Task
from tests import strategies

Buffer = PrioritizedReplayBuffer[Any, Any]

VALUES = (
    strategies.values
    | st.text(st.characters())  # lone surrogates included
    | st.lists(st.integers(0, 255) | st.integers()).map(tuple)
    | st.lists(st.lists(st.integers(0, 256), max_size=2).map(tuple)).map(tuple)
)
EXPERIENCES = st.lists(
    strategies.experiences(of=VALUES), max_size=8, unique_by=lambda each: each.program
)
SCORE = 0.25


class Opaque:
    """A value that cannot be written as bytes."""


def experience(program: str, output: object = 2, score: float = SCORE) -> Experience[Any, Any]:
    return Experience(Task("t", (Example(1, output),)), Program(program), "t", (score,))


def reloaded(buffer: Buffer, **arguments: Any) -> Buffer:
    """Return a copy of ``buffer`` that went through what a checkpoint writes."""
    arrays: dict[str, Any] = {}
    state = json.dumps(encode(buffer.state_dict(), arrays))
    copied = {name: array.copy() for name, array in arrays.items()}
    other = Buffer(**arguments)
    other.load_state_dict(decode(json.loads(state), copied))
    return other


def typed(value: object) -> str:
    """Tell values apart that are equal but of other types."""
    return json.dumps(encode(value))


@given(value=VALUES)
def test_packed_values_keep_content_and_types(value: Any) -> None:
    assert typed(unpack(pack(value))) == typed(value)


@pytest.mark.parametrize(
    "value",
    [(), ((),), ((), ()), (True,), (1, True), ((0, True),), (256,), (2**70,), ((1,), (2, 3)), "é"],
)
def test_values_that_look_alike_are_kept_apart(value: Any) -> None:
    assert typed(unpack(pack(value))) == typed(value)


def test_numbers_and_grids_take_about_a_byte_a_cell() -> None:
    assert len(pack(tuple(range(10)))) == 11
    assert len(pack(((1, 2, 3), (4, 5, 6)))) == 9


@given(parts=st.lists(st.binary(max_size=5)), before=st.binary(max_size=3))
def test_joined_strings_come_apart_again(parts: list[bytes], before: bytes) -> None:
    assert parted(before + joined(parts), len(before)) == parts


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.binary(max_size=9))), st.data())
def test_texts_are_what_a_list_would_hold(
    steps: list[tuple[int | None, bytes]], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "BLOCK", 8)
        held, model = Texts(), list[bytes]()
        for number, text in steps:
            if number is None or number >= len(model):
                held.append(text)
                model.append(text)
            else:
                held.replace(number, text)
                model[number] = text
        everything = np.arange(len(model))
        assert held.read(everything) == model
        kept = np.array(sorted(data.draw(st.sets(st.integers(0, 99)))), np.int64)
        kept = kept[kept < len(model)]
        assert held.only(kept).read(np.arange(len(kept))) == [model[each] for each in kept]
        again = Texts.of_state(held.state())
        assert again.read(everything) == model
        again.append(b"more")
        assert again.read(np.arange(len(model) + 1)) == [*model, b"more"]


def test_full_blocks_are_shared_with_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "BLOCK", 64)
    held = Texts()
    for number in range(10):
        held.append(bytes([number]) * 30)
    first, second = held.state()["blocks"], held.state()["blocks"]
    shared = [np.shares_memory(*pair) for pair in zip(first, second, strict=True)]
    assert shared == [True] * (len(shared) - 1) + [False]
    assert len(shared) == 5


def test_what_was_replaced_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "BLOCK", 64)
    priorities = itertools.count()
    buffer = Buffer(priority=lambda each: next(priorities), key=lambda text: text[0], live=0)
    for number in range(4_000):
        buffer.add([experience(f"{number % 2} {number:0100}", number)], "policy")
    buffer.check_valid()
    part = buffer.state_dict()["partitions"]["policy"]
    assert sum(block.size for block in part["programs"]["blocks"]) < 1_000
    assert len(part["contexts"]["texts"]["starts"]) < 2_000


HEADS = st.sampled_from([bytes(8), b"\1" + bytes(7), b"\xff" * 8, b"\x3f" + bytes(7)])


@given(
    keys=st.lists(
        st.builds(lambda head, tail: head + tail, HEADS, st.binary(min_size=8, max_size=8))
    )
)
def test_digests_are_numbered_as_a_dict_would(keys: list[bytes]) -> None:
    digests, model = Digests(), dict[bytes, int]()
    for key in keys:
        assert digests.find(key) == model.get(key)
        if key not in model:
            model[key] = digests.append(key)
    assert list(model.values()) == list(range(len(model)))
    again = Digests(digests.array())
    assert [again.find(key) for key in model] == list(model.values())


def test_many_digests_that_run_over_the_end_of_the_table_are_found() -> None:
    keys = [b"\xff" * 8 + number.to_bytes(SIZE - 8, "little") for number in range(300)]
    digests = Digests()
    for key in keys:
        digests.append(key)
    assert [digests.find(key) for key in keys] == list(range(300))
    assert digests.find(bytes(SIZE)) is None


@given(inputs=st.lists(st.text()))
def test_built_values_equal_constructed_ones(inputs: list[str]) -> None:
    made = build(Example, len(inputs), inputs, range(len(inputs)))
    assert made == list(map(Example, inputs, range(len(inputs))))


def test_garbage_is_collected_again_afterwards_unless_it_never_was() -> None:
    assert gc.isenabled()
    with pytest.raises(KeyError), without_collection():
        raise KeyError
    assert gc.isenabled()
    with without_collection():
        with without_collection():
            pass
        assert not gc.isenabled()


@given(items=EXPERIENCES, live=st.sampled_from((0, 3, 100)))
@settings(deadline=None)
def test_what_is_added_is_what_is_listed_drawn_and_saved(items: list[Any], live: int) -> None:
    buffer = Buffer(priority=uniform, live=live)
    assert buffer.add(items, "policy") == len(items)
    other = reloaded(buffer, priority=uniform, live=live)
    for each in (buffer, other):
        each.check_valid()
        listed = list(each.experiences("policy"))
        assert list(map(typed, listed)) == list(map(typed, items))
        drawn = each.sample({"policy": len(items)}, np.random.default_rng(0))
        assert sorted(map(typed, drawn)) == sorted(map(typed, items))
    assert list(buffer.experiences("absent")) == []


@given(
    calls=st.lists(st.tuples(EXPERIENCES, st.sampled_from(("policy", "seed"))), max_size=4),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_how_it_is_kept_changes_no_draw(calls: list[tuple[list[Any], str]], seed: int) -> None:
    buffers = [Buffer(capacity=6, priority=similarity, live=live) for live in (0, 2, 100)]
    for items, partition in calls:
        assert len({each.add(items, partition) for each in buffers}) == 1
    buffers.append(reloaded(buffers[1], live=1))
    draws = [each.sample({"policy": 3, "seed": 2}, np.random.default_rng(seed)) for each in buffers]
    assert all(list(map(typed, each)) == list(map(typed, draws[0])) for each in draws)


def test_what_was_removed_is_never_drawn() -> None:
    buffer = Buffer(priority=similarity, capacity=20, live=5)
    buffer.add([experience(f"low {i}", i, 0.25) for i in range(11)], "policy")
    buffer.add([experience(f"high {i}", i, 0.75) for i in range(10)], "policy")
    rng = np.random.default_rng(0)
    drawn = {each.program for _ in range(50) for each in buffer.sample({"policy": 7}, rng)}
    assert drawn == {f"high {i}" for i in range(10)}


def test_draws_follow_the_priorities_of_many() -> None:
    buffer = Buffer(priority=similarity, live=0)
    priorities = np.linspace(0.1, 1, 1_000)
    buffer.add([experience(str(i), i, each) for i, each in enumerate(priorities.tolist())], "p")
    rng, draws = np.random.default_rng(0), 5_000
    first = [int(buffer.sample({"p": 1}, rng)[0].program) for _ in range(draws)]
    seen = np.bincount(first, minlength=1_000).reshape(10, 100).sum(axis=1)
    expected = draws * priorities.reshape(10, 100).sum(axis=1) / priorities.sum()
    # 10 classes, 9 degrees of freedom: above 27.9 with probability 0.001 under the law.
    assert ((seen - expected) ** 2 / expected).sum() < 27.9


@pytest.mark.parametrize("live", [0, 100])
def test_outputs_that_cannot_be_written_are_held_until_they_are_dropped(live: int) -> None:
    buffer = Buffer(priority=similarity, capacity=4, live=live)
    values = [Opaque() for _ in range(5)]
    buffer.add([experience(str(i), value, i / 10) for i, value in enumerate(values)], "policy")
    assert [each.task.outputs for each in buffer.experiences("policy")] == [
        (values[3],),
        (values[4],),
    ]
    held = buffer.state_dict()["partitions"]["policy"]["contexts"]["held"]
    assert list(held.values()) == values[3:]
    buffer.add([experience("again", values[4]), experience("new", values[0])], "policy")
    buffer.check_valid()
    with pytest.raises(TypeError, match="Opaque"):
        encode(buffer.state_dict(), {})


def test_keys_are_told_apart_by_value_and_type() -> None:
    keys = {"a": (1,), "b": (True,), "c": (1,), "d": "(1,)"}
    buffer = Buffer(priority=uniform, key=keys.__getitem__)
    assert buffer.add(map(experience, "abcd"), "policy") == 3
    assert [each.program for each in buffer.experiences("policy")] == ["a", "b", "d"]


def test_a_failed_addition_leaves_the_buffer_as_it_was() -> None:
    buffer = Buffer(priority=uniform)
    late = Experience(Task("t", (Example(1, 2),)), Program("f"), "t", (1.0,), iteration=2**70)
    with pytest.raises(OverflowError):
        buffer.add([experience("a"), late, experience("b")], "policy")
    buffer.check_valid()
    assert buffer.sizes() == {"policy": 1}


@pytest.mark.parametrize(("live", "most"), [(0, 120), (10**6, 350)])
def test_an_experience_takes_few_bytes(live: int, most: int) -> None:
    """Programs of 30 characters, of which ten have the same output."""
    count = 20_000
    buffer = Buffer(priority=similarity, live=live)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    buffer.add((experience(f"{i:030}", (i // 10, 1, 2)) for i in range(count)), "policy")
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / count < most
