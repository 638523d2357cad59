"""The command line: ``python -m examples.regex``, from the root of the repository."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from examples.contest.command import compete, read_options
from examples.contest.sides import Contest
from examples.contest.tasks import TaskSet, read_tasks
from examples.regex.matches import Matches, Regex, overlap
from examples.regex.policy import AlignedPolicy
from examples.regex.tokens import TextMutation
from exit_dsl import Budget, Interpreter, Sandboxed

TASKS = Path(__file__).parent / "tasks.toml"


def make_contest(
    interpreter: Interpreter[str, Matches], task_set: TaskSet[str, Matches] | None = None
) -> Contest:
    """Put the parts together, for other tasks than those of the example if they are given."""
    tasks = task_set or read_tasks(TASKS, tuple)
    return Contest(
        task_set=tasks,
        interpreter=interpreter,
        mutation=TextMutation(tasks.programs, depth=3),
        policy=AlignedPolicy(),
        judge=overlap,
        budget=Budget(seconds=0.1),
        start=500,
        samples=200,
        iterations=15,
        draws=4_000,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the contest, every pattern in a process that can be killed."""
    options = read_options("regex", arguments)
    with Sandboxed(Regex(), grace_seconds=0.1) as interpreter:
        compete(make_contest(interpreter), options)


if __name__ == "__main__":
    main()
