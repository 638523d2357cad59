"""What can be told about a task of strings at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from examples.strings.dsl import MARKS
from exit_dsl import Task

FACTS: dict[str, Callable[[str, str], bool]] = {
    "a part": lambda given, wanted: wanted in given,
    "a part but for case": lambda given, wanted: wanted.lower() in given.lower(),
    "more": lambda given, wanted: given in wanted,
    "the same beginning": lambda given, wanted: given[:1] == wanted[:1],
    "the same end": lambda given, wanted: given[-1:] == wanted[-1:],
    "shorter": lambda given, wanted: len(wanted) < len(given),
    "longer": lambda given, wanted: len(wanted) > len(given),
    "short": lambda given, wanted: len(wanted) < 5,
    "digits": lambda given, wanted: wanted.isdigit(),
    "capitals": lambda given, wanted: wanted.isupper() and not given.isupper(),
    "small letters": lambda given, wanted: wanted.islower() and not given.islower(),
    "a title": lambda given, wanted: wanted.istitle() and not given.istitle(),
}


def features(task: Task[str, str]) -> list[str]:
    """Return the names of what holds in every demonstration, in a fixed order."""
    first, *others = (list(_of_pair(e.input, e.output)) for e in task.examples)
    return [name for name in first if all(name in other for other in others)]


def _of_pair(given: str, wanted: str) -> Iterator[str]:
    yield from (name for name, holds in FACTS.items() if holds(given, wanted))
    for name, mark in MARKS.items():
        if mark and (mark in given or mark in wanted):
            before, after = given.count(mark), wanted.count(mark)
            yield f"{name} {after > before:d}{after < before:d}{after > 0:d}"
            if wanted.startswith(mark) or wanted.endswith(mark):
                yield f"{name} outside"
