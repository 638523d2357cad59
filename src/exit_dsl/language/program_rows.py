"""Many programs that grow side by side, a token each at a time."""

from __future__ import annotations

import numpy as np

from exit_dsl.language.answers import Mask
from exit_dsl.language.beginnings import CLOSING, OPEN
from exit_dsl.language.hands import EMPTY
from exit_dsl.language.knowledge import Knowledge
from exit_dsl.language.tables import UNKNOWN, Numbers
from exit_dsl.language.vocabulary import Vocabulary


class ProgramRows:
    """Programs under construction, each a row of every array.

    Args:
        vocabulary: of the programs.
        knowledge: of the vocabulary.
        closing: tokens of the shortest line that can always close a program, with the end token.
        count: the number of programs.
    """

    def __init__(
        self, vocabulary: Vocabulary, knowledge: Knowledge, closing: int, count: int
    ) -> None:
        self._vocabulary = vocabulary
        self._answers = knowledge.answers
        self._calls = knowledge.calls
        self._closing = closing
        names = [*vocabulary.language.inference.atom_numbers.values()]
        self._first_name = vocabulary.first_variable - len(names)
        self._name_types: Numbers = np.array([*[UNKNOWN] * self._first_name, *names])
        self.lines: Numbers = np.zeros(count, dtype=np.int64)
        """How many lines of each are finished."""
        # Of the value of each line: the type, and where answers about a hand say whether it may
        # come next.
        shape = (count, vocabulary.max_lines)
        self._types: Numbers = np.full(shape, names[0], dtype=np.int32)
        self._slots: Numbers = np.full(shape, knowledge.hands.never, dtype=np.int32)
        self._hands: Numbers = np.full(count, EMPTY)
        self._ended = np.zeros(count, dtype=np.bool_)
        # The line that grows: the call so far or 0, how many arguments are missing, and the type
        # of its result.
        self._begun: Numbers = np.zeros(count, dtype=np.int64)
        self._missing: Numbers = np.zeros(count, dtype=np.int64)
        self._results: Numbers = np.zeros(count, dtype=np.int64)

    def keep(self, rows: Numbers) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        self.lines = self.lines[rows]
        self._types = self._types[rows]
        self._slots = self._slots[rows]
        self._hands = self._hands[rows]
        self._ended = self._ended[rows]
        self._begun = self._begun[rows]
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
        begins = (self._begun == 0) & ~self._ended
        if remaining < self._closing and (self.lines[begins] == 0).any():
            raise ValueError(f"a program needs at least {self._closing} tokens, not {remaining}")
        mask = np.zeros((len(self.lines), vocabulary.size), dtype=np.bool_)
        mask[self._ended, vocabulary.pad] = True
        whole = np.flatnonzero((self._begun != 0) & (self._missing == 0))
        mask[whole, vocabulary.separator] = self._may_go_on(whole, remaining - 1)
        mask[whole, vocabulary.end] = self._calls.outputs(self._results[whole]) == 1
        begin, give = np.flatnonzero(begins), np.flatnonzero(self._missing)
        questions = [self._functions(begin, remaining), self._arguments(give, remaining)]
        self._allow(mask, np.concatenate([begin, give]), np.concatenate(questions))
        return mask

    def _may_go_on(self, rows: Numbers, remaining: int | Numbers) -> Mask:
        """Tell whether another line may begin after this one with ``remaining`` tokens."""
        may: Mask = self.lines[rows] + 1 < self._vocabulary.max_lines
        return may & (remaining >= self._closing)

    def _functions(self, rows: Numbers, remaining: int) -> Numbers:
        """Return the questions of rows where a line begins."""
        most = remaining - 2
        rooms = np.where(self._may_go_on(rows, remaining), most - self._closing, 0)
        return self._answers.functions(rooms, most)

    def _arguments(self, rows: Numbers, remaining: int) -> Numbers:
        """Return the questions of rows where an argument is missing."""
        may_go_on = self._may_go_on(rows, remaining - self._missing[rows] - 1)
        begun = self._begun[rows]
        states = np.zeros(rows.size, dtype=np.int64)
        for kind, these in ((OPEN, may_go_on), (CLOSING, ~may_go_on)):
            states[these] = self._calls.states[kind](begun[these])
        return self._answers.arguments(states)

    def _allow(self, mask: Mask, rows: Numbers, questions: Numbers) -> None:
        """Allow names and the values of lines."""
        allowed = self._answers.allowed(questions, self._hands[rows])
        first, width = self._vocabulary.first_variable, self.lines[rows].max(initial=0)
        mask[rows, self._first_name : first] = allowed[:, : first - self._first_name]
        slots = self._slots[rows, :width] + np.arange(rows.size)[:, None] * allowed.shape[1]
        mask[rows, first : first + width] = allowed.reshape(-1).take(slots)

    def advance(self, tokens: Numbers) -> None:
        """Append an allowed token to each row; programs that have ended stay as they are.

        Args:
            tokens: shape (rows,).

        Raises:
            ValueError: a token makes a call that can never run.
        """
        goes_on = ~self._ended
        ends = goes_on & ((tokens == self._vocabulary.separator) | (tokens == self._vocabulary.end))
        begins = goes_on & ~ends & (self._begun == 0)
        gives = goes_on & ~ends & ~begins
        self._begin_calls(np.flatnonzero(begins), tokens)
        self._give(np.flatnonzero(gives), tokens)
        self._end_lines(np.flatnonzero(ends), tokens)

    def _begin_calls(self, rows: Numbers, tokens: Numbers) -> None:
        self._begun[rows] = tokens[rows]
        values = rows[tokens[rows] >= self._vocabulary.first_variable]
        self._begun[values] = self._calls.of_values(self._types_of(values, tokens[values]))
        self._missing[rows] = self._calls.arities(self._begun[rows])

    def _give(self, rows: Numbers, tokens: Numbers) -> None:
        calls = self._calls.given(self._begun[rows], self._types_of(rows, tokens[rows]))
        self._begun[rows] = calls
        self._missing[rows] -= 1
        whole = self._missing[rows] == 0
        self._results[rows[whole]] = self._calls.results(calls[whole])

    def _types_of(self, rows: Numbers, tokens: Numbers) -> Numbers:
        """Return the types of the values that ``tokens`` stand for, one in each of ``rows``."""
        lines = tokens - self._vocabulary.first_variable
        types = self._name_types[np.minimum(tokens, len(self._name_types) - 1)]
        return np.where(lines < 0, types, self._types[rows, np.maximum(lines, 0)])

    def _end_lines(self, rows: Numbers, tokens: Numbers) -> None:
        lines, results = self.lines[rows], self._results[rows]
        self._hands[rows], self._slots[rows, lines] = self._answers.after(
            self._hands[rows], results
        )
        self._types[rows, lines] = results
        self.lines[rows] += 1
        self._begun[rows] = 0
        self._ended[rows] = tokens[rows] == self._vocabulary.end
