"""Which atoms of a language fit where, remembered: edits ask for the same places all the time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import TypeVar

from exit_dsl.language.completions import DEAD
from exit_dsl.language.declaration import Language

MAX_ANSWERS = 100_000
"""No more openings or answers of one kind are remembered at a time."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Opening:
    """A place in a call that waits for an atom, the rest of the call given.

    Args:
        fits: whether a value of the type of this number fits.
        fitting: gives the names of the language that fit, when they are first asked for.
    """

    def __init__(
        self, fits: Callable[[int], bool], fitting: Callable[[Opening], Iterable[str]]
    ) -> None:
        self._fits = fits
        self._fitting = fitting
        self._known: dict[int, bool] = {}

    def takes(self, number: int) -> bool:
        """Whether a value of the type of this number fits."""
        answer = self._known.get(number)
        if answer is None:
            answer = self._known[number] = self._fits(number)
        return answer

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the language that fit."""
        return tuple(self._fitting(self))


class Fitting:
    """Says what fits in one language, each argument being of the type that is meant.

    Functions are given by name or, where they are values, by the number of their type.
    """

    def __init__(self, language: Language) -> None:
        inference = self._inference = language.inference
        self._completions = language.completions
        self._names: dict[int, list[str]] = {}
        for name, number in inference.atom_numbers.items():
            self._names.setdefault(number, []).append(name)
        self._by_arity: dict[int | None, list[str]] = {}
        for name in inference.primitives:
            self._by_arity.setdefault(inference.arity(name), []).append(name)
        self._arguments: dict[tuple[str | int, tuple[int, ...], int], Opening] = {}
        self._functions: dict[tuple[int, ...], Opening] = {}
        self._next: dict[int, Opening] = {}
        self.output = Opening(self._completions.is_output, self._data)

    def argument(self, function: str | int, args: tuple[int, ...], position: int) -> Opening:
        """Return the place of one argument, the others being of the types ``args``."""
        before, after = args[:position], args[position + 1 :]
        key = (function, before + after, position)
        opening = self._arguments.get(key)
        if opening is None:
            opening = Opening(
                lambda number: self._is_call(function, (*before, number, *after)), self._data
            )
            _remember(self._arguments, key, opening)
        return opening

    def function(self, args: tuple[int, ...]) -> Opening:
        """Return the place of a function that is applied to arguments of the types ``args``."""
        opening = self._functions.get(args)
        if opening is None:
            names = self._by_arity.get(len(args), ())
            opening = Opening(
                lambda number: self._is_call(number, args),
                lambda _: (name for name in names if self._is_call(name, args)),
            )
            _remember(self._functions, args, opening)
        return opening

    def _is_call(self, function: str | int, args: tuple[int, ...]) -> bool:
        arity = self._inference.arity(function)
        if arity is None:  # What it takes is not known, so there are no states.
            return self._inference.is_meant(function, args)
        if arity != len(args):
            return False
        state = self.start(function)
        for number in args:
            state = self.after(state, number)
        return state != DEAD

    # A call is built from left to right, from state to state; DEAD says that it cannot go on.

    def start(self, function: str | int) -> int:
        """Return the state of a call without arguments."""
        return self._completions.start(function)

    def after(self, state: int, number: int) -> int:
        """Return the state after an argument of this type."""
        return self._completions.next(state, number)

    def next_argument(self, state: int) -> Opening:
        """Return the place of the argument that comes next."""
        opening = self._next.get(state)
        if opening is None:
            opening = Opening(lambda number: self.after(state, number) != DEAD, self._data)
            _remember(self._next, state, opening)
        return opening

    def _data(self, opening: Opening) -> Iterable[str]:
        fitting = (names for number, names in self._names.items() if opening.takes(number))
        return (name for names in fitting for name in names)


def _remember(answers: dict[K, V], key: K, answer: V) -> None:
    if len(answers) >= MAX_ANSWERS:
        answers.clear()
    answers[key] = answer
