"""How many tasks each way of finding programs solves by itself, in the same time.

Run from the repository root as ``python -m benchmarks.policies [--minutes 7.5]``. Blind mutation,
evolution, the grammar policy and the network each have a run of their own, one after the other and
each on all cores, with the settings of the ``laptop`` preset but for what is left out. All begin
with the bare seeds, and with the mutants of them that fill the buffer; what those solve counts for
each.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from examples.arc.presets import PRESETS, Preset
from examples.arc.run import ArcRun
from examples.arc.runfolder import RunFolder, RunFolderError
from examples.arc.seeds import load_seeds
from examples.arc.summary import table
from examples.arc.tasks import load_dataset, training_for
from examples.arc.workers import training_thread, worker_pool

SOURCES = {
    "blind mutation": "mutation",
    "evolution": "evolution",
    "grammar policy": "grammar",
    "network": "policy",
}
"""What competes, with its name on the scoreboard."""


def contestants(minutes: float) -> dict[str, Preset]:
    """Return the preset of each contestant: all it leaves out are the others."""
    base = replace(PRESETS["laptop"], minutes=minutes)
    bare = replace(base.search, rounds=0)
    untaught = replace(base.pretraining, lessons=0)
    alone = replace(base.breeding, share=1.0, alongside=0)
    return {
        "blind mutation": replace(
            base,
            search=replace(base.search, share=1.0),
            breeding=replace(alone, generations=0),
            pretraining=untaught,
        ),
        "evolution": replace(
            base,
            search=bare,
            breeding=alone,
            derivation=replace(base.derivation, samples=0),
            pretraining=untaught,
        ),
        "grammar policy": replace(
            base, search=bare, breeding=replace(alone, children=0), pretraining=untaught
        ),
        "network": replace(
            base,
            search=bare,
            breeding=replace(alone, generations=0),
            # Half of the time to learn before it writes.
            pretraining=replace(base.pretraining, share=0.5, alongside=0),
        ),
    }


def run(preset: Preset, folder: RunFolder, data: str, seed: int) -> Mapping[str, Any]:
    """Do one run and return the figures of its table."""
    dataset = load_dataset(data)
    training = training_for(dataset)
    ours = load_seeds()
    seeds = {task.id: ours[task.id] for task in training.tasks if task.id in ours}
    folder.write_config(
        {
            "preset": "laptop",
            "settings": asdict(preset),
            "data": data,
            "tasks": None,
            "seeds": None,
            "seed": seed,
        }
    )
    with worker_pool() as executor, training_thread(preset.training_cores) as trainer:
        return ArcRun(
            preset,
            dataset,
            training,
            seeds,
            folder,
            seed=seed,
            executor=executor,
            trainer=trainer,
        ).run()


def report(summaries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the final table: what each run solved, and what no other run did.

    Args:
        summaries: the figures of each run, by contestant.
    """
    found = {
        name: {task_id for ids in summary["solved_ids"].values() for task_id in ids}
        for name, summary in summaries.items()
    }
    start = set.intersection(*found.values())
    yield f"{'':<16}{'solved':>8}{'by no other':>13}{'programs':>12}"
    for name, solved in found.items():
        others = set().union(*(ids for other, ids in found.items() if other != name))
        programs = summaries[name]["programs"][SOURCES[name]]
        yield f"{name:<16}{len(solved):>8}{len(solved - others):>13}{programs:>12,}"
    total = next(iter(summaries.values()))["tasks"]
    yield f"{'in all':<16}{len(set().union(*found.values())):>8} of {total}"
    yield f"{'by each':<16}{len(start):>8}"


def main() -> None:
    """Read the arguments, let each have its run, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--minutes", type=float, default=7.5, help="of each run")
    parser.add_argument("--data", default="arc1-evaluation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/policies"))
    parser.add_argument("--only", nargs="+", choices=SOURCES, help="and report on what was run")
    options = parser.parse_args()
    folders = {name: options.out / name.replace(" ", "-") for name in SOURCES}
    chosen = [name for name in SOURCES if name in (options.only or SOURCES)]
    try:
        begun = {name: RunFolder.new(folders[name]) for name in chosen}
    except RunFolderError:
        parser.error(f"{options.out} holds such runs already; choose another folder by --out")
    presets = contestants(options.minutes)
    for name, folder in begun.items():
        summary = run(presets[name], folder, options.data, options.seed)
        print(f"\n== {name}\n{table(summary)}", flush=True)
    found = {name: path for name, path in folders.items() if path.exists()}
    print()
    for line in report(
        {name: RunFolder.existing(path).read_summary() for name, path in found.items()}
    ):
        print(line)


if __name__ == "__main__":
    main()
