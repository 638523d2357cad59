"""Typed edits of programs: the moves of mutation and crossover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from exit_dsl.language.declaration import Language
from exit_dsl.language.inference import IllTypedError
from exit_dsl.language.programs import Atom, Call, Code, normalize

MAX_LINES = 64
"""Programs do not grow beyond this many lines."""


@dataclass(frozen=True, slots=True)
class MutationRates:
    """How often each kind of edit is chosen, in proportion.

    Source: the settings of the paper's release (replace an argument 0.5, a function 0.25,
    introduce a variable 0.5).
    """

    argument: float = 0.5
    function: float = 0.25
    variable: float = 0.5

    def __post_init__(self) -> None:
        rates = (self.argument, self.function, self.variable)
        if min(rates) < 0 or sum(rates) <= 0:
            raise ValueError("mutation rates must not be negative, and at least one positive")


class Editor:
    """Makes single typed edits of programs."""

    def __init__(self, language: Language, rates: MutationRates) -> None:
        self._language = language
        self._inference = language.inference
        self._atoms = tuple(self._inference.atoms)
        kinds = (self._replace_argument, self._replace_function, self._introduce_variable)
        weights = np.array([rates.argument, rates.function, rates.variable])
        self._kinds = kinds
        self._bounds = np.cumsum(weights / weights.sum())
        self._by_arity: dict[int, list[str]] = {}
        for name, primitive in language.primitives.items():
            self._by_arity.setdefault(primitive.arity, []).append(name)

    def edit(self, code: Code, rng: np.random.Generator) -> Code | None:
        """Return ``code`` with one edit, in normal form, or None if this try came to nothing.

        The edited line is well typed as it is meant, and the whole can still give an output.
        """
        types = self._inference.types(code)
        kind = self._kinds[int(np.searchsorted(self._bounds, rng.random(), side="right"))]
        return self._finished(kind(code, types, rng))

    def _replace_argument(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        line = int(rng.integers(len(code)))
        call = code[line]
        position = int(rng.integers(len(call.args)))
        for atom in self._shuffled(line, rng):
            edited = _with_argument(call, position, atom)
            if edited != call and self._inference.is_meant(edited, types):
                return _replaced(code, line, edited)
        return None

    def _replace_function(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        line = int(rng.integers(len(code)))
        call = code[line]
        values = (index for index in range(line) if self._inference.arrows(types[index]))
        functions: list[Atom] = [*self._by_arity.get(len(call.args), ()), *values]
        for index in rng.permutation(len(functions)):
            edited = Call(functions[index], call.args)
            if edited != call and self._inference.is_meant(edited, types):
                return _replaced(code, line, edited)
        return None

    def _introduce_variable(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        """Compute something new in front of a line and let the line use it for an argument."""
        line = int(rng.integers(len(code)))
        new = self._random_call(line, types, rng)
        if new is None:
            return None
        return self._insert(code, line, (new,), rng)

    def cross(self, code: Code, donor: Code, rng: np.random.Generator) -> Code | None:
        """Let a line of ``code`` use for an argument what a line of ``donor`` computes.

        Returns:
            The child in normal form, or None if this try came to nothing.
        """
        part = normalize(donor[: 1 + int(rng.integers(len(donor)))])
        line = int(rng.integers(len(code)))
        return self._finished(self._insert(code, line, _moved(part, 0, line), rng))

    def _insert(self, code: Code, line: int, new: Code, rng: np.random.Generator) -> Code | None:
        """Put ``new`` in front of a line, which then takes its last value for an argument."""
        before = (*code[:line], *new)
        target, *rest = _moved(code[line:], line, len(new))
        types = self._inference.types(before)
        for position in rng.permutation(len(target.args)):
            edited = _with_argument(target, int(position), len(before) - 1)
            if self._inference.is_meant(edited, types):
                return (*before, edited, *rest)
        return None

    def _finished(self, code: Code | None) -> Code | None:
        """Return the normal form if the whole can still give an output."""
        if code is None or len(code) > MAX_LINES:
            return None
        edited = normalize(code)
        try:
            self._language.types(edited)
        except IllTypedError:
            return None
        return edited

    def _shuffled(self, line: int, rng: np.random.Generator) -> Iterator[Atom]:
        """Yield what is known before ``line`` in random order.

        The first that fits is thus a uniform choice among all that fit.
        """
        known = len(self._atoms)
        for index in rng.permutation(known + line).tolist():
            yield self._atoms[index] if index < known else index - known

    def _random_call(self, line: int, types: list[int], rng: np.random.Generator) -> Call | None:
        """Draw a primitive and typed arguments for it out of what is known before ``line``."""
        names = tuple(self._language.primitives)
        name = names[int(rng.integers(len(names)))]
        args: tuple[Atom, ...] = ()
        given: tuple[int, ...] = ()
        for _ in range(self._language.primitives[name].arity):
            for atom in self._shuffled(line, rng):
                known = self._inference.atom_numbers
                number = known[atom] if isinstance(atom, str) else types[atom]
                if self._inference.prefix_fits(name, (*given, number)):
                    args, given = (*args, atom), (*given, number)
                    break
            else:
                return None
        return Call(name, args) if self._inference.is_meant(Call(name, args), types) else None


def _with_argument(call: Call, position: int, atom: Atom) -> Call:
    return Call(call.function, (*call.args[:position], atom, *call.args[position + 1 :]))


def _replaced(code: Code, line: int, call: Call) -> Code:
    return (*code[:line], call, *code[line + 1 :])


def _moved(code: Code, first: int, by: int) -> Code:
    """Renumber references to line ``first`` and later ones, which moved down by ``by`` lines."""

    def move(atom: Atom) -> Atom:
        return atom + by if isinstance(atom, int) and atom >= first else atom

    return tuple(Call(move(call.function), tuple(map(move, call.args))) for call in code)
