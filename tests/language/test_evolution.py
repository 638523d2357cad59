from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl import Budget, Example, Hindsight, LanguageInterpreter, Program, Task, execute
from exit_dsl.language import Evolution, IllTypedError
from exit_dsl.types import Experience
from tests.language.lists import lists

SEEDS = [Program("O = reverse(I)"), Program("x1 = reverse(I)\nO = take(TWO, x1)")]
TASK: Task[object, object] = Task("t", (Example((3, 1, 2), (2, 1)),))
OTHER: Task[object, object] = Task("u", (Example((1, 2), (1,)),))


def experience(program: str, *scores: float, task: str = "t") -> Experience[object, object]:
    return Experience(Task("h", (Example((1,), (1,)),)), Program(program), task, scores)


def evolution(**settings: float) -> Evolution[object, object]:
    return Evolution(lists, SEEDS, **settings)  # type: ignore[arg-type]


@given(st.integers(0, 2**32))
def test_children_are_well_typed_programs(seed: int) -> None:
    policy = evolution()
    policy.update([experience("O = reverse(I)", 0.5)], np.random.default_rng(0))
    children = [c.program for c in policy.sample([TASK], 20, np.random.default_rng(seed))]
    assert len(children) == 20
    assert [lists.check(child) for child in children] == [None] * 20
    assert children == [lists.normalize(child) for child in children]


def test_the_same_state_and_rng_give_the_same_children_whatever_the_other_tasks() -> None:
    policy = evolution()
    policy.update([experience("O = reverse(I)", 0.5)], np.random.default_rng(0))
    alone = list(policy.sample([TASK], 10, np.random.default_rng(1)))
    both = list(policy.sample([OTHER, TASK], 10, np.random.default_rng(1)))
    assert both[10:] == alone
    again = evolution()
    again.load_state_dict(policy.state_dict())
    assert list(again.sample([TASK], 10, np.random.default_rng(1))) == alone


def test_the_fittest_live_on_and_of_equals_the_shorter() -> None:
    policy = evolution(population=2)
    policy.update(
        [
            experience("x1 = reverse(I)\nO = reverse(x1)", 0.5, 0.5),
            experience("O = take(TWO, I)", 0.5, 0.5),
            experience("O = reverse(I)", 1.0, 0.5),
            experience("O = reverse(I)", 1.0, 0.5),
            experience("O = drop(TWO, I)", 0.0, 0.0),
        ],
        np.random.default_rng(0),
    )
    assert policy.population("t") == ["O = reverse(I)", "O = take(TWO, I)"]
    assert policy.population("u") == []


def test_an_empty_update_is_harmless() -> None:
    policy = evolution()
    before = policy.state_dict()
    assert policy.update([], np.random.default_rng(0))["fitness"] == 0.0
    assert policy.state_dict() == before


def overlap(target: object, value: object) -> float:
    """Partial credit: the share of positions that agree."""
    assert isinstance(target, tuple)
    assert isinstance(value, tuple)
    same = sum(map(int.__eq__, target, value))
    return same / max(len(target), len(value), 1)


def test_generations_solve_what_no_seed_solves() -> None:
    """Drop the last two: two edits away from the nearest seed."""
    examples: tuple[Example[object, object], ...] = (
        Example((3, 1, 2, 7), (3, 1)),
        Example((5, 9, 8, 4, 6), (5, 9, 8)),
    )
    task: Task[object, object] = Task("all-but-two", examples)
    interpreter: LanguageInterpreter[object, object] = LanguageInterpreter(lists)
    policy = evolution()
    rng = np.random.default_rng(0)
    for _ in range(10):
        children = policy.sample([task], 100, rng)
        attempts = list(execute(children, [task], interpreter, budget=Budget(), judge=overlap))
        if any(attempt.scores == (1.0, 1.0) for attempt in attempts):
            return
        relabeler: Hindsight[object, object] = Hindsight()
        policy.update(list(relabeler.relabel(attempts)), rng)
    pytest.fail("nothing was found in 10 generations of 100")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 0}, "population must be at least 1"),
        ({"exploration": 1.5}, "exploration must be in"),
        ({"crossover": -0.1}, "crossover must be in"),
    ],
)
def test_bad_settings_are_told(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolution(**settings)


def test_no_seeds_are_told() -> None:
    with pytest.raises(ValueError, match="at least one seed"):
        Evolution(lists, [])


def test_seeds_that_can_never_run_are_told_at_once() -> None:
    with pytest.raises(IllTypedError, match="line 1: take cannot take these arguments"):
        Evolution(lists, [*SEEDS, Program("O = take(I, I)")])
