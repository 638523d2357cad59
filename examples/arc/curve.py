"""The curve of a baseline, as a table and as a drawing, beside the figures of the paper."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from xml.sax.saxutils import escape

from examples.arc.rounds import Rounds
from examples.arc.tasks import ArcDataset

PAPER = {9_600: 28, 19_200: 32, 125_000: 40, 1_400_000: 42}
"""Tasks of the 400 that the paper's mutation (``d1``) solves, by programs tried.

Source: the curve of mutation alone in the results of the paper's release.
"""
_OF_THE_PAPER = ("arc1-evaluation", 400)
_MARKS = tuple(m * 10**e for e in range(2, 8) for m in (1, 2, 5))
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 360, 48, 40


def write(folder: Path, rounds: Rounds, dataset: ArcDataset, title: str) -> str:
    """Write ``summary.json`` and ``curve.svg``; return the table.

    The figures of the paper are shown where the tasks are those of the paper.
    """
    total = len(dataset.tasks)
    paper = PAPER if (dataset.name, total) == _OF_THE_PAPER else {}
    solved = rounds.solved()
    found = sorted(hit.tried for hit in solved.values())
    summary = {
        "settings": dict(rounds.settings),
        "programs": rounds.programs,
        "tasks": total,
        "solved": {task_id: asdict(hit) for task_id, hit in solved.items()},
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    svg = drawing(found, rounds.programs, title, paper)
    (folder / "curve.svg").write_text(svg, encoding="utf-8")
    return table(found, rounds.programs, total, paper)


def solved_at(found: Sequence[int], programs: int) -> int:
    """Return how many tasks the first ``programs`` solve.

    Args:
        found: for each solved task, the number of programs tried until then.
        programs: how many count.
    """
    return sum(tried <= programs for tried in found)


def table(found: Sequence[int], programs: int, total: int, paper: Mapping[int, int]) -> str:
    """Return the curve as text, beside figures of the paper by the number of programs."""
    marks = {mark for mark in (*_MARKS, *paper) if mark < programs} | {programs}
    lines = [f"{'programs':>10}{'solved':>8} of {total}" + ("   paper (d1)" if paper else "")]
    for mark in sorted(marks):
        theirs = f"{paper.get(mark, ''):>15}"
        lines.append(f"{mark:>10,}{solved_at(found, mark):>8}{theirs}".rstrip())
    return "\n".join(lines)


def drawing(found: Sequence[int], programs: int, title: str, paper: Mapping[int, int]) -> str:
    """Return the curve as SVG: tasks solved against programs tried, on a logarithmic scale."""
    last = max(programs, *paper, 1000)
    highest = max(len(found), *paper.values(), 1) * 1.1
    decades = math.log10(last) - 2

    def x(tried: float) -> float:
        share = (math.log10(max(tried, 100)) - 2) / decades
        return round(_LEFT + share * (_WIDTH - _LEFT - 16), 1)

    def y(solved: float) -> float:
        return round(_HEIGHT - _BOTTOM - solved / highest * (_HEIGHT - _BOTTOM - 32), 1)

    corners = [(x(100), y(solved_at(found, 100)))]
    for number, tried in enumerate(sorted(found), 1):
        if tried > 100:
            corners += [(x(tried), corners[-1][1]), (x(tried), y(number))]
    corners.append((x(programs), corners[-1][1]))
    path = " ".join(f"{a},{b}" for a, b in corners)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="12" fill="#333">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="{_LEFT}" y="18">{escape(title)}</text>',
            *_axes(x, y, last, highest),
            f'<polyline points="{path}" fill="none" stroke="#06c" stroke-width="2"/>',
            *(
                f'<circle cx="{x(tried)}" cy="{y(solved)}" r="4" fill="#c60">'
                f"<title>the paper: {solved} after {tried:,}</title></circle>"
                for tried, solved in paper.items()
            ),
            "</svg>\n",
        ]
    )


def _axes(
    x: Callable[[float], float], y: Callable[[float], float], last: int, highest: float
) -> list[str]:
    lines = []
    for power in range(2, math.floor(math.log10(last)) + 1):
        lines.append(
            f'<line x1="{x(10**power)}" x2="{x(10**power)}" y1="32" y2="{y(0)}" stroke="#ddd"/>'
            f'<text x="{x(10**power)}" y="{y(0) + 16}" text-anchor="middle">{10**power:,}</text>'
        )
    step = max(1, 10 ** math.floor(math.log10(highest)) // 2)
    for solved in range(0, math.floor(highest) + 1, step):
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y(solved)}" y2="{y(solved)}" '
            f'stroke="#ddd"/><text x="{_LEFT - 6}" y="{y(solved) + 4}" '
            f'text-anchor="end">{solved}</text>'
        )
    lines.append(
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">programs tried; '
        "line: this baseline, points: mutation alone in the paper</text>"
    )
    return lines
