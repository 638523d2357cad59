"""The state machine of well-typed programs: which token may come next.

A token is allowed only if the program can still be completed, with arguments of the types that
are meant, to one whose result is an output, within the tokens that remain.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from exit_dsl.language.answers import Mask
from exit_dsl.language.knowledge import Knowledge
from exit_dsl.language.program_rows import ProgramRows
from exit_dsl.language.usefulness import Usefulness
from exit_dsl.language.vocabulary import Vocabulary
from exit_dsl.types import Program

MAX_ANSWERS = 2**20
"""With more answers than this it is better to begin anew."""


class Grammar:
    """The well-typed programs of a vocabulary.

    Most of the time that a grammar takes goes into types that it meets for the first time, and
    their number has no limit where functions are values. With ``programs``, those of which it is
    worth it are known: values of all other types can be made, but no call may be given one.

    Args:
        vocabulary: of the programs.
        programs: have lines of all types that are of use; None for any type.

    Raises:
        ValueError: one of ``programs`` is none of the language; or no single primitive makes an
            output of the input and the constants, so that a program could not be closed at any
            point.
    """

    def __init__(self, vocabulary: Vocabulary, programs: Iterable[Program] | None = None) -> None:
        self.vocabulary = vocabulary
        self.language = vocabulary.language
        self.inference = self.language.inference
        self._usefulness = Usefulness(
            self.language, None if programs is None else self._types_in(programs)
        )
        self._knowledge = self._begin()
        arities = self._knowledge.beginnings.closing_arities
        if not arities:
            raise ValueError(
                f"{self.language.name}: no primitive makes an output of the input and "
                "constants alone; programs cannot be closed at any point"
            )
        self.closing = min(arities) + 2
        """Tokens of the shortest line that can always close a program, with the end token."""

    def start(self) -> ProgramState:
        """Return the state of the empty program."""
        return ProgramState(self.start_rows(1))

    def start_rows(self, count: int) -> ProgramRows:
        """Return ``count`` empty programs that grow side by side, which takes much less time."""
        if self._knowledge.size > MAX_ANSWERS:
            # Rows that go on keep what they began with.
            self._knowledge = self._begin()
        return ProgramRows(self.vocabulary, self._knowledge, self.closing, count)

    def _begin(self) -> Knowledge:
        return Knowledge(self.vocabulary, self._usefulness)

    def _types_in(self, programs: Iterable[Program]) -> frozenset[int]:
        """Return the types of names and of the lines of ``programs``."""
        lines = [self.inference.types(self.language.parse(program)) for program in programs]
        return frozenset(self.inference.atom_numbers.values()).union(*lines)

    def is_output(self, number: int) -> bool:
        """Whether a value of the type with this number fits the output."""
        return self._usefulness.is_output(number)


class ProgramState:
    """A program under construction.

    Args:
        row: the program, on its own.
    """

    def __init__(self, row: ProgramRows) -> None:
        self._row = row

    @property
    def lines(self) -> int:
        """The number of finished lines."""
        return int(self._row.lines[0])

    def allowed(self, remaining: int) -> Mask:
        """Return which tokens may come next, one Boolean a token.

        At least one may, if ``remaining`` counts down from what was enough at the start.

        Args:
            remaining: how many more tokens the program may have, the closing one included.

        Raises:
            ValueError: that is too few for any program.
        """
        mask: Mask = self._row.allowed(remaining)[0]
        return mask

    def advance(self, token: int) -> ProgramState:
        """Append an allowed token and return this state.

        Raises:
            ValueError: the token makes a call that can never run.
        """
        self._row.advance(np.array([token]))
        return self
