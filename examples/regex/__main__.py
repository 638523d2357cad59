"""The command line: ``python -m examples.regex``, from the root of the repository."""

from __future__ import annotations

from pathlib import Path

from examples.regex.matches import Matches, Regex, overlap
from examples.regex.ngrams import NGramPolicy
from examples.regex.tokens import TextMutation
from examples.strings.contest import Rules, arguments, compete
from examples.strings.tasks import TaskSet, read_tasks
from exit_dsl import Budget, Interpreter, Sandboxed

TASKS = Path(__file__).parent / "tasks.toml"


def make_rules(
    task_set: TaskSet[str, Matches], interpreter: Interpreter[str, Matches], seed: int
) -> Rules:
    """Return what learner and rival have in common."""
    return Rules(
        task_set=task_set,
        interpreter=interpreter,
        mutation=TextMutation(task_set.programs, depth=3),
        judge=overlap,
        budget=Budget(seconds=0.1),
        key=str,
        first=500,
        samples=300,
        seed=seed,
    )


def main() -> None:
    """Run the contest, every pattern in a process that can be killed."""
    given = arguments("regex")
    with Sandboxed(Regex(), grace_seconds=0.1) as interpreter:
        rules = make_rules(read_tasks(TASKS, tuple), interpreter, given.seed)
        compete(rules, NGramPolicy(), given)


if __name__ == "__main__":
    main()
