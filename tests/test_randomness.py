from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exit_dsl.randomness import stream


@pytest.mark.parametrize(
    ("names", "drawn"), [((3,), 575), ((3, "x"), 460), ((3, "x", -1, "é"), 944)]
)
def test_a_stream_is_the_same_in_every_version(names: Any, drawn: int) -> None:
    assert stream(*names).integers(1000) == drawn


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_numbers_and_strings_of_numpy_are_as_good_as_those_of_python(kind: Any) -> None:
    expected = stream(3, "x", 5).random()
    assert stream(kind(3), np.str_("x"), kind(5)).random() == expected
