"""Seeds from elsewhere: a Python file of solver functions, such as the one published with arc-dsl.

A solver is one function a task, in straight-line form::

    def solve_67a3c6ac(I):
        x1 = vmirror(I)
        O = identity(x1)
        return O

The file is parsed, never executed, and one function at a time, so that a broken one does not cost
the others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeGuard

from examples.arc.dsl import arc
from examples.arc.seeds import Seed, SeedError, load_seeds
from exit_dsl.language.programs import INPUT, OUTPUT
from exit_dsl.types import Program

PREFIX = "solve_"
_DEFINITION = re.compile(r"^(?:@.*\n)*(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """A program that cannot be used, and why; lines are counted from its first statement."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a collection of seeds holds: seeds by task id in ascending order, and problems."""

    seeds: Mapping[str, Seed]
    problems: tuple[Problem, ...] = ()

    @property
    def found(self) -> int:
        """The number of programs in the collection, whether they can be used or not."""
        return len(self.seeds) + len(self.problems)


class _NotStraightError(ValueError):
    """A function that is not in straight-line form."""


def load_any_seeds(path: Path) -> Imported:
    """Read a folder of ``<task id>.txt`` files or a Python file of solver functions.

    Raises:
        SeedError: ``path`` is neither, or nothing in it can be used.
    """
    if path.is_dir():
        return Imported(load_seeds(path))
    if path.is_file():
        return import_solvers(path)
    raise SeedError(
        f"{path} holds no seed programs, for it does not exist; give a folder of <task id>.txt "
        "files or a Python file of solver functions"
    )


def import_solvers(file: Path) -> Imported:
    """Read the functions of a Python file as seeds; those that are no programs are problems.

    The rule of a seed is the first line of its docstring, or the name of the file.

    Raises:
        SeedError: the file is not text or holds no functions.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SeedError(f"{file} is not a text file; give a Python file in UTF-8") from None
    seeds: dict[str, Seed] = {}
    problems = []
    for name, source in _definitions(text):
        try:
            seed = _read(name, source, file.name)
        except _NotStraightError as error:
            problems.append(Problem(name, str(error)))
            continue
        if seed.task_id in seeds:
            problems.append(Problem(name, "is defined again; the first definition is used"))
        seeds.setdefault(seed.task_id, seed)
    if not seeds and not problems:
        raise SeedError(
            f"{file} holds no solver functions; they look like: "
            f"def {PREFIX}67a3c6ac({INPUT}): {OUTPUT} = vmirror({INPUT}); return {OUTPUT}"
        )
    return Imported(dict(sorted(seeds.items())), tuple(problems))


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and source of each function that stands at the left margin."""
    starts = list(_DEFINITION.finditer(text))
    for match, following in zip_longest(starts, starts[1:]):
        yield match[1], text[match.start() : following.start() if following else len(text)]


def _read(name: str, source: str, origin: str) -> Seed:
    try:
        function = ast.parse(source).body[0]
    except SyntaxError as error:
        raise _NotStraightError(f"is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise _NotStraightError(f"is not Python: {error}") from None
    _require(name.startswith(PREFIX), f"is not named {PREFIX}<task id>")
    if not isinstance(function, ast.FunctionDef):
        raise _NotStraightError("is not a plain function")
    _require(not function.decorator_list, "has a decorator")
    _require(_takes_the_input(function.args), f"does not take {INPUT} as its only argument")
    rule = (ast.get_docstring(function) or f"from {origin}").split("\n")[0]
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    program = _program(body)
    refusal = arc.check(program)
    if refusal is not None:
        raise _NotStraightError(refusal.detail)
    return Seed(name.removeprefix(PREFIX), rule, program)


def _takes_the_input(args: ast.arguments) -> bool:
    others = (*args.posonlyargs, *args.kwonlyargs, *args.defaults, args.vararg, args.kwarg)
    return [arg.arg for arg in args.args] == [INPUT] and not any(others)


def _program(body: list[ast.stmt]) -> Program:
    last = body[-1] if body else None
    if not (isinstance(last, ast.Return) and _is_name(last.value) and last.value.id == OUTPUT):
        raise _NotStraightError(f"does not end with: return {OUTPUT}")
    return Program("\n".join(_line(number, each) for number, each in enumerate(body[:-1], 1)))


def _line(number: int, statement: ast.stmt) -> str:
    """Return a statement of the form ``name = function(name, ...)`` as a line of a program."""
    where = f"line {number}:"
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
        raise _NotStraightError(f"{where} is not of the form name = function(arg, ...)")
    (target,), call = statement.targets, statement.value
    if not _is_name(target):
        raise _NotStraightError(f"{where} assigns something other than one name")
    if not (isinstance(call, ast.Call) and _is_name(call.func)):
        raise _NotStraightError(f"{where} the right-hand side is not the call of a name")
    _require(not call.keywords, f"{where} has keyword arguments")
    names = []
    for position, arg in enumerate(call.args, 1):
        if not _is_name(arg):
            raise _NotStraightError(f"{where} argument {position} is not a name")
        names.append(arg.id)
    return f"{target.id} = {call.func.id}({', '.join(names)})"


def _is_name(node: ast.expr | None) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise _NotStraightError(complaint)
