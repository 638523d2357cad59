"""How likely a policy finds programs that are given."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from exit_dsl.types import Program
from tests.policies.copying import (
    DigitCodec,
    encode,
    make_experiences,
    make_model,
    make_policy,
    make_tasks,
    teacher_forced_logits,
)


def given(count: int) -> list[tuple[Any, Program]]:
    """Tasks, each with the program of another."""
    tasks = make_tasks(count, 3)
    return [(task, Program(other.id)) for task, other in itertools.pairwise(tasks)]


def test_it_is_the_sum_of_what_the_whole_model_says_of_each_token() -> None:
    model = make_model()
    pairs = given(20)
    found = make_policy(model=model).logprobs(pairs)
    for (task, program), logprob in zip(pairs, found, strict=True):
        target = DigitCodec().encode(program)
        logits = teacher_forced_logits(model, encode(task).tokens, target)
        expected = logits.log_softmax(-1)[torch.arange(len(target)), target].sum()
        assert logprob == pytest.approx(float(expected), abs=1e-4)


def test_it_does_not_depend_on_what_is_beside_nor_on_constraint_and_temperature() -> None:
    model = make_model(dropout=0.5)
    pairs = given(20)
    together = make_policy(model=model).logprobs(pairs)
    hot = make_policy(model=model, temperature=3.0, top_p=0.5, batch_tokens=40)
    assert hot.logprobs(pairs[::-1])[::-1] == pytest.approx(together, abs=1e-4)
    assert [hot.logprobs([pair])[0] for pair in pairs] == pytest.approx(together, abs=1e-4)
    assert hot.logprobs([pairs[0], pairs[0]]) == pytest.approx([together[0]] * 2, abs=1e-4)


def test_samples_have_the_logprob_that_they_were_drawn_with() -> None:
    policy = make_policy(model=make_model(), max_new_tokens=40)
    tasks = make_tasks(5, 0)
    candidates = list(policy.sample(tasks, 8, np.random.default_rng(0)))
    by_id = {task.id: task for task in tasks}
    whole = [c for c in candidates if "?" not in c.program and len(c.program) < 39]
    assert len(whole) > 5
    found = policy.logprobs([(by_id[c.task_id], c.program) for c in whole])
    assert found == pytest.approx([c.logprob for c in whole], abs=1e-3)


def test_what_cannot_be_written_has_no_chance_but_what_is_long_has_one() -> None:
    task = make_tasks(1, 0)[0]
    policy = make_policy(max_new_tokens=4)
    programs = [Program("12345678"), Program("1"), Program("x")]
    found = policy.logprobs([(task, program) for program in programs])
    assert found[2] == -math.inf
    assert -math.inf < found[0] < found[1] < 0
    assert policy.logprobs([]) == []


def test_training_makes_what_it_was_trained_on_more_likely_and_goes_on_as_before() -> None:
    experiences = make_experiences(40, 0)
    pairs = [(experience.task, experience.program) for experience in experiences]
    asked, silent = (make_policy(model=make_model(dropout=0.2)) for _ in range(2))
    before = asked.logprobs(pairs)
    for policy in (asked, silent):
        policy.update(experiences, np.random.default_rng(0))
    assert sum(asked.logprobs(pairs)) > sum(before)
    losses = [
        policy.update(experiences, np.random.default_rng(1))["loss"] for policy in (asked, silent)
    ]
    assert losses[0] == losses[1]
