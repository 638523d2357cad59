"""The command line: ``python -m examples.lists``, from the root of the repository."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, and say what came of it and where it is kept."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.lists", description="Expert iteration on lists of integers."
    )
    parser.add_argument("--minutes", type=float, default=4.0, help="how long to learn (4)")
    parser.add_argument("--seed", type=int, default=0, help="determines every random choice (0)")
    parser.add_argument("--run", type=Path, help="the folder to make (runs/lists-DATE)")
    options = parser.parse_args(arguments)
    folder = options.run or Path("runs") / datetime.now().strftime("lists-%Y%m%d-%H%M%S")
    if folder.exists():
        parser.error(f"{folder} is there already; choose another folder by --run")
    # Torch reads it when it is imported: its threads would spin while they wait.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from examples.lists.run import Plan, run

    report = run(Plan(minutes=options.minutes, seed=options.seed), folder)
    print(f"\n{report}\nprograms and metrics are in {folder}")


if __name__ == "__main__":
    main()
