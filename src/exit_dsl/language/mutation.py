"""Type-directed mutation: programs near the given ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic

import numpy as np

from exit_dsl.language.declaration import Language
from exit_dsl.language.inference import IllTypedError
from exit_dsl.language.programs import Atom, Call, Code, normalize
from exit_dsl.types import Candidate, I, O, Program, Task

MAX_LINES = 64
"""Mutants do not grow beyond this many lines."""
PATIENCE = 200
"""Tries in a row that may give nothing new before a sampler gives up."""


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


class Mutation(Generic[I, O]):
    """A sampler of mutants: seed programs with one or more typed edits.

    All tasks of one call to :meth:`sample` get the same mutants: a mutant is made and compiled
    once, and programs that share expressions are run side by side.

    Args:
        language: of the seeds.
        seeds: the programs to start from.
        rates: how often each kind of edit is chosen.
        depth: the largest number of edits; 1 is the paper's ``d1``. A mutant has each number of
            edits from 1 to ``depth`` equally often.

    Raises:
        ValueError: there are no seeds, or ``depth`` is below 1.
        ProgramError: a seed is not a program of the language.
        IllTypedError: a seed can never run.
    """

    def __init__(
        self,
        language: Language,
        seeds: Sequence[Program],
        *,
        rates: MutationRates | None = None,
        depth: int = 1,
    ) -> None:
        if not seeds:
            raise ValueError("mutation needs at least one seed program")
        if depth < 1:
            raise ValueError(f"mutation depth must be at least 1, not {depth}")
        self._language = language
        self._seeds = [normalize(language.parse(seed)) for seed in seeds]
        self._editor = Editor(language, rates or MutationRates())
        self._depth = depth
        for code in self._seeds:
            language.types(code)

    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose the same ``n`` mutants for each task (fewer if there are no more)."""
        mutants = list(islice(self.mutants(rng), n))
        return (Candidate(task.id, mutant) for task in tasks for mutant in mutants)

    def mutants(self, rng: np.random.Generator) -> Iterator[Program]:
        """Yield distinct mutants (by normal form) that differ from all seeds."""
        seen = {self._language.format(code) for code in self._seeds}
        fruitless = 0
        while fruitless < PATIENCE:
            seed = self._seeds[rng.integers(len(self._seeds))]
            code = self._mutate(seed, 1 + int(rng.integers(self._depth)), rng)
            program = None if code is None else self._language.format(code)
            if program is None or program in seen:
                fruitless += 1
                continue
            fruitless = 0
            seen.add(program)
            yield program

    def _mutate(self, code: Code, edits: int, rng: np.random.Generator) -> Code | None:
        for _ in range(edits):
            edited = self._editor.edit(code, rng)
            if edited is None:
                return None
            code = edited
        return code


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
        edited = kind(code, types, rng)
        if edited is None or len(edited) > MAX_LINES:
            return None
        edited = normalize(edited)
        try:
            self._language.types(edited)
        except IllTypedError:
            return None
        return edited

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
        judgement = self._inference.call(new, types)
        assert not isinstance(judgement, str)
        grown = [*types[:line], self._inference.number(judgement.type), *types[line:]]
        moved = tuple(_moved(call, line) for call in code)
        for position in rng.permutation(len(moved[line].args)):
            edited = _with_argument(moved[line], int(position), line)
            if self._inference.is_meant(edited, grown):
                chosen = _replaced(moved, line, edited)
                return (*chosen[:line], new, *chosen[line:])
        return None

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


def _moved(call: Call, line: int) -> Call:
    """Make room for a new line: references to ``line`` and later ones move by one."""

    def move(atom: Atom) -> Atom:
        return atom + 1 if isinstance(atom, int) and atom >= line else atom

    return Call(move(call.function), tuple(map(move, call.args)))
