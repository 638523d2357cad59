"""Compiled or not, training and sampling come to the same."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from torch._dynamo.utils import counters

from exit_dsl.policies import compiled, small_t5
from tests.policies.copying import (
    SOURCE_SIZE,
    DigitCodec,
    make_experiences,
    make_policy,
    make_tasks,
)

# Another backend would generate faster code of the same graphs.
compiler = partial(compiled, backend="eager", fullgraph=True)


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
    fast = make_policy(model=twin, max_new_tokens=40, compiler=compiler)
    counters.clear()
    for seed in range(2):
        losses, programs = zip(
            *(
                (
                    policy.update(make_experiences(20, seed), np.random.default_rng(seed))["loss"],
                    list(policy.sample(make_tasks(6, seed), 5, np.random.default_rng(seed))),
                )
                for policy in (eager, fast)
            ),
            strict=True,
        )
        assert losses[0] == pytest.approx(losses[1])
        assert [c.program for c in programs[0]] == [c.program for c in programs[1]]
    assert counters["stats"]["unique_graphs"] == 2  # one for training, one for sampling


def test_batches_of_any_tasks_and_rows_are_one_case() -> None:
    policy = make_policy(max_new_tokens=40, compiler=compiler)
    twin = make_policy(max_new_tokens=40)
    counters.clear()
    for seed, number in enumerate((60, 33, 47, 4)):
        # No source of one token, which would be another case.
        tasks = [task for task in make_tasks(2 * number, seed) if len(task.id) > 1][:number]
        counts = np.random.default_rng(seed).choice([2, 5, 10, 20], number).tolist()
        counts[:4] = [2, 5, 10, 20]
        drawn = [
            [c.program for c in each.sample_each(tasks, counts, np.random.default_rng(seed))]
            for each in (policy, twin)
        ]
        assert drawn[0] == drawn[1]
    assert counters["stats"]["unique_graphs"] == 1
