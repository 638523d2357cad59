from __future__ import annotations

import copy
import itertools
import json
import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from exit_dsl.encoding import decode, encode
from exit_dsl.replay import PrioritizedReplayBuffer, solved_fraction
from exit_dsl.types import Example, Experience, Program, Task
from tests import strategies

CAPACITY = 7
LIVE = 3
"""Fewer than the capacity, so that some experiences are kept as objects and others built."""
EXPERIENCES = strategies.experiences(of=st.integers(0, 20))
Buffer = PrioritizedReplayBuffer[Any, Any]


def experience(program: str, score: float = 0, source: str = "t") -> Experience[int, int]:
    return Experience(Task(source, (Example(1, 2),)), Program(program), source, (score,))


def first_score(each: Experience[Any, Any]) -> float:
    return each.scores[0]


def without_spaces(program: Program) -> str:
    return program.replace(" ", "")


def contents(buffer: Buffer, partition: str) -> list[Experience[Any, Any]]:
    """Return what ``partition`` holds, the oldest first."""
    return list(buffer.experiences(partition))


class AgainstDict(RuleBasedStateMachine):
    """The buffer against dictionaries from identity to experience, in order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = Buffer(capacity=CAPACITY, key=without_spaces, live=LIVE)
        self.model: dict[str, dict[tuple[str, str], Experience[Any, Any]]] = {}

    @rule(
        items=st.lists(EXPERIENCES, max_size=4),
        partition=st.sampled_from(("policy", "seed")),
    )
    def add(self, items: list[Experience[Any, Any]], partition: str) -> None:
        new = 0
        held = self.model.setdefault(partition, {})
        for item in items:
            identity = (item.source_id, without_spaces(item.program))
            if identity not in held:
                new += 1
                held[identity] = item
            elif solved_fraction(item) > solved_fraction(held[identity]):
                held[identity] = item
            if sum(map(len, self.model.values())) > CAPACITY:
                ascending = sorted(held, key=lambda each: solved_fraction(held[each]))
                for lost in ascending[: math.ceil(len(held) / 2)]:
                    del held[lost]
        assert self.buffer.add(items, partition) == new

    @rule(
        partition=st.sampled_from(("policy", "seed")), count=st.integers(0, 9), seed=st.integers(0)
    )
    def sample(self, partition: str, count: int, seed: int) -> None:
        drawn = self.buffer.sample({partition: count}, np.random.default_rng(seed))
        held = self.model.get(partition, {})
        identities = {(each.source_id, without_spaces(each.program)): each for each in drawn}
        assert len(identities) == len(drawn) == min(count, len(held))
        assert all(held[identity] == each for identity, each in identities.items())

    @precondition(lambda self: self.model)
    @rule()
    def reload(self) -> None:
        arrays: dict[str, Any] = {}
        state = json.dumps(encode(self.buffer.state_dict(), arrays))
        self.buffer = Buffer(capacity=CAPACITY, key=without_spaces, live=LIVE)
        self.buffer.load_state_dict(decode(json.loads(state), arrays))

    @invariant()
    def agrees_with_the_model(self) -> None:
        self.buffer.check_valid()
        assert self.buffer.sizes() == {name: len(part) for name, part in self.model.items()}
        for name, part in self.model.items():
            assert contents(self.buffer, name) == list(part.values())


AgainstDict.TestCase.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
TestAgainstDict = AgainstDict.TestCase


def filled(count: int = 50, **arguments: Any) -> Buffer:
    buffer = Buffer(priority=first_score, **arguments)
    rng = np.random.default_rng(0)
    for partition in ("policy", "seed"):
        items = [experience(f"{partition} {i}", float(rng.random())) for i in range(count)]
        buffer.add(items, partition)
    return buffer


def names(drawn: list[Experience[Any, Any]]) -> list[str]:
    return [each.program for each in drawn]


def test_draws_have_no_duplicates_and_do_not_mix_partitions() -> None:
    drawn = filled().sample({"policy": 30, "seed": 5}, np.random.default_rng(1))
    programs = names(drawn)
    assert len(set(programs)) == 35
    assert sum(each.startswith("seed") for each in programs) == 5


def test_a_short_partition_gives_all_it_has_and_an_absent_one_nothing() -> None:
    drawn = filled().sample({"policy": 80, "absent": 3}, np.random.default_rng(1))
    assert sorted(names(drawn)) == sorted(f"policy {i}" for i in range(50))


def test_a_draw_depends_on_the_random_state_alone() -> None:
    counts = {"policy": 20, "seed": 10}
    backwards = {"seed": 10, "policy": 20}
    drawn = names(filled().sample(counts, np.random.default_rng(1)))
    assert drawn == names(filled().sample(backwards, np.random.default_rng(1)))
    assert drawn != names(filled().sample(counts, np.random.default_rng(2)))


def test_draws_are_shuffled() -> None:
    drawn = names(filled().sample({"policy": 50}, np.random.default_rng(1)))
    assert drawn != sorted(drawn, key=lambda each: int(each.split()[1]))


def inclusion_law(weights: list[float], count: int) -> dict[frozenset[int], float]:
    """Return the probability of each set under successive draws without replacement."""
    law: defaultdict[frozenset[int], float] = defaultdict(float)
    for order in itertools.permutations(range(len(weights)), count):
        left, probability = sum(weights), 1.0
        for index in order:
            probability *= weights[index] / left
            left -= weights[index]
        law[frozenset(order)] += probability
    return law


@pytest.mark.parametrize("live", [0, 100])
def test_draws_have_the_exact_law_of_successive_sampling(live: int) -> None:
    weights = [0.5, 1.0, 0.25, 0.75, 0.0]
    floor, draws, count = 0.125, 20_000, 2
    buffer = Buffer(priority=first_score, floor=floor, live=live)
    buffer.add([experience(str(i), weight) for i, weight in enumerate(weights)], "policy")
    rng = np.random.default_rng(0)
    seen = Counter(
        frozenset(map(int, names(buffer.sample({"policy": count}, rng)))) for _ in range(draws)
    )
    law = inclusion_law([weight + floor for weight in weights], count)
    chi_square = sum((seen[each] - draws * p) ** 2 / (draws * p) for each, p in law.items())
    # 10 sets, 9 degrees of freedom: above 27.9 with probability 0.001 under the exact law.
    assert chi_square < 27.9
    # Drawing without updating the weights is another law, and the test can tell.
    wrong = inclusion_law([weight + 2 * floor for weight in weights], count)
    assert sum((seen[each] - draws * p) ** 2 / (draws * p) for each, p in wrong.items()) > 27.9


def test_extreme_priorities_do_not_overflow() -> None:
    buffer = Buffer(priority=first_score, floor=5e-324)
    buffer.add([experience("a", 0), experience("b", 1e308), experience("c", 1e308)], "policy")
    drawn = buffer.sample({"policy": 2}, np.random.default_rng(0))
    assert sorted(names(drawn)) == ["b", "c"]


def test_of_duplicates_the_higher_priority_stays_and_of_equals_the_older() -> None:
    buffer = Buffer(priority=first_score, key=without_spaces)
    assert buffer.add([experience("f(x)", 0.5), experience("f( x )", 0.5)], "policy") == 1
    assert names(contents(buffer, "policy")) == ["f(x)"]
    assert buffer.add([experience("f(x )", 0.75)], "policy") == 0
    assert buffer.add([experience("f( x)", 0.25)], "policy") == 0
    assert names(contents(buffer, "policy")) == ["f(x )"]


def test_programs_are_duplicates_only_within_a_source_task_and_a_partition() -> None:
    buffer = Buffer(priority=first_score)
    assert buffer.add([experience("f", source="a"), experience("f", source="b")], "policy") == 2
    assert buffer.add([experience("f", source="a")], "seed") == 1


def test_eviction_takes_the_lower_half_of_the_partition_that_grew() -> None:
    buffer = Buffer(priority=first_score, capacity=7)
    buffer.add([experience(f"seed {i}", 0.0) for i in range(3)], "seed")
    scores = [0.9, 0.1, 0.5, 0.1, 0.5]
    added = [experience(str(i), score) for i, score in enumerate(scores)]
    assert buffer.add(added, "policy") == 5
    # The fifth was one too many: three of the five go, of the equals at 0.5 the older.
    assert names(contents(buffer, "policy")) == ["0", "4"]
    assert buffer.sizes() == {"seed": 3, "policy": 2}
    buffer.check_valid()


def test_an_evicted_program_is_new_again() -> None:
    buffer = Buffer(priority=first_score, capacity=1)
    assert buffer.add([experience("a", 0.5), experience("b", 1.0)], "policy") == 2
    assert buffer.sizes() == {"policy": 1}
    assert buffer.add([experience("b", 1.0)], "policy") == 0
    assert buffer.add([experience("a", 0.5)], "policy") == 1


@given(items=st.lists(EXPERIENCES, max_size=12), cut=st.integers(0, 12))
@settings(deadline=None)
def test_dividing_the_experiences_into_calls_changes_nothing(
    items: list[Experience[Any, Any]], cut: int
) -> None:
    whole, parts = Buffer(capacity=4), Buffer(capacity=4)
    count = whole.add(items, "policy")
    assert parts.add(items[:cut], "policy") + parts.add(items[cut:], "policy") == count
    assert contents(whole, "policy") == contents(parts, "policy")


def test_a_reloaded_buffer_draws_the_same_and_goes_on_the_same() -> None:
    buffer, other = filled(capacity=120), filled(0, capacity=120)
    other.load_state_dict(buffer.state_dict())
    for each in (buffer, other):
        each.add([experience(f"policy {i}", i / 40) for i in range(40, 80)], "policy")
    counts = {"policy": 20, "seed": 20}
    assert buffer.sample(counts, np.random.default_rng(3)) == other.sample(
        counts, np.random.default_rng(3)
    )
    np.testing.assert_equal(other.state_dict(), buffer.state_dict())


def test_a_state_does_not_change_when_the_buffer_goes_on() -> None:
    buffer = filled()
    state = buffer.state_dict()
    before = copy.deepcopy(state)
    buffer.add([experience("another", 1), experience("policy 0", 1)], "policy")
    np.testing.assert_equal(state, before)


def test_inputs_are_saved_once_for_each_task_even_if_they_are_copies() -> None:
    grid = ((1, 2), (3, 4))
    task = Task("t", (Example(grid, 0),))
    copied = tuple((*row,) for row in grid)
    assert copied is not grid
    twin = Task("t", (Example(copied, 1),))
    other = Task("u", (Example(((1, True), (3, 4)), 0),))
    buffer = Buffer(priority=first_score)
    tasks: list[Task[Any, Any]] = [task, twin, other, task]
    for index, each in enumerate(tasks):
        buffer.add([Experience(each, Program(str(index)), each.id, (1.0,))], "policy")
    assert buffer.state_dict()["inputs"] == [(grid,), (((1, True), (3, 4)),)]


def test_array_inputs_are_saved_too() -> None:
    tasks: list[Task[Any, Any]] = [
        Task(name, (Example(np.full(3, value), 0),)) for name, value in (("a", 1), ("b", 2))
    ]
    buffer, other = Buffer(priority=first_score), Buffer(priority=first_score)
    for each in tasks:
        buffer.add([Experience(each, Program("f"), each.id, (1.0,))], "p")
    other.load_state_dict(buffer.state_dict())
    saved = [item.task.inputs[0].tolist() for item in contents(other, "p")]
    assert saved == [[1, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("priority", [-1.0, math.nan, math.inf])
def test_a_priority_that_is_not_a_weight_is_refused_by_program_and_task(priority: float) -> None:
    buffer = Buffer(priority=first_score)
    with pytest.raises(ValueError, match=r"(?s)task 't'.*bad\(x\)"):
        buffer.add([experience("bad(x)", priority)], "policy")
    assert buffer.sizes() == {"policy": 0}


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        Buffer(capacity=0)
    with pytest.raises(ValueError, match="floor"):
        Buffer(floor=0)
    with pytest.raises(ValueError, match="live"):
        Buffer(live=-1)
    with pytest.raises(ValueError, match="'policy'"):
        filled().sample({"policy": -1}, np.random.default_rng(0))
    with pytest.raises(ValueError, match="larger capacity"):
        Buffer(capacity=99).load_state_dict(filled().state_dict())
