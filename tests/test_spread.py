from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.execution import InlineExecutor, Shipped
from exit_dsl.language import Evolution, GrammarPolicy, LanguageInterpreter, Vocabulary
from exit_dsl.search import Pool, Screened
from exit_dsl.spread import Spread
from exit_dsl.types import Budget, Example, Experience, Program, Task
from tests.language.lists import lists

BUDGET = Budget(seconds=60.0)
TASKS = [
    Task(name, (Example((1, 2, 3), output), Example((5,), (5,))))
    for name, output in (("a", (3, 2, 1)), ("b", (1, 2, 3)), ("c", (1, 2)), ("d", (9,)))
]
PROGRAMS = [Program(text) for text in ("O = reverse(I)", "O = take(TWO, I)", "O = drop(ONE, I)")]
EXPERIENCES = [
    Experience(task, program, task.id, (1.0, 0.0)) for task in TASKS for program in PROGRAMS
]


def sources() -> list[Any]:
    grammar: GrammarPolicy[Any, Any] = GrammarPolicy(Vocabulary(lists, max_lines=5))
    evolution: Evolution[Any, Any] = Evolution(lists, PROGRAMS)
    for policy in (grammar, evolution):
        policy.update(EXPERIENCES, np.random.default_rng(0))
    interpreter: LanguageInterpreter[Any, Any] = LanguageInterpreter(lists)
    screened = Screened(grammar, Shipped(interpreter), budget=BUDGET)
    return [Pool(PROGRAMS), grammar, evolution, screened]


SOURCES = sources()


@given(
    st.sampled_from(SOURCES),
    st.integers(0, 99),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from((InlineExecutor, lambda: ThreadPoolExecutor(2))),
)
def test_the_candidates_are_those_of_the_source(
    source: Any, seed: int, tasks: int, in_flight: int, make: Any
) -> None:
    executor = make()
    with executor if isinstance(executor, Executor) else nullcontext():
        spread = Spread(source, executor, tasks=tasks, in_flight=in_flight)
        ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(2):  # the generator moves on as well
            found = list(spread.sample(TASKS, 3, ours))
            assert repr(found) == repr(list(source.sample(TASKS, 3, theirs)))


def test_all_tasks_are_counted() -> None:
    counted: list[int] = []
    spread = Spread(Pool(PROGRAMS), InlineExecutor(), tasks=3, sampled=counted.append)
    assert len(list(spread.sample(TASKS, 3, np.random.default_rng(0)))) == 12
    assert counted == [3, 1]


@pytest.mark.parametrize("name", ["tasks", "in_flight"])
def test_numbers_are_positive(name: str) -> None:
    arguments: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        Spread(Pool(PROGRAMS), InlineExecutor(), **arguments)
