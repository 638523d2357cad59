"""The type check: what can never run is refused, what can run never."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings

from examples.arc.dsl import arc
from examples.arc.dsl.functions import arity
from exit_dsl.language import Accepts, Language
from exit_dsl.language.inference import Inference, Judgement
from exit_dsl.language.programs import Atom, Call, Code, format_code, normalize
from exit_dsl.language.signatures import from_annotation, signatures_from
from exit_dsl.language.values import size_of
from exit_dsl.types import Failure, FailureKind, Program, Success
from tests.language.lists import lists, make_language
from tests.language.strategies import codes, evaluate, ints, run, texts

A = TypeVar("A")
SEEDS = sorted((Path(__file__).parents[2] / "examples/arc/seeds/programs").glob("*.txt"))


@settings(max_examples=1000)
@given(codes(), ints)
def test_what_runs_to_an_output_is_never_refused(code: Code, item: tuple[int, ...]) -> None:
    functions = {name: primitive.function for name, primitive in lists.primitives.items()}
    code = normalize(code)
    try:
        value = evaluate(code, functions, {**lists.constants, "I": item})
    except Exception:
        return
    program = lists.format(code)
    assert lists.check(program) is None or not lists.valid(value)
    if lists.valid(value):
        assert run(program, [item]) == [Success(value)]


@given(texts())
def test_any_text_is_checked_without_an_exception(text: Program) -> None:
    failure = lists.check(text)
    assert failure is None or failure.kind in (FailureKind.SYNTAX, FailureKind.TYPE)


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("O = take(I, I)", "line 1: take cannot take these arguments"),
        ("O = take(I)", "line 1: take takes 2 arguments, not 1"),
        ("x1 = head(I)\nO = reverse(x1)", "line 2: reverse cannot take these arguments"),
        ("O = I(I)", "line 1: what is called is not a function"),
        ("x1 = bind(add, ONE)\nO = x1(I, I)", "line 2: the function does not take 2 arguments"),
        ("O = sum_(I)", "the result can never be an output"),
        ("O = compose(head, reverse)", "the result can never be an output"),
    ],
)
def test_what_can_never_run_is_refused_with_a_reason(program: str, detail: str) -> None:
    assert lists.check(Program(program)) == Failure(FailureKind.TYPE, detail)


@pytest.mark.parametrize(
    "program",
    [
        "x1 = bind(add, ONE)\nO = map_(x1, I)",
        "x1 = compose(reverse, reverse)\nO = x1(I)",
        "x1 = pair(I, head)\nx2 = swap(x1)\nx3 = head(x2)\nO = pair(ONE, TWO)",
        "x1 = map_(ONE, NONE)\nO = take(ONE, x1)",
    ],
)
def test_what_may_run_is_accepted(program: str) -> None:
    assert lists.check(Program(program)) is None


def test_numbers_of_the_tower_pass_for_each_other() -> None:
    language = make_language()

    @language.primitive
    def half(number: float) -> float:
        return number / 2 if number % 2 else int(number) // 2

    @language.primitive
    def choose(first: A, second: A) -> A:
        return second

    assert language.check(Program("x1 = half(TWO)\nO = take(x1, I)")) is None
    program = Program("x1 = half(ONE)\nx2 = choose(x1, ONE)\nO = take(x2, I)")
    assert language.check(program) is None


def test_abstract_classes_and_protocols_may_overlap() -> None:
    class HasLength(Protocol):
        def __len__(self) -> int: ...

    language = make_language()

    def small(items: tuple[int, ...]) -> Iterable[int]:
        return [item for item in items if item < 5]

    def count(items: Sized) -> tuple[int, ...]:
        return (len(items),)

    def length(items: HasLength) -> tuple[int, ...]:
        return (len(items),)

    length.__annotations__["items"] = HasLength
    for function in (small, count, length):
        language.primitive(function)
    for name in ("count", "length"):
        assert language.check(Program(f"x1 = small(I)\nO = {name}(x1)")) is None


def test_a_union_that_is_narrowed_keeps_its_other_members() -> None:
    language = make_language()

    @language.primitive
    def first_or_all(items: tuple[int, ...]) -> int | tuple[int, ...]:
        return items[0] if items else items

    @language.primitive
    def choose(which: int, first: A, second: A) -> A:
        return second if which else first

    program = Program("x1 = first_or_all(I)\nx2 = choose(ZERO, x1, ONE)\nO = reverse(x2)")
    assert language.check(program) is None
    assert run(program, [()], language) == [Success(())]


def test_what_takes_too_long_to_find_out_is_not_ruled_out() -> None:
    several = list[int] | Sequence[int] | Iterable[int]
    hard, given = tuple[(*[several] * 14, str)], tuple[(*[list[int]] * 14, int)]  # type: ignore[misc]
    types: list[Any] = [Callable[[tuple[Any, ...]], str], Callable[[hard], bytes]]
    signatures = tuple(signature for type in types for signature in signatures_from(type))
    inference = Inference({"I": from_annotation(given)}, {"size": signatures})
    judgement = inference.call(Call("size", ("I",)), [])
    assert isinstance(judgement, Judgement)
    assert judgement.type == from_annotation(str | bytes)
    assert judgement.meant


def test_what_else_may_come_back_is_added_to_what_is_meant() -> None:
    language = make_language()

    @language.primitive
    def joined(
        a: Annotated[tuple[int, ...], Accepts(int)], b: tuple[int, ...]
    ) -> Annotated[tuple[int, ...], Accepts(int)]:
        return (a, *b) if isinstance(a, int) else (*a, *b)

    assert language.check(Program("x1 = joined(ONE, I)\nO = reverse(x1)")) is None
    assert language.check(Program("x1 = joined(ONE, I)\nO = take(x1, I)")) is None
    assert language.check(Program("x1 = joined(NONE, I)\nO = take(x1, I)")) is not None
    assert run("x1 = joined(ONE, I)\nO = reverse(x1)", [(2,)], language) == [Success((2, 1))]


def test_constants_may_be_callable() -> None:
    class Doubler:
        def __call__(self, items: tuple[int, ...]) -> tuple[int, ...]:
            return items * 2

    language = make_language()
    language.constant("DOUBLE", Doubler())
    language.constant("TWICE", Doubler(), type=Doubler)
    for name in ("DOUBLE", "TWICE"):
        assert run(f"O = {name}(I)", [(1,)], language) == [Success((1, 1))]


def _meets_bounds(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Stop what would take long, so that blind programs can be run."""
    work = arc.primitives[name].work

    def bounded(*args: Any) -> Any:
        if work is not None and work(*args) > 500:
            raise OverflowError
        result = function(*args)
        if size_of(result) > 500:
            raise OverflowError
        return result

    bounded.__name__ = name
    bounded.arity = arc.primitives[name].arity  # type: ignore[attr-defined]
    return bounded


