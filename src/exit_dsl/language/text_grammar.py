"""The texts of programs as a Lark grammar, for decoding with tokenizers of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exit_dsl.language.declaration import Language
from exit_dsl.language.programs import OUTPUT
from exit_dsl.language.terms import Arrow, Overloaded, Unknown, Variable, parts, width


class TextGrammar:
    """The programs of a language of up to ``max_lines`` lines, as :meth:`Language.format` writes.

    Variables are numbered by their line, so that the lines before say which are defined, and a
    grammar without context is enough for: the syntax, the names of the language, the number of
    arguments of each primitive, and variables that are defined before they are used. It says
    nothing about types, and lets the function in a variable have any number of arguments up to the
    most that a function in the types of the language has; :class:`Grammar` knows better, for
    programs in the tokens of a :class:`Vocabulary`. In both, lines call primitives and variables,
    never a function that is a constant or the input.

    Args:
        language: must be declared in full.
        max_lines: the longest program, in lines.

    Raises:
        ValueError: ``max_lines`` is below 1, or there are no primitives.
    """

    last = OUTPUT
    """What the last line begins with, and no other."""

    def __init__(self, language: Language, *, max_lines: int = 64) -> None:
        if max_lines < 1:
            raise ValueError(f"max_lines must be at least 1, not {max_lines}")
        self._names = list(language.inference.atoms)
        self._functions: dict[int, list[str]] = {}
        for primitive in language.primitives.values():
            self._functions.setdefault(primitive.arity, []).append(primitive.name)
        if not self._functions:
            raise ValueError(f"{language.name} has no primitives to write programs with")
        self._has_function_values = any(map(_may_be_function, _results(language)))
        self._most_arguments = max(map(width, language.inference.atoms.values()))
        self._max_lines = max_lines

    @property
    def lark(self) -> str:
        """The grammar, whose rule ``start`` is a whole program."""
        return "\n".join(self._rules()) + "\n"

    @property
    def longest(self) -> int:
        """The most bytes of a line, its line break included."""
        variable = f"x{self._max_lines}"
        argument = max(map(len, [variable, *self._names]))
        shapes = [(name, arity) for arity, names in self._functions.items() for name in names]
        if self._has_function_values:
            shapes.append((variable, self._most_arguments))
        calls = (len(name) + len("()") + arity * (argument + 2) - 2 for name, arity in shapes)
        return len(f"{variable} = ") + max(calls) + 1

    def _rules(self) -> Iterator[str]:
        yield "start: line_1"
        yield f"NAME: {_choice(self._names)}"
        for arity, names in self._functions.items():
            yield f"FUNCTION_{arity}: {_choice(names)}"
        for line in range(1, self._max_lines + 1):
            yield from self._line(line)

    def _line(self, line: int) -> Iterator[str]:
        closing = f'"{OUTPUT} = " call_{line}'
        if line == self._max_lines:
            yield f"line_{line}: {closing}"
        else:
            yield f'line_{line}: {closing} | "x{line} = " call_{line} "\\n" line_{line + 1}'
        argument = f"argument_{line}"
        calls = [
            f'FUNCTION_{arity} "(" {_COMMA.join([argument] * arity)} ")"'
            for arity in self._functions
        ]
        if line == 1:
            yield f"{argument}: NAME"
        else:
            yield f"VARIABLE_{line}: {_choice(f'x{before}' for before in range(1, line))}"
            yield f"{argument}: NAME | VARIABLE_{line}"
            if self._has_function_values:
                more = f'(", " {argument}){{0,{self._most_arguments - 1}}}'
                calls.append(f'VARIABLE_{line} "(" {argument} {more} ")"')
        yield f"call_{line}: {' | '.join(calls)}"


_COMMA = ' ", " '


def _choice(texts: Iterable[str]) -> str:
    return " | ".join(f'"{text}"' for text in texts)


def _results(language: Language) -> Iterator[object]:
    for primitive in language.primitives.values():
        for signature in primitive.signatures:
            yield from parts(signature.result.meant)


def _may_be_function(part: object) -> bool:
    return isinstance(part, Arrow | Overloaded | Unknown | Variable)
