"""The tasks that a run had solved by when, as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from examples.arc.runfolder import RunFolderError


def draw(rows: Sequence[Mapping[str, float]], total: int, file: Path) -> None:
    """Draw solved tasks against minutes, a line for each source and one for all.

    Args:
        rows: ``seconds`` and solved tasks by name, in the order of time.
        total: the number of tasks.
        file: where to write; its suffix tells the format, such as ``.svg`` or ``.png``.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        RunFolderError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'drawing needs matplotlib; install it by: pip install "exit_dsl[plots]"'
        ) from None
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    minutes = [0.0, *(row["seconds"] / 60 for row in rows)]
    for name in rows[0] if rows else ():
        if name != "seconds":
            width = 2.5 if name == "in all" else 1.2
            solved = [0.0, *(row[name] for row in rows)]
            axes.plot(minutes, solved, drawstyle="steps-post", linewidth=width, label=name)
    axes.set_xlabel("minutes")
    axes.set_ylabel(f"tasks solved, of {total}")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    try:
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    except (OSError, ValueError) as error:  # the latter is of a format that there is not
        raise RunFolderError(f"{file} cannot be drawn ({error}); give another --plot") from None
