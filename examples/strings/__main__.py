"""The command line: ``python -m examples.strings``, from the root of the repository."""

from __future__ import annotations

from pathlib import Path

from examples.strings.contest import Rules, arguments, compete
from examples.strings.dsl import strings
from examples.strings.features import features
from examples.strings.tasks import TaskSet, read_tasks
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
    least = min(len(a), len(b))
    return next((i for i in range(least) if a[i] != b[i]), least)


def make_rules(task_set: TaskSet[str, str], seed: int) -> Rules:
    """Return what learner and rival have in common."""
    return Rules(
        task_set=task_set,
        interpreter=LanguageInterpreter(strings),
        mutation=Mutation(strings, task_set.programs, depth=3),
        judge=likeness,
        budget=Budget(),
        key=strings.normalize,
        first=1_000,
        samples=400,
        seed=seed,
    )


def make_policy(task_set: TaskSet[str, str]) -> PolicyMixture[str, str]:
    """Return a policy that counts what programs hold, and one that breeds what comes near."""
    vocabulary = Vocabulary(strings, max_lines=8)
    grammar = GrammarPolicy[str, str](
        vocabulary, features=features, max_tokens=32, conditioning=0.6
    )
    evolution = Evolution[str, str](strings, task_set.programs)
    return PolicyMixture({"grammar": (grammar, 1), "evolution": (evolution, 3)})


def main() -> None:
    """Run the contest."""
    given = arguments("strings")
    task_set = read_tasks(TASKS, str)
    compete(make_rules(task_set, given.seed), make_policy(task_set), given)


if __name__ == "__main__":
    main()
