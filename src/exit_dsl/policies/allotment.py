"""More samples for some tasks than for others, from the same total."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol, final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.types import Candidate, I, O, Task
from exit_dsl.wrapped import WrappedPolicy


class Allotment(Protocol):
    """Decides how many candidates each task gets."""

    def __call__(self, task_ids: Sequence[str], n: int) -> Sequence[int]:
        """Return a number for each task; together at most ``n`` for each of them."""
        ...


@final
class UnsolvedFirst:
    """Gives solved tasks a few samples, and what is left to the others in equal parts.

    Where all tasks are solved, all get the same.

    Args:
        solved: gives the ids of the tasks that are solved by now; asked at each sampling.
        kept: samples of a solved task, at least 0; they keep what the policy can do in its
            training data.

    Raises:
        ValueError: ``kept`` is negative.
    """

    def __init__(self, solved: Callable[[], Collection[str]], *, kept: int = 4) -> None:
        if kept < 0:
            raise ValueError(f"kept must not be negative, but is {kept}")
        self._solved = solved
        self._kept = kept

    def __call__(self, task_ids: Sequence[str], n: int) -> list[int]:
        """Return the numbers of samples; they sum to ``n`` for each task.

        What cannot be divided goes to the first of the unsolved tasks, one each.
        """
        solved = {*self._solved()}
        unsolved = [task_id for task_id in task_ids if task_id not in solved]
        if not unsolved:
            return [n] * len(task_ids)
        kept = min(self._kept, n)
        each, rest = divmod(
            n * len(task_ids) - kept * (len(task_ids) - len(unsolved)), len(unsolved)
        )
        lucky = {*unsolved[:rest]}
        return [kept if task_id in solved else each + (task_id in lucky) for task_id in task_ids]


@final
class Allotted(WrappedPolicy[I, O]):
    """A policy that samples as many candidates of each task as ``allotment`` says.

    ``n`` is the mean over tasks then; learning and state are the policy's own.

    Args:
        policy: samples and learns.
        allotment: how many of each task, such as :class:`UnsolvedFirst`.
    """

    def __init__(self, policy: Policy[I, O], allotment: Allotment) -> None:
        super().__init__(policy)
        self._allotment = allotment

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterable[Candidate]:
        """Propose candidates as the policy's ``sample_each`` does, in the order of the tasks.

        Raises:
            ValueError: the allotment does not give a number for each task, or too many.
        """
        counts = list(self._allotment([task.id for task in tasks], n))
        if len(counts) != len(tasks) or min(counts, default=0) < 0 or sum(counts) > n * len(tasks):
            raise ValueError(
                f"the allotment gave {len(counts)} numbers with a sum of {sum(counts)} for"
                f" {len(tasks)} tasks of {n} samples; give one for each, at least 0, and no more"
                " in all"
            )
        return self._policy.sample_each(tasks, counts, rng)
