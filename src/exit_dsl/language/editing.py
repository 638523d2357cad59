"""Typed edits of programs: the moves of mutation and crossover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exit_dsl.language.completions import DEAD
from exit_dsl.language.declaration import Language
from exit_dsl.language.fitting import Fitting, Opening
from exit_dsl.language.programs import Atom, Call, Code, normalize
from exit_dsl.language.unification import may_be

MAX_LINES = 64
"""Programs do not grow beyond this many lines."""
DRAWS = 16
"""How often an edit of the chosen kind is drawn before the try comes to nothing."""
MAX_PARENTS = 10_000
"""No more programs are remembered with their types."""


@dataclass(frozen=True, slots=True)
class MutationRates:
    """How often each kind of edit is chosen, in proportion.

    ``argument`` replaces an argument, ``function`` a function, ``variable`` computes something new
    for an argument, and ``crossover`` lets an argument be what a line of another program computes.
    The default is the paper's; on held-out ARC tasks no other rates solved more.
    """

    argument: float = 0.5
    function: float = 0.25
    variable: float = 0.5
    crossover: float = 0.0

    def __post_init__(self) -> None:
        rates = (self.argument, self.function, self.variable, self.crossover)
        if min(rates) < 0 or sum(rates) <= 0:
            raise ValueError("mutation rates must not be negative, and at least one positive")

    @classmethod
    def paper(cls) -> MutationRates:
        """Return the settings of the paper's release."""
        return cls(argument=0.5, function=0.25, variable=0.5, crossover=0.0)


