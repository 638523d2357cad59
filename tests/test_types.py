"""Values are frozen, equal by content, and made of tuples however they were given."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl import types
from exit_dsl.types import (
    Attempt,
    Budget,
    Candidate,
    Example,
    Experience,
    Failure,
    FailureKind,
    Iteration,
    Program,
    Success,
    Task,
)

EXAMPLE = Example[int, int](1, 2)
TASK = Task[int, int]("t", (EXAMPLE,))
CANDIDATE = Candidate("t", Program("p"), logprob=-1.0)
ATTEMPT = Attempt[int, int](TASK, CANDIDATE, (Success[int](2),), (1.0,))
VALUES: list[Any] = [
    EXAMPLE,
    TASK,
    CANDIDATE,
    Budget(),
    Success[int](2),
    Failure(FailureKind.ERROR),
    ATTEMPT,
    Experience[int, int](TASK, Program("p"), "t", (1.0,)),
    Iteration[int, int](0, (ATTEMPT,), 1),
]
every_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


def test_all_values_are_tested() -> None:
    classes = {value for value in vars(types).values() if hasattr(value, "__dataclass_fields__")}
    assert classes == {type(value) for value in VALUES}


@every_value
def test_values_are_frozen(value: Any) -> None:
    for name in (fields(value)[0].name, "another"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(value, name, None)
    with pytest.raises((FrozenInstanceError, TypeError)):
        delattr(value, fields(value)[0].name)


@every_value
def test_copies_are_equal(value: Any) -> None:
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert replace(value) == value


@pytest.mark.parametrize(
    "value", [each for each in VALUES if hasattr(type(each), "__orig_bases__")], ids=repr
)
def test_generic_values_may_be_made_with_their_types(value: Any) -> None:
    given = {each.name: getattr(value, each.name) for each in fields(value)}
    parameters = (int,) * len(type(value).__parameters__)
    assert type(value)[parameters](**given) == type(value)(**given) == value


@given(st.lists(st.integers(), min_size=1))
def test_lists_become_tuples(numbers: list[int]) -> None:
    examples: Any = [Example(number, number) for number in numbers]
    task = Task("t", examples)
    assert task == Task("t", tuple(examples))
    assert task.inputs == tuple(numbers)
    scores: Any = [1.0] * len(numbers)
    outcomes: Any = [Success(number) for number in numbers]
    attempt = Attempt(task, CANDIDATE, outcomes, scores)
    assert attempt == Attempt(task, CANDIDATE, tuple(outcomes), tuple(scores))
    experience = Experience(task, Program("p"), "t", scores)
    assert len({task, attempt, experience}) == 3


def test_examples_have_to_be_examples() -> None:
    pairs: Any = [(1, 2)]
    with pytest.raises(TypeError, match=r"example 0 of task 't' is a tuple; give Example\(input, "):
        Task("t", pairs)
    with pytest.raises(ValueError, match="task 't' has no examples; give at least one"):
        Task("t", ())


@pytest.mark.parametrize("name", ["seconds", "max_steps", "max_size"])
def test_limits_are_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"Budget.{name} must be positive, not 0"):
        replace(Budget(), **{name: 0})
