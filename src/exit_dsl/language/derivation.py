"""Well-typed programs, derived from their output down.

A hole is filled by a name of the language, by a variable that was computed before, or by a new
call, whose arguments are holes in turn, filled from left to right. So each line of a program is
there because something asks for it. What cannot stand at its place by itself is never offered; a
call whose arguments then do not go together is a dead end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.choices import MAX_APPLIED, Choices, Frame, Symbols
from exit_dsl.language.grammar import Grammar
from exit_dsl.language.programs import Atom, Call, Code
from exit_dsl.language.vocabulary import Vocabulary

Function = str | int
"""What is called: a primitive by name, or a computed function by the number of its type."""
MAX_HOLES = 50_000
"""No more holes, and what is offered for them, are remembered at a time."""
MAX_DEPTH = 200
"""Calls inside of calls; Python's own stack would not take many more."""


class _Fits(dict[int, bool]):
    """Whether a type, by number, fits somewhere; found out when it is first asked."""

    def __init__(self, judge: Callable[[int], bool]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, number: int) -> bool:
        fits = self[number] = self._judge(number)
        return fits


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A position in calls: the symbols that may stand there, one Boolean each, but variables."""

    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """The symbols that may stand somewhere just now, as an array and as a list."""

    array: NDArray[np.int64]
    symbols: list[int]


@dataclass(frozen=True, slots=True)
class Hole:
    """A place that waits for a value, and the types that a variable there may have."""

    place: Place
    fits: Mapping[int, bool]


class Guide(Protocol):
    """Decides how holes are filled."""

    def choose(
        self, hole: Hole, frame: Frame, variables: Sequence[int], progress: Derivation
    ) -> tuple[int, int] | None:
        """Return a symbol and, if it is that of variables, one of ``variables`` (else 0).

        None if there is nothing to choose from.
        """
        ...


class Holes:
    """The holes of a language and what may fill them; what was found out is remembered."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.language = vocabulary.language
        self.inference = self.language.inference
        self.symbols = Symbols(vocabulary)
        self.arities = np.zeros(self.symbols.size, dtype=np.int64)
        """The number of arguments of each call, by symbol."""
        self._is_output = Grammar(vocabulary).is_output
        self._values = {
            vocabulary.token(name): number for name, number in self.inference.atom_numbers.items()
        }
        self._results: dict[int, tuple[int, ...]] = {}
        for name, primitive in self.language.primitives.items():
            symbol = self.symbols.calls + vocabulary.token(name)
            arrows = self.inference.arrows(name)
            self._results[symbol] = tuple(self.inference.number(a.result) for a in arrows)
            self.arities[symbol] = primitive.arity
        made = {self.inference.arity(n) for numbers in self._results.values() for n in numbers}
        for arity in range(1, MAX_APPLIED + 1):
            if arity in made:
                self.arities[self.symbols.calls + arity] = arity
        self._longest = int(self.arities.max())
        self._places: dict[tuple[Function, int], Place] = {}
        self._offered: dict[tuple[Place, bool, int], Offered] = {}
        self._holes: dict[tuple[Function, tuple[int, ...]], Hole] = {}
        self.output = Hole(Place(self._calls(self._is_output)), {})
        """Where every program begins."""
        self._functions = {arity: self._function(arity) for arity in range(1, MAX_APPLIED + 1)}

    def __reduce__(self) -> tuple[type[Holes], tuple[Vocabulary]]:
        return Holes, (self._vocabulary,)  # All else follows, and is soon found out again.

    def type_of(self, symbol: int) -> int:
        """Return the number of the type of a name."""
        return self._values[symbol]

    def is_output(self, number: int) -> bool:
        """Whether a value of the type with this number fits the output."""
        return self._is_output(number)

    def function(self, arity: int) -> Hole:
        """Return the hole for a computed function that is to be called."""
        return self._functions[arity]

    def argument(self, function: Function, given: tuple[int, ...]) -> Hole:
        """Return the hole for the next argument after those of the types ``given``."""
        key = (function, given)
        hole = self._holes.get(key)
        if hole is None:
            if len(self._holes) >= MAX_HOLES:
                for known in (self._holes, self._places, self._offered):
                    known.clear()
            fits = _Fits(lambda number: self.inference.prefix_fits(function, (*given, number)))
            hole = self._holes[key] = Hole(self._place(function, len(given)), fits)
        return hole

    def offered(self, hole: Hole, variables_fit: bool, most: int) -> Offered:
        """Return the symbols that may fill a hole, where calls have ``most`` arguments at most."""
        most = min(max(most, 0), self._longest)
        key = (hole.place, variables_fit, most)
        offered = self._offered.get(key)
        if offered is None:
            mask = hole.place.mask & (self.arities <= most)
            mask[self.symbols.variable] = variables_fit
            array = np.flatnonzero(mask)
            offered = self._offered[key] = Offered(array, array.tolist())
        return offered

    def choices(self, code: Code) -> Choices | None:
        """Return the choices that make a program; None if there are none, whatever its types.

        Then its calls are nested too deeply, or there is no symbol for one: it is of a constant, of
        the input, or of a function with more or fewer arguments than those that primitives return.
        """
        found: list[tuple[int, int]] = []
        finished: dict[int, int] = {}
        waiting: list[int | str | None] = [len(code) - 1]
        open_lines: list[int] = []
        while waiting:
            atom = waiting.pop()
            if atom is None:
                finished[open_lines.pop()] = len(finished)
            elif isinstance(atom, str):
                found.append((self.symbols.of_value(atom), 0))
            elif atom in finished:
                found.append((self.symbols.variable, finished[atom]))
            else:
                call = code[atom]
                if len(open_lines) == MAX_DEPTH or not self._has_symbol(call):
                    return None
                open_lines.append(atom)
                found.append((self.symbols.of_call(call), 0))
                holes = call.args if isinstance(call.function, str) else call.atoms
                waiting += [None, *reversed(holes)]
        return found

    def _has_symbol(self, call: Call) -> bool:
        arity = len(call.args)
        if isinstance(call.function, int) and arity > MAX_APPLIED:
            return False
        return int(self.arities[self.symbols.of_call(call)]) == arity

    def _function(self, arity: int) -> Hole:
        fits = _Fits(lambda number: self.inference.arity(number) == arity)
        return Hole(Place(self._calls(fits.__getitem__)), fits)

    def _place(self, function: Function, position: int) -> Place:
        key = (function, position)
        place = self._places.get(key)
        if place is None:
            fits = _Fits(lambda number: self.inference.fits_at(function, position, number))
            mask = self._calls(fits.__getitem__)
            for symbol, number in self._values.items():
                mask[symbol] = fits[number]
            place = self._places[key] = Place(mask)
        return place

    def _calls(self, fits: Callable[[int], bool]) -> NDArray[np.bool_]:
        """Tell of each call whether its result may fit; of computed functions that is unknown."""
        mask = np.zeros(self.symbols.size, dtype=np.bool_)
        for symbol, results in self._results.items():
            mask[symbol] = any(map(fits, results))
        applied = slice(self.symbols.calls + 1, self.symbols.calls + MAX_APPLIED + 1)
        mask[applied] = self.arities[applied] > 0
        return mask


