"""How lines begin: which primitives, and which values that are functions, can be called."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.batch_completions import BatchCompletions
from exit_dsl.language.bits import Bits, pack
from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.tables import List, Numbering, Numbers, Pairs, Rows
from exit_dsl.language.terms import Named
from exit_dsl.language.unification import solutions
from exit_dsl.language.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
OPEN, CLOSING = 0, 1
"""Kinds of calls: those with any result, and those whose result is an output."""
MAX_CALLS = 2**19
"""With more calls than this, begun or whole, it is better to begin anew."""


class _Useless:
    """The class of all values that no call may be given."""


class Calls:
    """The calls of a vocabulary: of primitives by token, of values by the number of their type.

    Args:
        vocabulary: names the primitives.
        useful: the numbers of the types of which a call may be given values; None for all.
    """

    def __init__(self, vocabulary: Vocabulary, useful: Collection[int] | None = None) -> None:
        language = vocabulary.language
        self._symbols = vocabulary.symbols
        self.first = vocabulary.first_variable - len(language.inference.atoms)
        """The token of the first name."""
        self._last = vocabulary.first_variable
        self._inference = language.inference
        self._output = language.output_type
        self._single = Completions(self._inference, self._output)
        self.types = Numbering()
        """The types of values: arguments and results everywhere here have these numbers."""
        self.names: Numbers = np.array([*map(self.types, self._inference.atom_numbers.values())])
        """The type of each name, in the order of tokens."""
        self._useful = useful
        self._useless = self._inference.number(Named(_Useless))
        self._useless_output = self._inference.number(Named(_Useless, (self._output,)))
        useless = np.array([self.types(self._useless), self.types(self._useless_output)])
        self.completions = BatchCompletions(self._single, self.types, self.names, useless)
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
        # Kinds and tokens of the calls that need other values, too.
        self._sometimes = np.nonzero(~self.always & (self.starts != DEAD))
        self._later = np.array(
            [
                self._single.outline_of_later(vocabulary.symbols[token])
                for token in self._sometimes[1].tolist()
            ],
            dtype=np.int64,
        )
        self._roles = List(self._find_roles)
        self._role_sets = Rows(3, *self.tokens(self.always).shape, dtype=np.uint64)
        self._values = List(self._find_values, 4)
        self._is_name = List(lambda types: np.isin(types, self.names), dtype=np.int8)
        # A call so far is named by its primitive's token, or by the call without its last argument
        # and the type of that. With nothing called, a value is the last argument.
        self._nothing = vocabulary.size
        self.given = Pairs(vocabulary.size + 1)
        """The names of calls with one more argument, by what they were and its type."""
        self.results = List(self._find_results)
        """The types of the results of whole calls, by their names."""
        if useful is not None:  # All at once takes far less time than one by one.
            types = np.array([*map(self.types, sorted(useful))])
            self.value_starts(types)
            self.roles(types)

    @property
    def full(self) -> bool:
        """Whether so much is remembered that it is better to begin anew."""
        return self.completions.full or self.given.size > MAX_CALLS

    def tokens(self, mask: Mask) -> Bits:
        """Return the primitives where a mask of tokens, on the last axis, is true."""
        return pack(mask[..., self.first : self._last])

    def roles(self, types: Numbers) -> tuple[Bits, Bits, Bits]:
        """Return what values of these types can do for calls that need some.

        Each set is of primitives, shape (types, kinds, words): the calls that a value completes
        with names, those that it may be the first argument of, and those that, as far as it looks,
        it may be a later one of.
        """
        sufficient, first, later = np.moveaxis(self._role_sets[self._roles(types)], 1, 0)
        return sufficient, first, later

    def of_values(self, types: Numbers) -> Numbers:
        """Return the names of calls of values of these types without arguments."""
        return self.given(np.full_like(types, self._nothing), types)

    def value_arities(self, types: Numbers) -> Numbers:
        """Return how many arguments values of these types take; 0 where they cannot be called."""
        return self._values(types)[..., 2]

    def value_starts(self, types: Numbers) -> Numbers:
        """Return the states in which calls of values begin, those of each kind on a last axis."""
        return self._values(types)[..., :2]

    def outputs(self, types: Numbers) -> Mask:
        """Tell whether values of these types fit the output."""
        return self._values(types)[..., 3].astype(np.bool_)

    def is_name(self, types: Numbers) -> Mask:
        """Tell which types are those of names."""
        is_name: Mask = self._is_name(types) == 1
        return is_name

    def _find_values(self, types: Numbers) -> Numbers:
        """Return what is known of types: two states, the arity, and whether it is an output."""
        values = []
        for number in map(self.types.originals.__getitem__, types.tolist()):
            arity = self._inference.arity(number) or 0
            values.append((*self._starts(number), arity, self._fits_output(number)))
        return np.array(values)

    def _fits_output(self, number: int) -> bool:
        pair = (self._output, self._inference.type_of(number))
        return number == self._useless_output or any(True for _ in solutions([pair]))

    def _find_results(self, calls: Numbers) -> Numbers:
        """Return the types of results, of which one or the other stands for all that are useless.

        Raises:
            ValueError: a call can never run.
        """
        results = []
        for call in calls.tolist():
            function, args = self._whole(call)
            judgement = self._inference.judge(function, args)
            if isinstance(judgement, str):
                raise ValueError(f"this call is not allowed here: {judgement}")
            results.append(self.types(self._usable(judgement.number)))
        return np.array(results)

    def _usable(self, number: int) -> int:
        if self._useful is None or number in self._useful:
            return number
        return self._useless_output if self._fits_output(number) else self._useless

    def _whole(self, call: int) -> tuple[str | int, tuple[int, ...]]:
        """Return the function, as questions about types name it, and the types of arguments."""
        args: list[int] = []
        while call > self._nothing:
            call, given = self.given.pair(call)
            args.append(self.types.originals[given])
        function = args.pop() if call == self._nothing else self._symbols[call]
        return function, tuple(reversed(args))

    def _find_roles(self, types: Numbers) -> Numbers:
        starts, hands = np.broadcast_arrays(self.starts[self._sometimes], types[:, None])
        possible = self.completions.possible(starts.ravel(), hands.reshape(-1, 1))
        kinds, tokens = self._sometimes
        roles = np.zeros((types.size, 3, *self.starts.shape), dtype=np.bool_)
        roles[:, 0, kinds, tokens] = possible.reshape(starts.shape)
        roles[:, 1, kinds, tokens] = self.completions.next(starts, hands) != DEAD
        roles[:, 2, kinds, tokens] = self.completions.plausible(self._later, hands)
        return self._role_sets.append(self.tokens(roles)) + np.arange(types.size)

    def _starts(self, function: str | int) -> tuple[int, int]:
        start = self._single.start
        return start(function, closing=False), start(function, closing=True)
