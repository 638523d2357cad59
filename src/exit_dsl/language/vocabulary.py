"""One token a symbol: programs as short sequences of integers."""

from __future__ import annotations

from collections.abc import Sequence

from exit_dsl.language.declaration import Language
from exit_dsl.language.programs import OUTPUT, Atom, ProgramError
from exit_dsl.types import Program


class Vocabulary:
    """The tokens of a language: special ones, the input, constants, primitives and variables.

    A line ``x3 = f(a, b)`` is the three tokens of ``f``, ``a`` and ``b``; lines are separated by
    :attr:`separator`, the program is closed by :attr:`end`. Variables are named by the number of
    their line, so the name on the left needs no token.

    Args:
        language: must be declared in full.
        max_lines: the longest program, in lines.

    Raises:
        ValueError: ``max_lines`` is below 1.
    """

    pad = 0
    start = 1
    end = 2
    separator = 3

    def __init__(self, language: Language, *, max_lines: int = 64) -> None:
        if max_lines < 1:
            raise ValueError(f"max_lines must be at least 1, not {max_lines}")
        self.language = language
        self.max_lines = max_lines
        names = list(language.inference.atoms)
        self.symbols: tuple[str, ...] = (
            "<pad>",
            "<start>",
            "<end>",
            ";",
            *names,
            *(f"x{number}" for number in range(1, max_lines)),
        )
        self.first_variable = 4 + len(names)
        self._tokens = {symbol: token for token, symbol in enumerate(self.symbols)}

    @property
    def size(self) -> int:
        """The number of tokens."""
        return len(self.symbols)

    def token(self, atom: Atom) -> int:
        """Return the token of a name, or of the variable that line ``atom`` (from 0) assigns."""
        return self._tokens[atom] if isinstance(atom, str) else self.first_variable + atom

    def atom(self, token: int) -> Atom:
        """Return what :meth:`token` maps to ``token``."""
        index = token - self.first_variable
        return self.symbols[token] if index < 0 else index

    def encode(self, program: Program) -> list[int]:
        """Return the tokens of ``program``, with the closing token and without a starting one.

        Raises:
            ProgramError: it is not a program of the language, or has more than ``max_lines``.
        """
        code = self.language.parse(program)
        if len(code) > self.max_lines:
            raise ProgramError(f"{len(code)} lines; the vocabulary has {self.max_lines}")
        tokens: list[int] = []
        for call in code:
            tokens.extend(map(self.token, call.atoms))
            tokens.append(self.separator)
        tokens[-1] = self.end
        return tokens

    def decode(self, tokens: Sequence[int]) -> Program:
        """Return the text of ``tokens`` up to the closing one.

        Any sequence gives a text; only a well-formed one gives a program.
        """
        lines: list[list[str]] = [[]]
        for token in tokens:
            if token == self.end:
                break
            if token == self.separator:
                lines.append([])
            else:
                lines[-1].append(self.symbols[token])
        texts = []
        for number, line in enumerate(lines, 1):
            target = OUTPUT if number == len(lines) else f"x{number}"
            function, *args = line or [""]
            texts.append(f"{target} = {function}({', '.join(args)})")
        return Program("\n".join(texts))
