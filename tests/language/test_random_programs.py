"""Random well-typed programs."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from exit_dsl.language import RandomPrograms, Vocabulary
from exit_dsl.types import Example, Task
from tests.language.lists import lists


def test_random_programs_are_well_typed_and_each_task_has_its_own() -> None:
    tasks: list[Task[object, object]] = [Task(name, (Example((), ()),)) for name in "ab"]
    sampler: RandomPrograms[object, object] = RandomPrograms(Vocabulary(lists))
    candidates = list(sampler.sample(tasks, 50, np.random.default_rng(0)))
    assert [c.task_id for c in candidates] == ["a"] * 50 + ["b"] * 50
    assert [c.program for c in candidates[:50]] != [c.program for c in candidates[50:]]
    assert list(sampler.sample(tasks[1:], 50, np.random.default_rng(0))) == candidates[50:]
    for candidate in candidates:
        assert lists.check(candidate.program) is None
        assert lists.normalize(candidate.program) == candidate.program


def test_reuse_makes_longer_programs() -> None:
    lengths = {}
    for reuse in (0.01, 50.0):
        sampler: RandomPrograms[object, object] = RandomPrograms(Vocabulary(lists), reuse=reuse)
        programs = islice(sampler.programs(np.random.default_rng(0)), 200)
        lengths[reuse] = sum(len(lists.parse(program)) for program in programs)
    assert lengths[0.01] < lengths[50.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reuse": 0.0}, "reuse must be positive and finite, not 0"),
        ({"reuse": float("nan")}, "reuse must be positive and finite, not nan"),
        ({"max_tokens": 2}, "a program needs at least 3 tokens, not 2"),
    ],
)
def test_settings_that_give_no_program_are_refused(
    settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        RandomPrograms(Vocabulary(lists), **settings)  # type: ignore[arg-type]
