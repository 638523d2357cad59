"""Several policies as one, each with its share of the samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from math import floor, inf
from typing import Any, final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, Experience, I, O, Task


def apportion(n: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Split ``n`` in proportion to ``shares`` by the method of the largest remainder.

    Of equal remainders the first gets more. The parts sum to ``n``.

    Args:
        n: what is to be split, at least 0.
        shares: positive numbers by name; they need not sum to 1.
    """
    total = sum(shares.values())
    exact = {name: n * share / total for name, share in shares.items()}
    parts = {name: floor(quota) for name, quota in exact.items()}
    by_remainder = sorted(shares, key=lambda name: parts[name] - exact[name])
    for name in by_remainder[: n - sum(parts.values())]:
        parts[name] += 1
    return parts


@final
class PolicyMixture(Policy[I, O]):
    """Shares the samples of each task out among policies, all of which learn from each batch.

    The ``source`` of a candidate is the name of the member that proposed it, and of a mixture in a
    mixture the path of names, as in ``outer/inner``.

    Args:
        members: policies with their shares, by name, in the order of their candidates within a
            task. A share is positive; shares need not sum to 1.

    Raises:
        ValueError: there are no members, a share is not positive, or a name holds a slash.
    """

    def __init__(self, members: Mapping[str, tuple[Policy[I, O], float]]) -> None:
        if not members:
            raise ValueError("a mixture needs at least one policy")
        for name, (_, share) in members.items():
            if not 0 < share < inf:
                raise ValueError(f"the share of {name!r} must be positive and finite, not {share}")
            if "/" in name:
                raise ValueError(f"{name!r} holds a slash, which separates names from metrics")
        self._policies = {name: policy for name, (policy, _) in members.items()}
        self._shares = {name: share for name, (_, share) in members.items()}

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Let each member propose its part of the ``n`` candidates for each task, in their order.

        Members sample lazily and side by side; what one proposes does not depend on the others.

        Args:
            tasks: handed to each member.
            n: candidates of each task, of all members together.
            rng: each member gets a stream of its own from it.
        """
        seed = split(rng)
        counts = apportion(n, self._shares)
        candidates = [
            _signed(name, policy.sample(tasks, counts[name], stream(seed, name)))
            for name, policy in self._policies.items()
            if counts[name]
        ]
        return _in_order([task.id for task in tasks], candidates)

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train each member on the batch; return their metrics as ``member/metric``."""
        seed = split(rng)
        return {
            f"{name}/{metric}": value
            for name, policy in self._policies.items()
            for metric, value in policy.update(batch, stream(seed, name)).items()
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return the states of the members by name."""
        return {name: policy.state_dict() for name, policy in self._policies.items()}

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over states that :meth:`state_dict` returned.

        Raises:
            ValueError: they are of members of other names.
        """
        if set(state) != set(self._policies):
            raise ValueError(
                f"the state is of a mixture of {', '.join(sorted(state))}, not of "
                f"{', '.join(sorted(self._policies))}; resume with the same members"
            )
        for name, policy in self._policies.items():
            policy.load_state_dict(state[name])


def _signed(name: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Put ``name`` in front of the sources of candidates."""
    for candidate in candidates:
        source = f"{name}/{candidate.source}" if candidate.source else name
        yield replace(candidate, source=source)


def _in_order(
    task_ids: Sequence[str], members: Sequence[Iterator[Candidate]]
) -> Iterator[Candidate]:
    """Yield the candidates for each task in turn; each member's are in the order of the tasks."""
    groups = [groupby(member, key=lambda candidate: candidate.task_id) for member in members]
    heads = [next(each, None) for each in groups]
    for task_id in task_ids:
        for index, each in enumerate(groups):
            head = heads[index]
            if head is not None and head[0] == task_id:
                yield from head[1]
                heads[index] = next(each, None)
