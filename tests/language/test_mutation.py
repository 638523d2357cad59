from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exit_dsl.language import (
    IllTypedError,
    Language,
    Mutation,
    MutationRates,
    ProgramError,
)
from exit_dsl.language.editing import Editor
from exit_dsl.language.inference import Judgement
from exit_dsl.language.programs import Call, Code
from exit_dsl.types import Example, Program, Task
from tests.language.lists import lists

SEEDS = [
    Program("O = reverse(I)"),
    Program("x1 = bind(add, ONE)\nx2 = map_(x1, I)\nO = take(TWO, x2)"),
    Program(
        "x1 = sum_(I)\nx2 = range_(x1)\nx3 = compose(positive, sum_)\nO = zip_with(add, I, x2)"
    ),
]
CODES = [lists.parse(lists.normalize(seed)) for seed in SEEDS]
generators = st.integers(0, 2**32).map(np.random.default_rng)


def mutants(
    rng: np.random.Generator, n: int, seed: Program, rates: MutationRates | None = None
) -> list[Code]:
    mutation: Mutation[object, object] = Mutation(lists, [seed], rates=rates)
    return [lists.parse(program) for program in islice(mutation.mutants(rng), n)]


@settings(deadline=None)
@given(generators, st.integers(1, 4))
def test_mutants_are_new_distinct_well_typed_and_in_normal_form(
    rng: np.random.Generator, depth: int
) -> None:
    mutation: Mutation[object, object] = Mutation(lists, SEEDS, depth=depth)
    found = list(islice(mutation.mutants(rng), 40))
    assert len(set(found)) == len(found) == 40
    for program in found:
        assert program not in set(map(lists.normalize, SEEDS))
        assert lists.normalize(program) == program
        assert lists.check(program) is None


@given(st.integers(0, 2**32))
def test_mutants_are_the_same_for_the_same_generator(seed: int) -> None:
    mutation: Mutation[object, object] = Mutation(lists, SEEDS, depth=2)
    first = list(islice(mutation.mutants(np.random.default_rng(seed)), 20))
    again: Mutation[object, object] = Mutation(lists, SEEDS, depth=2)
    assert list(islice(again.mutants(np.random.default_rng(seed)), 20)) == first


def named(*names: str) -> list[Task[object, object]]:
    return [Task(name, (Example((), ()),)) for name in names]


@given(st.integers(0, 2**32))
def test_each_task_gets_mutants_of_its_own_whatever_the_other_tasks(seed: int) -> None:
    mutation: Mutation[object, object] = Mutation(lists, SEEDS)

    def programs(*names: str) -> dict[str, list[Program]]:
        found: dict[str, list[Program]] = {name: [] for name in names}
        for candidate in mutation.sample(named(*names), 10, np.random.default_rng(seed)):
            found[candidate.task_id].append(candidate.program)
        return found

    both = programs("a", "b")
    assert both["a"] != both["b"]
    assert len(set(both["a"])) == 10
    assert programs("c", "b")["b"] == both["b"]
    assert programs("a") == {"a": both["a"]}


def test_calls_of_sample_draw_anew_even_before_they_are_read() -> None:
    mutation: Mutation[object, object] = Mutation(lists, SEEDS)
    rng = np.random.default_rng(0)
    first, second = mutation.sample(named("a"), 5, rng), mutation.sample(named("a"), 5, rng)
    assert list(second) != list(first)


def _differences(a: Code, b: Code) -> set[str]:
    """The parts of calls in which two programs of equal length differ."""
    parts: set[str] = set()
    for x, y in zip(a, b, strict=True):
        parts |= {"function"} if x.function != y.function else set()
        parts |= {"argument"} if x.args != y.args else set()
    return parts


# In this seed all lines are used more than once, so that no edit makes one of them dead.
STURDY = Program(
    "x1 = take(TWO, I)\nx2 = drop(ONE, x1)\nx3 = zip_with(add, x1, x2)\nO = zip_with(add, x3, x3)"
)


@given(generators)
def test_replacing_an_argument_changes_one_argument(rng: np.random.Generator) -> None:
    code = lists.parse(STURDY)
    for mutant in mutants(rng, 20, STURDY, MutationRates(1, 0, 0, 0)):
        if len(mutant) == len(code):
            assert _differences(code, mutant) == {"argument"}
        else:
            assert len(mutant) < len(code)


@given(generators)
def test_replacing_a_function_changes_one_function(rng: np.random.Generator) -> None:
    code = lists.parse(STURDY)
    for mutant in mutants(rng, 5, STURDY, MutationRates(0, 1, 0, 0)):
        assert _differences(code, mutant) == {"function"}
        assert sum(a != b for a, b in zip(code, mutant, strict=True)) == 1


@given(generators)
def test_introducing_a_variable_adds_one_line(rng: np.random.Generator) -> None:
    code = lists.parse(STURDY)
    lengths = {len(mutant) for mutant in mutants(rng, 40, STURDY, MutationRates(0, 0, 1, 0))}
    assert len(code) + 1 in lengths
    assert max(lengths) == len(code) + 1


def test_rates_say_how_often_each_edit_is_chosen() -> None:
    def grown(share: float) -> int:
        rates = MutationRates(1 - share, 0, share, 0)
        found = mutants(np.random.default_rng(0), 30, STURDY, rates)
        return sum(len(mutant) > len(lists.parse(STURDY)) for mutant in found)

    assert grown(0.02) < 8 < 22 < grown(0.98)


