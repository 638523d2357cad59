"""The contract of :class:`~exit_dsl.Policy`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic

import numpy as np

from exit_dsl.interfaces import Policy
from exit_dsl.randomness import stream
from exit_dsl.testing.contract import Contract, broken, promised, reload, shown
from exit_dsl.types import Candidate, Experience, I, O, Task

_SAME = "the same state and rng give the same candidates"
_IN_ORDER = "sample() proposes n candidates for each task, in the order of the tasks"
_EACH = "sample_each() proposes a given number for each task, in the order of the tasks"
_LOGPROB = "logprob is a log-probability (at most 0) or nan"
_HARMLESS = "update([]) is harmless"
_METRICS = "update() returns finite numbers by name"
_STATE = "state_dict() holds everything that is needed to go on exactly from here"


class PolicyContract(Contract, ABC, Generic[I, O]):
    """The tests of a :class:`~exit_dsl.Policy`.

    Attributes:
        samples: candidates for each task.
        rounds: updates in a run that is interrupted in the middle and resumed.
    """

    samples: int = 4
    rounds: int = 8

    @abstractmethod
    def make_policy(self) -> Policy[I, O]:
        """Return a new policy: the same one each time, so with the same first weights."""

    @abstractmethod
    def tasks(self) -> Sequence[Task[I, O]]:
        """Return a few tasks, at least two."""

    @abstractmethod
    def experiences(self) -> Sequence[Experience[I, O]]:
        """Return a few experiences that the policy can learn from, at least one."""

    def test_the_same_state_and_rng_give_the_same_candidates(self) -> None:
        """The same state and ``rng`` give the same candidates; sampling changes no state."""
        for policy, twin in (
            (self.make_policy(), self.make_policy()),
            (self._trained(1), self._trained(1)),
        ):
            for seed in range(3):
                first = self._sample(policy, seed)
                again = self._sample(policy, seed)
                self._require_same(_SAME, "sampling twice", first, again)
                other = self._sample(twin, seed)
                self._require_same(_SAME, "policies made and trained alike", first, other)

    def test_each_task_gets_its_candidates_in_order(self) -> None:
        """There are ``n`` candidates for each task, with its id, in the order of the tasks."""
        policy = self.make_policy()
        tasks = self.tasks()
        for given in (tasks, tasks[::-1], tasks[:1], ()):
            for n in (1, self.samples):
                with promised(_IN_ORDER, f"sampling {n} candidates for {len(given)} tasks"):
                    candidates = list(policy.sample(given, n, np.random.default_rng(n)))
                _require_asked(_IN_ORDER, [task.id for task in given for _ in range(n)], candidates)

    def test_some_tasks_may_get_more_candidates_than_others(self) -> None:
        """``sample_each`` proposes its number for each task, in order and with the same answer."""
        policy = self.make_policy()
        tasks = self.tasks()
        for numbers in ((0, self.samples, 1), (1, 0), (self.samples, 1, self.samples + 1)):
            counts = [numbers[place % len(numbers)] for place in range(len(tasks))]
            with promised(_EACH, f"sampling {counts} candidates"):
                first, again = (
                    list(policy.sample_each(tasks, counts, np.random.default_rng(0)))
                    for _ in range(2)
                )
            asked = [task.id for task, n in zip(tasks, counts, strict=True) for _ in range(n)]
            _require_asked(_EACH, asked, first)
            self._require_same(_SAME, "sampling each twice", first, again)

    def test_candidates_are_texts_with_log_probabilities(self) -> None:
        """A program is text, and its ``logprob`` is at most 0, or nan where it is not known."""
        for policy in (self.make_policy(), self._trained(2)):
            for candidate in self._sample(policy, 0):
                assert isinstance(candidate, Candidate), broken(
                    "sample() proposes candidates", f"It proposed {shown(candidate)}"
                )
                assert isinstance(candidate.program, str), broken(
                    "a program is text", f"The program of {shown(candidate)} is no string"
                )
                assert math.isnan(candidate.logprob) or candidate.logprob <= 0, broken(
                    _LOGPROB, f"It is {candidate.logprob} of {shown(candidate)}"
                )

    def test_candidates_may_be_taken_one_by_one(self) -> None:
        """Reading lazily, side by side or not to the end does not change the candidates."""
        policy = self._trained(1)
        whole = [self._sample(policy, seed) for seed in (1, 2, 3)]
        slow, quick = (
            iter(policy.sample(self.tasks(), self.samples, np.random.default_rng(seed)))
            for seed in (1, 2)
        )
        head = next(slow)
        between = list(quick)
        self._require_same(_SAME, "samplings side by side", whole[0], [head, *slow])
        self._require_same(_SAME, "samplings side by side", whole[1], between)
        next(iter(policy.sample(self.tasks(), self.samples, np.random.default_rng(1))))
        what = "sampling after one that was not read to its end"
        self._require_same(_SAME, what, whole[2], self._sample(policy, 3))

    def test_an_empty_update_is_harmless(self) -> None:
        """``update([])`` raises nothing and changes neither candidates nor what is learned."""
        for before in (0, 1):
            policy, twin = self._trained(before), self._trained(before)
            with promised(_HARMLESS, "update([])"):
                metrics = policy.update([], np.random.default_rng(0))
            _numbers(metrics)  # not all need be finite: the mean of nothing is nan
            what = "candidates before and after it"
            self._require_same(_HARMLESS, what, self._sample(twin, 0), self._sample(policy, 0))
            for number in range(2):
                self._learn(policy, number)
                self._learn(twin, number)
            what = "training without and after it"
            self._require_same(_HARMLESS, what, self._sample(twin, 0), self._sample(policy, 0))

    def test_metrics_are_finite_numbers(self) -> None:
        """``update`` returns finite numbers by name."""
        policy = self.make_policy()
        for number in range(2):
            metrics = policy.update(self._batch(number), np.random.default_rng(number))
            for name, value in _numbers(metrics).items():
                assert math.isfinite(value), broken(_METRICS, f"{name!r} is {value}")

    def test_a_reloaded_policy_gives_the_same_candidates(self) -> None:
        """A state that went through a checkpoint replaces the one that was there before."""
        for rounds in (0, 2):
            policy = self._trained(rounds)
            for earlier in (0, 1):
                reloaded = self._trained(earlier)
                with promised(_STATE, "saving and loading a checkpoint"):
                    reload(policy, reloaded)
                what = f"before saving, and after loading into a policy of {earlier} updates"
                expected = self._sample(policy, 0)
                self._require_same(_STATE, what, expected, self._sample(reloaded, 0))

    def test_a_resumed_run_equals_one_without_a_break(self) -> None:
        """Half of the updates, a checkpoint and the other half equal all of them in a row."""
        half = self.rounds // 2
        unbroken, resumed = self._trained(half), self.make_policy()
        with promised(_STATE, "saving and loading a checkpoint"):
            reload(unbroken, resumed)
        for number in range(half, self.rounds):
            self._learn(unbroken, number)
            self._learn(resumed, number)
            what = f"update {number + 1}, without a break and resumed after update {half}"
            expected = self._sample(unbroken, number)
            self._require_same(_STATE, what, expected, self._sample(resumed, number))

    def test_a_state_stays_as_it_was(self) -> None:
        """A state does not change when the policy that gave it, or took it over, goes on."""
        policy = self._trained(1)
        expected = self._sample(policy, 0)
        state = policy.state_dict()
        self._learn(policy, 1)
        reader = self.make_policy()
        reader.load_state_dict(state)
        what = "candidates when the state was taken and after the policy had learned more"
        self._require_same(_STATE, what, expected, self._sample(reader, 0))
        self._learn(reader, 1)
        reader = self.make_policy()
        reader.load_state_dict(state)
        what = "candidates from a state and after who loaded it had learned more"
        self._require_same(_STATE, what, expected, self._sample(reader, 0))

    def _trained(self, rounds: int) -> Policy[I, O]:
        policy = self.make_policy()
        for number in range(rounds):
            self._learn(policy, number)
        return policy

    def _learn(self, policy: Policy[I, O], number: int) -> None:
        policy.update(self._batch(number), stream(0, "learn", number))

    def _batch(self, number: int) -> list[Experience[I, O]]:
        """Return the experiences in another order for each update, and one of them twice."""
        known = list(self.experiences())
        first = number % len(known)
        return [*known[first:], *known[:first], known[first]]

    def _sample(self, policy: Policy[I, O], seed: int) -> list[Candidate]:
        return list(policy.sample(self.tasks(), self.samples, np.random.default_rng(seed)))

    def _require_same(
        self, promise: str, what: str, first: Sequence[Candidate], second: Sequence[Candidate]
    ) -> None:
        for one, other in zip(first, second, strict=False):
            assert _key(one) == _key(other), broken(
                promise, f"They differ ({what}), first in\n  {shown(one)}\nand\n  {shown(other)}"
            )
        assert len(first) == len(second), broken(
            promise, f"There are {len(first)} and {len(second)} candidates ({what})"
        )


def _require_asked(promise: str, asked: list[str], candidates: list[Candidate]) -> None:
    got = [candidate.task_id for candidate in candidates]
    assert got == asked, broken(
        promise, f"Asked for candidates for\n  {asked}\nit proposed some for\n  {got}"
    )


def _key(candidate: Candidate) -> tuple[str, str, str, str]:
    """Return what tells candidates apart; two that are nan are the same."""
    logprob = repr(float(candidate.logprob))
    return candidate.task_id, candidate.program, candidate.source, logprob


def _numbers(metrics: Any) -> Mapping[str, float]:
    assert isinstance(metrics, Mapping), broken(_METRICS, f"It returned {shown(metrics)}")
    for name, value in metrics.items():
        assert isinstance(name, str), broken(_METRICS, f"{name!r} is no name")
        assert isinstance(value, int | float), broken(
            _METRICS, f"{name!r} is of type {type(value).__name__}"
        )
    return metrics
