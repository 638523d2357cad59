"""Expert iteration: sample, execute, relabel, store, train, and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import perf_counter
from typing import Any, Generic

from exit_dsl.execution import Judge, exact_match, execute
from exit_dsl.interfaces import Executor, Interpreter, Policy, Relabeler, ReplayBuffer, Sampler
from exit_dsl.randomness import stream
from exit_dsl.types import Attempt, Budget, Experience, I, Iteration, O, Task

Progress = Callable[[Iterator[Attempt[Any, Any]], int], Iterable[Attempt[Any, Any]]]
"""Wraps the attempts of a collection, told how many there may be."""


def unwatched(attempts: Iterator[Attempt[Any, Any]], expected: int) -> Iterable[Attempt[Any, Any]]:
    """Show no progress."""
    return attempts


POLICY = "policy"
"""The partition of what the policy found."""
SEED = "seed"
"""The partition of what is known from the start."""


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How much one meta-iteration does.

    ``samples`` counts the candidates for each task; ``draws`` gives, for each partition of the
    buffer, how many experiences the policy trains on, and has to list all that are filled, if only
    with 0; ``budget`` holds for each run of a program; ``seed`` determines every random choice.

    Raises:
        ValueError: ``samples`` is below 1, or one of ``draws`` is negative.

    Source: section 4 of the paper for the default numbers.
    """

    samples: int = 24
    draws: Mapping[str, int] = field(default_factory=lambda: {POLICY: 90_000, SEED: 10_000})
    budget: Budget = field(default_factory=Budget)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, not {self.samples}")
        negative = [name for name, count in self.draws.items() if count < 0]
        if negative:
            raise ValueError(f"draws must not be negative: {', '.join(negative)}")


