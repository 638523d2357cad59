"""The stream of examples that the networks of ``benchmarks.ablation`` learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.mutants import Block, Mutant, MutantFile, read_mutants
from examples.arc.mutate import BUDGET
from examples.arc.seeds import Seed
from examples.arc.tasks import ArcTask
from exit_dsl.language import LanguageInterpreter, MutationRates
from exit_dsl.language.editing import Editor
from exit_dsl.language.programs import Code, normalize
from exit_dsl.randomness import stream
from exit_dsl.types import Example, Experience, Program, Success

DEPTH = 2
"""Most edits of a mutant."""
OWN = 0.5
"""Share of the tries on the inputs of the seed's own task; the others are on any task's."""
MUTANTS = 4
"""Mutants for each seed in the stream."""
BLOCK = 500
"""Mutants that are made at a time."""


def lessons(
    cache: Path,
    seeds: Mapping[str, Seed],
    tasks: Sequence[ArcTask],
    held_out: Sequence[Program],
    n: int,
) -> list[Experience[Grid, Grid]]:
    """Return mutants of ``seeds`` with what they give on inputs of ``tasks``, and seeds between.

    Args:
        cache: the file in which mutants are kept, made or gone on with as needed.
        seeds: of training tasks, by task id.
        tasks: only their inputs are used, but for those of the seeds.
        held_out: programs that are left out, whatever they are mutants of.
        n: how many examples, all together.
    """
    by_id = {task.id: task for task in tasks}
    forbidden = {arc.normalize(program) for program in held_out}
    file = MutantFile(cache, {"kind": "lessons", "seeds": len(seeds), "tasks": len(tasks)})
    while file.tasks < n:
        made = islice(_mutants(seeds, by_id, forbidden, file.blocks), BLOCK)
        file.append(Block(BLOCK, [(mutant.key, mutant.line()) for mutant in made]))
    taught = [seed for seed in seeds.values() if arc.normalize(seed.program) not in forbidden]
    rng = stream(0, "seeds")
    examples: list[Experience[Grid, Grid]] = []
    for index, mutant in enumerate(read_mutants(cache)):
        task = by_id[mutant.task_id]
        pairs = tuple(map(Example, task.inputs, mutant.outputs))
        examples.append(_solved(replace(task, id=mutant.id, examples=pairs), mutant.program))
        if index % MUTANTS == 0:
            seed = taught[int(rng.integers(len(taught)))]
            examples.append(_solved(by_id[seed.task_id], seed.program))
    return examples[:n]


def _solved(task: ArcTask, program: Program) -> Experience[Grid, Grid]:
    return Experience(task, program, task.id, (1.0,) * len(task.examples))


def _mutants(
    seeds: Mapping[str, Seed], tasks: Mapping[str, ArcTask], forbidden: set[Program], number: int
) -> Iterator[Mutant]:
    """Yield mutants that give an output on each input of a task, and not always the input itself.

    ``number`` chooses the random stream.
    """
    rng = stream(0, "lessons", number)
    codes = {task_id: normalize(arc.parse(seed.program)) for task_id, seed in seeds.items()}
    ids, donors, all_tasks = list(codes), list(codes.values()), list(tasks.values())
    editor = Editor(arc, MutationRates())
    interpreter = LanguageInterpreter[Grid, Grid](arc)
    for index in count():
        origin = ids[int(rng.integers(len(ids)))]
        code = _edited(codes[origin], 1 + int(rng.integers(DEPTH)), editor, donors, rng)
        any_task = all_tasks[int(rng.integers(len(all_tasks)))]
        task = tasks[origin] if rng.random() < OWN else any_task
        if code is None or (program := arc.format(code)) in forbidden:
            continue
        outcomes = interpreter.run(program, task.inputs, BUDGET)
        outputs = tuple(each.value for each in outcomes if isinstance(each, Success))
        if len(outputs) == len(outcomes) and outputs != task.inputs:
            yield Mutant(f"{task.id}/{number}/{index}", task.id, program, outputs)


def _edited(
    code: Code, edits: int, editor: Editor, donors: Sequence[Code], rng: np.random.Generator
) -> Code | None:
    for _ in range(edits):
        edited = editor.edit(code, rng, donors)
        if edited is None:
            return None
        code = edited
    return code
