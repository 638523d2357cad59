"""How well a run does on test pairs, which only the :class:`Scoreboard` holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from exit_dsl.execution import exact_match
from exit_dsl.interfaces import Interpreter
from exit_dsl.solutions import Solution, Solutions, length
from exit_dsl.types import Attempt, Budget, Example, I, O, Program, Success

_BUDGET = Budget()


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Estimate, without bias, the chance that ``k`` samples hold a correct one.

    This is about samples drawn at random; ranked attempts are counted by
    :meth:`Scoreboard.performance`.

    Args:
        n: the number of samples drawn.
        correct: how many of them are correct.
        k: the number of samples that may be tried, at most ``n``.

    Raises:
        ValueError: unless ``0 <= correct <= n`` and ``1 <= k <= n``.

    Source: Chen et al. 2021, *Evaluating Large Language Models Trained on Code*, section 2.1.
    """
    if not (0 <= correct <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= correct <= n and 1 <= k <= n: {n=}, {correct=}, {k=}")
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)


@dataclass(frozen=True, slots=True)
class Performance:
    """The ids of the tasks solved, sorted, and the ``total`` number of tasks."""

    solved: tuple[str, ...]
    total: int

    @property
    def fraction(self) -> float:
        """The share of tasks solved, in [0, 1]."""
        return len(self.solved) / self.total

    def __or__(self, other: Performance) -> Performance:
        """Count a task once it is solved in either."""
        if self.total != other.total:
            raise ValueError(f"performances on {self.total} and {other.total} tasks do not combine")
        return Performance(tuple(sorted({*self.solved, *other.solved})), self.total)


@dataclass(slots=True)
class _Answer(Generic[O]):
    """What programs give for all test inputs, how good the best is, and how many there are."""

    answer: tuple[O, ...]
    score: float
    votes: int = 1


