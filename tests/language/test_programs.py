from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import ProgramError
from exit_dsl.language.programs import MAX_TEXT, Call, Code, normalize
from exit_dsl.types import Program
from tests.language.lists import lists
from tests.language.strategies import codes, ints, run, texts


@given(codes())
def test_formatting_and_parsing_are_inverse(code: Code) -> None:
    assert lists.parse(lists.format(code)) == code


@given(codes())
def test_layout_comments_and_names_mean_nothing(code: Code) -> None:
    text = lists.format(code)
    noisy = "# a comment\n\n" + text.replace("x", "value_").replace(" = ", "=").replace("(", " ( ")
    assert lists.parse(noisy.replace("\n", "\r\n\t ")) == lists.parse(text)


@given(codes())
def test_what_follows_the_output_is_left_out(code: Code) -> None:
    text = lists.format(code)
    assert lists.parse(text + "\nx99 = reverse(O)") == code


def test_a_variable_and_the_output_can_be_assigned_again() -> None:
    text = "a = reverse(I)\nO = head(a)\na = drop(O, a)\nO = take(O, a)"
    code = (
        Call("reverse", ("I",)),
        Call("head", (0,)),
        Call("drop", (1, 0)),
        Call("take", (1, 2)),
    )
    assert lists.parse(text) == code


@given(codes())
def test_the_normal_form_is_stable_and_no_longer(code: Code) -> None:
    normal = normalize(code)
    assert normalize(normal) == normal
    assert len(normal) <= len(code)
    assert len(set(normal)) == len(normal)
    used = {atom for call in normal for atom in call.atoms}
    assert used >= set(range(len(normal) - 1))


@given(codes(), st.lists(ints, min_size=1, max_size=3))
def test_the_normal_form_gives_the_same_results(code: Code, inputs: list[object]) -> None:
    text = lists.format(code)
    assert run(lists.normalize(text), inputs) == run(text, inputs)


@given(codes(), codes())
def test_dead_and_repeated_lines_do_not_show_in_the_normal_form(code: Code, dead: Code) -> None:
    shift = len(dead)

    def moved(call: Call) -> Call:
        function, *args = (a + shift if isinstance(a, int) else a for a in call.atoms)
        return Call(function, tuple(args))

    assert normalize((*dead, *map(moved, code))) == normalize(code)
    first = code[0]
    repeated = (first, first, *(_after_repetition(call) for call in code[1:]))
    assert normalize(repeated) == normalize(code)


def _after_repetition(call: Call) -> Call:
    """Refer to the second of two equal first lines."""
    function, *args = (a + 1 if isinstance(a, int) else a for a in call.atoms)
    return Call(function, tuple(args))


@given(texts())
def test_any_text_has_a_normal_form_that_is_stable(text: Program) -> None:
    assert lists.normalize(lists.normalize(text)) == lists.normalize(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x1 = reverse(I)",
        "O = reverse()",
        "O = reverse(I",
        "O = reverse(I,)",
        "O = reverse(I I)",
        "O = unknown(I)",
        "O = reverse(x1)",
        "O = reverse(O)",
        "O = reverse(I) # a comment",
        "I = reverse(I)",
        "ONE = head(I)",
        "take = reverse(I)",
        "O = take(1, I)",
        "O = reverse(reverse(I))",
        "O = reverse(I); O = reverse(I)",
        "O = reverse(Ｉ)",
    ],
)
def test_what_is_no_program_is_refused(text: str) -> None:
    with pytest.raises(ProgramError):
        lists.parse(text)


def test_a_program_error_names_the_line() -> None:
    with pytest.raises(ProgramError, match="line 3: 'nothing' is not known here"):
        lists.parse("x1 = reverse(I)\n\nO = take(nothing, x1)")


@pytest.mark.parametrize(
    "piece", ["a", " ", "a ", "(", "a=a(", "a=a(a,", ",", "O = reverse(I)\n", "\n", "=", "\t\x0b"]
)
def test_parsing_takes_linear_time(piece: str) -> None:
    for text in (piece * (MAX_TEXT // len(piece)), "O = take(" + piece * (90_000 // len(piece))):
        start = perf_counter()
        lists.normalize(Program(text))
        assert perf_counter() - start < 2.0


def test_texts_that_are_too_long_are_refused_unread() -> None:
    with pytest.raises(ProgramError, match="100001 characters"):
        lists.parse(" " * (MAX_TEXT + 1))
