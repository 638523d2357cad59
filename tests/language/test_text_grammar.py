"""What the text of the grammar says; what it accepts is tested where it is used."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from exit_dsl.language import Language, TextGrammar
from exit_dsl.language.programs import Code
from tests.language.lists import Ints, lists, take
from tests.language.strategies import codes


@given(codes())
def test_no_line_is_longer_than_the_longest(code: Code) -> None:
    longest = TextGrammar(lists, max_lines=6).longest
    assert all(len(line) + 1 <= longest for line in lists.format(code).splitlines())


def test_the_longest_line_exists() -> None:
    line = "x6 = iterate(positive, positive, positive)\n"
    variants = ["zip_with", "positive"]
    assert len(line.replace("iterate", variants[0])) == TextGrammar(lists, max_lines=6).longest


def test_variables_are_called_only_where_they_may_be_functions() -> None:
    plain = Language("plain", input=Ints, output=Ints)

    @plain.primitive
    def reverse(xs: Ints) -> Ints:
        return xs[::-1]

    assert 'VARIABLE_2 "("' not in TextGrammar(plain, max_lines=2).lark
    assert 'VARIABLE_2 "("' in TextGrammar(lists, max_lines=2).lark
    assert take.__name__ in TextGrammar(lists, max_lines=2).lark


def test_computed_functions_may_take_more_arguments_than_any_primitive() -> None:
    language = Language("makers", input=int, output=int)
    language.primitive(make_adder)
    grammar = TextGrammar(language, max_lines=2)
    assert 'VARIABLE_2 "(" argument_2 (", " argument_2){0,2} ")"' in grammar.lark
    assert grammar.longest == len("x2 = x2(make_adder, make_adder, make_adder)\n")


def make_adder(n: int) -> Callable[[int, int, int], int]:
    return lambda a, b, c: n + a + b + c


def test_a_grammar_without_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="max_lines must be at least 1, not 0"):
        TextGrammar(lists, max_lines=0)


def test_a_language_without_primitives_is_refused() -> None:
    with pytest.raises(ValueError, match="empty has no primitives"):
        TextGrammar(Language("empty", input=Ints, output=Ints))
