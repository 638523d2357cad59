"""Hypothesis strategies for programs, well typed or not, and their evaluation without checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from exit_dsl.language import Language, LanguageInterpreter
from exit_dsl.language.programs import Atom, Call, Code
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program
from tests.language.lists import lists

BUDGET = Budget(seconds=60.0, max_steps=2_000, max_size=500)
ints = st.lists(st.integers(-3, 9), max_size=5).map(tuple)


@st.composite
def codes(draw: st.DrawFn, language: Language = lists, max_lines: int = 6) -> Code:
    """Straight-line programs in which only the numbers of arguments are right."""
    code: list[Call] = []
    names = list(language.inference.atoms)
    primitives = list(language.primitives.values())
    for line in range(draw(st.integers(1, max_lines))):
        atoms = st.sampled_from(names)
        args: st.SearchStrategy[Atom] = (
            st.one_of(atoms, st.integers(0, line - 1)) if line else atoms
        )
        if line and draw(st.integers(0, 9)) == 0:
            function: Atom = draw(st.integers(0, line - 1))
            arity = draw(st.integers(1, 2))
        else:
            primitive = draw(st.sampled_from(primitives))
            function, arity = primitive.name, primitive.arity
        code.append(Call(function, tuple(draw(args) for _ in range(arity))))
    return tuple(code)


def texts(language: Language = lists) -> st.SearchStrategy[Program]:
    """Anything at all: text, soups of the language's tokens, programs with a piece cut out."""
    tokens = [*language.inference.atoms, "x1", "x2", "O", " = ", "(", ")", ", ", "\n", "#", "\t"]
    soups = st.lists(st.sampled_from(tokens), max_size=30).map("".join)
    cut = st.builds(
        lambda text, start, length, piece: text[:start] + piece + text[start + length :],
        codes(language).map(language.format),
        st.integers(0, 60),
        st.integers(0, 10),
        st.text(max_size=3) | st.sampled_from(tokens),
    )
    return st.one_of(st.text(), soups, cut).map(Program)


def evaluate(
    code: Code, functions: Mapping[str, Callable[..., Any]], names: Mapping[str, Any]
) -> Any:
    """Run each line as it stands: no checks, no budgets, no sharing."""
    values: list[Any] = []

    def value(atom: Atom) -> Any:
        if isinstance(atom, int):
            return values[atom]
        return functions[atom] if atom in functions else names[atom]

    for call in code:
        values.append(value(call.function)(*map(value, call.args)))
    return values[-1]


def run(
    program: str, inputs: Sequence[Any], language: Language = lists, budget: Budget = BUDGET
) -> Sequence[Outcome[Any]]:
    """Run a program in an interpreter that has run nothing else."""
    interpreter: LanguageInterpreter[Any, Any] = LanguageInterpreter(language)
    return interpreter.run(Program(program), inputs, budget)


def kinds(program: str, items: Sequence[Any], budget: Budget = BUDGET) -> list[FailureKind | None]:
    """Return the kind of the failure on each input; None is a success."""
    outcomes = run(program, items, budget=budget)
    return [each.kind if isinstance(each, Failure) else None for each in outcomes]
