"""Calls that get an argument at a time, in many programs at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from exit_dsl.language.beginnings import Beginnings
from exit_dsl.language.completions import DEAD
from exit_dsl.language.names import Names
from exit_dsl.language.tables import List, Numbers, Pairs
from exit_dsl.language.usefulness import Usefulness
from exit_dsl.language.vocabulary import Vocabulary


class Calls:
    """The calls of a vocabulary, each a number.

    A call so far is named by its primitive's token, or by the call without its last argument and
    the type of that. With nothing called, a value is the last argument.

    Args:
        vocabulary: names the primitives.
        beginnings: know the states of calls without arguments.
        names: know the states after those.
        usefulness: what the results of calls are taken for.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        beginnings: Beginnings,
        names: Names,
        usefulness: Usefulness,
    ) -> None:
        self._symbols = vocabulary.symbols
        self._inference = vocabulary.language.inference
        self._beginnings = beginnings
        self._names = names
        self._usefulness = usefulness
        self._nothing = vocabulary.size
        self.given = Pairs(vocabulary.size + 1)
        """The numbers of calls with one more argument, by what they were and its type."""
        self.states = List(self._find_states, 3)
        """The states of calls as one of each kind, and how many arguments are missing."""
        self.results = List(self._find_results)
        """The types of the results of whole calls; a call that can never run is a ValueError."""
        self.outputs = List(self._find_outputs, dtype=np.int8)
        """Whether values of types fit the output: 1 or 0."""

    def of_values(self, types: Numbers) -> Numbers:
        """Return the calls of values of these types without arguments."""
        return self.given(np.full_like(types, self._nothing), types)

    def _find_states(self, calls: Numbers) -> Numbers:
        named = calls < self._nothing
        befores, types = self.given.both(calls[~named])
        of_calls = befores != self._nothing
        so_far = self.states(befores[of_calls])
        states = np.zeros((calls.size, 3), dtype=np.int64)
        given = np.zeros((befores.size, 3), dtype=np.int64)
        states[named] = self._begin(self._symbols[call] for call in calls[named].tolist())
        given[~of_calls] = self._begin(types[~of_calls].tolist())
        given[of_calls] = self._go_on(so_far, types[of_calls])
        states[~named] = given
        return states

    def _begin(self, functions: Iterable[str | int]) -> Numbers:
        return _array([self._begin_one(function) for function in functions])

    def _begin_one(self, function: str | int) -> tuple[int, int, int]:
        if isinstance(function, str) and function not in self._inference.primitives:
            return DEAD, DEAD, 0
        return *self._beginnings.starts(function), self._inference.arity(function) or 0

    def _go_on(self, calls: Numbers, types: Numbers) -> Numbers:
        after = self._names.after
        pairs = zip(calls.tolist(), types.tolist(), strict=True)
        return _array(
            [
                (after(is_open, number), after(closing, number), missing - 1)
                for (is_open, closing, missing), number in pairs
            ]
        )

    def _find_results(self, calls: Numbers) -> Numbers:
        results = []
        for call in calls.tolist():
            judgement = self._inference.judge(*self._whole(call))
            if isinstance(judgement, str):
                raise ValueError(f"this call is not allowed here: {judgement}")
            results.append(self._usefulness.taken_for(judgement.number))
        return np.array(results)

    def _find_outputs(self, types: Numbers) -> Numbers:
        return np.array([self._usefulness.is_output(number) for number in types.tolist()])

    def _whole(self, call: int) -> tuple[str | int, tuple[int, ...]]:
        """Return the function, as questions about types name it, and the types of arguments."""
        args: list[int] = []
        while call > self._nothing:
            before, given = self.given.both(np.array([call]))
            call = int(before[0])
            args.append(int(given[0]))
        function = args.pop() if call == self._nothing else self._symbols[call]
        return function, tuple(reversed(args))


def _array(states: Sequence[tuple[int, int, int]]) -> Numbers:
    return np.array(states, dtype=np.int64).reshape(-1, 3)