def test_deeper_mutants_have_more_edits() -> None:
    rates = MutationRates(0, 0, 1, 0)
    mutation: Mutation[object, object] = Mutation(lists, SEEDS[:1], rates=rates, depth=4)
    found = islice(mutation.mutants(np.random.default_rng(0)), 300)
    lengths = {len(lists.parse(program)) for program in found}
    assert lengths == {2, 3, 4, 5}


def test_mutants_end_when_there_are_no_more() -> None:
    language = Language("small", input=int, output=int)

    @language.primitive
    def same(number: int) -> int:
        return number

    @language.primitive
    def other(number: int) -> int:
        return -number

    rates = MutationRates(0, 1, 0, 0)
    mutation: Mutation[object, object] = Mutation(language, [Program("O = same(I)")], rates=rates)
    assert list(mutation.mutants(np.random.default_rng(0))) == ["O = other(I)"]


def all_meant(code: Code) -> bool:
    types = lists.inference.types(code)
    judgements = [lists.inference.call(call, types[:line]) for line, call in enumerate(code)]
    return all(isinstance(each, Judgement) and each.meant for each in judgements)


@settings(deadline=None)
@given(generators, st.sampled_from([*SEEDS[:2], STURDY, Program("O = map_(positive, I)")]))
def test_what_is_meant_stays_meant(rng: np.random.Generator, seed: Program) -> None:
    assert all_meant(lists.parse(seed))
    for code in mutants(rng, 20, seed, MutationRates(1, 1, 1, 1)):
        assert all_meant(code)


def test_what_was_never_meant_may_be_edited_elsewhere() -> None:
    # A constant function is accepted in the place of a function, but not meant.
    seed = Program("x1 = compose(positive, sum_)\nx2 = map_(x1, I)\nO = take(TWO, I)")
    odd = Program("x1 = reverse(I)\nx2 = map_(ONE, x1)\nO = reverse(x2)")
    assert lists.check(seed) is None
    assert not all_meant(lists.parse(odd))
    assert len(mutants(np.random.default_rng(0), 20, odd)) == 20


@settings(deadline=None)
@given(generators)
def test_edits_are_all_equally_often_drawn(rng: np.random.Generator) -> None:
    """A constant of the same type is as good as any other."""
    editor = Editor(lists, MutationRates(1, 0, 0, 0))
    code = lists.parse("O = take(TWO, I)")
    edited = (editor.edit(code, rng) for _ in range(300))
    drawn = Counter(each[0].args[0] for each in edited if each is not None)
    drawn.pop("TWO", None)  # The other argument was replaced.
    assert set(drawn) == {"ZERO", "ONE", "NINE"}
    assert max(drawn.values()) < 2 * min(drawn.values()) + 30


DONOR = Program("x1 = drop(TWO, I)\nx2 = drop(NINE, x1)\nO = reverse(x2)")


@settings(deadline=None)
@given(generators)
def test_crossover_takes_over_a_part_of_another_seed(rng: np.random.Generator) -> None:
    seeds = [Program("O = take(ONE, I)"), DONOR]
    rates = MutationRates(0, 0, 0, 1)
    mutation: Mutation[object, object] = Mutation(lists, seeds, rates=rates)
    lines = {line.partition(" = ")[2] for seed in seeds for line in seed.split("\n")}
    children = list(islice(mutation.mutants(rng), 4))
    assert children
    for child in children:
        new = {line.partition(" = ")[2] for line in child.split("\n")} - lines
        assert len(lists.parse(child)) > 1
        assert lists.check(child) is None
        assert "drop" in child or "take" in child
        assert len(new) < len(lists.parse(child)), "a part is as it was"


def test_without_donors_there_is_no_crossover() -> None:
    code, rng = lists.parse(STURDY), np.random.default_rng(0)
    only = Editor(lists, MutationRates(0, 0, 0, 1))
    assert only.edit(code, rng) is None
    assert only.edit(code, rng, [lists.parse(DONOR)]) is not None
    mixed = Editor(lists, MutationRates(1, 0, 0, 1000))
    assert all(mixed.edit(code, rng) is not None for _ in range(20))


def test_the_rates_of_the_paper_have_a_name() -> None:
    assert MutationRates.paper() == MutationRates(0.5, 0.25, 0.5, 0.0)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="mutation needs at least one seed program"):
        Mutation(lists, [])
    with pytest.raises(ValueError, match="depth must be at least 1, not 0"):
        Mutation(lists, SEEDS, depth=0)
    with pytest.raises(ProgramError, match="'unknown' is not known here"):
        Mutation(lists, [Program("O = unknown(I)")])
    with pytest.raises(IllTypedError, match="the result can never be an output"):
        Mutation(lists, [Program("O = sum_(I)")])


@pytest.mark.parametrize("rates", [(0, 0, 0, 0), (-1, 1, 1), (1, -0.5, 1), (1, 1, 1, -1)])
def test_wrong_rates_are_refused(rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rates must not be negative, and at least one positive"):
        MutationRates(*rates)


def test_a_line_that_takes_part_in_a_call_is_moved_with_it() -> None:
    seed = Program("x1 = bind(add, ONE)\nx2 = head(I)\nx3 = x1(x2)\nO = range_(x3)")
    for code in mutants(np.random.default_rng(0), 100, seed):
        for line, call in enumerate(code):
            assert all(atom < line for atom in call.atoms if isinstance(atom, int))
            assert isinstance(call, Call)
