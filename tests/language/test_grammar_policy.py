"""The policy without a network: well-typed, exact, and learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from math import exp, inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.arc.dsl import arc
from examples.arc.seeds import load_seeds
from exit_dsl import checkpoint
from exit_dsl.language import GrammarPolicy, Language, LanguageInterpreter, Vocabulary, derivation
from exit_dsl.language.derivation import MAX_DEPTH, Holes
from exit_dsl.language.programs import Atom, Call, Code, normalize
from exit_dsl.randomness import stream
from exit_dsl.types import Budget, Candidate, Example, Experience, Program, Success, Task
from tests.language.lists import A, lists
from tests.language.strategies import codes

TASK: Task[Any, Any] = Task("t", (Example((3, 1, 2), (2, 1)),))
OTHER: Task[Any, Any] = Task("u", (Example((1, 2), (1, 2, 1, 2)),))
REVERSED = Program("O = reverse(I)")
TAKEN = Program("x1 = reverse(I)\nO = take(TWO, x1)")
CALLED = Program("x1 = bind(take, TWO)\nx2 = compose(reverse, x1)\nO = x2(I)")
SHARED = Program("x1 = sum_(I)\nx2 = add(x1, x1)\nO = take(x2, I)")


def experience(
    program: Program, task: Task[Any, Any] = TASK, source: str = "s"
) -> Experience[Any, Any]:
    return Experience(task, program, source, (1.0,))


def grows(task: Task[Any, Any]) -> list[str]:
    example = task.examples[0]
    return ["larger"] if len(example.output) > len(example.input) else ["smaller"]


def policy(language: Language = lists, **settings: Any) -> GrammarPolicy[Any, Any]:
    return GrammarPolicy(Vocabulary(language), **settings)


def draw(
    policy: GrammarPolicy[Any, Any], n: int, seed: int = 0, task: Task[Any, Any] = TASK
) -> list[Candidate]:
    return list(policy.sample([task], n, np.random.default_rng(seed)))


def trained(*programs: Program, **settings: Any) -> GrammarPolicy[Any, Any]:
    learner = policy(**settings)
    learner.update([experience(program) for program in programs], np.random.default_rng(0))
    return learner


def assert_well_typed(language: Language, candidates: list[Candidate], max_tokens: int) -> None:
    for candidate in candidates:
        assert language.check(candidate.program) is None
        code = language.parse(candidate.program)
        assert len(set(code)) == len(normalize(code)), "a line is dead"
        assert sum(len(call.args) + 2 for call in code) <= max_tokens


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), max_tokens=st.integers(3, 60))
def test_samples_are_well_typed_programs_without_dead_lines(seed: int, max_tokens: int) -> None:
    candidates = draw(policy(max_tokens=max_tokens), 10, seed)
    assert len(candidates) == 10
    assert_well_typed(lists, candidates, max_tokens)


def test_samples_for_arc_are_well_typed() -> None:
    learner = policy(arc, max_tokens=40)
    seeds = list(load_seeds().values())[:20]
    learner.update([experience(seed.program) for seed in seeds], np.random.default_rng(0))
    candidates = draw(learner, 30)
    assert len(candidates) == 30
    assert_well_typed(arc, candidates, 40)


@settings(max_examples=25)
@given(st.lists(codes().map(lists.format), min_size=1, max_size=4), st.integers(0, 2**32))
def test_samples_are_well_typed_whatever_was_learned(programs: list[Program], seed: int) -> None:
    runnable = [program for program in programs if lists.check(program) is None]
    for candidate in draw(trained(*runnable, TAKEN), 5, seed):
        assert lists.check(candidate.program) is None


def tree(code: Code, atom: Atom) -> object:
    """Return what a name or variable of a program stands for, written out."""
    if isinstance(atom, str):
        return atom
    return tuple(tree(code, inner) for inner in code[atom].atoms)


@given(codes())
def test_choices_make_the_program(code: Code) -> None:
    """The program can be built up again from its choices alone."""
    holes = Holes(Vocabulary(lists))
    symbols = holes.symbols
    known = holes.choices(code)
    if known is None:  # It calls a function of two arguments, and no primitive returns such a one.
        assert any(isinstance(c.function, int) and len(c.args) == 2 for c in normalize(code))
        return
    choices = iter(known)
    finished: list[Call] = []

    def fill() -> Atom:
        symbol, line = next(choices)
        if symbol == symbols.variable:
            return line
        if symbol < symbols.calls:
            return symbols.name(symbol)
        if symbols.is_applied(symbol):
            function, arity = fill(), symbol - symbols.calls
        else:
            name = symbols.name(symbol)
            function, arity = name, lists.primitives[name].arity
        args = tuple([fill() for _ in range(arity)])
        finished.append(Call(function, args))
        return len(finished) - 1

    output = fill()
    assert next(choices, None) is None
    assert tree(tuple(finished), output) == tree(code, len(code) - 1)


def tiny() -> Language:
    language = Language("tiny", input=int, output=int)

    @language.primitive
    def add(a: int, b: int) -> int:
        return a + b

    @language.primitive
    def negate(a: int) -> int:
        return -a

    language.constant("ONE", 1)
    return language


def all_codes(language: Language, lines: int, code: Code = ()) -> Iterator[Code]:
    """Yield all programs that begin with ``code`` and have so many lines at most."""
    if code:
        yield code
    if len(code) < lines:
        atoms = [*language.constants, "I", *range(len(code))]
        for name, primitive in language.primitives.items():
            for args in product(atoms, repeat=primitive.arity):
                yield from all_codes(language, lines, (*code, Call(name, args)))


def test_probabilities_of_all_programs_sum_to_one() -> None:
    language = tiny()
    learner = GrammarPolicy[Any, Any](Vocabulary(language, max_lines=3), temperature=0.7)
    for program in ("x1 = negate(I)\nO = add(x1, ONE)", "x1 = negate(I)\nO = add(x1, x1)"):
        learner.update([experience(Program(program))], np.random.default_rng(0))
    holes = Holes(Vocabulary(language))
    # Programs that differ in dead lines or the order of lines alone are the same choices.
    distinct = {tuple(holes.choices(code) or []): code for code in all_codes(language, 3)}
    logprobs = [learner.logprob(TASK, language.format(code)) for code in distinct.values()]
    assert sum(map(exp, logprobs)) == pytest.approx(1.0)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from((0.5, 1.0, 1.5)))
def test_log_probabilities_of_samples_are_those_of_their_programs(
    seed: int, temperature: float
) -> None:
    learner = trained(TAKEN, CALLED, SHARED, temperature=temperature)
    for candidate in draw(learner, 5, seed):
        assert learner.logprob(TASK, candidate.program) == pytest.approx(candidate.logprob)


def test_frequencies_are_those_of_the_log_probabilities() -> None:
    learner = trained(REVERSED, TAKEN)
    counts = Counter((c.program, c.logprob) for c in draw(learner, 4000))
    (first, logprob), often = counts.most_common(1)[0]
    (_, other), less = counts.most_common(2)[1]
    assert first == REVERSED
    assert often / less == pytest.approx(exp(logprob - other), rel=0.15)


@pytest.mark.parametrize("program", [TAKEN, CALLED, SHARED])
def test_samples_shift_towards_what_was_learned(program: Program) -> None:
    learner = policy()
    before = learner.logprob(TASK, program)
    for _ in range(3):
        learner.update([experience(program)] * 4, np.random.default_rng(0))
    assert learner.logprob(TASK, program) > before + 3
    assert program in [candidate.program for candidate in draw(learner, 50)]


def test_tasks_with_the_features_of_what_was_learned_get_it_more_often() -> None:
    learner = policy(features=grows, conditioning=1.0)
    repeated = Program("O = range_(NINE)")
    batch = [
        experience(program, task, f"{number} {program}")
        for number in range(100)
        for program, task in ((REVERSED, TASK), (repeated, OTHER))
    ]
    learner.update(batch, np.random.default_rng(0))
    assert learner.logprob(TASK, REVERSED) > learner.logprob(OTHER, REVERSED) + 0.2
    assert learner.logprob(OTHER, repeated) > learner.logprob(TASK, repeated) + 0.2
    blind = policy(features=grows, conditioning=0.0)
    blind.update(batch, np.random.default_rng(0))
    assert blind.logprob(TASK, REVERSED) == blind.logprob(OTHER, REVERSED)


def test_what_was_learned_long_ago_fades() -> None:
    logprobs = {}
    for memory in (1.0, 0.5):
        learner = policy(memory=memory)
        learner.update([experience(TAKEN)] * 4, np.random.default_rng(0))
        for _ in range(5):
            learner.update([experience(CALLED)] * 4, np.random.default_rng(0))
        logprobs[memory] = learner.logprob(TASK, TAKEN)
    assert logprobs[0.5] < logprobs[1.0] - 1


def rounds(learner: GrammarPolicy[Any, Any], numbers: range) -> list[Candidate]:
    found = []
    for number in numbers:
        drawn = list(learner.sample([TASK, OTHER], 5, stream(number, "sample")))
        found += drawn
        batch = [experience(c.program, TASK, c.task_id) for c in drawn] + [experience(TAKEN, OTHER)]
        learner.update(batch, stream(number, "learn"))
    return found


def test_four_rounds_and_four_more_are_eight(tmp_path: Path) -> None:
    whole, first, second = (policy(features=grows, memory=0.5) for _ in range(3))
    expected = rounds(whole, range(8))
    begun = rounds(first, range(4))
    checkpoint.save(tmp_path, {"policy": first}, generation=1, metadata={})
    checkpoint.load(tmp_path, {"policy": second})
    assert begun + rounds(second, range(4, 8)) == expected


def test_candidates_of_a_task_do_not_depend_on_the_other_tasks() -> None:
    learner = trained(TAKEN, SHARED, features=grows)
    both = list(learner.sample([OTHER, TASK], 10, np.random.default_rng(1)))
    assert both[10:] == draw(learner, 10, seed=1)


def test_an_empty_update_is_harmless() -> None:
    learner = trained(TAKEN)
    before = draw(learner, 20)
    assert learner.update([], np.random.default_rng(0)) == {"examples": 0.0}
    assert draw(learner, 20) == before


def test_the_loss_falls() -> None:
    learner = policy()
    batch = [experience(TAKEN), experience(SHARED, source="other")]
    losses = [learner.update(batch, np.random.default_rng(0))["loss"] for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]


def test_what_cannot_be_derived_has_no_probability() -> None:
    learner = policy(max_tokens=8)
    assert learner.logprob(TASK, SHARED) == -inf
    assert learner.logprob(TASK, REVERSED) > -inf
    assert learner.update([experience(SHARED)], np.random.default_rng(0))["skipped"] == 1.0


def calling() -> Language:
    """A language with functions that run and that no derivation calls."""
    language = Language("calling", input=Callable[[int], int], output=int)

    @language.primitive
    def of_four(n: int) -> Callable[[int, int, int, int], int]:
        return lambda a, b, c, d: a + b + c + d + n

    @language.primitive
    def of_five(n: int) -> Callable[[int, int, int, int, int], int]:
        return lambda a, b, c, d, e: a + b + c + d + e + n

    @language.primitive
    def same(a: A) -> A:
        return a

    @language.primitive
    def negate(n: int) -> int:
        return -n

    language.constant("ONE", 1)
    language.constant("NEGATE", lambda n: -n, type=Callable[[int], int])
    return language


DEEP = "\n".join(f"x{n} = negate({'ONE' if n == 1 else f'x{n - 1}'})" for n in range(1, 600))


@pytest.mark.parametrize(
    "text",
    [
        "x1 = of_four(ONE)\nO = x1(ONE, ONE, ONE, ONE)",
        "x1 = of_five(ONE)\nO = x1(ONE, ONE, ONE, ONE, ONE)",
        "x1 = same(negate)\nO = x1(ONE)",
        "O = NEGATE(ONE)",
        "O = I(ONE)",
        f"{DEEP}\nO = negate(x599)",
    ],
)
def test_programs_that_cannot_be_derived_are_passed_over(text: str) -> None:
    language, program = calling(), Program(text)
    learned = Program("x1 = negate(ONE)\nO = negate(x1)")
    (outcome,) = LanguageInterpreter[Any, Any](language).run(program, [lambda n: n], Budget())
    assert isinstance(outcome, Success)
    alone, both = policy(language), policy(language)
    assert both.logprob(TASK, program) == -inf
    alone.update([experience(learned)], np.random.default_rng(0))
    batch = [experience(learned), experience(program, source="other")]
    assert both.update(batch, np.random.default_rng(0))["skipped"] == 0.5
    assert both.logprob(TASK, learned) == alone.logprob(TASK, learned)
    assert draw(both, 20) == draw(alone, 20)


def test_programs_are_derived_as_deep_as_python_goes() -> None:
    lines = ["x1 = negate(I)", *(f"x{n} = negate(x{n - 1})" for n in range(2, MAX_DEPTH))]
    deepest = Program("\n".join([*lines, f"O = negate(x{MAX_DEPTH - 1})"]))
    learner = GrammarPolicy(Vocabulary(tiny(), max_lines=2_000), max_tokens=10_000)
    for _ in range(3):
        metrics = learner.update([experience(deepest)], np.random.default_rng(0))
        assert metrics["skipped"] == 0.0
    for candidate in draw(learner, 5):
        assert learner.logprob(TASK, candidate.program) == pytest.approx(candidate.logprob)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, "temperature must be positive and finite, not 0"),
        ({"smoothing": float("nan")}, "smoothing must be positive and finite, not nan"),
        ({"memory": 1.5}, r"memory must be in \[0, 1\], not 1.5"),
        ({"conditioning": -1.0}, r"conditioning must be in \[0, 1\], not -1"),
        ({"max_tokens": 2}, "a program needs at least 3 tokens, not 2"),
    ],
)
def test_bad_settings_are_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        policy(**settings)


def test_a_state_of_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="another language than lists"):
        policy().load_state_dict(policy(tiny()).state_dict())


def test_what_is_remembered_of_holes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, bounded = (trained(TAKEN, CALLED, SHARED) for _ in range(2))
    expected = draw(whole, 100)
    monkeypatch.setattr(derivation, "MAX_HOLES", 3)
    assert draw(bounded, 100) == expected
    holes = bounded._holes
    assert len(holes._holes) <= 3
    assert len(holes._places) <= 3
    assert len(holes._offered) < len(whole._holes._offered)
