"""Verbs about programs made blindly: ``mutate``, ``baseline``."""

from __future__ import annotations

import os
from dataclasses import astuple
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from tqdm import tqdm

from examples.arc import curve
from examples.arc.baseline import Source, make_maker, problems_of, search
from examples.arc.commands.app import Data, Seeds, app, first_tasks, usable_seeds
from examples.arc.mutants import MutantFile
from examples.arc.mutate import Kind, Plan, make_mutants
from examples.arc.rounds import Rounds
from examples.arc.runfolder import RUNS
from examples.arc.tasks import load_dataset, training_for
from examples.arc.workers import worker_pool
from exit_dsl.language import MutationRates

Rates = Annotated[
    tuple[float, float, float, float],
    typer.Option(help="how often to replace an argument, a function, add a variable, cross over"),
]
DEFAULT_RATES = astuple(MutationRates())


@app.command()
def mutate(
    n: Annotated[int, typer.Option("-n", min=1, help="mutated tasks, in whole blocks")] = 10_000,
    kind: Annotated[Kind, typer.Option(help="mutate seeds alone, or mutants too")] = Kind.SEEDS,
    rates: Rates = DEFAULT_RATES,
    seeds: Seeds = None,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    out: Annotated[Path | None, typer.Option(help="the file to make or to go on with")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes to make them")] = None,
) -> None:
    """Make mutated tasks: mutants of seeds with their outputs on the training tasks."""
    training = load_dataset("arc1-training")
    found = usable_seeds(seeds, training)
    plan = Plan.of(found, training, kind, seed, _rates(rates))
    path = out or RUNS / f"mutants-{kind}-{seed}.jsonl.gz"
    file = MutantFile(path, plan.settings)
    before, begin = file.tasks, perf_counter()
    processes = workers or os.cpu_count() or 1
    with (
        worker_pool(processes) as executor,
        tqdm(total=n, initial=before, desc=f"mutants ({kind})", unit="task") as bar,
    ):
        try:
            make_mutants(plan, file, n, executor=executor, in_flight=2 * processes, made=bar.update)
            seconds = perf_counter() - begin
        except KeyboardInterrupt:
            typer.echo("\nstopped; the same command goes on from here", err=True)
            raise typer.Exit(130) from None
        finally:
            executor.shutdown(cancel_futures=True)
    if file.tasks < n:
        typer.echo("the seeds are exhausted: the last blocks gave nothing new")
    typer.echo(
        f"{file.tasks} mutated tasks of {file.tries} tries ({file.tasks / file.tries:.1%} valid "
        f"and new), {(file.tasks - before) / seconds:.0f} a second, in {path}"
    )


def _rates(rates: tuple[float, float, float, float]) -> MutationRates:
    try:
        return MutationRates(*rates)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def baseline(
    n: Annotated[int, typer.Option("-n", min=1, help="programs to try on every task")] = 19_200,
    source: Annotated[Source, typer.Option(help="where programs come from")] = Source.SEEDS,
    rates: Rates = DEFAULT_RATES,
    data: Data = "arc1-evaluation",
    tasks: Annotated[int | None, typer.Option(help="only the first N tasks")] = None,
    seeds: Seeds = None,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    out: Annotated[Path | None, typer.Option(help="the folder to make or to go on in")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes")] = None,
) -> None:
    """Count the tasks that blindly made programs solve, by the number of programs tried."""
    whole = load_dataset(data)
    dataset, training = first_tasks(whole, tasks), training_for(whole)
    found = usable_seeds(seeds, training)
    maker = make_maker(source, found, training, seed, _rates(rates))
    folder = out or RUNS / f"baseline-{source}-{seed}"
    settings = {**maker.settings, "tasks": f"{dataset.version}, first {len(dataset.tasks)}"}
    rounds = Rounds(folder / "rounds.jsonl", settings)
    with (
        worker_pool(workers) as executor,
        tqdm(total=n, initial=rounds.programs, desc=f"baseline ({source})", unit="prog") as bar,
    ):

        def show(programs: int) -> None:
            bar.set_postfix(solved=len(rounds.solved()))
            bar.update(programs)

        try:
            search(maker, problems_of(dataset), rounds, n, executor=executor, tried=show)
        except KeyboardInterrupt:
            typer.echo("\nstopped; the same command goes on from here", err=True)
            raise typer.Exit(130) from None
        finally:
            executor.shutdown(cancel_futures=True)
    title = f"{source} on {len(dataset.tasks)} tasks ({dataset.version})"
    typer.echo(f"\n{title}\n{curve.write(folder, rounds, dataset, title)}")
