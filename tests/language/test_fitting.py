"""What fits is remembered, but it is what the inference says."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.dsl import arc
from examples.arc.seeds import load_seeds
from exit_dsl.language import Language
from exit_dsl.language.fitting import Fitting
from exit_dsl.language.programs import Code, normalize
from tests.language.lists import lists, make_language
from tests.language.strategies import codes

LISTS = Fitting(lists)
ARC = Fitting(arc)
SEEDS = [normalize(arc.parse(seed.program)) for seed in load_seeds().values()]


def check_line(language: Language, fitting: Fitting, code: Code, line: int, position: int) -> None:
    inference = language.inference
    types = inference.types(code)
    call = code[line]
    function, args = inference.function(call.function, types), inference.args(call.args, types)
    at = position % len(args)
    opening = fitting.argument(function, args, at)
    fits = {
        name
        for name, number in inference.atom_numbers.items()
        if inference.is_meant(function, (*args[:at], number, *args[at + 1 :]))
    }
    assert set(opening.names) == fits
    assert len(opening.names) == len(fits)
    assert opening.takes(args[at]) == inference.is_meant(function, args)
    names = {name for name in inference.primitives if inference.is_meant(name, args)}
    assert set(fitting.function(args).names) == names


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(SEEDS), st.integers(0, 100), st.integers(0, 100))
def test_openings_are_what_is_meant_in_seeds(code: Code, line: int, at: int) -> None:
    check_line(arc, ARC, code, line % len(code), at)


@settings(deadline=None)
@given(codes(), st.integers(0, 100), st.integers(0, 100))
def test_openings_are_what_is_meant(code: Code, line: int, at: int) -> None:
    code = normalize(code)
    if lists.check(lists.format(code)) is None:
        check_line(lists, LISTS, code, line % len(code), at)


@given(st.sampled_from(list(lists.primitives)), st.data())
def test_calls_that_grow_by_what_fits_next_are_meant(name: str, data: st.DataObject) -> None:
    inference = lists.inference
    state = LISTS.start(name)
    args: tuple[int, ...] = ()
    while len(args) < (inference.arity(name) or 0):
        assert state is not None
        names = LISTS.next_argument(state).names
        if not names:  # Only a variable would fit.
            return
        args += (inference.atom_numbers[data.draw(st.sampled_from(names))],)
        state = LISTS.after(state, args[-1])
    assert inference.is_meant(name, args)


def test_a_function_of_unknown_arity_takes_what_the_inference_says() -> None:
    language = make_language()

    @language.primitive
    def choose(number: int) -> Callable[..., int]:
        return lambda *numbers: number

    fitting, inference = Fitting(language), language.inference
    code = language.parse("x1 = choose(ONE)\nx2 = x1(TWO)\nO = range_(x2)")
    check_line(language, fitting, code, 1, 0)
    (function, *_) = inference.types(code)
    assert fitting.function((inference.atom_numbers["ONE"],)).takes(function)
    assert not fitting.function(()).takes(inference.atom_numbers["ONE"])


def test_an_output_is_what_the_language_says() -> None:
    names = set(LISTS.output.names)
    assert {"I", "NONE"} <= names
    assert not {"ONE", "take"} & names
