"""The parts of the library put together for strings: counting, breeding and mutation."""

from __future__ import annotations

from itertools import takewhile
from operator import eq
from pathlib import Path

from examples.contest.sides import Contest
from examples.contest.tasks import TaskSet, read_tasks
from examples.strings.dsl import strings
from examples.strings.features import features
from exit_dsl import Budget, LanguageInterpreter, Mutation, Vocabulary
from exit_dsl.language import Evolution, GrammarPolicy
from exit_dsl.mixture import PolicyMixture

TASKS = Path(__file__).parent / "tasks.toml"


def likeness(target: str, value: str) -> float:
    """Score an answer by the length of its beginning and end that are right; 1 is exact."""
    if target == value:
        return 1.0
    right = _common(target, value) + _common(target[::-1], value[::-1])
    return min(0.9, right / (len(target) + len(value)))


def _common(a: str, b: str) -> int:
    """Return the length of the common prefix."""
    return sum(takewhile(bool, map(eq, a, b)))


def make_policy(task_set: TaskSet[str, str]) -> PolicyMixture[str, str]:
    """Return a policy that counts what programs hold, and one that breeds what comes near."""
    grammar = GrammarPolicy[str, str](
        Vocabulary(strings, max_lines=8), features=features, max_tokens=32, conditioning=0.6
    )
    evolution = Evolution[str, str](strings, task_set.programs)
    return PolicyMixture({"grammar": (grammar, 1), "evolution": (evolution, 3)})


def make_contest(task_set: TaskSet[str, str] | None = None) -> Contest:
    """Put the parts together, for other tasks than those of the example if they are given."""
    tasks = task_set or read_tasks(TASKS, str)
    return Contest(
        task_set=tasks,
        interpreter=LanguageInterpreter(strings),
        mutation=Mutation(strings, tasks.programs, depth=3),
        policy=make_policy(tasks),
        judge=likeness,
        budget=Budget(),
        key=strings.normalize,
        start=500,
        samples=400,
        iterations=12,
        draws=3_000,
    )
