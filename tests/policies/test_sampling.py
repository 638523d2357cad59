from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.policies.constrained import Mask
from exit_dsl.policies.sampling import Distribution, draw
from exit_dsl.types import Candidate, Program, Task
from tests.policies.copying import (
    DigitCodec,
    encode,
    make_model,
    make_policy,
    make_task,
    make_tasks,
    teacher_forced_logits,
)


class Rising:
    """Allows digits that never fall, an even number of them, and ends in time."""

    def start(self) -> RisingState:
        return RisingState()


class RisingState:
    def __init__(self) -> None:
        self._lowest = 3
        self._odd = False

    def allowed(self, remaining: int) -> Mask:
        mask = np.zeros(DigitCodec.size, dtype=np.bool_)
        mask[DigitCodec.end] = not self._odd
        if self._odd or remaining > 2:
            mask[self._lowest :] = True
        return mask

    def advance(self, token: int) -> RisingState:
        self._lowest, self._odd = token, not self._odd
        return self


def sample(n: int = 6, count: int = 7, **changes: object) -> list[Candidate]:
    rng = np.random.default_rng(3)
    return list(make_policy(**changes).sample(make_tasks(count, 0), n, rng))


def test_the_same_rng_gives_the_same_candidates() -> None:
    assert sample() == sample()


def test_another_rng_gives_others() -> None:
    policy = make_policy()
    tasks = make_tasks(7, 0)
    first, second = (list(policy.sample(tasks, 6, np.random.default_rng(s))) for s in (0, 1))
    assert first != second


def test_candidates_come_in_the_order_of_the_tasks_and_lazily() -> None:
    assert [candidate.task_id for candidate in sample(3)] == [
        task.id for task in make_tasks(7, 0) for _ in range(3)
    ]
    tasks = [make_task((1, 2)), make_task((3, 99))]  # the second cannot be encoded
    candidates = make_policy(rows=1).sample(tasks, 1, np.random.default_rng(0))
    assert next(candidates).task_id == "12"
    with pytest.raises(ValueError, match=r"task '399' .* range\(10\)"):
        next(candidates)


def test_sampling_advances_the_rng_before_it_is_read() -> None:
    read, unread = np.random.default_rng(0), np.random.default_rng(0)
    list(make_policy().sample(make_tasks(2, 0), 1, read))
    make_policy().sample(make_tasks(2, 0), 1, unread)
    assert read.random() == unread.random()


@pytest.mark.parametrize("rows", [1, 4, 13])
@pytest.mark.parametrize("constraint", [None, Rising()])
def test_programs_do_not_depend_on_the_rows_computed_at_once(
    rows: int, constraint: Rising | None
) -> None:
    together = sample(constraint=constraint)
    apart = sample(constraint=constraint, rows=rows)
    assert [c.program for c in apart] == [c.program for c in together]
    assert [c.logprob for c in apart] == pytest.approx([c.logprob for c in together], abs=1e-4)


def test_programs_do_not_depend_on_the_other_tasks() -> None:
    tasks = make_tasks(7, 0)
    policy = make_policy()
    alone = policy.sample(tasks[4:5], 6, np.random.default_rng(3))
    assert [c.program for c in alone] == [c.program for c in sample()[24:30]]


@pytest.mark.parametrize("rows", [5, 1_000])
def test_a_task_has_the_same_programs_however_many_others_have(rows: int) -> None:
    tasks, counts = make_tasks(7, 0), [6, 0, 1, 3, 6, 2, 0]
    rng = np.random.default_rng(3)
    each = list(make_policy(rows=rows).sample_each(tasks, counts, rng))
    all_six = iter(sample())
    expected = [c for n in counts for c in list(islice(all_six, 6))[:n]]
    assert [(c.task_id, c.program) for c in each] == [(c.task_id, c.program) for c in expected]
    with pytest.raises(ValueError, match="zip"):
        make_policy().sample_each(tasks, counts[1:], rng)


def test_tasks_that_look_the_same_get_their_own_samples() -> None:
    example = make_task((1, 2)).examples
    tasks = [Task("a", example), Task("b", example)]
    candidates = list(make_policy().sample(tasks, 6, np.random.default_rng(0)))
    assert [c.program for c in candidates[:6]] != [c.program for c in candidates[6:]]


def test_an_untrained_model_obeys_the_constraint() -> None:
    programs = {candidate.program for candidate in sample(20, constraint=Rising())}
    assert len(programs) > 20
    for program in programs:
        assert program.isdigit() or program == ""
        assert len(program) % 2 == 0
        assert len(program) <= 9
        assert list(program) == sorted(program)
    assert any(len(program) == 8 for program in programs)


