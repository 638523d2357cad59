from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import Primitive
from exit_dsl.language.metering import (
    DEEP,
    DEEP_VALUES,
    ELEMENTS_PER_STEP,
    BudgetExceededError,
    Meter,
    metered,
)
from exit_dsl.language.signatures import signatures_of
from exit_dsl.language.values import size_of
from exit_dsl.types import Budget, FailureKind

A = TypeVar("A")


def repeated(item: int, times: int) -> tuple[int, ...]:
    return (item,) * times


def pairs(item: A, times: int) -> tuple[tuple[A, A], ...]:
    return ((item, item),) * times


def _times(item: int, times: int) -> int:
    return times


def _fail(*args: Any) -> Any:
    raise AssertionError("a call that is refused must not run")


def callee(
    budget: Budget, function: Any = repeated, work: Any = None
) -> tuple[Callable[..., Any], Meter]:
    meter = Meter()
    meter.start(budget)
    meter.restart()
    typed = pairs if function is pairs else repeated
    primitive = Primitive("repeated", function, signatures_of(typed), work)
    return metered(primitive, meter), meter


@given(st.integers(0, 1000))
def test_no_result_is_larger_than_the_budget(size: int) -> None:
    call, _ = callee(Budget(max_size=size + 1))
    call(1, size + 1)
    with pytest.raises(BudgetExceededError):
        call(1, size + 2)


@pytest.mark.parametrize(
    ("array", "size"),
    [
        (np.ones((2, 3, 4), dtype=np.int8), 24),
        (np.ones((2, 0)), 0),
        (np.ones(()), 1),
        (np.ones(3, dtype=complex), 6),
        (np.array(["a" * 100] * 5), 5 * 50),  # four bytes a character
    ],
)
def test_arrays_count_all_their_elements(array: Any, size: int) -> None:
    assert size_of(array) == size


@given(st.integers(0, 1000))
def test_a_call_costs_a_step_and_more_for_what_it_makes(times: int) -> None:
    call, meter = callee(Budget())
    call(1, times)
    assert meter.used == 1 + times // ELEMENTS_PER_STEP


@given(st.integers(-1000, 1000))
def test_predicted_work_costs_as_much_and_is_never_negative(times: int) -> None:
    call, meter = callee(Budget(), work=_times)
    call(1, times)
    assert meter.used == 1 + 2 * (max(0, times) // ELEMENTS_PER_STEP)


def test_work_beyond_the_budget_is_refused_before_it_is_done() -> None:
    call, _ = callee(Budget(max_size=100), function=_fail, work=_times)
    with pytest.raises(BudgetExceededError) as error:
        call(1, 101)
    assert error.value.kind is FailureKind.SIZE
    assert error.value.detail == "repeated: more than 100 elements"


@given(st.integers(1, 1000))
def test_exactly_the_steps_of_the_budget_can_be_used(steps: int) -> None:
    call, meter = callee(Budget(seconds=60.0, max_steps=steps))
    for _ in range(steps):
        call(1, 1)
    assert meter.used == steps
    with pytest.raises(BudgetExceededError) as error:
        call(1, 1)
    assert error.value.kind is FailureKind.STEPS


def test_the_clock_stops_many_small_calls() -> None:
    call, _ = callee(Budget(seconds=0.02, max_steps=10**12))
    with pytest.raises(BudgetExceededError) as error:
        _call_for_ever(call)
    assert error.value.kind is FailureKind.TIMEOUT


def _call_for_ever(call: Callable[..., Any]) -> None:
    while True:
        call(1, 1)


def test_budget_errors_cannot_be_swallowed_by_accident() -> None:
    assert not issubclass(BudgetExceededError, Exception)


def test_a_primitive_as_a_value_has_a_name_and_an_arity() -> None:
    call, _ = callee(Budget())
    assert (call.__name__, getattr(call, "arity", None)) == ("repeated", 2)


@given(st.integers(1, 20), st.integers(0, 500))
def test_no_result_is_much_larger_inside_than_the_budget_allows(size: int, inner: int) -> None:
    call, _ = callee(Budget(max_size=20), function=pairs)
    members = size * (3 + 2 * inner)
    if members <= DEEP * 20:
        assert len(call((0,) * inner, size)) == size
    else:
        with pytest.raises(BudgetExceededError) as error:
            call((0,) * inner, size)
        assert error.value.kind is FailureKind.SIZE
        assert error.value.detail == f"repeated: more than {DEEP * 20} elements over all levels"


@given(st.integers(0, DEEP // 2 - 2))
def test_what_a_line_makes_is_bounded_as_a_whole(inner: int) -> None:
    call, meter = callee(Budget(seconds=60.0, max_size=1), function=pairs)
    item = (0,) * inner
    each = 3 + 2 * inner
    for _ in range(DEEP_VALUES * DEEP // each):
        call(item, 1)
    with pytest.raises(BudgetExceededError):
        call(item, 1)
    meter.restart()
    call(item, 1)