class Editor:
    """Makes single typed edits of programs.

    A line (and argument) is drawn first, then one of the edits of the chosen kind there, all
    equally often; this is repeated if there are none. What is edited is well typed as it is meant,
    and so is what depends on it unless it was not before; the whole can still give an output.

    Args:
        language: of the programs.
        rates: how often each kind of edit is chosen.
    """

    def __init__(self, language: Language, rates: MutationRates) -> None:
        self._language = language
        self._rates = rates
        self._inference = language.inference
        self._fitting = Fitting(language)
        self._primitives = tuple(language.primitives)
        self._results = {
            name: [self._inference.number(arrow.result) for arrow in self._inference.arrows(name)]
            for name in self._primitives
        }
        self._parents: dict[Code, list[int]] = {}
        self._kinds = (self._replace_argument, self._replace_function, self._introduce_variable)
        self._bounds = np.cumsum([rates.argument, rates.function, rates.variable, rates.crossover])

    def __reduce__(self) -> tuple[type[Editor], tuple[Language, MutationRates]]:
        return Editor, (self._language, self._rates)  # All else is soon found out again.

    def edit(
        self, code: Code, rng: np.random.Generator, donors: Sequence[Code] = ()
    ) -> Code | None:
        """Make one edit.

        Args:
            code: what to edit.
            rng: draws the edit.
            donors: programs to take over parts of; without any there is no crossover.

        Returns:
            The edited code in normal form, or None if this try came to nothing.
        """
        drawn = rng.random() * (self._bounds[-1] if donors else self._bounds[-2])
        kind = int(np.searchsorted(self._bounds, drawn, side="right"))
        if kind >= len(self._kinds):
            return self.cross(code, donors[_below(len(donors), rng)], rng) if donors else None
        types = self._types(code)
        for _ in range(DRAWS):
            edited = self._kinds[kind](code, types, rng)
            if edited is not None:
                return edited
        return None

    def _replace_argument(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        line = _below(len(code), rng)
        call = code[line]
        position = _below(len(call.args), rng)
        opening = self._opening(call, position, types)
        atom = _drawn(opening, types[:line], rng, other_than=call.args[position])
        if atom is None:
            return None
        return self._replaced(code, types, line, _with_argument(call, position, atom))

    def _replace_function(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        line = _below(len(code), rng)
        call = code[line]
        opening = self._fitting.function(self._inference.args(call.args, types))
        function = _drawn(opening, types[:line], rng, other_than=call.function)
        if function is None:
            return None
        return self._replaced(code, types, line, Call(function, call.args))

    def _introduce_variable(
        self, code: Code, types: list[int], rng: np.random.Generator
    ) -> Code | None:
        """Compute something new in front of a line and let the line use it for an argument."""
        line = _below(len(code), rng)
        name = self._primitives[_below(len(self._primitives), rng)]
        if not self._is_of_use(name, code[line], types):
            return None
        new = self._random_call(name, types[:line], rng)
        return None if new is None else self._inserted(code, types, line, (new,), rng)

    def _is_of_use(self, name: str, call: Call, types: Sequence[int]) -> bool:
        """Whether some argument of ``call`` may be what a primitive returns for some arguments."""
        openings = [self._opening(call, position, types) for position in range(len(call.args))]
        return any(opening.takes(result) for opening in openings for result in self._results[name])

    def cross(self, code: Code, donor: Code, rng: np.random.Generator) -> Code | None:
        """Let a line of ``code`` use for an argument what a line of ``donor`` computes.

        Returns:
            The child in normal form, or None if this try came to nothing.
        """
        types = self._types(code)
        for _ in range(DRAWS):
            part = normalize(donor[: 1 + _below(len(donor), rng)])
            line = _below(len(code), rng)
            child = self._inserted(code, types, line, _moved(part, 0, line), rng)
            if child is not None:
                return child
        return None

    def _inserted(
        self, code: Code, types: list[int], line: int, new: Code, rng: np.random.Generator
    ) -> Code | None:
        """Put ``new`` in front of a line, which then takes its last value for an argument."""
        if len(code) + len(new) > MAX_LINES:
            return None
        moved = (*code[:line], *new, *_moved(code[line:], line, len(new)))
        before = types[:line]
        for call in new:
            judgement = self._inference.call(call, before)
            if isinstance(judgement, str):
                return None
            before.append(judgement.number)
        last, types = len(before) - 1, [*before, *types[line:]]
        target = moved[len(before)]
        takers = [
            position
            for position in range(len(target.args))
            if self._opening(target, position, types).takes(types[last])
        ]
        if not takers:
            return None
        edited = _with_argument(target, takers[_below(len(takers), rng)], last)
        return self._replaced(moved, types, len(before), edited)

    def _replaced(self, code: Code, types: Sequence[int], line: int, call: Call) -> Code | None:
        """Replace a line; the normal form, if the rest goes with it as well as before.

        The line has to be meant, and so do those that depend on it unless they were not before.
        """
        numbers, changed = list(types), set[int]()
        edited = (*code[:line], call, *code[line + 1 :])
        for index in range(line, len(code)):
            if index == line or not changed.isdisjoint(edited[index].atoms):
                judgement = self._inference.call(edited[index], numbers)
                if isinstance(judgement, str):
                    return None
                if not judgement.meant and (index == line or self._is_meant(code[index], types)):
                    return None
                if judgement.number != numbers[index]:
                    numbers[index] = judgement.number
                    changed.add(index)
                elif index == line:
                    break
        return normalize(edited) if self._may_end_in(numbers[-1], types[-1]) else None

    def _may_end_in(self, number: int, before: int) -> bool:
        """Whether outputs may be of this type, and are meant to unless those ``before`` weren't."""
        if number == before or self._fitting.output.takes(number):
            return True
        if self._fitting.output.takes(before):
            return False
        return may_be(self._language.output_type, self._inference.type_of(number))

    def _random_call(
        self, name: str, types: Sequence[int], rng: np.random.Generator
    ) -> Call | None:
        """Draw typed arguments for a primitive out of what is known."""
        args: list[Atom] = []
        state = self._fitting.start(name)
        for _ in range(self._inference.arity(name) or 0):
            if state == DEAD:
                return None
            atom = _drawn(self._fitting.next_argument(state), types, rng)
            if atom is None:
                return None
            args.append(atom)
            (number,) = self._inference.args((atom,), types)
            state = self._fitting.after(state, number)
        given = self._inference.args(args, types)
        return Call(name, tuple(args)) if self._inference.is_meant(name, given) else None

    def _types(self, code: Code) -> list[int]:
        types = self._parents.get(code)
        if types is None:
            if len(self._parents) >= MAX_PARENTS:
                self._parents.clear()
            types = self._parents[code] = self._inference.types(code)
        return types

    def _is_meant(self, call: Call, types: Sequence[int]) -> bool:
        judgement = self._inference.call(call, types)
        return not isinstance(judgement, str) and judgement.meant

    def _opening(self, call: Call, position: int, types: Sequence[int]) -> Opening:
        function = self._inference.function(call.function, types)
        return self._fitting.argument(function, self._inference.args(call.args, types), position)


def _below(n: int, rng: np.random.Generator) -> int:
    """Draw one of the first ``n`` integers; much faster than ``rng.integers``."""
    return int(rng.random() * n)


def _drawn(
    opening: Opening,
    types: Sequence[int],
    rng: np.random.Generator,
    other_than: Atom | None = None,
) -> Atom | None:
    """Draw one of the names and lines that fit; None if there is none."""
    names = opening.names
    # Most draws fit, and asking about one line is cheaper than asking about all.
    for _ in range(DRAWS if names else 0):
        at = _below(len(names) + len(types), rng)
        line = at - len(names)
        atom = names[at] if line < 0 else line
        if atom != other_than and (line < 0 or opening.takes(types[line])):
            return atom
    fitting: list[Atom] = [*names]
    fitting += [line for line, number in enumerate(types) if opening.takes(number)]
    if other_than in fitting:
        fitting.remove(other_than)
    return fitting[_below(len(fitting), rng)] if fitting else None


def _with_argument(call: Call, position: int, atom: Atom) -> Call:
    return Call(call.function, (*call.args[:position], atom, *call.args[position + 1 :]))


def _moved(code: Code, first: int, by: int) -> Code:
    """Renumber references to line ``first`` and later ones, which moved down by ``by`` lines."""

    def move(atom: Atom) -> Atom:
        return atom + by if isinstance(atom, int) and atom >= first else atom

    return tuple(Call(move(call.function), tuple(map(move, call.args))) for call in code)