ARC_FUNCTIONS = {name: _meets_bounds(name, p.function) for name, p in arc.primitives.items()}


def test_no_line_of_a_blind_arc_program_that_runs_is_refused() -> None:
    """Any value can be part of an output, so that no line that runs may be refused."""
    rng = np.random.default_rng(0)
    ran = sum(_grow_blindly(rng) for _ in range(250))
    assert ran > 2000


def _grow_blindly(rng: np.random.Generator) -> int:
    """Grow a program by random lines that run; check each; return how many ran."""
    item = tuple(map(tuple, rng.integers(0, 4, rng.integers(1, 5, 2)).tolist()))
    names = {**arc.constants, "I": item, **ARC_FUNCTIONS}
    known = tuple(names)
    code: list[Call] = []
    values: list[Any] = []
    types: list[int] = []
    for _ in range(100):
        choices: list[Atom] = ["I", *range(len(code)), *rng.choice(known, 2).tolist()]
        function, value = _callee(rng, values, names)
        args = tuple(choices[k] for k in rng.integers(len(choices), size=arity(value)))
        call = Call(function, args)
        try:
            result = value(*(values[a] if isinstance(a, int) else names[a] for a in args))
        except Exception:
            continue
        judgement = arc.inference.call(call, types)
        assert not isinstance(judgement, str), format_code((*code, call))
        code.append(call)
        values.append(result)
        types.append(arc.inference.number(judgement.type))
        if arc.valid(result):
            assert arc.check(format_code(tuple(code))) is None
    return len(code)


def _callee(rng: np.random.Generator, values: list[Any], names: dict[str, Any]) -> tuple[Atom, Any]:
    built = [line for line, value in enumerate(values) if callable(value)]
    if built and rng.random() < 0.1:
        line = built[rng.integers(len(built))]
        return line, values[line]
    name = tuple(arc.primitives)[rng.integers(len(arc.primitives))]
    return name, names[name]


def test_no_blindly_edited_seed_that_gives_a_grid_is_refused() -> None:
    rng = np.random.default_rng(0)
    item = tuple(map(tuple, rng.integers(0, 4, (5, 4)).tolist()))
    seeds = [arc.parse(seed.read_text()) for seed in SEEDS]
    ran = 0
    for _ in range(400):
        code = normalize(_edited_blindly(seeds[rng.integers(len(seeds))], rng))
        try:
            value = evaluate(code, ARC_FUNCTIONS, {**arc.constants, "I": item})
        except Exception:
            continue
        if arc.valid(value):
            ran += 1
            assert arc.check(format_code(code)) is None, format_code(code)
    assert ran > 20


def _edited_blindly(code: Code, rng: np.random.Generator) -> Code:
    names = tuple(arc.inference.atoms)
    line = int(rng.integers(len(code)))
    call = code[line]
    args = list(call.args)
    choice = int(rng.integers(len(names) + line))
    args[rng.integers(len(args))] = names[choice] if choice < len(names) else choice - len(names)
    return (*code[:line], Call(call.function, tuple(args)), *code[line + 1 :])


def test_inference_of_a_language_is_not_carried_along_when_it_is_pickled() -> None:
    language = Language("one", input=int, output=int)
    assert "inference" not in language.__getstate__()
    assert language.inference is language.inference
    assert "inference" not in language.__getstate__()