@final
class Derivation:
    """A program under construction.

    Args:
        holes: of the language.
        guide: decides.
        max_tokens: the longest program: two tokens a line and one for each argument.
        max_lines: the most lines.
    """

    def __init__(self, holes: Holes, guide: Guide, max_tokens: int, max_lines: int) -> None:
        self._holes = holes
        self._guide = guide
        self._tokens = max_tokens
        self._lines = max_lines
        self._depth = 0
        self._types: list[int] = []
        self.code: list[Call] = []
        """The finished lines."""
        self.makers: list[int] = []
        """The symbols of the calls that made them."""

    @property
    def most(self) -> int:
        """The most arguments of a call for which there is room; negative if there is for none."""
        return self._tokens - 2 if self._lines and self._depth < MAX_DEPTH else -1

    def program(self) -> Code | None:
        """Derive a whole program; None if that led to a dead end."""
        output = self._fill(self._holes.output, Frame())
        if output is None or not self._holes.is_output(output[1]):
            return None
        return tuple(self.code)

    def _fill(self, hole: Hole, frame: Frame) -> tuple[Atom, int] | None:
        """Return what fills the hole and the number of its type."""
        fitting = [line for line, number in enumerate(self._types) if hole.fits[number]]
        choice = self._guide.choose(hole, frame, fitting, self)
        if choice is None:
            return None
        symbol, line = choice
        symbols = self._holes.symbols
        if symbol == symbols.variable:
            frame.args.append(self.makers[line])
            frame.taken.append(line)
            return line, self._types[line]
        frame.args.append(symbol)
        if symbol < symbols.calls:
            return symbols.name(symbol), self._holes.type_of(symbol)
        arity = int(self._holes.arities[symbol])
        self._tokens -= arity + 2
        self._lines -= 1
        self._depth += 1
        filled = self._call(symbol, arity, Frame(symbol, frame))
        self._depth -= 1
        if filled is not None:
            frame.taken.append(len(self.code) - 1)
        return filled

    def _call(self, symbol: int, arity: int, frame: Frame) -> tuple[Atom, int] | None:
        """Derive the arguments of a call and finish its line."""
        name = self._holes.symbols.name(symbol)
        called: tuple[Atom, Function] | None = (name, name)
        if self._holes.symbols.is_applied(symbol):
            called = self._fill(self._holes.function(arity), frame)
        if called is None:
            return None
        atom, function = called
        args: tuple[Atom, ...] = ()
        given: tuple[int, ...] = ()
        for _ in range(arity):
            filled = self._fill(self._holes.argument(function, given), frame)
            if filled is None:
                return None
            args, given = (*args, filled[0]), (*given, filled[1])
            if not self._holes.inference.prefix_fits(function, given):
                return None
        judgement = self._holes.inference.judge(function, given)
        if isinstance(judgement, str) or not judgement.meant:
            return None
        self.code.append(Call(atom, args))
        self.makers.append(symbol)
        self._types.append(self._holes.inference.number(judgement.type))
        return len(self.code) - 1, self._types[-1]
