"""The command line: ``python -m examples.arc VERB``, from the root of the repository."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, astuple, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from tqdm import tqdm

from examples.arc import curve, presets
from examples.arc.baseline import Source, make_maker, problems_of, search
from examples.arc.display import painter_for, render_grid, render_task
from examples.arc.mutants import MutantFile, MutantFileError
from examples.arc.mutate import Kind, Plan, make_mutants
from examples.arc.rounds import BaselineError, Rounds
from examples.arc.runfolder import RUNS, RunFolder, RunFolderError
from examples.arc.seeds import PROGRAMS, Seed, SeedError, load_seeds, read_seed
from examples.arc.seeds.importing import load_any_seeds
from examples.arc.summary import table
from examples.arc.tasks import ArcDataset, TaskError, load_dataset, training_for
from examples.arc.workbench import report as verdict_report
from examples.arc.workbench import run_solution, try_program, verified
from examples.arc.workers import worker_pool
from exit_dsl.checkpoint import CheckpointError
from exit_dsl.language import MutationRates

app = typer.Typer(
    help="Expert iteration on ARC.", add_completion=False, pretty_exceptions_enable=False
)

Data = Annotated[str, typer.Option(help="a public dataset by name, or a folder of ARC JSON files")]
Seeds = Annotated[
    Path | None,
    typer.Option(help="your own seeds: a folder of programs, or a Python file of solver functions"),
]
Rates = Annotated[
    tuple[float, float, float, float],
    typer.Option(help="how often to replace an argument, a function, add a variable, cross over"),
]
DEFAULT_RATES = astuple(MutationRates())


@app.command()
def run(
    context: typer.Context,
    preset: Annotated[str, typer.Option(help=f"one of {', '.join(presets.PRESETS)}")] = "laptop",
    data: Data = "arc1-evaluation",
    minutes: Annotated[float | None, typer.Option(help="stop after this long")] = None,
    iterations: Annotated[int | None, typer.Option(help="stop after meta-iteration N")] = None,
    tasks: Annotated[int | None, typer.Option(help="only the first N tasks")] = None,
    samples: Annotated[int | None, typer.Option(help="programs a task and iteration")] = None,
    model: Annotated[
        str | None, typer.Option(help="a CodeT5 checkpoint by hub name or local folder")
    ] = None,
    seeds: Seeds = None,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that run programs")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="the run folder to make")] = None,
    resume: Annotated[bool, typer.Option(help="go on with --run, or with the newest run")] = False,
) -> None:
    """Search by mutation, then do meta-iterations, until the time is up."""
    if resume:
        _refuse_settings(context)
        existing = RunFolder.existing(folder)
        config = existing.read_config()
        saved = presets.from_settings(config["settings"])
        chosen = presets.override(saved, minutes=minutes, iterations=iterations)
        return _execute(config, chosen, existing, folder, workers)
    chosen = presets.override(
        presets.find_preset(preset),
        minutes=minutes,
        iterations=iterations,
        samples=samples,
        model=model,
    )
    config = {
        "preset": preset,
        "settings": asdict(chosen),
        "data": data,
        "tasks": tasks,
        "seeds": None if seeds is None else str(seeds),
        "seed": seed,
    }
    return _execute(config, chosen, None, folder, workers)


def _refuse_settings(context: typer.Context) -> None:
    """Refuse options that a run which goes on cannot take over."""
    given = [
        f"--{name}"
        for name in ("preset", "data", "tasks", "samples", "model", "seeds", "seed")
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise RunFolderError(
            f"--resume goes on with the settings of the run; leave out {', '.join(given)}"
        )


def _execute(
    config: dict[str, Any],
    chosen: presets.Preset,
    existing: RunFolder | None,
    path: Path | None,
    workers: int | None,
) -> None:
    dataset = _first(load_dataset(config["data"]), config["tasks"])
    training = training_for(config["data"])
    seeds = _usable_seeds(Path(config["seeds"]) if config.get("seeds") else None, training)
    typer.echo(f"{dataset.version}; {len(dataset.tasks)} tasks, {len(seeds)} seed programs")
    # Torch is slow to import: mistakes are told before. Its threads would spin while they wait,
    # which starves them and everything else wherever the cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from examples.arc.run import ArcRun

    folder = existing or RunFolder.new(path)
    with worker_pool(workers) as executor:
        run = ArcRun(
            chosen, dataset, training, seeds, folder, seed=config["seed"], executor=executor
        )
        if existing:
            run.resume()
        else:
            folder.write_config(config | _provenance(dataset))
        typer.echo(
            f"{run.truncated:.1%} of the tasks do not fit the network in full; "
            f"writing to {folder.path}"
        )
        try:
            typer.echo("\n" + table(run.run()))
        except KeyboardInterrupt:
            executor.shutdown(cancel_futures=True)
            typer.echo(
                f'\nstopped; go on with: make arc ARGS="--resume --run {folder.path}"',
                err=True,
            )
            raise typer.Exit(130) from None


def _provenance(dataset: ArcDataset) -> dict[str, Any]:
    return {
        "data_version": dataset.version,
        "versions": {name: version(name) for name in ("exit_dsl", "torch", "transformers")}
        | {"python": platform.python_version()},
    }


def _first(dataset: ArcDataset, count: int | None) -> ArcDataset:
    if count is None:
        return dataset
    if count < 1:
        raise TaskError(f"--tasks must be at least 1, not {count}")
    kept = dataset.tasks[:count]
    return replace(dataset, tasks=kept, tests={task.id: dataset.tests[task.id] for task in kept})


@app.command()
def evaluate(
    folder: Annotated[Path | None, typer.Option("--run", help="whose policy; the newest")] = None,
    data: Data = "arc1-evaluation",
    tasks: Annotated[int | None, typer.Option(help="only the first N tasks")] = None,
    samples: Annotated[int, typer.Option(help="programs a task")] = 24,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that run programs")] = None,
) -> None:
    """Sample from the policy of a run, on any data set, and count the tasks it solves."""
    existing = RunFolder.existing(folder)
    config = existing.read_config()
    preset = presets.from_settings(config["settings"])
    dataset = _first(load_dataset(data), tasks)
    from examples.arc.evaluate import evaluate as evaluate_policy

    with worker_pool(workers) as executor:
        scoreboard = evaluate_policy(
            preset, existing, dataset, samples=samples, seed=seed, executor=executor
        )
        for k in (1, 2, 3):
            solved = scoreboard.performance(k)
            typer.echo(f"pass@{k}: {len(solved.solved)} of {solved.total} ({dataset.version})")


@app.command()
def report(folder: Annotated[Path | None, typer.Argument(help="a run folder")] = None) -> None:
    """Print the final table of a run; of the newest unless one is given."""
    typer.echo(table(RunFolder.existing(folder).read_summary()))


@app.command()
def show(
    task: Annotated[str, typer.Argument(help="the id of a task")],
    data: Data = "arc1-evaluation",
    folder: Annotated[Path | None, typer.Option("--run", help="whose solution to show")] = None,
) -> None:
    """Print a task in colour, with its solution if the run (the newest by default) found one."""
    dataset = load_dataset(data)
    found = dataset.find(task)
    paint = painter_for(sys.stdout)
    typer.echo(render_task(found, dataset.tests[task], paint))
    try:
        solution = RunFolder.existing(folder).read_solution(task)
    except RunFolderError:
        if folder is not None:
            raise
        solution = None
    if solution is None:
        typer.echo("\nno solution of it is recorded")
        return
    typer.echo(f"\n{solution}")
    for number, output in enumerate(run_solution(solution, dataset.tests[task]), 1):
        typer.echo(f"its output on test {number}:\n{render_grid(output, paint)}")


@app.command("try")
def try_(
    task: Annotated[str, typer.Argument(help="the id of a task")],
    file: Annotated[Path, typer.Argument(help="a file with a program; its first line a # rule")],
    data: Data = "arc1-training",
) -> None:
    """Run a program of yours on all pairs of a task and say where it fails."""
    dataset = load_dataset(data)
    if not file.is_file():
        raise SeedError(f"{file} is not a file; give the path of a program")
    verdicts = try_program(read_seed(file).program, dataset, task)
    typer.echo(verdict_report(verdicts, painter_for(sys.stdout)))
    if not all(verdict.solved for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def verify(
    path: Annotated[
        Path,
        typer.Option("--seeds", help="a folder of programs, or a Python file of solver functions"),
    ] = PROGRAMS,
) -> None:
    """Run all seed programs on their training tasks; the last line says how many are right."""
    checked = verified(load_any_seeds(path), load_dataset("arc1-training"))
    for problem in checked.problems:
        typer.echo(f"{problem.name}: {problem.reason}")
    typer.echo(f"verified {len(checked.seeds)} of {checked.found}")
    if checked.problems:
        raise typer.Exit(1)


def _usable_seeds(path: Path | None, training: ArcDataset) -> Mapping[str, Seed]:
    """Return our own seeds, or those at ``path`` that solve their tasks; the rest is named."""
    if path is None:
        ours = load_seeds()
        return {task.id: ours[task.id] for task in training.tasks if task.id in ours}
    checked = verified(load_any_seeds(path), training)
    for problem in checked.problems:
        typer.echo(f"left out: {problem.name}: {problem.reason}", err=True)
    if not checked.seeds:
        raise SeedError(f"no program of {path} solves its training task, so none can be used")
    return checked.seeds


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
    found = _usable_seeds(seeds, training)
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
    dataset, training = _first(load_dataset(data), tasks), training_for(data)
    found = _usable_seeds(seeds, training)
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


def main() -> None:
    """Run the command line; what the user got wrong is one sentence and exit code 2."""
    try:
        app()
    except (
        TaskError,
        presets.PresetError,
        RunFolderError,
        SeedError,
        MutantFileError,
        BaselineError,
        CheckpointError,
        ModuleNotFoundError,
    ) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
