"""What can be told about a task of strings at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from examples.strings.dsl import MARKS
from exit_dsl import Task

_CASES: dict[str, Callable[[str], bool]] = {
    "digits": str.isdigit, "capitals": str.isupper, "small letters": str.islower,
    "a title": str.istitle,
}  # fmt: skip


def features(task: Task[str, str]) -> list[str]:
    """Return the names of what holds in every demonstration, in a fixed order."""
    first, *others = (dict.fromkeys(_of_pair(e.input, e.output)) for e in task.examples)
    return [name for name in first if all(name in other for other in others)]


def _of_pair(given: str, wanted: str) -> Iterable[str]:
    yield f"output {_compare(len(wanted), len(given))} in length"
    yield f"output of {len(wanted)}" if len(wanted) < 5 else "long output"
    if wanted in given:
        yield "output is a part"
    if wanted.lower() in given.lower():
        yield "output is a part but for case"
    if given in wanted:
        yield "input is a part"
    if given[:1] == wanted[:1]:
        yield "same beginning"
    if given[-1:] == wanted[-1:]:
        yield "same end"
    for name, holds in _CASES.items():
        if holds(wanted):
            yield f"output is {name}"
            if not holds(given):
                yield f"output becomes {name}"
    for name, mark in MARKS.items():
        if mark and (mark in given or mark in wanted):
            counts = given.count(mark), wanted.count(mark)
            yield f"{_compare(counts[1], counts[0])} {name}"
            if wanted.startswith(mark):
                yield f"{name} in front"
            if wanted.endswith(mark):
                yield f"{name} at the end"


def _compare(after: int, before: int) -> str:
    return (
        "equal"
        if after == before
        else "more"
        if after > before
        else "none"
        if not after
        else "less"
    )
