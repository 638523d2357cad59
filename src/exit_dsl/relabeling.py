"""What attempts teach: relabelers turn attempts into experiences.

Every one of them keeps the promise of :class:`~exit_dsl.Relabeler`, that an experience's program
gives the outputs of its task. With the priorities of ``exit_dsl.replay`` they combine to known
methods: CodeIt is ``Hindsight`` with ``solved_fraction``; filtering as STaR does is
``SolvedOnly`` with ``uniform``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import final

from typing_extensions import override

from exit_dsl.interfaces import Relabeler
from exit_dsl.types import Attempt, Example, Experience, I, O, Success, Task


@final
class Hindsight(Relabeler[I, O]):
    """The outputs that a program gave replace those that the task asked for.

    Every attempt that gave an output on each demonstration becomes an experience that is correct
    by construction. Its scores stay those on the original task.

    Source: Butt et al. 2024 (CodeIt), hindsight relabeling; Andrychowicz et al. 2017 (HER).
    """

    @override
    def relabel(self, attempts: Sequence[Attempt[I, O]]) -> Iterator[Experience[I, O]]:
        for attempt in attempts:
            if attempt.valid:
                realized = tuple(
                    Example(example.input, outcome.value)
                    for example, outcome in zip(
                        attempt.task.examples, attempt.outcomes, strict=True
                    )
                    if isinstance(outcome, Success)
                )
                yield _experience(attempt, Task(_derived_id(attempt), realized))


@final
class SolvedOnly(Relabeler[I, O]):
    """Only programs that solve every demonstration are kept, with the task as it is.

    Source: Zelikman et al. 2022 (STaR), filtering by the final answer.
    """

    @override
    def relabel(self, attempts: Sequence[Attempt[I, O]]) -> Iterator[Experience[I, O]]:
        for attempt in attempts:
            if attempt.valid and all(score == 1 for score in attempt.scores):
                yield _experience(attempt, attempt.task)


@final
class KeepGoal(Relabeler[I, O]):
    """No relabeling: the target outputs are kept, of the demonstrations that were solved.

    The attempts considered are those of :class:`Hindsight`, so that comparing the two shows what
    relabeling adds. One that solves all demonstrations teaches the task as it is; one that
    solves some teaches the task cut down to these, since on the others the target output would
    be a wrong label for the program; one that solves none teaches nothing.

    Source: Butt et al. 2024 (CodeIt), ablation A2 (no relabeling). What becomes of programs that
    solve only some demonstrations is our reading.
    """

    @override
    def relabel(self, attempts: Sequence[Attempt[I, O]]) -> Iterator[Experience[I, O]]:
        for attempt in attempts:
            examples = attempt.task.examples
            solved = tuple(
                example
                for example, score in zip(examples, attempt.scores, strict=True)
                if score == 1
            )
            if not attempt.valid or not solved:
                continue
            whole = len(solved) == len(examples)
            task = attempt.task if whole else Task(_derived_id(attempt), solved)
            yield _experience(attempt, task)


def _experience(attempt: Attempt[I, O], task: Task[I, O]) -> Experience[I, O]:
    return Experience(
        task=task,
        program=attempt.candidate.program,
        source_id=attempt.task.id,
        scores=attempt.scores,
        iteration=attempt.iteration,
    )


def _derived_id(attempt: Attempt[I, O]) -> str:
    """Name the task that ``attempt`` made of its own: another name for each program."""
    text = attempt.candidate.program.encode(errors="surrogatepass")
    return f"{attempt.task.id}#{hashlib.blake2b(text, digest_size=8).hexdigest()}"