class Scoreboard(Generic[I, O]):
    """Ranks the programs found for each task and tries the best of them on the test pairs.

    For each task, source and meta-iteration it keeps the distinct programs that solve at least
    one demonstration, ranked by :func:`~exit_dsl.solutions.ranking`. The first ``k`` are the
    attempts of pass@k, and a task is solved when one of them gives every test output. Every
    reading of the paper is a choice of the programs that are ranked together:

    - ``performance(k)``: all that were found so far;
    - ``performance(k, {"policy"}, iteration)``: the policy performance of one meta-iteration;
    - ``cumulative(k)``: a task counts once any meta-iteration has solved it by its own programs;
    - ``cumulative(k, {"policy"})``: the same without what mutation found;
    - ``predicted(k)``: one of ``k`` different answers to each task is right, as in a competition
      that takes outputs and not programs.

    Programs meet the test outputs only when they are among the attempts that are asked for, and
    no attempt meets them twice.

    Args:
        tests: the test pairs of each task, by task id.
        interpreter: runs the programs on the test inputs.
        budget: what one run on one test input may use.
        key: programs with the same key are one program, represented by the spelling that ranks
            best; a language's ``normalize`` fits.
        judge: ``judge(target, value)`` scores an output in [0, 1]; 1 means that it is right.
        keep: the best programs kept for each task, source and meta-iteration. It bounds the
            memory, and pass@k is exact for every ``k`` up to it.

    Raises:
        ValueError: if there are no tasks, a task has no test pairs, or ``keep`` is below 1.

    Source: CodeIt, section on evaluation (pass@3, cumulative and policy performance).
    """

    def __init__(
        self,
        tests: Mapping[str, Sequence[Example[I, O]]],
        interpreter: Interpreter[I, O],
        *,
        budget: Budget = _BUDGET,
        key: Callable[[Program], Hashable] = str,
        judge: Callable[[O, O], float] = exact_match,
        keep: int = 64,
    ) -> None:
        if not tests:
            raise ValueError("a scoreboard needs the test pairs of at least one task")
        for task_id, pairs in tests.items():
            if not pairs:
                raise ValueError(f"task {task_id!r} has no test pairs; give at least one")
        self._tests = {task_id: tuple(pairs) for task_id, pairs in tests.items()}
        self._interpreter = interpreter
        self._budget = budget
        self._key = key
        self._judge = judge
        self._keep = keep
        self._found = Solutions(key, keep)
        # task id -> key -> the program that met the test pairs, and whether it was right
        self._verdicts: dict[str, dict[Hashable, tuple[Program, bool]]] = {}

    def record(self, attempts: Iterable[Attempt[I, O]], source: str) -> None:
        """Take in the attempts of ``source``; no program is run.

        Raises:
            ValueError: if an attempt is on a task without test pairs.
        """
        self._found.add(map(self._with_tests, attempts), source)

    def solutions(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> dict[str, tuple[Solution, ...]]:
        """Return the ``k`` attempts on each task for which any program was found, best first.

        Args:
            k: the number of attempts, from 1 to ``keep``.
            sources: the sources that count; all if None.
            iteration: the one meta-iteration that counts; all if None.

        Raises:
            ValueError: if ``k`` is out of range.
            TypeError: if ``sources`` is a string.
        """
        best = self._found.best(k, sources, iteration)
        return {task_id: best[task_id] for task_id in self._tests if task_id in best}

    def solved(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> dict[str, Solution]:
        """Return, for each solved task, the first of ``k`` attempts that gives every test output.

        Args and Raises: those of :meth:`solutions`.
        """
        right: dict[str, Solution] = {}
        for task_id, attempts in self.solutions(k, sources, iteration).items():
            for solution in attempts:
                if self._is_right(task_id, solution):
                    right[task_id] = solution
                    break
        return right

    def performance(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> Performance:
        """Return pass@k of the chosen programs, ranked together.

        Args and Raises: those of :meth:`solutions`.
        """
        return Performance(tuple(sorted(self.solved(k, sources, iteration))), len(self._tests))

    def ever_solved(self, k: int, sources: Collection[str] | None = None) -> dict[str, Solution]:
        """Return the first right attempt on each task that :meth:`cumulative` counts as solved.

        It need not be among the attempts of :meth:`solved`, where it competes with the programs of
        all meta-iterations.

        Args and Raises: those of :meth:`solutions`.
        """
        right: dict[str, Solution] = {}
        for iteration in self._found.iterations:
            right = {**self.solved(k, sources, iteration), **right}
        return right

    def cumulative(self, k: int, sources: Collection[str] | None = None) -> Performance:
        """Return the tasks that any meta-iteration has solved with ``k`` attempts of its own.

        Args and Raises: those of :meth:`solutions`.

        Source: CodeIt, cumulative performance.
        """
        return Performance(tuple(sorted(self.ever_solved(k, sources))), len(self._tests))

    def predictions(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> dict[str, tuple[tuple[O, ...], ...]]:
        """Return up to ``k`` different answers to each task, best first: what can be handed in.

        An answer is what a program gives for all test inputs, of which a program that fails on
        one has none. Equal answers count once, as far as the judge says. An answer whose best
        program solves more demonstrations comes first; among equals the one that more programs
        give, of the ``keep`` that rank best; then the one whose best program ranks first.

        Test outputs are not looked at; programs are run anew at each call.

        Args and Raises: those of :meth:`solutions`.

        Source: Li et al. 2022, *Competition-Level Code Generation with AlphaCode*, which clusters
        programs by what they compute and hands in one of each cluster, the largest first.
        """
        if not 1 <= k <= self._keep:
            raise ValueError(f"k must be from 1 to keep={self._keep}, not {k}")
        ranked = self.solutions(self._keep, sources, iteration)
        return {
            task_id: tuple(given.answer for given in self._answers(task_id, solutions)[:k])
            for task_id, solutions in ranked.items()
        }

    def predicted(
        self, k: int, sources: Collection[str] | None = None, iteration: int | None = None
    ) -> Performance:
        """Return the tasks to which one of ``k`` :meth:`predictions` is the right answer.

        Args and Raises: those of :meth:`solutions`.
        """
        return self.grade(self.predictions(k, sources, iteration))

    def grade(self, answers: Mapping[str, Sequence[tuple[O, ...]]]) -> Performance:
        """Return the tasks to which one of the answers is right.

        Args:
            answers: by task id, as :meth:`predictions` returns them.

        Raises:
            ValueError: an answer is to a task without test pairs.
        """
        for task_id in answers:
            self._require(task_id)
        right = (
            task_id
            for task_id, given in answers.items()
            if any(self._agree(self._targets(task_id), answer) for answer in given)
        )
        return Performance(tuple(sorted(right)), len(self._tests))

    def shorter_found(self, k: int, sources: Collection[str] | None = None) -> float:
        """Return the share of solved tasks that a later meta-iteration solved more briefly.

        What is compared is the length (lines, then characters) of the first right attempt of
        each meta-iteration. If no task is solved the share is 0.

        Args and Raises: those of :meth:`solutions`.

        Source: CodeIt, where it is 53 %.
        """
        first: dict[str, tuple[int, int]] = {}
        shorter: set[str] = set()
        for iteration in self._found.iterations:
            for task_id, solution in self.solved(k, sources, iteration).items():
                size = length(solution.program)
                if size < first.setdefault(task_id, size):
                    shorter.add(task_id)
        return len(shorter) / len(first) if first else 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return the programs found and the verdicts on them, as JSON values.

        Test pairs are not part of it.
        """
        verdicts = {task_id: dict(known.values()) for task_id, known in self._verdicts.items()}
        return {"found": self._found.state_dict(), "verdicts": verdicts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            ValueError: if the state is about a task without test pairs.
        """
        for task_id in (*state["found"]["programs"], *state["verdicts"]):
            self._require(task_id)
        self._found.load_state_dict(state["found"])
        self._verdicts = {
            task_id: {self._key(program): (program, right) for program, right in known.items()}
            for task_id, known in state["verdicts"].items()
        }

    def _with_tests(self, attempt: Attempt[I, O]) -> Attempt[I, O]:
        self._require(attempt.task.id)
        return attempt

    def _require(self, task_id: str) -> None:
        if task_id not in self._tests:
            raise ValueError(f"the scoreboard has no test pairs of task {task_id!r}; give them")

    def _is_right(self, task_id: str, solution: Solution) -> bool:
        known = self._verdicts.setdefault(task_id, {})
        if solution.key not in known:
            answer = self._answer(task_id, solution)
            right = answer is not None and self._agree(self._targets(task_id), answer)
            known[solution.key] = solution.program, right
        return known[solution.key][1]

    def _targets(self, task_id: str) -> tuple[O, ...]:
        return tuple(pair.output for pair in self._tests[task_id])

    def _answer(self, task_id: str, solution: Solution) -> tuple[O, ...] | None:
        inputs = [pair.input for pair in self._tests[task_id]]
        outcomes = self._interpreter.run(solution.program, inputs, self._budget)
        values = tuple(outcome.value for outcome in outcomes if isinstance(outcome, Success))
        return values if len(values) == len(inputs) else None

    def _answers(self, task_id: str, ranked: Iterable[Solution]) -> list[_Answer[O]]:
        """Return the different answers of programs, which are ranked, best first."""
        found: list[_Answer[O]] = []
        for solution in ranked:
            answer = self._answer(task_id, solution)
            if answer is None:
                continue
            for given in found:
                if self._agree(given.answer, answer):
                    given.votes += 1
                    break
            else:
                found.append(_Answer(answer, solution.score))
        return sorted(found, key=lambda given: (-given.score, -given.votes))

    def _agree(self, targets: tuple[O, ...], answer: tuple[O, ...]) -> bool:
        return all(
            self._judge(target, value) == 1.0 for target, value in zip(targets, answer, strict=True)
        )
