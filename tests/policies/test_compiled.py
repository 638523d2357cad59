"""Compiled or not, training and sampling come to the same."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch._dynamo.utils import counters

from exit_dsl.policies import small_t5
from tests.policies.copying import (
    SOURCE_SIZE,
    DigitCodec,
    make_experiences,
    make_policy,
    make_tasks,
)


class LinedDigits:
    """The digit 1 separates lines, and those from 6 on are variables."""

    start, separator, first_variable = 1, 4, 9


@pytest.mark.parametrize("lines", [None, LinedDigits()])
def test_compiling_changes_nothing(lines: LinedDigits | None) -> None:
    model, twin = (
        small_t5(
            SOURCE_SIZE, DigitCodec.size, np.random.default_rng(0),
            d_model=18, layers=1, heads=1, lines=lines,
        )
        for _ in range(2)
    )  # fmt: skip
    eager = make_policy(model=model, max_new_tokens=40)
    # Another backend would generate faster code of the same graphs.
    compiler = partial(torch.compile, dynamic=True, backend="eager", fullgraph=True)
    compiled = make_policy(model=twin, max_new_tokens=40, compiler=compiler)
    counters.clear()
    for seed in range(2):
        losses, programs = zip(
            *(
                (
                    policy.update(make_experiences(20, seed), np.random.default_rng(seed))["loss"],
                    list(policy.sample(make_tasks(6, seed), 5, np.random.default_rng(seed))),
                )
                for policy in (eager, compiled)
            ),
            strict=True,
        )
        assert losses[0] == pytest.approx(losses[1])
        assert [c.program for c in programs[0]] == [c.program for c in programs[1]]
    # One for training, and for sampling the first step, the others, and a single row at the end.
    assert 2 <= counters["stats"]["unique_graphs"] <= 6
