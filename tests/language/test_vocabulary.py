from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exit_dsl.language import ProgramError, Vocabulary
from exit_dsl.language.programs import Code
from exit_dsl.types import Program
from tests.language.lists import lists
from tests.language.strategies import codes

vocabulary = Vocabulary(lists, max_lines=6)
tokens = st.integers(0, vocabulary.size - 1)


@given(codes())
def test_programs_survive_tokens(code: Code) -> None:
    program = lists.format(code)
    encoded = vocabulary.encode(program)
    assert vocabulary.decode(encoded) == program
    assert len(encoded) == sum(len(call.atoms) + 1 for call in code)
    assert encoded.count(vocabulary.end) == 1
    assert encoded[-1] == vocabulary.end


@given(st.lists(tokens, max_size=30))
def test_any_tokens_can_be_decoded(sequence: list[int]) -> None:
    text = vocabulary.decode(sequence)
    try:
        encoded = vocabulary.encode(text)
    except ProgramError:
        return
    assert vocabulary.decode(encoded) == text


@given(codes(), st.lists(tokens))
def test_what_follows_the_closing_token_means_nothing(code: Code, rest: list[int]) -> None:
    program = lists.format(code)
    assert vocabulary.decode([*vocabulary.encode(program), *rest]) == program


def test_tokens_and_atoms_are_inverse() -> None:
    assert len(vocabulary.symbols) == len(set(vocabulary.symbols)) == vocabulary.size
    for token in range(vocabulary.size):
        atom = vocabulary.atom(token)
        assert vocabulary.token(atom) == token
        shown = atom if isinstance(atom, str) else f"x{atom + 1}"
        assert vocabulary.symbols[token] == shown
    assert vocabulary.atom(vocabulary.first_variable) == 0


def test_the_longest_program_still_has_tokens() -> None:
    lines = [f"x{n} = take(ONE, I)" for n in range(1, 6)]
    longest = Program("\n".join([*lines, "O = drop(ONE, x5)"]))
    assert vocabulary.decode(vocabulary.encode(longest)) == longest
    too_long = Program("\n".join([*lines, "x6 = drop(ONE, x5)", "O = reverse(x6)"]))
    with pytest.raises(ProgramError, match="7 lines; the vocabulary has 6"):
        vocabulary.encode(too_long)


def test_a_vocabulary_without_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="max_lines must be at least 1, not 0"):
        Vocabulary(lists, max_lines=0)


@pytest.mark.parametrize("text", ["", "O = take(ONE", "O = f(I)"])
def test_what_is_no_program_has_no_tokens(text: str) -> None:
    with pytest.raises(ProgramError):
        vocabulary.encode(Program(text))
