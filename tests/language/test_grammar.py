"""Random walks through the state machine of well-typed programs."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.dsl import arc
from exit_dsl.language import Grammar, Language, Vocabulary, completions
from exit_dsl.language import grammar as grammars
from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.inference import Judgement
from exit_dsl.types import FailureKind, Program
from tests.language.lists import lists, make_language

Long = TypeVar("Long", bound=Sized)


def longer(first: Long, second: Long) -> Long:
    return max(first, second, key=len)


BOUNDED = make_language()
BOUNDED.primitive(longer)
LISTS, ARC = Vocabulary(lists, max_lines=8), Vocabulary(arc, max_lines=64)
# Of use are the types of names, and those of the lines of these programs.
LISTS_PROGRAMS = [Program("x1 = bind(add, ONE)\nO = map_(x1, I)")]
ARC_PROGRAMS = [Program("x1 = objects(I, T, F, F)\nx2 = first(x1)\nO = paint(I, x2)")]
FACTORIES: dict[str, Callable[[], Grammar]] = {
    "lists": lambda: Grammar(LISTS),
    "arc": lambda: Grammar(ARC),
    "bounded": lambda: Grammar(Vocabulary(BOUNDED, max_lines=8)),
    "short": lambda: Grammar(Vocabulary(lists, max_lines=1)),
    "lists, few types": lambda: Grammar(LISTS, LISTS_PROGRAMS),
    "arc, few types": lambda: Grammar(ARC, ARC_PROGRAMS),
}
GRAMMARS = {name: make() for name, make in FACTORIES.items()}
seeds = st.integers(0, 2**32)


def walk(grammar: Grammar, max_tokens: int, rng: np.random.Generator, closing: float) -> list[int]:
    """Take any allowed token; the closing one with probability ``closing`` where it is allowed."""
    end = grammar.vocabulary.end
    state = grammar.start()
    tokens: list[int] = []
    while not tokens or tokens[-1] != end:
        allowed = state.allowed(max_tokens - len(tokens))
        assert allowed.any()
        choices = np.flatnonzero(allowed)
        if allowed[end] and rng.random() < closing:
            tokens.append(end)
        else:
            tokens.append(int(rng.choice(choices)))
        assert state.advance(tokens[-1]) is state
    pad_only = state.allowed(1)
    assert list(np.flatnonzero(pad_only)) == [grammar.vocabulary.pad]
    return tokens


def assert_is_meant(grammar: Grammar, tokens: list[int]) -> None:
    """Every argument is of the type that is meant, and the result may be an output."""
    program = grammar.vocabulary.decode(tokens)
    code = grammar.language.parse(program)
    grammar.language.types(code)
    types = grammar.inference.types(code)
    for line, call in enumerate(code):
        judgement = grammar.inference.call(call, types[:line])
        assert isinstance(judgement, Judgement)
        assert judgement.meant, program


@pytest.mark.parametrize("name", GRAMMARS)
@settings(deadline=None, max_examples=60)
@given(seed=seeds, extra=st.integers(0, 60), closing=st.sampled_from((0.0, 0.2)))
def test_every_walk_is_a_well_typed_program_in_time(
    name: str, seed: int, extra: int, closing: float
) -> None:
    grammar = GRAMMARS[name]
    max_tokens = grammar.closing + extra
    tokens = walk(grammar, max_tokens, np.random.default_rng(seed), closing)
    assert len(tokens) <= max_tokens
    program = grammar.vocabulary.decode(tokens)
    assert grammar.vocabulary.encode(program) == tokens
    assert grammar.language.check(program) is None
    assert_is_meant(grammar, tokens)


@settings(deadline=None)
@given(seed=seeds, max_tokens=st.integers(3, 20))
def test_just_the_tokens_with_a_future_are_allowed(seed: int, max_tokens: int) -> None:
    """What is not allowed leads nowhere: no completion by any later tokens is well typed."""
    grammar = GRAMMARS["short"]
    vocabulary = grammar.vocabulary
    tokens = walk(grammar, max_tokens, np.random.default_rng(seed), 1.0)
    function, *args = tokens[:-1]
    state = grammar.start()
    state.advance(function)
    for position, arg in enumerate(args):
        allowed = state.allowed(max_tokens - 1 - position)
        if position == len(args) - 1:
            for token in range(4, vocabulary.first_variable):
                changed = [function, *args[:-1], token, vocabulary.end]
                program = vocabulary.decode(changed)
                if lists.check(program) is not None:
                    assert not allowed[token]
        state.advance(arg)


def test_all_well_typed_programs_of_one_line_can_be_reached() -> None:
    grammar = GRAMMARS["short"]
    vocabulary = grammar.vocabulary
    reached = set()

    def explore(tokens: list[int]) -> None:
        state = grammar.start()
        for token in tokens:
            state.advance(token)
        for token in np.flatnonzero(state.allowed(5 - len(tokens))).tolist():
            if token == vocabulary.end:
                reached.add(vocabulary.decode([*tokens, token]))
            else:
                explore([*tokens, token])

    explore([])
    numbers, ints = ["ZERO", "ONE", "TWO", "NINE"], ["I", "NONE"]
    expected = {f"O = reverse({xs})" for xs in ints} | {f"O = range_({n})" for n in numbers}
    expected |= {f"O = {f}({n}, {xs})" for f in ("take", "drop") for n in numbers for xs in ints}
    expected |= {f"O = pair({a}, {b})" for a in numbers for b in numbers}
    expected |= {f"O = filter_(positive, {xs})" for xs in ints}
    assert expected <= reached
    for program in reached:
        assert lists.check(program) is None


def test_states_of_rows_do_not_share_anything() -> None:
    grammar = GRAMMARS["lists"]
    rng = np.random.default_rng(0)
    alone = [walk(grammar, 30, np.random.default_rng(row), 0.2) for row in range(20)]
    states = [grammar.start() for _ in alone]
    for step in range(30):
        for row in rng.permutation(len(alone)).tolist():
            if step < len(alone[row]):
                assert states[row].allowed(30 - step)[alone[row][step]]
                states[row].advance(alone[row][step])


@pytest.mark.parametrize("name", GRAMMARS)
@settings(deadline=None, max_examples=20)
@given(seed=seeds, extra=st.integers(0, 40))
def test_rows_side_by_side_are_rows_alone(name: str, seed: int, extra: int) -> None:
    """Whatever others are beside it, and whichever of them are dropped."""
    grammar = GRAMMARS[name]
    rng = np.random.default_rng(seed)
    together = grammar.start_rows(8)
    alone = [grammar.start() for _ in range(8)]
    for remaining in range(grammar.closing + extra, 0, -1):
        looking_ahead = remaining + int(rng.integers(20))
        for look in (looking_ahead, remaining):
            masks = together.allowed(look)
            assert (masks == np.stack([state.allowed(look) for state in alone])).all()
        tokens = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        together.advance(tokens)
        for state, token in zip(alone, tokens.tolist(), strict=True):
            state.advance(token)
        kept = rng.permutation(len(alone))[: max(1, len(alone) - int(rng.integers(2)))]
        together.keep(kept)
        alone = [alone[row] for row in kept.tolist()]


@pytest.mark.parametrize("name", GRAMMARS)
@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_masks_do_not_depend_on_what_was_asked_before(name: str, seed: int) -> None:
    tokens = walk(GRAMMARS[name], 30, np.random.default_rng(seed), 0.1)
    used, fresh = GRAMMARS[name].start(), FACTORIES[name]().start()
    for step, token in enumerate(tokens):
        assert (used.allowed(30 - step) == fresh.allowed(30 - step)).all()
        used.advance(token)
        fresh.advance(token)


def types_of_use() -> set[int]:
    inference = lists.inference
    lines = [inference.types(lists.parse(program)) for program in LISTS_PROGRAMS]
    return set(inference.atom_numbers.values()).union(*lines)


@pytest.mark.parametrize("name", ["lists", "lists, few types", "bounded"])
@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_masks_are_those_of_the_definition(name: str, seed: int) -> None:
    """An argument is allowed if it fits and if some values at hand fit all that are missing."""
    grammar = GRAMMARS[name]
    of_use = types_of_use() if "few" in name else None
    vocabulary, inference = grammar.vocabulary, grammar.inference
    states = Completions(inference, grammar.language.output_type)
    tokens = walk(grammar, 40, np.random.default_rng(seed), 0.0)
    state, names = grammar.start(), set(inference.atom_numbers.values())

    def possible(call: int, hand: set[int]) -> bool:
        if call == DEAD or states.missing(call) == 0:
            return call != DEAD
        return any(possible(states.next(call, number), hand) for number in hand)

    variables: list[int] = []
    types = inference.types(grammar.language.parse(vocabulary.decode(tokens)))
    call: int | None = None
    for step, token in enumerate(tokens):
        mask = state.allowed(400 - step)  # far from the last line, so that calls are open
        hand = names | {number for number in variables if of_use is None or number in of_use}
        known: dict[str | int, int] = dict(inference.atom_numbers.items())
        known.update(enumerate(variables))
        if call is not None and token not in (vocabulary.separator, vocabulary.end):
            if len(variables) + 1 < vocabulary.max_lines:
                for atom, number in known.items():
                    expected = number in hand and possible(states.next(call, number), hand)
                    assert mask[vocabulary.token(atom)] == expected
            call = states.next(call, known[vocabulary.atom(token)])
        elif call is None:
            atom = vocabulary.atom(token)
            call = states.start(atom if isinstance(atom, str) else variables[atom])
        else:
            call = None
            variables.append(types[len(variables)])
        state.advance(token)


def allows(grammar: Grammar, text: str) -> bool:
    state = grammar.start()
    tokens = grammar.vocabulary.encode(Program(text))
    return all(state.allowed(99)[token] and state.advance(token) for token in tokens)


@pytest.mark.parametrize(
    ("text", "few"),
    [
        ("x1 = bind(add, ONE)\nO = map_(x1, I)", True),
        ("x1 = bind(take, ONE)\nO = reverse(I)", True),
        ("x1 = bind(take, ONE)\nO = iterate(x1, TWO, I)", False),
        ("x1 = bind(take, ONE)\nx2 = pair(x1, I)\nO = reverse(I)", False),
        ("x1 = bind(take, ONE)\nO = x1(I)", False),
        ("O = pair(ONE, TWO)", True),
    ],
)
def test_values_of_other_types_can_be_made_but_not_used(text: str, few: bool) -> None:
    assert allows(GRAMMARS["lists"], text)
    assert allows(GRAMMARS["lists, few types"], text) == few


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("O = longer(I, NONE)", True),
        ("x1 = longer(I, NONE)\nO = take(ONE, x1)", True),
        ("x1 = bind(longer, I)\nO = x1(I)", True),
        ("x1 = longer(ONE, TWO)\nO = reverse(I)", False),
        ("x1 = bind(longer, ONE)\nO = reverse(I)", False),
        ("x1 = pair(I, I)\nx2 = longer(x1, I)\nO = reverse(I)", False),
    ],
)
def test_what_is_bounded_has_the_type_that_it_is_given(text: str, allowed: bool) -> None:
    assert allows(GRAMMARS["bounded"], text) is allowed


def test_what_is_never_within_a_bound_is_refused() -> None:
    failure = BOUNDED.check(Program("O = longer(ONE, TWO)"))
    assert failure is not None
    assert failure.kind is FailureKind.TYPE
    assert BOUNDED.check(Program("x1 = pair(I, I)\nO = longer(x1, I)")) is None


def test_programs_with_the_types_of_use_have_to_be_programs() -> None:
    with pytest.raises(ValueError, match="reverse takes 1 arguments, not 2"):
        Grammar(LISTS, [Program("O = reverse(I, I)")])


def test_a_grammar_that_remembers_too_much_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar = Grammar(Vocabulary(lists, max_lines=8))
    going_on = grammar.start_rows(1)
    before = walk(grammar, 30, np.random.default_rng(0), 0.1)
    remembering = grammar._knowledge
    assert walk(grammar, 30, np.random.default_rng(0), 0.1) == before
    assert grammar._knowledge is remembering
    monkeypatch.setattr(grammars, "MAX_ANSWERS", 0)
    assert walk(grammar, 30, np.random.default_rng(0), 0.1) == before
    assert grammar._knowledge is not remembering
    assert (going_on.allowed(30) == grammar.start_rows(1).allowed(30)).all()


def test_steps_that_were_forgotten_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [walk(GRAMMARS["lists"], 30, np.random.default_rng(seed), 0.1) for seed in range(9)]
    monkeypatch.setattr(completions, "MAX_STEPS", 1)
    grammar = Grammar(Vocabulary(make_language(), max_lines=8))
    assert [walk(grammar, 30, np.random.default_rng(seed), 0.1) for seed in range(9)] == expected


def test_masks_may_be_changed_by_their_owner() -> None:
    state = GRAMMARS["lists"].start()
    mask = state.allowed(20)
    before = mask.copy()
    mask[:] = False
    assert (state.allowed(20) == before).all()


def test_lines_are_counted() -> None:
    grammar = GRAMMARS["lists"]
    state = grammar.start()
    tokens = grammar.vocabulary.encode(
        lists.format(lists.parse("x1 = reverse(I)\nO = reverse(x1)"))
    )
    counts = []
    for token in tokens:
        counts.append(state.lines)
        state.advance(token)
    assert [*counts, state.lines] == [0, 0, 0, 1, 1, 1, 2]


def test_too_few_tokens_for_any_program_are_refused() -> None:
    grammar = GRAMMARS["arc"]
    assert grammar.closing == 3
    with pytest.raises(ValueError, match="a program needs at least 3 tokens, not 2"):
        grammar.start().allowed(2)


def test_a_token_that_can_never_run_is_refused() -> None:
    vocabulary = GRAMMARS["lists"].vocabulary
    state = GRAMMARS["lists"].start().advance(vocabulary.token("reverse"))
    with pytest.raises(ValueError, match="is not allowed here: reverse cannot take"):
        state.advance(vocabulary.token("ONE"))


def test_names_alone_may_be_enough_for_every_call() -> None:
    language = Language("numbers", input=int, output=int)

    @language.primitive
    def double(number: int) -> int:
        return 2 * number

    @language.primitive
    def is_odd(number: int) -> bool:
        return number % 2 == 1

    grammar = Grammar(Vocabulary(language, max_lines=4))
    for seed in range(10):
        tokens = walk(grammar, 16, np.random.default_rng(seed), 0.2)
        assert language.check(grammar.vocabulary.decode(tokens)) is None
        assert_is_meant(grammar, tokens)


def test_a_language_that_cannot_close_a_program_is_refused() -> None:
    language = Language("open", input=int, output=str)

    @language.primitive
    def wrap(number: int) -> list[int]:
        return [number]

    @language.primitive
    def shown(numbers: list[int]) -> str:
        return str(numbers)

    with pytest.raises(ValueError, match="open: no primitive makes an output of the input"):
        Grammar(Vocabulary(language))
