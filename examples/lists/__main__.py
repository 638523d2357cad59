"""The command line: ``python -m examples.lists``, from the root of the repository."""

from __future__ import annotations

import os
from collections.abc import Sequence

from examples.contest.command import compete, read_options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the contest."""
    options = read_options("lists", arguments)
    # Torch reads it when it is imported: its threads would spin while they wait.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from examples.lists.domain import make_contest

    compete(make_contest(options.seed), options)


if __name__ == "__main__":
    main()
