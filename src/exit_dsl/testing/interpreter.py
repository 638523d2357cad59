"""The contract of :class:`~exit_dsl.Interpreter`."""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, Generic
from unittest import SkipTest

from hypothesis import strategies as st

from exit_dsl.execution import Sandboxed, Shipped, run_chunk
from exit_dsl.interfaces import Interpreter
from exit_dsl.testing.contract import Contract, broken, promised, shown
from exit_dsl.testing.strategies import hostile_texts, texts
from exit_dsl.types import Budget, Failure, FailureKind, I, O, Outcome, Program, Success

_ONE_EACH = "any text gives one outcome for each input and never an exception"
_SAME = "the same call gives the same answer"
_PICKLED = "the object can be pickled, and the copy gives the same answers"
_BUDGET = "a run stays within its budget"
_EACH_ALONE = "the budget holds for each run alone"
_SANDBOX = "the interpreter gives the same answers in a sandbox"

_OF_THE_MACHINE = {FailureKind.TIMEOUT, FailureKind.MEMORY}
"""Failures that may not happen again."""
_STOPS = {FailureKind.STEPS, FailureKind.SIZE, FailureKind.TIMEOUT}
_MEMORY = 2**30 if sys.platform == "linux" else None

Outcomes = tuple[Outcome[O], ...]


