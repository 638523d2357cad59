"""Straight-line programs: text to code and back.

A program is one call a line, ``name = function(arg, ...)``. ``I`` is the input and ``O``, which
must be assigned, the output. Parsing is one regular expression a line, without backtracking.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from exit_dsl.types import Program

INPUT = "I"
OUTPUT = "O"
MAX_TEXT = 100_000
"""Longer texts (in characters) are refused unread."""

Atom = str | int
"""A name of the language (or the input), or the index of an earlier line."""

_LINE = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z_]\w*)\s*\(([\w\s,]*)\)\s*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """One line: a function applied to arguments, each a name or the index of an earlier line."""

    function: Atom
    args: tuple[Atom, ...]

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """The function and the arguments."""
        return (self.function, *self.args)


Code = tuple[Call, ...]
"""A program without names of its own; the last line is the output."""


class ProgramError(ValueError):
    """The text is not a program of the language; the message says where and why."""


def parse(text: str, names: Collection[str]) -> Code:
    """Read a program.

    Blank lines and lines that start with ``#`` mean nothing. What follows the last assignment of
    ``O`` has no effect on the result and is left out.

    Args:
        text: the program.
        names: the language's primitives and constants.

    Raises:
        ProgramError: the text is not a program over ``names``.
    """
    if len(text) > MAX_TEXT:
        raise ProgramError(f"the text has {len(text)} characters; {MAX_TEXT} are allowed")
    scope: dict[str, int] = {}
    calls: list[Call] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        target, call = _parse_line(line, number, names, scope)
        scope[target] = len(calls)
        calls.append(call)
    if OUTPUT not in scope:
        raise ProgramError(f"no line assigns the output {OUTPUT}")
    return tuple(calls[: scope[OUTPUT] + 1])


def _parse_line(
    line: str, number: int, names: Collection[str], scope: dict[str, int]
) -> tuple[str, Call]:
    match = _LINE.fullmatch(line)
    if match is None:
        shown = line.strip()[:60]
        raise ProgramError(f"line {number}: {shown!r} is not of the form name = function(arg, ...)")
    target, function, inside = match.groups()
    if target == INPUT or target in names:
        raise ProgramError(f"line {number}: {target} is taken by the language")

    def atom(name: str) -> Atom:
        if name in scope:
            return scope[name]
        if name == INPUT or name in names:
            return name
        raise ProgramError(f"line {number}: {name[:60]!r} is not known here")

    args = [part.strip() for part in inside.split(",")] if inside.strip() else []
    if not args or not all(_NAME.fullmatch(arg) for arg in args):
        raise ProgramError(f"line {number}: arguments must be names, separated by commas")
    return target, Call(atom(function), tuple(map(atom, args)))


def format_code(code: Code) -> Program:
    """Write a program with the variables x1, x2, ... and the output O."""
    names = [*(f"x{number}" for number in range(1, len(code))), OUTPUT]
    lines = []
    for name, call in zip(names, code, strict=True):
        function, *args = [a if isinstance(a, str) else names[a] for a in call.atoms]
        lines.append(f"{name} = {function}({', '.join(args)})")
    return Program("\n".join(lines))


def normalize(code: Code) -> Code:
    """Return the normal form: dead lines dropped, equal lines merged, the order kept."""
    live = [False] * len(code)
    live[-1] = True
    for index in range(len(code) - 1, -1, -1):
        if live[index]:
            for atom in code[index].atoms:
                if isinstance(atom, int):
                    live[atom] = True
    places: dict[Call, int] = {}
    moved: list[int] = []
    same = True
    for index, call in enumerate(code):
        if live[index]:
            if not same:
                function, *args = [moved[a] if isinstance(a, int) else a for a in call.atoms]
                call = Call(function, tuple(args))
            moved.append(places.setdefault(call, len(places)))
        else:
            moved.append(-1)
        same = same and moved[index] == index
    return tuple(places)
