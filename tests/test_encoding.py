from __future__ import annotations

import json
import math
from collections import OrderedDict
from dataclasses import fields, is_dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from exit_dsl.encoding import decode, encode
from exit_dsl.types import Failure, FailureKind, Iteration
from tests import strategies

keys = st.text(max_size=3) | st.integers() | st.sampled_from(("$tuple", "$", "$grid"))
encodable = st.recursive(
    strategies.values | strategies.experiences() | strategies.attempts(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def exact(value: Any) -> Any:
    """Return something that is equal only for values that agree in their types as well."""
    if isinstance(value, frozenset):
        return frozenset, frozenset(map(exact, value))
    if isinstance(value, list | tuple):
        return type(value), tuple(map(exact, value))
    if isinstance(value, dict):
        return dict, tuple((exact(key), exact(item)) for key, item in value.items())
    if is_dataclass(value):
        return type(value), tuple(exact(getattr(value, field.name)) for field in fields(value))
    return type(value), repr(value)


def through_json(value: object) -> Any:
    arrays: dict[str, Any] = {}
    return decode(json.loads(json.dumps(encode(value, arrays), allow_nan=False)), arrays)


@given(encodable)
def test_values_come_back_with_their_types(value: object) -> None:
    assert exact(through_json(value)) == exact(value)


@given(strategies.grids)
def test_grids_are_packed(grid: tuple[tuple[int, ...], ...]) -> None:
    rows = "/".join("".join(map(str, row)) for row in grid)
    assert encode(grid) == {"$grid": rows}


@given(st.lists(st.integers(-1, 256), max_size=5).map(tuple))
def test_tuples_of_small_integers_come_back(value: tuple[int, ...]) -> None:
    assert through_json(value) == value
    assert through_json((value, value)) == (value, value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 2**200])
def test_unusual_numbers_come_back(value: float) -> None:
    assert repr(through_json(value)) == repr(value)


@pytest.mark.parametrize("exponent", [2_047, 2_048, 2_049, 20_000])
def test_integers_too_long_for_decimal_digits_come_back(exponent: int) -> None:
    for value in (2**exponent, 2**exponent - 1, -(2**exponent)):
        assert through_json(value) == value
        assert through_json((value, 1)) == (value, 1)


@given(st.frozensets(strategies.values, max_size=6), st.randoms(use_true_random=False))
def test_equal_frozen_sets_give_equal_json(members: frozenset[Any], random: Any) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)
    assert json.dumps(encode(frozenset(shuffled))) == json.dumps(encode(members))


def test_dictionaries_keep_their_order_and_an_ordered_dict_becomes_plain() -> None:
    value = {"b": 1, "a": 2}
    assert list(through_json(value)) == ["b", "a"]
    assert list(through_json({2: 1, 1: 2})) == [2, 1]
    assert json.dumps(encode(value)) != json.dumps(encode({"a": 2, "b": 1}))
    assert type(through_json(OrderedDict(value))) is dict


def test_failures_and_iterations_come_back() -> None:
    failure = Failure(FailureKind.STEPS, "too many")
    assert through_json(failure) == failure
    assert isinstance(through_json(failure).kind, FailureKind)
    iteration: Iteration[int, int] = Iteration(3, (), 2, {"policy": 2}, {"loss": 0.5}, {})
    assert through_json(iteration) == iteration


@given(
    npst.arrays(
        dtype=npst.boolean_dtypes()
        | npst.integer_dtypes(endianness="=")
        | npst.unsigned_integer_dtypes(endianness="=")
        | npst.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
        shape=npst.array_shapes(min_dims=0, min_side=0, max_side=3),
    )
)
def test_arrays_and_numpy_numbers_come_back(array: np.ndarray[Any, Any]) -> None:
    back = through_json({"array": array, "items": list(array.ravel())})
    np.testing.assert_array_equal(back["array"], array, strict=True)
    for new, old in zip(back["items"], array.ravel(), strict=True):
        assert type(new) is type(old)
        np.testing.assert_equal(new, old)


def test_arrays_are_named_by_their_paths() -> None:
    arrays: dict[str, Any] = {}
    one, two, three = np.zeros(1), np.zeros(2), np.zeros(3)
    encode({"model": {"w": one}, "opt": {0: two}, "list": [three, one], "model/w": two}, arrays)
    assert {name: len(array) for name, array in arrays.items()} == {
        "model/w": 1,
        "opt/0": 2,
        "list": 3,
    }
    encode([np.zeros(4), np.zeros(5)], arrays)
    assert len(arrays) == 5


def test_the_same_array_comes_back_as_one() -> None:
    weights = torch.nn.Parameter(torch.arange(6.0))
    state = {"a": weights, "b": weights.detach(), "c": weights[:3]}
    arrays: dict[str, Any] = {}
    back = decode(encode(state, arrays), arrays)
    assert back["a"] is back["b"]
    assert set(arrays) == {"a", "c"}
    assert torch.equal(back["c"], weights[:3])
    assert arrays["c"].untyped_storage().data_ptr() != arrays["a"].untyped_storage().data_ptr()


def test_empty_tensors_are_not_taken_for_one_another() -> None:
    back = through_json([torch.zeros(0, 2), torch.zeros(0, 3), torch.zeros(0, 2)])
    assert [tuple(each.shape) for each in back] == [(0, 2), (0, 3), (0, 2)]
    assert back[0] is not back[2]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({1, 2}, "builtins.set"),
        (b"x", "builtins.bytes"),
        (PurePosixPath("x"), "pathlib"),
        (np.array(["x"]), "numpy.ndarray of <U1"),
        (np.datetime64(0, "s"), "numpy.datetime64"),
        (1j, "builtins.complex"),
    ],
)
def test_other_types_are_refused_by_name_and_place(value: object, name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}.* at 'part/key'"):
        encode({"part": {"key": [value]}}, {})


def test_arrays_without_a_place_for_them_are_refused() -> None:
    with pytest.raises(TypeError, match=r"numpy\.ndarray"):
        encode(np.zeros(3))


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\$future"):
        decode({"$future": 1})