class ExpertIteration(Generic[I, O]):
    """The loop of CodeIt, from parts that know nothing of each other.

    Each stage may be called by hand; :meth:`run` only puts them in order. All randomness comes
    from ``config.seed`` and the number of stages that have run, so a loop whose state was saved
    and restored goes on exactly as it would have.

    Args:
        policy: proposes programs and learns.
        interpreter: runs them.
        relabeler: turns attempts into experiences.
        buffer: keeps the experiences.
        tasks: the tasks to solve, demonstrations only.
        seeds: experiences that are known from the start, for the partition ``"seed"``.
        config: how much an iteration does.
        executor: where programs run; in this process unless given.
        in_flight: chunks of programs, of one task each, on their way to the executor at once;
            twice the number of workers keeps them all busy.
        judge: scores an output against the target, in [0, 1].
        progress: wraps the attempts of each collection, for a progress bar.

    Raises:
        ValueError: there are no tasks, two share an id, ``in_flight`` is below 1, or there are
            seeds but no ``"seed"`` among ``config.draws``.

    Source: algorithm 1 of the paper.
    """

    def __init__(
        self,
        *,
        policy: Policy[I, O],
        interpreter: Interpreter[I, O],
        relabeler: Relabeler[I, O],
        buffer: ReplayBuffer[I, O],
        tasks: Sequence[Task[I, O]],
        seeds: Iterable[Experience[I, O]] = (),
        config: LoopConfig | None = None,
        executor: Executor | None = None,
        in_flight: int = 32,
        judge: Judge[O] = exact_match,
        progress: Progress = unwatched,
    ) -> None:
        if not tasks:
            raise ValueError("expert iteration needs at least one task")
        if len({task.id for task in tasks}) < len(tasks):
            raise ValueError("two tasks have the same id; ids must be distinct")
        if in_flight < 1:
            raise ValueError(f"in_flight must be at least 1, not {in_flight}")
        self.policy = policy
        self.interpreter = interpreter
        self.relabeler = relabeler
        self.buffer = buffer
        self.tasks = tuple(tasks)
        self.config = config or LoopConfig()
        self.executor = executor
        self.in_flight = in_flight
        self.judge = judge
        self.progress = progress
        self.iteration = 0
        self._collections = 0
        self._updates = 0
        self._stored = 0
        known = tuple(seeds)
        if known:
            self._require_drawn(SEED)
        buffer.add(known, SEED)

    def stream(
        self,
        source: Sampler[I, O] | None = None,
        *,
        tasks: Sequence[Task[I, O]] | None = None,
        n: int | None = None,
        partition: str = POLICY,
        progress: Progress | None = None,
    ) -> Iterator[Attempt[I, O]]:
        """Sample, execute, relabel and store, and yield the attempts on the way.

        What is not consumed does not happen. :meth:`collect` does the same at once; this is for
        collections too large to hold.

        Args:
            source: where candidates come from; the policy unless given.
            tasks: which tasks; the loop's own unless given.
            n: candidates for each task; ``config.samples`` unless given.
            partition: where experiences are stored.
            progress: wraps the attempts; the loop's own unless given.

        Raises:
            ValueError: ``config.draws`` does not list ``partition``.
        """
        self._require_drawn(partition)  # now, and not at the first attempt
        return self._attempts(
            source or self.policy,
            self.tasks if tasks is None else tasks,
            self.config.samples if n is None else n,
            partition,
            progress or self.progress,
        )

    def _attempts(
        self,
        source: Sampler[I, O],
        tasks: Sequence[Task[I, O]],
        n: int,
        partition: str,
        progress: Progress,
    ) -> Iterator[Attempt[I, O]]:
        rng = stream(self.config.seed, "collect", self._collections)
        self._collections += 1
        attempts = execute(
            source.sample(tasks, n, rng),
            tasks,
            self.interpreter,
            budget=self.config.budget,
            judge=self.judge,
            executor=self.executor,
            iteration=self.iteration,
            in_flight=self.in_flight,
        )
        watched = progress(attempts, n * len(tasks))
        for _, group in groupby(watched, key=lambda attempt: attempt.task.id):
            of_one_task = tuple(group)
            self._stored += self.buffer.add(self.relabeler.relabel(of_one_task), partition)
            yield from of_one_task

    def collect(
        self,
        source: Sampler[I, O] | None = None,
        *,
        tasks: Sequence[Task[I, O]] | None = None,
        n: int | None = None,
        partition: str = POLICY,
    ) -> tuple[Attempt[I, O], ...]:
        """Sample, execute, relabel and store; return the attempts.

        Args and Raises: those of :meth:`stream`.
        """
        return tuple(self.stream(source, tasks=tasks, n=n, partition=partition))

    def learn(self) -> Mapping[str, float]:
        """Draw ``config.draws`` from the buffer and train the policy; return its metrics.

        Source: the learning stage of the paper.
        """
        rng = stream(self.config.seed, "learn", self._updates)
        self._updates += 1
        return self.policy.update(self.buffer.sample(self.config.draws, rng), rng)

    def run(self, until: int) -> Iterator[Iteration[I, O]]:
        """Do meta-iterations up to number ``until`` and yield what each did.

        Whoever iterates decides when to log, save or stop.

        Args:
            until: absolute: after a restart the same call goes on where the state left off.

        Raises:
            ValueError: ``config.draws`` does not list ``"policy"``.
        """
        self._require_drawn(POLICY)  # now, and not at the first iteration
        return self._iterations(until)

    def _iterations(self, until: int) -> Iterator[Iteration[I, O]]:
        while self.iteration < until:
            begin = perf_counter()
            train = self.learn()
            learned = perf_counter()
            before = self._stored
            attempts = self.collect()
            sizes = dict(self.buffer.sizes())
            seconds = {"learn": learned - begin, "collect": perf_counter() - learned}
            index = self.iteration
            self.iteration += 1
            stored = self._stored - before
            yield Iteration(index, attempts, stored, sizes, dict(train), seconds)

    def _require_drawn(self, partition: str) -> None:
        """Refuse to store what would never be learned from, which is most often misspelt."""
        if partition not in self.config.draws:
            raise ValueError(
                f"nothing would be learned from partition {partition!r}, which LoopConfig.draws "
                f"does not list; it lists {', '.join(map(repr, self.config.draws)) or 'none'}. "
                f"Add {partition!r}, with 0 if that is meant"
            )

    def state_dict(self) -> dict[str, Any]:
        """Return the loop's own counters; policy and buffer have states of their own."""
        return {
            "iteration": self.iteration,
            "collections": self._collections,
            "updates": self._updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over counters that :meth:`state_dict` returned."""
        self.iteration = state["iteration"]
        self._collections = state["collections"]
        self._updates = state["updates"]
