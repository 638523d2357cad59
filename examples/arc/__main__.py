"""The command line: ``python -m examples.arc VERB``, from the root of the repository."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from examples.arc import presets
from examples.arc.display import painter_for, render_grid, render_task
from examples.arc.runfolder import RunFolder, RunFolderError
from examples.arc.seeds import PROGRAMS, SeedError, load_seeds, read_seed
from examples.arc.summary import table
from examples.arc.tasks import ArcDataset, TaskError, load_dataset
from examples.arc.workbench import report as verdict_report
from examples.arc.workbench import run_solution, try_program
from exit_dsl.checkpoint import CheckpointError

app = typer.Typer(
    help="Expert iteration on ARC.", add_completion=False, pretty_exceptions_enable=False
)

Data = Annotated[str, typer.Option(help="a public dataset by name, or a folder of ARC JSON files")]


@app.command()
def run(
    preset: Annotated[str, typer.Option(help=f"one of {', '.join(presets.PRESETS)}")] = "laptop",
    data: Data = "arc1-evaluation",
    minutes: Annotated[float | None, typer.Option(help="stop after this long")] = None,
    iterations: Annotated[int | None, typer.Option(help="stop after meta-iteration N")] = None,
    tasks: Annotated[int | None, typer.Option(help="only the first N tasks")] = None,
    samples: Annotated[int | None, typer.Option(help="programs a task and iteration")] = None,
    model: Annotated[
        str | None, typer.Option(help="a CodeT5 checkpoint by hub name or local folder")
    ] = None,
    seed: Annotated[int, typer.Option(help="determines every random choice")] = 0,
    workers: Annotated[int | None, typer.Option(help="processes that run programs")] = None,
    folder: Annotated[Path | None, typer.Option("--run", help="the run folder to make")] = None,
    resume: Annotated[bool, typer.Option(help="go on with --run, or with the newest run")] = False,
) -> None:
    """Search by mutation, then do meta-iterations, until the time is up."""
    if resume:
        where = RunFolder.existing(folder)
        config = where.read_config()
    else:
        given = {"minutes": minutes, "iterations": iterations, "samples": samples, "model": model}
        config = _config(preset, given) | {"data": data, "tasks": tasks, "seed": seed}
        where = None
    _execute(config, where, folder, minutes=minutes, iterations=iterations, workers=workers)


def _config(preset: str, given: dict[str, Any]) -> dict[str, Any]:
    presets.find_preset(preset)
    return {"preset": preset, **given}


def _execute(
    config: dict[str, Any],
    existing: RunFolder | None,
    path: Path | None,
    *,
    minutes: float | None,
    iterations: int | None,
    workers: int | None,
) -> None:
    chosen = presets.override(
        presets.find_preset(config["preset"]),
        minutes=minutes if existing and minutes else config["minutes"],
        iterations=iterations if existing and iterations else config["iterations"],
        samples=config["samples"],
        model=config["model"],
    )
    dataset = _first(load_dataset(config["data"]), config["tasks"])
    training = load_dataset("arc1-training")
    seeds = load_seeds()
    # Torch is slow to import: mistakes are told before. Its threads would spin while they wait,
    # which starves them and everything else wherever the cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from examples.arc.run import ArcRun
    from examples.arc.workers import worker_pool

    folder = existing or RunFolder.new(path)
    with worker_pool(workers) as executor:
        run = ArcRun(
            chosen, dataset, training, seeds, folder, seed=config["seed"], executor=executor
        )
        if existing:
            run.resume()
        else:
            folder.write_config(config | _provenance(dataset, chosen))
        typer.echo(
            f"{dataset.version}; {len(dataset.tasks)} tasks, {len(seeds)} seed programs, "
            f"{run.truncated:.1%} of the tasks do not fit the network in full; "
            f"writing to {folder.path}"
        )
        try:
            typer.echo("\n" + table(run.run()))
        except KeyboardInterrupt:
            executor.shutdown(cancel_futures=True)
            typer.echo(
                f"\nstopped; go on with: python -m examples.arc run --resume --run {folder.path}",
                err=True,
            )
            raise typer.Exit(130) from None


def _provenance(dataset: ArcDataset, preset: presets.Preset) -> dict[str, Any]:
    return {
        "settings": asdict(preset),
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
    workers: Annotated[int | None, typer.Option(help="processes that run programs")] = None,
) -> None:
    """Sample from the policy of a run, on any data set, and count the tasks it solves."""
    existing = RunFolder.existing(folder)
    config = existing.read_config()
    preset = presets.override(
        presets.find_preset(config["preset"]), samples=samples, model=config["model"]
    )
    dataset = _first(load_dataset(data), tasks)
    from examples.arc.evaluate import evaluate as evaluate_policy
    from examples.arc.workers import worker_pool

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
    folder: Annotated[Path, typer.Option("--seeds", help="a folder of seed programs")] = PROGRAMS,
) -> None:
    """Run all seed programs on their training tasks; the last line says how many are right."""
    dataset = load_dataset("arc1-training")
    seeds = load_seeds(folder)
    right = 0
    for task_id, seed in seeds.items():
        wrong = [v for v in try_program(seed.program, dataset, task_id) if not v.solved]
        right += not wrong
        for verdict in wrong:
            typer.echo(f"{task_id}, {verdict.name}: {verdict.complaint}")
    typer.echo(f"verified {right} of {len(seeds)}")
    if right < len(seeds):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; what the user got wrong is one sentence and exit code 2."""
    try:
        app()
    except (
        TaskError,
        presets.PresetError,
        RunFolderError,
        SeedError,
        CheckpointError,
        ModuleNotFoundError,
    ) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