def test_unconstrained_rows_that_never_end_are_cut() -> None:
    programs = [c.program for c in sample(20, max_new_tokens=4)]
    assert max(map(len, programs)) == 4


@pytest.mark.parametrize("constraint", [None, Rising()])
def test_logprob_is_that_of_the_distribution_drawn_from(constraint: Rising | None) -> None:
    temperature, top_p, most = 0.7, 0.9, 10
    model = make_model()
    policy = make_policy(model=model, constraint=constraint, temperature=temperature, top_p=top_p)
    codec = DigitCodec()
    tasks = make_tasks(4, 1)
    sources = {task.id: encode(task).tokens for task in tasks}
    checked = 0
    for candidate in policy.sample(tasks, 8, np.random.default_rng(0)):
        if "?" in candidate.program or len(candidate.program) == most:
            continue
        target = codec.encode(candidate.program)
        logits = teacher_forced_logits(model, sources[candidate.task_id], target)
        allowed = None
        if constraint is not None:
            state = constraint.start()
            masks = []
            for position, token in enumerate(target):
                masks.append(state.allowed(most - position))
                state = state.advance(token)
            allowed = torch.from_numpy(np.stack(masks))
        logprobs = Distribution(temperature, top_p).logprobs(logits, allowed)
        expected = float(logprobs[range(len(target)), target].sum())
        assert candidate.logprob == pytest.approx(expected, abs=1e-4)
        checked += 1
    assert checked > 4


@pytest.mark.parametrize("rows", [1, 5, 100])
def test_what_was_sampled_is_counted(rows: int) -> None:
    policy = make_policy(constraint=Rising(), rows=rows)
    tasks = make_tasks(5, 0)
    candidates = [[*policy.sample(tasks, 12, np.random.default_rng(seed))] for seed in (0, 1)]
    sampled = policy.sampled
    distinct = sum(len({(c.task_id, c.program) for c in each}) for each in candidates)
    assert sampled.candidates == 120
    assert sampled.duplicates == 120 - distinct > 0
    assert sampled.tokens == sum(len(c.program) + 1 for each in candidates for c in each)
    assert sampled.seconds > sampled.masking > 0


def test_without_a_constraint_no_time_goes_into_masks() -> None:
    policy = make_policy(constraint=None)
    list(policy.sample(make_tasks(2, 0), 3, np.random.default_rng(0)))
    assert policy.sampled.seconds > policy.sampled.masking == 0


def test_one_program_is_drawn_as_often_as_its_logprob_says() -> None:
    tasks = [make_task((4, 2))]
    rng = np.random.default_rng(0)
    candidates = list(make_policy(constraint=Rising()).sample(tasks, 2000, rng))
    empty = [candidate for candidate in candidates if candidate.program == Program("")]
    probability = np.exp(empty[0].logprob)
    spread = np.sqrt(probability * (1 - probability) / 2000)
    assert abs(len(empty) / 2000 - probability) < 4 * spread


@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=8),
    st.floats(0, 1, exclude_max=True, width=32),
)
def test_a_draw_is_where_the_cumulative_probability_passes(
    logits: list[float], uniform: float
) -> None:
    logprobs = torch.tensor([logits]).log_softmax(-1)
    (token,) = draw(logprobs, torch.tensor([uniform], dtype=torch.float32)).tolist()
    cumulative = np.concatenate([[0.0], np.cumsum(logprobs.double().exp()[0].numpy())])
    assert cumulative[token] - 1e-6 <= uniform <= cumulative[token + 1] + 1e-6


@given(st.integers(0, 5), st.floats(0, 1, exclude_max=True, width=32))
def test_an_impossible_token_is_never_drawn(token: int, uniform: float) -> None:
    allowed = torch.zeros((1, 6), dtype=torch.bool)
    allowed[0, token] = True
    logprobs = Distribution().logprobs(torch.zeros((1, 6)), allowed)
    assert draw(logprobs, torch.tensor([uniform], dtype=torch.float32)).tolist() == [token]


def test_rounding_cannot_lead_to_an_impossible_token() -> None:
    logprobs = torch.tensor([[0.5, 0.5, 0.0]]).log()
    rounded_up = torch.ones(1)
    assert draw(logprobs, rounded_up).item() in (0, 1)


def test_top_p_keeps_the_most_likely_tokens() -> None:
    logits = torch.tensor([[0.1, 0.5, 0.4]]).log()
    kept = Distribution(top_p=0.6).logprobs(logits).exp()
    torch.testing.assert_close(kept, torch.tensor([[0.0, 0.5, 0.4]]) / 0.9)


@pytest.mark.parametrize("changes", [{"temperature": 0.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_a_distribution_out_of_range_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Distribution(**changes)
