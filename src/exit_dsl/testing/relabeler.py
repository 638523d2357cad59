"""The contract of :class:`~exit_dsl.Relabeler`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Generic, TypeAlias, cast

from hypothesis import strategies as st

from exit_dsl.execution import exact_match, execute
from exit_dsl.interfaces import Interpreter, Relabeler
from exit_dsl.testing.contract import Contract, broken, shown
from exit_dsl.testing.fakes import ArithmeticInterpreter
from exit_dsl.types import (
    Attempt,
    Budget,
    Candidate,
    Example,
    Experience,
    I,
    O,
    Program,
    Success,
    Task,
)

_TRUE = "running an experience's program on its inputs gives its outputs"
_SOURCE = "source_id names the task of the attempt"
_SCORES = "scores are the program's on the demonstrations of the original task"
_ITERATION = "an experience bears the iteration of its attempt"
_ORDER = "experiences come in the order of the attempts"
_NOTHING = "no attempts teach nothing"
_SAME = "the same attempts give the same experiences, as a relabeler has neither state nor rng"

_ITERATION_NUMBER = 7
_TASKS = (
    Task("plus five", (Example(0, 5), Example(2, 7))),
    Task("times six", (Example(0, 0), Example(1, 6), Example(3, 18))),
)
_TOO_LARGE = "\n".join(["mul 999999999"] * 700)
"""Fails for its size, except on the input 0."""
_PROGRAMS = ("add 5", "mul 6", "add 0", "mul 2\nmul 3", _TOO_LARGE, "nonsense")

Check: TypeAlias = Callable[[list[Attempt[I, O]]], None]


class RelabelerContract(Contract, ABC, Generic[I, O]):
    """The tests of a :class:`~exit_dsl.Relabeler`.

    Unless you say otherwise, it relabels attempts in a small language of arithmetic. For a
    relabeler of one language alone, override :meth:`make_interpreter`, :meth:`tasks` and
    :meth:`programs` together.

    Attributes:
        budget: of each run of a program.
    """

    budget: Budget = Budget()

    @abstractmethod
    def make_relabeler(self) -> Relabeler[I, O]:
        """Return a new relabeler."""

    def make_interpreter(self) -> Interpreter[I, O]:
        """Return the interpreter of :meth:`programs`."""
        return cast("Interpreter[I, O]", ArithmeticInterpreter())

    def tasks(self) -> Sequence[Task[I, O]]:
        """Return a few tasks; with :meth:`programs`, they make the attempts."""
        return cast("Sequence[Task[I, O]]", _TASKS)

    def programs(self) -> Sequence[str]:
        """Return programs that solve, come near, and fail, on some inputs or on all."""
        return _PROGRAMS

    def judge(self, target: O, value: O) -> float:
        """Score an output; override it where ``==`` does not tell, or for partial credit."""
        return exact_match(target, value)

    def same(self, first: O, second: O) -> bool:
        """Tell whether two outputs are the same; override it where ``==`` does not."""
        return bool(first == second)

    def test_the_samples_can_tell_something(self) -> None:
        """Some attempt is valid and some is not, and the relabeler makes something of them."""
        attempts = self._attempts()
        for some, what in (
            ([each for each in attempts if each.valid], "gives an output on all inputs of a task"),
            ([each for each in attempts if not each.valid], "fails on an input"),
        ):
            assert some, f"none of programs() {what}; give at least one"
        assert list(self.make_relabeler().relabel(attempts)), (
            "the relabeler makes no experience of any program for any task, so that the other "
            "tests could tell nothing; give tasks() and programs() that it learns from"
        )

    def test_programs_give_the_outputs_of_their_experiences(self) -> None:
        """Running an experience's program on its inputs gives its outputs."""
        self._for_all_attempts(self._require_true)

    def test_failed_attempts_teach_nothing_false(self) -> None:
        """What is made of attempts that failed, if anything, is as true as the rest."""
        failed = [each for each in self._attempts() if not each.valid]
        self._require_true(failed)
        for each in failed:
            self._require_true([each])

    def test_source_and_scores_are_those_of_the_attempt(self) -> None:
        """The source, the scores on its demonstrations and the iteration are the attempt's."""

        def check(attempts: list[Attempt[I, O]]) -> None:
            tasks = {each.task.id: each.task for each in attempts}
            for experience in self._relabel(attempts):
                assert experience.source_id in tasks, broken(
                    _SOURCE,
                    f"None of the tasks {sorted(tasks)} is the source of {shown(experience)}",
                )
                source = self._attempt(tasks[experience.source_id], experience.program)
                assert experience.scores == source.scores, broken(
                    _SCORES,
                    f"They are {source.scores} on {shown(source.task)}, but in {shown(experience)}",
                )
                assert experience.iteration == _ITERATION_NUMBER, broken(
                    _ITERATION, f"That was {_ITERATION_NUMBER}, but is not of {shown(experience)}"
                )

        self._for_all_attempts(check)

    def test_experiences_come_in_the_order_of_the_attempts(self) -> None:
        """Experiences come in the order of the attempts that they are from."""

        def check(attempts: list[Attempt[I, O]]) -> None:
            place = {
                (each.task.id, each.candidate.program): number
                for number, each in enumerate(attempts)
            }
            identities = [(each.source_id, each.program) for each in self._relabel(attempts)]
            # A relabeler may rewrite a program; such an experience tells nothing of the order.
            places = [place[each] for each in identities if each in place]
            assert places == sorted(places), broken(
                _ORDER, f"The experiences are from attempts number {places}"
            )

        self._for_all_attempts(check)

    def test_no_attempts_teach_nothing(self) -> None:
        """No attempts, no experiences; not even after others were relabeled."""
        relabeler = self.make_relabeler()
        for _ in range(2):
            made = list(relabeler.relabel([]))
            assert not made, broken(_NOTHING, f"Of no attempts it made {shown(made)}")
            list(relabeler.relabel(self._attempts()))

    def test_the_same_attempts_give_the_same_experiences(self) -> None:
        """A relabeler has neither state nor ``rng``; a run could not be resumed otherwise."""
        used = self.make_relabeler()

        def check(attempts: list[Attempt[I, O]]) -> None:
            first = list(used.relabel(attempts))
            for other in (used, self.make_relabeler()):
                second = list(other.relabel(attempts))
                agree = len(first) == len(second) and all(map(self._agree, first, second))
                assert agree, broken(
                    _SAME, f"It made\n  {shown(first)}\nand then\n  {shown(second)}"
                )

        self._for_all_attempts(check)

    def _for_all_attempts(self, check: Check[I, O]) -> None:
        """Try all attempts at once, and random choices of them in random order."""
        attempts = self._attempts()
        check(list(attempts))
        numbers = st.lists(st.sampled_from(range(len(attempts))), max_size=8, unique=True)

        def chosen(numbers: list[int]) -> None:
            check([attempts[number] for number in numbers])

        self.for_all(chosen, numbers=numbers)

    def _attempts(self) -> tuple[Attempt[I, O], ...]:
        candidates = [
            Candidate(task.id, Program(text)) for task in self.tasks() for text in self.programs()
        ]
        return tuple(self._execute(candidates, self.tasks()))

    def _attempt(self, task: Task[I, O], program: Program) -> Attempt[I, O]:
        (attempt,) = self._execute([Candidate(task.id, program)], [task])
        return attempt

    def _execute(
        self, candidates: Sequence[Candidate], tasks: Sequence[Task[I, O]]
    ) -> Sequence[Attempt[I, O]]:
        return list(
            execute(
                candidates,
                tasks,
                self._interpreter,
                budget=self.budget,
                judge=self.judge,
                iteration=_ITERATION_NUMBER,
            )
        )

    @cached_property
    def _interpreter(self) -> Interpreter[I, O]:
        return self.make_interpreter()

    def _relabel(self, attempts: Sequence[Attempt[I, O]]) -> Sequence[Experience[I, O]]:
        return list(self.make_relabeler().relabel(attempts))

    def _require_true(self, attempts: Sequence[Attempt[I, O]]) -> None:
        for experience in self._relabel(attempts):
            outcomes = self._attempt(experience.task, experience.program).outcomes
            for example, outcome in zip(experience.task.examples, outcomes, strict=True):
                true = isinstance(outcome, Success) and self.same(example.output, outcome.value)
                what = f"{shown(experience.program)} gives {shown(outcome)}, not {shown(example)}"
                assert true, broken(_TRUE, f"The program {what}")

    def _agree(self, first: Experience[I, O], second: Experience[I, O]) -> bool:
        return (
            (first.task.id, first.program, first.source_id, first.scores, first.iteration)
            == (second.task.id, second.program, second.source_id, second.scores, second.iteration)
            and len(first.task.outputs) == len(second.task.outputs)
            and all(map(self.same, first.task.outputs, second.task.outputs))
        )
