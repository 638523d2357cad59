"""Sampling on all cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import islice
from typing import Generic

import numpy as np

from exit_dsl.execution import Parcel
from exit_dsl.interfaces import Executor, Pending, Sampler
from exit_dsl.randomness import split
from exit_dsl.search import untold
from exit_dsl.types import Candidate, I, O, Task


class Spread(Generic[I, O]):
    """A sampler whose work is done by workers, a few tasks at a time.

    It is for sources that take longer to sample than their programs to run, such as a grammar
    policy. With :class:`~exit_dsl.search.Screened` around such a source, and a
    :class:`~exit_dsl.execution.Shipped` interpreter in it, programs are tried where they are made,
    and only those that pass travel.

    The candidates are the source's own, if those of a task depend on nothing but the source's
    state, ``rng`` and the task: so it is with all sources of this library that use no network.

    Args:
        source: is pickled at each call of :meth:`sample`.
        executor: where the work is done.
        tasks: how many are sampled for together.
        in_flight: the most calls submitted and not yet collected.
        sampled: told the number of tasks of each call that is done.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self,
        source: Sampler[I, O],
        executor: Executor,
        *,
        tasks: int = 8,
        in_flight: int = 8,
        sampled: Callable[[int], object] = untold,
    ) -> None:
        for name, number in (("tasks", tasks), ("in_flight", in_flight)):
            if number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        self._source = source
        self._executor = executor
        self._tasks = tasks
        self._in_flight = in_flight
        self._sampled = sampled

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose the source's ``n`` candidates for each task, in the order of the tasks."""
        same = deepcopy(rng)  # for every call; the caller's moves on, as with any source
        split(rng)
        return self._collected(Parcel(self._source), tasks, n, same)

    def _collected(
        self,
        source: Parcel[Sampler[I, O]],
        tasks: Sequence[Task[I, O]],
        n: int,
        rng: np.random.Generator,
    ) -> Iterator[Candidate]:
        waiting: deque[tuple[int, Pending[list[Candidate]]]] = deque()
        rest = iter(tasks)
        while few := tuple(islice(rest, self._tasks)):
            waiting.append((len(few), self._executor.submit(sample_few, source, few, n, rng)))
            if len(waiting) >= self._in_flight:
                yield from self._next(*waiting.popleft())
        while waiting:
            yield from self._next(*waiting.popleft())

    def _next(self, count: int, pending: Pending[list[Candidate]]) -> list[Candidate]:
        candidates = pending.result()
        self._sampled(count)
        return candidates


def sample_few(
    source: Parcel[Sampler[I, O]], tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
) -> list[Candidate]:
    """Return a source's candidates; this runs in workers.

    Args:
        source: packed for the way.
        tasks: what to sample for.
        n: candidates of each task.
        rng: for the source; it is copied, and so not advanced.
    """
    return list(source.unpacked().sample(tasks, n, deepcopy(rng)))
