"""How lines begin: which primitives, and which values that are functions, can be called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.batch_completions import BatchCompletions
from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.tables import Numbers
from exit_dsl.language.unification import solutions
from exit_dsl.language.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
OPEN, CLOSING = 0, 1
"""Kinds of calls: those with any result, and those whose result is an output."""
UNKNOWN = -1


class Calls:
    """The calls of a vocabulary: of primitives by token, of values by the number of their type."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        language = vocabulary.language
        self._inference = language.inference
        self._output = language.output_type
        self._single = Completions(self._inference, self._output)
        names = np.unique([*self._inference.atom_numbers.values()])
        self.completions = BatchCompletions(self._single, names)
        self.arities: Numbers = np.zeros(vocabulary.size, dtype=np.int64)
        """The number of arguments of each primitive; 0 for other tokens."""
        self.starts: Numbers = np.full((2, vocabulary.size), DEAD, dtype=np.int64)
        """The states in which calls of each kind begin, by token."""
        for name, primitive in language.primitives.items():
            token = vocabulary.token(name)
            self.arities[token] = primitive.arity
            self.starts[:, token] = self._starts(name)
        nothing = np.zeros((2 * vocabulary.size, 0), dtype=np.int64)
        possible = self.completions.possible(self.starts.ravel(), nothing)
        self.always: Mask = possible.reshape(self.starts.shape)
        """The calls of each kind that names alone complete, by token."""
        self.sometimes = np.nonzero(~self.always & (self.starts != DEAD))
        """Kinds and tokens of the calls that need other values, too."""
        self.outlines: Numbers = np.array(
            [
                self._single.outline_of_any(vocabulary.symbols[token])
                for token in self.sometimes[1].tolist()
            ],
            dtype=np.int64,
        )
        """What arguments of those calls look like."""
        self._values: Numbers = np.zeros((0, 4), dtype=np.int64)

    def value_arities(self, types: Numbers) -> Numbers:
        """Return how many arguments values of these types take; 0 where they cannot be called."""
        return self._learnt(types)[..., 2]

    def value_starts(self, kinds: Numbers, types: Numbers) -> Numbers:
        """Return the states in which calls of values begin; shapes are equal."""
        learnt = self._learnt(types)
        starts: Numbers = np.where(kinds == OPEN, learnt[..., OPEN], learnt[..., CLOSING])
        return starts

    def outputs(self, types: Numbers) -> Mask:
        """Tell whether values of these types fit the output."""
        return self._learnt(types)[..., 3].astype(np.bool_)

    def _learnt(self, types: Numbers) -> Numbers:
        """Return what is known of types: two states, the arity, and whether it is an output."""
        missing = int(types.max(initial=0)) + 1 - len(self._values)
        if missing > 0:
            more = ((0, max(missing, len(self._values))), (0, 0))
            self._values = np.pad(self._values, more, constant_values=UNKNOWN)
        learnt = self._values[types]
        unknown = learnt[..., 0] == UNKNOWN
        if unknown.any():
            for number in np.unique(types[unknown]).tolist():
                pairs = [(self._output, self._inference.type_of(number))]
                is_output = any(True for _ in solutions(pairs))
                arity = self._inference.arity(number) or 0
                self._values[number] = (*self._starts(number), arity, is_output)
            learnt = self._values[types]
        return learnt

    def _starts(self, function: str | int) -> tuple[int, int]:
        start = self._single.start
        return start(function, closing=False), start(function, closing=True)
