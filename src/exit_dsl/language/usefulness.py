"""Which types are of use: values of all others count as alike."""

from __future__ import annotations

from collections.abc import Collection

from exit_dsl.language.declaration import Language
from exit_dsl.language.terms import Named


class _Useless:
    """The class of all values that no call may be given."""


class Usefulness:
    """Lets types that are of no use be taken for one of two, and tells outputs from others.

    Args:
        language: the types' own.
        useful: the numbers of the types of which a call may be given values; None for all.
    """

    def __init__(self, language: Language, useful: Collection[int] | None) -> None:
        self._completions = language.completions
        self._useful = useful
        self._other = language.inference.number(Named(_Useless))
        self._other_output = language.inference.number(Named(_Useless, (language.output_type,)))
        self.useless = frozenset((self._other, self._other_output))
        """The types of which no call may be given a value."""

    def taken_for(self, number: int) -> int:
        """Return the type that a value of the type with this number is taken to be of."""
        if self._useful is None or number in self._useful:
            return number
        return self._other_output if self.is_output(number) else self._other

    def is_output(self, number: int) -> bool:
        """Whether values of the type with this number fit the output."""
        return number == self._other_output or self._completions.is_output(number)
