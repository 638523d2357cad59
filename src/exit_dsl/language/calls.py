"""Calls that get an argument at a time, in many programs at once."""

from __future__ import annotations

from functools import partial

import numpy as np

from exit_dsl.language.beginnings import KINDS, Beginnings
from exit_dsl.language.completions import Completions
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
        completions: find the states after those.
        usefulness: what the results of calls are taken for.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        beginnings: Beginnings,
        completions: Completions,
        usefulness: Usefulness,
    ) -> None:
        self._symbols = vocabulary.symbols
        self._inference = vocabulary.language.inference
        self._beginnings = beginnings
        self._completions = completions
        self._usefulness = usefulness
        self._nothing = vocabulary.size
        self.given = Pairs(vocabulary.size + 1)
        """The numbers of calls with one more argument, by what they were and its type."""
        self.arities = List(self._find_arities)
        """How many arguments calls take that have none yet."""
        self.states = [List(partial(self._find_states, kind)) for kind in KINDS]
        """The states of calls as one of each kind."""
        self.results = List(self._find_results)
        """The types of the results of whole calls; a call that can never run is a ValueError."""
        self.outputs = List(self._find_outputs, dtype=np.int8)
        """Whether values of types fit the output: 1 or 0."""

    def of_values(self, types: Numbers) -> Numbers:
        """Return the calls of values of these types without arguments."""
        return self.given(np.full_like(types, self._nothing), types)

    def _find_arities(self, calls: Numbers) -> Numbers:
        functions = [self._whole(call)[0] for call in calls.tolist()]
        return np.array([self._beginnings.arity(function) for function in functions])

    def _find_states(self, kind: int, calls: Numbers) -> Numbers:
        more = np.flatnonzero(calls > self._nothing)
        befores, types = self.given.both(calls[more])
        is_given = befores != self._nothing
        more, befores, types = more[is_given], befores[is_given], types[is_given]
        states = np.zeros(calls.size, dtype=np.int64)
        before = self.states[kind](befores).tolist()
        states[more] = [*map(self._completions.next, before, types.tolist())]
        begun = np.delete(np.arange(calls.size), more)
        functions = [self._whole(call)[0] for call in calls[begun].tolist()]
        states[begun] = [self._beginnings.start(function, kind) for function in functions]
        return states

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
