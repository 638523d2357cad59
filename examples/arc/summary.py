"""The final table of a run, and the figures in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from examples.arc.dsl.types import Grid
from examples.arc.progress import EVOLUTION, GRAMMAR, MUTATION, SOURCES, Progress
from examples.arc.submission import Answers
from exit_dsl.evaluation import Scoreboard
from exit_dsl.loop import POLICY

ATTEMPTS = (1, 2, 3)


def summarize(scoreboard: Scoreboard[Grid, Grid], progress: Progress) -> dict[str, Any]:
    """Return the figures of a run, as values of JSON."""

    def solved(k: int, sources: Collection[str]) -> tuple[str, ...]:
        return scoreboard.cumulative(k, sources).solved

    table = {
        name: [len(solved(k, sources)) for k in ATTEMPTS]
        for name, sources in (
            *((source, [source]) for source in SOURCES),
            ("in all", SOURCES),
        )
    }
    return {
        "tasks": scoreboard.performance(1).total,
        "solved": table,
        "solved_ids": {name: list(solved(3, [name])) for name in SOURCES},
        "programs": dict(progress.programs),
        "screened": dict(progress.screened),
        "checked": dict(progress.checked),
        "valid": {
            name: progress.valid[name] / count if count else None
            for name, count in progress.checked.items()
        },
        "lessons": progress.lessons,
        "seconds": dict(progress.seconds),
        "elapsed": progress.elapsed,
    }


def answered(scoreboard: Scoreboard[Grid, Grid], answers: Answers) -> list[int]:
    """Return how many tasks the first one, two and three of the answers to each solve."""
    firsts = ({task_id: given[:k] for task_id, given in answers.items()} for k in ATTEMPTS)
    return [len(scoreboard.grade(first).solved) for first in firsts]


def table(summary: Mapping[str, Any]) -> str:
    """Return the final table as text."""
    total = summary["tasks"]
    lines = [f"{'':<24}{'pass@1':>8}{'pass@2':>8}{'pass@3':>8}   of {total} tasks"]
    names = {source: f"solved by {source}" for source in (MUTATION, EVOLUTION)}
    names[GRAMMAR] = "solved by the grammar"
    names[POLICY] = "solved by the network"
    for name, counts in summary["solved"].items():
        label = names.get(name, "solved in all")
        lines.append(f"{label:<24}" + "".join(f"{count:>8}" for count in counts))
    if "answered" in summary:  # when the run has ended
        counts = "".join(f"{count:>8}" for count in summary["answered"])
        lines.append(f"{'by so many answers':<24}{counts}")
    lines.append("")
    for name, share in summary["valid"].items():
        count = summary["programs"][name]
        untold = "valid ones were not counted" if count else "none were run"
        # A run from before they were written down does not say of how many.
        of = f" of {summary['checked'][name]:,}" if "checked" in summary else ""
        shown = untold if share is None else f"{share:.1%}{of} valid"
        lines.append(f"programs by {name:<10}{count:>12,}   {shown}")
    lines.append("")
    for stage, spent in summary["seconds"].items():
        lines.append(f"{stage:<24}{spent:>8.1f} s{_rate(stage, summary)}")
    lines.append(f"{'total':<24}{summary['elapsed']:>8.1f} s")
    return "\n".join(lines)


def _rate(stage: str, summary: Mapping[str, Any]) -> str:
    """Return the programs a second of the stages that run programs."""
    if stage == "pretraining":
        return f"   {summary['lessons']:,} lessons"
    programs = {
        "search by mutation": summary["screened"][MUTATION],
        "evolution": summary["screened"][EVOLUTION],
        "grammar policy": summary["screened"][GRAMMAR],
        "sampling and execution": summary["programs"][POLICY],
    }
    if stage not in programs:
        return ""
    return f"   {programs[stage] / summary['seconds'][stage]:,.0f} programs a second"
