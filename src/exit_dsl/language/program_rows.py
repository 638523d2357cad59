"""Many programs that grow side by side, a token each at a time."""

from __future__ import annotations

import numpy as np

from exit_dsl.language.bits import Bits, add, members, unpack
from exit_dsl.language.calls import CLOSING, OPEN, Calls, Mask
from exit_dsl.language.tables import UNKNOWN, Numbers, places
from exit_dsl.language.vocabulary import Vocabulary


class ProgramRows:
    """Programs under construction, each a row of every array.

    Args:
        vocabulary: of the programs.
        calls: of the vocabulary.
        closing: tokens of the shortest line that can always close a program, with the end token.
        count: the number of programs.
    """

    def __init__(self, vocabulary: Vocabulary, calls: Calls, closing: int, count: int) -> None:
        self._vocabulary = vocabulary
        self._calls = calls
        self._completions = calls.completions
        self._closing = closing
        self._first_name = calls.first
        self.lines: Numbers = np.zeros(count, dtype=np.int64)
        """How many lines of each are finished."""
        self._name_types: Numbers = np.array([*[UNKNOWN] * self._first_name, *calls.names])
        # The types of the values of lines. A line to come has that of some name, which adds nothing
        # to what is at hand.
        self._types: Numbers = np.full((count, vocabulary.max_lines), calls.names[0], dtype=np.int32)
        # The primitives that can be called, of each kind, and those that could be if only some
        # value were at hand that is not the first argument: of three or more, that may be a name.
        self._found: Bits = np.tile(calls.tokens(calls.always), (count, 1, 1))
        self._begun: Bits = np.tile(calls.tokens(calls.arities > 2), (count, 2, 1))
        self._ended = np.zeros(count, dtype=np.bool_)
        # The line that grows: its function's token or 0, the states of the call as one of each
        # kind, its name so far, how many arguments are missing, and the type of its result.
        self._functions: Numbers = np.zeros(count, dtype=np.int64)
        self._states: Numbers = np.zeros((count, 2), dtype=np.int64)
        self._named: Numbers = np.zeros(count, dtype=np.int64)
        self._missing: Numbers = np.zeros(count, dtype=np.int64)
        self._results: Numbers = np.zeros(count, dtype=np.int64)

    def keep(self, rows: Numbers) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        self.lines = self.lines[rows]
        self._types = self._types[rows]
        self._found = self._found[rows]
        self._begun = self._begun[rows]
        self._ended = self._ended[rows]
        self._functions = self._functions[rows]
        self._states = self._states[rows]
        self._named = self._named[rows]
        self._missing = self._missing[rows]
        self._results = self._results[rows]

    def allowed(self, remaining: int) -> Mask:
        """Return which tokens may come next, shape (rows, tokens).

        In each row at least one may, if ``remaining`` counts down from what was enough at the
        start. After the end it is padding.

        Args:
            remaining: how many more tokens each program may have, the closing one included.

        Raises:
            ValueError: that is too few for any program.
        """
        vocabulary = self._vocabulary
        begins = (self._functions == 0) & ~self._ended
        if remaining < self._closing and (self.lines[begins] == 0).any():
            raise ValueError(f"a program needs at least {self._closing} tokens, not {remaining}")
        mask = np.zeros((len(self.lines), vocabulary.size), dtype=np.bool_)
        mask[self._ended, vocabulary.pad] = True
        (whole,) = np.nonzero((self._functions != 0) & (self._missing == 0))
        mask[whole, vocabulary.separator] = self._may_go_on(whole, remaining - 1)
        mask[whole, vocabulary.end] = self._calls.outputs(self._results[whole])
        self._allow_functions(mask, np.flatnonzero(begins), remaining)
        self._allow_arguments(mask, np.flatnonzero(self._missing), remaining)
        return mask

    def _may_go_on(self, rows: Numbers, remaining: int | Numbers) -> Mask:
        """Tell whether another line may begin after this one with ``remaining`` tokens."""
        may: Mask = self.lines[rows] + 1 < self._vocabulary.max_lines
        return may & (remaining >= self._closing)

    def _allow_functions(self, mask: Mask, rows: Numbers, remaining: int) -> None:
        calls, arity = self._calls, remaining - 2
        goes_on = self._may_go_on(rows, remaining).astype(np.int64)
        # The largest number of arguments that leaves room for another line after this one: where
        # there may be none, and where there may.
        open_arities = np.array([0, max(0, arity - self._closing)])
        fits, is_open = calls.arities <= arity, calls.arities <= open_arities[:, None]
        kinds = calls.tokens(np.stack([is_open & fits, ~is_open & fits], axis=1))
        found = self._found[rows] & kinds[goes_on]
        first, last = self._first_name, self._vocabulary.first_variable
        mask[rows, first:last] = unpack(found[:, OPEN] | found[:, CLOSING], last - first)
        hands = self._hands(rows)
        arities = calls.value_arities(hands)
        some, lines = places(self._is_line(rows, hands) & (arities > 0) & (arities <= arity))
        is_open = arities[some, lines] <= open_arities[goes_on[some]]
        starts = calls.value_starts(hands[some, lines])
        starts = np.where(is_open, starts[:, OPEN], starts[:, CLOSING])
        possible = self._completions.possible(starts, hands[some])
        mask[rows[some], self._vocabulary.first_variable + lines] = possible

    def _allow_arguments(self, mask: Mask, rows: Numbers, remaining: int) -> None:
        kinds = np.where(self._may_go_on(rows, remaining - self._missing[rows] - 1), OPEN, CLOSING)
        states, hands = self._states[rows, kinds], self._hands(rows)
        first, width = self._vocabulary.first_variable, hands.shape[1]
        names, values = self._completions.fitting(states, hands)
        mask[rows, self._first_name : first] = names
        mask[rows, first : first + width] = values & self._is_line(rows, hands)

    def _hands(self, rows: Numbers) -> Numbers:
        """Return the types of the lines of ``rows``."""
        return self._types[rows, : self.lines[rows].max(initial=0)]

    def _types_of(self, rows: Numbers, tokens: Numbers) -> Numbers:
        """Return the types of the values that ``tokens`` stand for, one in each of ``rows``."""
        lines = tokens - self._vocabulary.first_variable
        types = self._name_types[np.minimum(tokens, len(self._name_types) - 1)]
        return np.where(lines < 0, types, self._types[rows, np.maximum(lines, 0)])

    def _is_line(self, rows: Numbers, hands: Numbers) -> Mask:
        mask: Mask = np.arange(hands.shape[1]) < self.lines[rows, None]
        return mask

    def advance(self, tokens: Numbers) -> None:
        """Append an allowed token to each row; programs that have ended stay as they are.

        Args:
            tokens: shape (rows,).

        Raises:
            ValueError: a token makes a call that can never run.
        """
        goes_on = ~self._ended
        ends = goes_on & ((tokens == self._vocabulary.separator) | (tokens == self._vocabulary.end))
        begins = goes_on & ~ends & (self._functions == 0)
        gives = goes_on & ~ends & ~begins
        self._begin_calls(np.flatnonzero(begins), tokens)
        self._give(np.flatnonzero(gives), tokens)
        self._end_lines(np.flatnonzero(ends), tokens)

    def _end_lines(self, rows: Numbers, tokens: Numbers) -> None:
        new = self._results[rows]
        known = self._calls.is_name(new)
        known |= (self._hands(rows) == new[:, None]).any(axis=1)
        self._types[rows, self.lines[rows]] = new
        self.lines[rows] += 1
        self._functions[rows] = 0
        self._ended[rows] = tokens[rows] == self._vocabulary.end
        self._find_beginnings(rows[~known & ~self._ended[rows]])

    def _find_beginnings(self, rows: Numbers) -> None:
        """Find the primitives that can be called after the last line and could not be before."""
        calls = self._calls
        sufficient, first, later = calls.roles(self._results[rows])
        begun, found = self._begun[rows], self._found[rows] | sufficient
        some, kinds, names = members((first | (later & begun)) & ~found)
        hands, tokens = self._hands(rows)[some], self._first_name + names
        starts = calls.starts[kinds, tokens]
        possible: Mask = np.any(self._completions.fitting_values(starts, hands), axis=1)
        # After a name, the rest of two arguments would be sufficient alone.
        wide = np.flatnonzero(~possible & (calls.arities[tokens] > 2))
        possible[wide] = self._completions.possible(starts[wide], hands[wide])
        add(found, some[possible], kinds[possible], names[possible])
        self._found[rows] = found
        self._begun[rows] = begun | first

    def _begin_calls(self, rows: Numbers, tokens: Numbers) -> None:
        functions = tokens[rows]
        self._functions[rows] = functions
        self._named[rows] = functions
        self._missing[rows] = self._calls.arities[functions]
        self._states[rows] = self._calls.starts[:, functions].T
        values = rows[functions >= self._vocabulary.first_variable]
        types = self._types_of(values, tokens[values])
        self._named[values] = self._calls.of_values(types)
        self._missing[values] = self._calls.value_arities(types)
        self._states[values] = self._calls.value_starts(types)

    def _give(self, rows: Numbers, tokens: Numbers) -> None:
        types = self._types_of(rows, tokens[rows])
        self._named[rows] = self._calls.given(self._named[rows], types)
        self._missing[rows] -= 1
        self._states[rows] = self._completions.next(self._states[rows], types[:, None])
        whole = rows[self._missing[rows] == 0]
        self._results[whole] = self._calls.results(self._named[whole])
