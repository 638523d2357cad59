"""Trying out programs by hand: which pairs of a task a draft solves, and where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from examples.arc.display import Painter, digits, render_grid
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds.importing import Imported, Problem
from examples.arc.tasks import ArcDataset
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Budget, Example, Failure, Outcome, Program, Success

BUDGET = Budget(seconds=5.0, max_steps=1_000_000, max_size=100_000)
"""Generous, for programs that a person wrote."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a program made of one pair: nothing to complain about, or ``complaint``."""

    name: str
    pair: Example[Grid, Grid]
    outcome: Outcome[Grid]
    complaint: str

    @property
    def solved(self) -> bool:
        """Whether the output was exactly right."""
        return not self.complaint


def try_program(program: Program, dataset: ArcDataset, task_id: str) -> list[Verdict]:
    """Run a program on all demonstration and test pairs of a task.

    Raises:
        TaskError: there is no such task.
    """
    task = dataset.find(task_id)
    named = [(f"demonstration {k}", pair) for k, pair in enumerate(task.examples, 1)]
    named += [(f"test {k}", pair) for k, pair in enumerate(dataset.tests[task.id], 1)]
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    outcomes = interpreter.run(program, [pair.input for _, pair in named], BUDGET)
    return [
        Verdict(name, pair, outcome, _complaint(pair.output, outcome))
        for (name, pair), outcome in zip(named, outcomes, strict=True)
    ]


def verified(imported: Imported, dataset: ArcDataset) -> Imported:
    """Return what is left of a collection of seeds when those that fail become problems.

    A seed has to solve all demonstration and test pairs of its task.
    """
    right, problems = {}, list(imported.problems)
    for task_id, seed in imported.seeds.items():
        if task_id not in dataset.tests:
            problems.append(Problem(task_id, f"{dataset.name} has no such task"))
            continue
        wrong = [v for v in try_program(seed.program, dataset, task_id) if not v.solved]
        if wrong:
            complaints = "; ".join(f"{verdict.name}: {verdict.complaint}" for verdict in wrong)
            problems.append(Problem(task_id, complaints))
        else:
            right[task_id] = seed
    return Imported(right, tuple(problems))


def _complaint(target: Grid, outcome: Outcome[Grid]) -> str:
    if isinstance(outcome, Failure):
        return f"{outcome.kind}: {outcome.detail}"
    value = outcome.value
    if value == target:
        return ""
    shape, wanted = (len(value), len(value[0])), (len(target), len(target[0]))
    if shape != wanted:
        return f"the output is {shape[0]}x{shape[1]}, not {wanted[0]}x{wanted[1]}"
    wrong = [
        (i, j)
        for i, (row, right) in enumerate(zip(value, target, strict=True))
        for j, (cell, colour) in enumerate(zip(row, right, strict=True))
        if cell != colour
    ]
    shown = ", ".join(map(str, wrong[:5])) + (", ..." if len(wrong) > 5 else "")
    return f"{len(wrong)} of {shape[0] * shape[1]} cells are wrong: {shown}"


def report(verdicts: Sequence[Verdict], paint: Painter = digits) -> str:
    """Return what there is to say about the verdicts, the grids of the wrong ones included."""
    lines = []
    for verdict in verdicts:
        lines.append(f"{verdict.name}: {verdict.complaint or 'solved'}")
        if isinstance(verdict.outcome, Failure) or verdict.solved:
            continue
        lines.append(f"got:\n{render_grid(verdict.outcome.value, paint)}")
    solved = sum(verdict.solved for verdict in verdicts)
    return "\n".join([*lines, f"solved {solved} of {len(verdicts)} pairs"])


def run_solution(text: str, pairs: Sequence[Example[Grid, Grid]]) -> list[Grid]:
    """Return the outputs of a solution on the inputs of ``pairs``; failures are left out."""
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    outcomes = interpreter.run(Program(text), [pair.input for pair in pairs], BUDGET)
    return [outcome.value for outcome in outcomes if isinstance(outcome, Success)]
