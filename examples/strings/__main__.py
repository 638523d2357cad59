"""The command line: ``python -m examples.strings``, from the root of the repository."""

from __future__ import annotations

from collections.abc import Sequence

from examples.contest.command import compete, read_options
from examples.strings.domain import make_contest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the contest."""
    options = read_options("strings", arguments)
    compete(make_contest(), options)


if __name__ == "__main__":
    main()
