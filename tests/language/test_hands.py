"""What may come next with some values at hand is what the definition says, word by word."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exit_dsl.language import RandomPrograms, Vocabulary
from exit_dsl.language.answers import Answers
from exit_dsl.language.beginnings import CLOSING, OPEN, Beginnings
from exit_dsl.language.completions import DEAD, Completions
from exit_dsl.language.hands import EMPTY, Hands
from exit_dsl.language.usefulness import Usefulness
from tests.language.lists import lists

SIZE = 6
INFERENCE = lists.inference
COMPLETIONS = Completions(INFERENCE, lists.output_type)
NAMES = [*INFERENCE.atom_numbers.values()]
USELESS = INFERENCE.number(lists.output_type) + 10_000


def types_of_lines() -> list[int]:
    """Return types that lines of programs have, in their order; some are those of names."""
    random_programs = RandomPrograms(Vocabulary(lists, max_lines=SIZE))
    programs = islice(random_programs.programs(np.random.default_rng(0)), 40)
    lines = [INFERENCE.types(lists.parse(program)) for program in programs]
    return list(dict.fromkeys(number for numbers in lines for number in numbers))


def make_hands() -> tuple[Hands, Beginnings]:
    hands = Hands(COMPLETIONS, NAMES, {USELESS}, SIZE)
    return hands, Beginnings(INFERENCE, COMPLETIONS, hands)


HANDS, BEGINNINGS = make_hands()
types = st.lists(st.sampled_from([*types_of_lines(), USELESS]), max_size=SIZE)


def members(slots: int) -> set[int]:
    return {slot for slot in range(HANDS.never + 1) if slots >> slot & 1}


def hand_of(hands: Hands, numbers: Iterable[int]) -> tuple[int, list[int]]:
    hand, slots = EMPTY, []
    for number in numbers:
        hand, slot = hands.add(hand, number)
        slots.append(slot)
    return hand, slots


def possible(state: int, hand: set[int]) -> bool:
    if state == DEAD or COMPLETIONS.missing(state) == 0:
        return state != DEAD
    return any(possible(COMPLETIONS.next(state, number), hand) for number in hand)


def expected_slots(fits: dict[int, bool], hand: int) -> set[int]:
    numbers = [*NAMES, *HANDS.types(hand)]
    return {slot for slot, number in enumerate(numbers) if fits[number]}


@given(types)
def test_slots_tell_types_apart(numbers: list[int]) -> None:
    hand, slots = hand_of(HANDS, numbers)
    held = [number for number in dict.fromkeys(numbers) if number not in {*NAMES, USELESS}]
    assert HANDS.types(hand) == tuple(held)
    for number, slot in zip(numbers, slots, strict=True):
        assert (slot == HANDS.never) == (number == USELESS)
        if number != USELESS:
            assert [*NAMES, *held][slot] == number
        assert HANDS.add(hand, number) == (hand, slot)


@settings(deadline=None)
@given(types, st.sampled_from([*INFERENCE.primitives]), st.sampled_from([OPEN, CLOSING]))
def test_arguments_are_those_that_leave_a_call_possible(
    numbers: list[int], primitive: str, kind: int
) -> None:
    hand, _ = hand_of(HANDS, numbers)
    at_hand = {*NAMES, *HANDS.types(hand)}
    states = [COMPLETIONS.start(primitive, closing=kind == CLOSING)]
    while states:
        state = states.pop()
        assert HANDS.can_complete(state, hand) == possible(state, at_hand)
        if state == DEAD or not COMPLETIONS.missing(state):
            continue
        after = {number: COMPLETIONS.next(state, number) for number in at_hand}
        fits = {number: possible(after[number], at_hand) for number in at_hand}
        assert members(HANDS.arguments(state, hand)) == expected_slots(fits, hand)
        states += {after[number] for number in at_hand if fits[number]}


@settings(deadline=None)
@given(types, st.data())
def test_lines_begin_with_functions_that_can_be_called(
    numbers: list[int], data: st.DataObject
) -> None:
    rooms = st.integers(0, BEGINNINGS.widest)
    last_room = data.draw(rooms)
    room = data.draw(rooms.filter(lambda room: room <= last_room))
    hand, _ = hand_of(HANDS, numbers)
    at_hand = {*NAMES, *HANDS.types(hand)}

    def fits(function: str | int) -> bool:
        arity = INFERENCE.arity(function) or 0
        start = COMPLETIONS.start(function, closing=arity > room)
        return 0 < arity <= last_room and possible(start, at_hand)

    names = {
        slot
        for slot, name in enumerate(INFERENCE.atoms)
        if name in INFERENCE.primitives and fits(name)
    }
    values = {HANDS.first + index for index, n in enumerate(HANDS.types(hand)) if fits(n)}
    assert members(BEGINNINGS.functions(hand, room, last_room)) == names | values


@settings(deadline=None)
@given(st.lists(types, min_size=1, max_size=4), st.integers(0, 9), st.integers(0, 9))
def test_answers_are_those_of_hands(rows: list[list[int]], room: int, last_room: int) -> None:
    hands, beginnings = make_hands()
    answers = Answers(hands, beginnings)
    held = np.full(len(rows), EMPTY)
    for step in range(max(map(len, rows))):
        some = np.array([row for row, numbers in enumerate(rows) if step < len(numbers)])
        numbers = np.array([rows[row][step] for row in some])
        expected = [hands.add(*pair) for pair in zip(held[some].tolist(), numbers, strict=True)]
        held[some], slots = answers.after(held[some], numbers)
        assert list(zip(held[some].tolist(), slots.tolist(), strict=True)) == expected
    states = [beginnings.start(name, OPEN) for name in ("map_", "zip_with", "take")]
    for state in states:
        asked = answers.arguments(np.full(len(rows), state))
        flags = [members(hands.arguments(state, hand)) for hand in held.tolist()]
        assert [set(np.flatnonzero(row)) for row in answers.allowed(asked, held)] == flags
    asked = answers.functions(np.full(len(rows), room), last_room)
    limits = min(room, beginnings.widest), min(last_room, beginnings.widest)
    flags = [members(beginnings.functions(hand, *limits)) for hand in held.tolist()]
    assert [set(np.flatnonzero(row)) for row in answers.allowed(asked, held)] == flags


def test_what_is_of_no_use_is_taken_for_one_of_two_types() -> None:
    ints, pairs, function = types_of_lines()[0], *types_of_lines()[1:3]
    every, few = Usefulness(lists, None), Usefulness(lists, [ints])
    for number in (ints, pairs, function):
        assert every.taken_for(number) == number
        taken = few.taken_for(number)
        assert taken == number if number == ints else taken in few.useless
        assert few.is_output(taken) == few.is_output(number) == every.is_output(number)
    assert not every.is_output(INFERENCE.atom_numbers["ONE"])
    assert every.is_output(INFERENCE.atom_numbers["I"])
