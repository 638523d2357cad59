"""Verbs about whole runs: ``run``, ``evaluate``, ``report``, ``show``."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from examples.arc import presets, timeline
from examples.arc.commands.app import Data, Seeds, app, first_tasks, usable_seeds
from examples.arc.display import painter_for, render_grid, render_task
from examples.arc.runfolder import RunFolder, RunFolderError
from examples.arc.seeds import Seed
from examples.arc.summary import table
from examples.arc.tasks import ArcDataset, load_dataset, training_for
from examples.arc.workbench import run_solution
from examples.arc.workers import training_thread, worker_pool


@app.command()
def run(
    context: typer.Context,
    preset: Annotated[str, typer.Option(help=f"one of {', '.join(presets.PRESETS)}")] = "laptop",
    data: Data = "arc1-evaluation",
    minutes: Annotated[float | None, typer.Option(help="stop when the run took this long")] = None,
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
    whole = load_dataset(config["data"])
    dataset, training = first_tasks(whole, config["tasks"]), training_for(whole)
    seeds = _seeds_of(config, training)
    given = {"data_version": dataset.version, "seeds_digest": _digest(seeds)}
    if existing:
        _refuse_other(config, given)
    typer.echo(f"{dataset.version}; {len(dataset.tasks)} tasks, {len(seeds)} seed programs")
    # Torch is slow to import: mistakes are told before. Its threads would spin while they wait,
    # which starves them and everything else wherever the cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from examples.arc.run import ArcRun

    folder = existing or RunFolder.new(path)
    cores = workers or os.cpu_count() or 1
    with worker_pool(cores) as executor, training_thread(chosen.training_cores) as trainer:
        run = ArcRun(
            chosen,
            dataset,
            training,
            seeds,
            folder,
            seed=config["seed"],
            executor=executor,
            trainer=trainer,
            in_flight=4 * cores,
        )
        if existing:
            run.resume()
            if run.schedule.is_over(1.0):
                typer.echo(f"its {chosen.minutes:g} minutes are over; --minutes gives it more")
        else:
            folder.write_config(config | given | {"versions": _versions()})
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


def _seeds_of(config: Mapping[str, Any], training: ArcDataset) -> Mapping[str, Seed]:
    return usable_seeds(Path(config["seeds"]) if config.get("seeds") else None, training)


def _digest(seeds: Mapping[str, Seed]) -> str:
    programs = {task_id: seed.program for task_id, seed in sorted(seeds.items())}
    return sha256(json.dumps(programs).encode()).hexdigest()[:16]


def _refuse_other(config: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Refuse data and seeds that are not those that the run was begun with."""
    for name, value in given.items():
        begun = config.get(name, value)
        if begun != value:
            raise RunFolderError(
                f"the {name.split('_')[0]} of the run are others now ({begun!r} before, {value!r} "
                "now); put back what there was, or start a new run"
            )


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in ("exit_dsl", "torch", "transformers")}
    return found | {"python": platform.python_version()}


@app.command()
def evaluate(
    folder: Annotated[Path | None, typer.Option("--run", help="whose policy; the newest")] = None,
    data: Data = "arc1-evaluation",
    tasks: Annotated[int | None, typer.Option(help="only the first N tasks")] = None,
    samples: Annotated[int, typer.Option(min=1, help="programs a task")] = 24,
    temperature: Annotated[float | None, typer.Option(help="of sampling; the run's own")] = None,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="processes that run programs")] = None,
) -> None:
    """Sample from the policy of a run, on any data set, and count the tasks it solves."""
    existing = RunFolder.existing(folder)
    config = existing.read_config()
    saved = presets.from_settings(config["settings"])
    preset = presets.override(saved, temperature=temperature)
    dataset = first_tasks(load_dataset(data), tasks)
    # The run wrote what its seeds let it; so does its policy now.
    seeds = _seeds_of(config, training_for(load_dataset(config["data"])))
    from examples.arc.evaluate import evaluate as evaluate_policy

    with worker_pool(workers) as executor:
        evaluation = evaluate_policy(
            preset,
            existing,
            dataset,
            programs=[each.program for each in seeds.values()],
            samples=samples,
            seed=seed,
            executor=executor,
        )
    for k in (1, 2, 3):
        solved = evaluation.scoreboard.performance(k)
        typer.echo(f"pass@{k}: {len(solved.solved)} of {solved.total} ({dataset.version})")
    for count in sorted({samples, *(4**power for power in range(20) if 4**power < samples)}):
        expected = evaluation.expected(count)
        typer.echo(f"demonstrations solved by {count:,} of the samples, expected: {expected:.1f}")


@app.command()
def report(
    folder: Annotated[Path | None, typer.Argument(help="a run folder")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="draw the tasks solved by when to this .svg or .png file")
    ] = None,
) -> None:
    """Print the final table of a run; of the newest unless one is given."""
    existing = RunFolder.existing(folder)
    summary = existing.read_summary()
    typer.echo(table(summary))
    if plot is not None:
        timeline.draw(existing.read_timeline(), summary["tasks"], plot)


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