class InterpreterContract(Contract, ABC, Generic[I, O]):
    """The tests of an :class:`~exit_dsl.Interpreter`.

    Attributes:
        budget: of each run. It should be ample for the sample programs.
        patience: seconds that a program may go on after its budget before it counts as endless.
    """

    budget: Budget = Budget()
    patience: float = 5.0

    @abstractmethod
    def make_interpreter(self) -> Interpreter[I, O]:
        """Return a new interpreter."""

    @abstractmethod
    def programs(self) -> Sequence[str]:
        """Return some programs, of which at least one gives an output.

        Other texts are made of their parts, so they should show what the language has.
        """

    @abstractmethod
    def inputs(self) -> Sequence[I]:
        """Return a few inputs, at least one."""

    def looping_programs(self) -> Sequence[str]:
        """Return programs that the interpreter has to stop: endless or ever growing ones."""
        return ()

    def same(self, first: O, second: O) -> bool:
        """Tell whether two outputs are the same; override it where ``==`` does not."""
        return bool(first == second)

    def test_any_text_gives_one_outcome_for_each_input(self) -> None:
        """Any text gives one outcome for each input and never an exception."""
        interpreter = self.make_interpreter()
        samples = self.programs()
        for text in (*samples, *hostile_texts(samples)):
            self._run(interpreter, text, self.inputs())

        def check(text: str, inputs: Sequence[I]) -> None:
            self._run(interpreter, text, inputs)

        self.for_all(check, text=texts(samples), inputs=self._some_inputs())

    def test_some_sample_gives_an_output(self) -> None:
        """The samples can tell something: at least one program gives an output."""
        assert any(self._successes(self.make_interpreter())), (
            "none of programs() gives an output on any of inputs(), so that the other tests could "
            "tell nothing; give at least one that does"
        )

    def test_the_same_call_gives_the_same_answer(self) -> None:
        """The same call gives the same answer, and leaves the inputs as they were."""
        interpreter, other = self.make_interpreter(), self.make_interpreter()

        def check(text: str, inputs: Sequence[I]) -> None:
            mine = copy.deepcopy(inputs)
            before = self._run(interpreter, text, mine)
            self._require_same(_SAME, text, before, self._run(interpreter, text, mine))
            self._require_same(_SAME, text, before, self._run(other, text, inputs))

        for text in self.programs():
            check(text, self.inputs())
        self.for_all(check, text=texts(self.programs()), inputs=self._some_inputs())

    def test_what_ran_before_does_not_matter(self) -> None:
        """The answer is that of a new interpreter, whatever ran before, within any budget."""
        budgets = [
            self.budget,
            replace(self.budget, max_steps=1),
            replace(self.budget, max_size=1),
        ]
        runs = st.tuples(texts(self.programs()), st.sampled_from(budgets))

        def check(earlier: list[tuple[str, Budget]], text: str) -> None:
            used = self.make_interpreter()
            for each, budget in earlier:
                self._run(used, each, self.inputs(), budget)
            alone = self._run(self.make_interpreter(), text, self.inputs())
            self._require_same(
                f"{_SAME}, whatever ran before", text, alone, self._run(used, text, self.inputs())
            )

        for text in self.programs():
            check([(each, budget) for each in self.programs() for budget in budgets], text)
        self.for_all(check, earlier=st.lists(runs, max_size=4), text=texts(self.programs()))

    def test_the_other_inputs_do_not_matter(self) -> None:
        """The outcome on an input is the same alone, among others and in any order."""
        interpreter = self.make_interpreter()

        def check(text: str, inputs: Sequence[I]) -> None:
            alone = tuple(self._run(interpreter, text, [item])[0] for item in inputs)
            together = self._run(interpreter, text, inputs)
            self._require_same(f"{_SAME}, whatever the other inputs are", text, alone, together)

        for text in self.programs():
            check(text, [*self.inputs(), *reversed(self.inputs())])
        self.for_all(check, text=texts(self.programs()), inputs=self._some_inputs())

    def test_many_programs_in_one_call_are_each_run(self) -> None:
        """Programs that travel together give what they give one by one."""
        interpreter, other = self.make_interpreter(), self.make_interpreter()

        def check(chunk: list[Program]) -> None:
            rows = self._run_chunk(_ONE_EACH, interpreter, chunk)
            assert len(rows) == len(chunk), broken(
                _ONE_EACH, f"{len(chunk)} programs in one call gave {len(rows)} rows of outcomes"
            )
            for text, row in zip(chunk, rows, strict=True):
                alone = self._run(other, text, self.inputs())
                self._require_same(f"{_SAME}, whatever runs beside it", text, alone, row)

        check([Program(text) for text in self.programs()])
        self.for_all(check, chunk=st.lists(texts(self.programs()), max_size=4))

    def test_a_pickled_copy_gives_the_same_answers(self) -> None:
        """The object can be pickled, new or used, so that other processes can run it."""
        samples = [*self._samples()]
        used = self.make_interpreter()
        expected = [self._run(used, text, self.inputs()) for text in samples]
        for name, original in (("new", self.make_interpreter()), ("used", used)):
            with promised(_PICKLED, f"pickling a {name} interpreter"):
                shipped = Shipped(original)
            answers = self._run_chunk(_PICKLED, shipped, samples)
            for text, mine, theirs in zip(samples, expected, answers, strict=True):
                self._require_same(_PICKLED, text, mine, theirs)

    def test_it_gives_the_same_answers_in_a_sandbox(self) -> None:
        """The interpreter and its outcomes can live in the worker process of a sandbox."""
        if sys.platform == "win32":
            raise SkipTest("sandboxes need a POSIX system")
        samples = [*self._samples()]
        interpreter = self.make_interpreter()
        with promised(_SANDBOX, "Sandboxed(interpreter)"):
            sandbox = Sandboxed(interpreter, memory_bytes=None, grace_seconds=self.patience)
        with sandbox:
            answers = self._run_chunk(_SANDBOX, sandbox, samples)
        for text, theirs in zip(samples, answers, strict=True):
            self._require_same(_SANDBOX, text, self._run(interpreter, text, self.inputs()), theirs)

    def test_the_budget_holds_for_each_run_alone(self) -> None:
        """A budget that is just enough for one run is enough for each of several."""
        interpreter = self.make_interpreter()
        for text, item in self._successes(interpreter):
            for limit in ("max_steps", "max_size"):
                budget = self._tightest(interpreter, text, item, limit)
                for outcome in self._run(interpreter, text, [item] * 3, budget):
                    assert isinstance(outcome, Success), broken(
                        _EACH_ALONE,
                        f"{budget} is enough for the program {shown(text)} on {shown(item)}, but "
                        f"of three such inputs in one call one gave {shown(outcome)}",
                    )

    def test_programs_that_do_not_end_are_stopped(self) -> None:
        """Endless and ever growing programs fail for want of steps, size or time."""
        if not self.looping_programs():
            raise SkipTest("looping_programs() gives none")
        # The sandbox kills what the interpreter does not stop, so that the test ends.
        interpreter = self.make_interpreter()
        with Sandboxed(interpreter, memory_bytes=_MEMORY, grace_seconds=self.patience) as sandbox:
            sandbox.run(Program(self.programs()[0]), self.inputs(), self.budget)  # has it started
            for text in self.looping_programs():
                for item in self.inputs():
                    self._require_stopped(sandbox, text, item)

    def _require_stopped(self, sandbox: Sandboxed[I, O], text: str, item: I) -> None:
        what = f"The program {shown(text)} on {shown(item)}"
        begin = monotonic()
        with promised(_BUDGET, what):
            (outcome,) = sandbox.run(Program(text), [item], self.budget)
        assert monotonic() - begin < self.budget.seconds + self.patience, broken(
            _BUDGET, f"{what} was still running {self.patience} s after its {self.budget}"
        )
        assert isinstance(outcome, Failure), broken(_BUDGET, f"{what} gave {shown(outcome)}")
        assert outcome.kind in _STOPS, broken(
            _BUDGET, f"{what} failed, but not for want of steps, size or time: {shown(outcome)}"
        )

    def _some_inputs(self) -> st.SearchStrategy[list[I]]:
        return st.lists(st.sampled_from(list(self.inputs())), max_size=4)

    def _samples(self) -> Iterator[Program]:
        """Yield the sample programs and a damaged version of each."""
        for text in self.programs():
            yield Program(text)
            yield Program(text[: len(text) // 2])

    def _successes(self, interpreter: Interpreter[I, O]) -> Iterator[tuple[str, I]]:
        """Yield the sample programs that give an output, with the first input where they do."""
        for text in self.programs():
            outcomes = self._run(interpreter, text, self.inputs())
            for item, outcome in zip(self.inputs(), outcomes, strict=True):
                if isinstance(outcome, Success):
                    yield text, item
                    break

    def _tightest(self, interpreter: Interpreter[I, O], text: str, item: I, limit: str) -> Budget:
        """Return the budget with the lowest ``limit`` that is enough for the run."""
        budgets = range(1, getattr(self.budget, limit))

        def suffices(number: int) -> bool:
            budget = replace(self.budget, **{limit: number})
            return isinstance(self._run(interpreter, text, [item], budget)[0], Success)

        return replace(self.budget, **{limit: 1 + bisect_left(budgets, True, key=suffices)})

    def _run(
        self,
        interpreter: Interpreter[I, O],
        text: str,
        inputs: Sequence[I],
        budget: Budget | None = None,
    ) -> Outcomes[O]:
        with promised(_ONE_EACH, f"The program {shown(text)} on {shown(inputs)}"):
            outcomes = tuple(interpreter.run(Program(text), inputs, budget or self.budget))
        assert len(outcomes) == len(inputs), broken(
            _ONE_EACH, f"The program {shown(text)} gave {len(outcomes)} outcomes on {shown(inputs)}"
        )
        for outcome in outcomes:
            assert _is_outcome(outcome), broken(
                f"{_ONE_EACH}; an outcome is a Success, or a Failure with a FailureKind",
                f"The program {shown(text)} gave {shown(outcome)}",
            )
        return outcomes

    def _run_chunk(
        self, promise: str, interpreter: Interpreter[I, O], programs: Sequence[Program]
    ) -> list[Outcomes[O]]:
        with promised(promise, f"running {shown(programs)} in one call"):
            return run_chunk(interpreter, programs, self.inputs(), self.budget)

    def _require_same(
        self, promise: str, text: str, first: Outcomes[O], second: Outcomes[O]
    ) -> None:
        agree = len(first) == len(second) and all(map(self._agree, first, second))
        assert agree, broken(
            promise,
            f"The program {shown(text)} gave\n  {shown(first)}\nand then\n  {shown(second)}",
        )

    def _agree(self, first: Outcome[O], second: Outcome[O]) -> bool:
        if isinstance(first, Success) and isinstance(second, Success):
            return self.same(first.value, second.value)
        kinds = {each.kind for each in (first, second) if isinstance(each, Failure)}
        return first == second or bool(kinds & _OF_THE_MACHINE)


def _is_outcome(value: Any) -> bool:
    if isinstance(value, Failure):
        return isinstance(value.kind, FailureKind) and isinstance(value.detail, str)
    return isinstance(value, Success)
