"""Text is constrained to programs, with tokenizers that cut it in different ways."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from exit_dsl.language import ProgramError, TextGrammar
from exit_dsl.language.programs import Code
from exit_dsl.policies import (
    CausalPolicy,
    LarkConstraint,
    Seq2SeqPolicy,
    TextCodec,
    load_causal,
    load_pretrained,
)
from exit_dsl.types import Candidate, Example, Program, Task
from tests.language.lists import lists
from tests.language.strategies import codes
from tests.policies.checkpoints import describe, write_causal, write_t5

LINES = 6
GRAMMAR = TextGrammar(lists, max_lines=LINES)
TASKS = [Task(name, (Example(name, name),)) for name in ("a", "b")]


def make_codec(*, crosses_lines: bool) -> TextCodec:
    """Return a byte-level codec; some of its tokens may reach from one line into the next."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=not crosses_lines
    )
    tokenizer.decoder = decoders.ByteLevel()
    corpus = [f"x1 = {name}(I)\nx2 = {name}(x1)\nO = {name}(x2, I)" for name in lists.primitives]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token="</s>"
    )
    return TextCodec(wrapped, start=0)


CODECS = {crosses: make_codec(crosses_lines=crosses) for crosses in (False, True)}
CONSTRAINTS = {crosses: LarkConstraint(GRAMMAR, codec) for crosses, codec in CODECS.items()}
crossing = pytest.mark.parametrize("crosses", [False, True], ids=["within lines", "across lines"])


def accepts(text: str, *, crosses: bool = False) -> bool:
    """Whether every token of ``text`` and the end are allowed."""
    state: Any = CONSTRAINTS[crosses].start()
    for token in CODECS[crosses].encode(Program(text)):
        if not state.allowed(10_000)[token]:
            return False
        if token != CODECS[crosses].end:
            state = state.advance(token)
    return True


def walk(rng: np.random.Generator, most: int, *, crosses: bool) -> Program:
    """Draw allowed tokens, each as likely, until the end."""
    codec = CODECS[crosses]
    state: Any = CONSTRAINTS[crosses].start()
    tokens: list[int] = []
    for remaining in range(most, 0, -1):
        token = int(rng.choice(np.flatnonzero(state.allowed(remaining))))
        if token == codec.end:
            return codec.decode(tokens)
        tokens.append(token)
        state = state.advance(token)
    raise AssertionError("the row did not end in time")


def has_right_numbers_of_arguments(code: Code) -> bool:
    return all(
        len(call.args) == lists.primitives[call.function].arity
        for call in code
        if isinstance(call.function, str)
    )


def is_program(text: str) -> bool:
    try:
        lists.parse(text)
    except ProgramError:
        return False
    return True


def test_one_of_the_tokenizers_has_tokens_across_lines() -> None:
    pieces = {
        crosses: [codec.decode([token]) for token in range(codec.size)]
        for crosses, codec in CODECS.items()
    }
    assert any("\nO" in piece for piece in pieces[True])
    assert any("\nx" in piece for piece in pieces[True])
    assert not any(len(piece.strip("\n")) < len(piece) > 1 for piece in pieces[False])


@crossing
@given(code=codes(max_lines=LINES))
def test_every_program_is_accepted(crosses: bool, code: Code) -> None:
    assert accepts(lists.format(code), crosses=crosses)


@pytest.mark.parametrize(
    "text",
    [
        "O = take(ONE)",
        "O = reverse(I, I)",
        "O = unknown(I)",
        "O = reverse(x1)",
        "x1 = reverse(x1)\nO = reverse(x1)",
        "x2 = reverse(I)\nO = reverse(x2)",
        "x1 = reverse(I)",
        "O = reverse(O)",
        "O = reverse(I)\n",
        "O=reverse(I)",
        "",
    ],
)
def test_what_is_no_program_is_refused(text: str) -> None:
    assert accepts("x1 = reverse(I)\nO = x1(I, x1)")
    assert not accepts(text)


@crossing
@given(seed=st.integers(0, 2**32), spare=st.integers(0, 100))
def test_every_walk_ends_in_time_with_a_program(crosses: bool, seed: int, spare: int) -> None:
    most = CONSTRAINTS[crosses].room_to_close + spare
    code = lists.parse(walk(np.random.default_rng(seed), most, crosses=crosses))
    assert has_right_numbers_of_arguments(code)
    assert len(code) <= LINES


def test_walks_use_the_lines_that_they_have() -> None:
    rng = np.random.default_rng(0)
    lengths = {len(lists.parse(walk(rng, 1_000, crosses=True))) for _ in range(200)}
    assert lengths == set(range(1, LINES + 1))


def sample(policy: Any) -> list[Candidate]:
    return list(policy.sample(TASKS, 20, np.random.default_rng(0)))


@pytest.mark.parametrize("kind", ["t5", "gpt2"])
def test_untrained_models_write_nothing_but_programs(tmp_path: Path, kind: str) -> None:
    def make(constrained: bool) -> Any:
        loaded: Any
        if kind == "t5":
            loaded, policy = load_pretrained(write_t5(tmp_path), describe), Seq2SeqPolicy
        else:
            loaded = load_causal(write_causal(tmp_path, kind), describe)
            policy = CausalPolicy  # type: ignore[assignment]
        model, encode, codec = loaded
        constraint = LarkConstraint(GRAMMAR, codec) if constrained else None
        return policy(
            model=model, encode=encode, codec=codec, constraint=constraint, max_new_tokens=100
        )

    assert not any(is_program(candidate.program) for candidate in sample(make(False)))
    candidates = sample(make(True))
    assert len({candidate.program for candidate in candidates}) > 20
    for candidate in candidates:
        assert has_right_numbers_of_arguments(lists.parse(candidate.program))


def test_too_few_tokens_for_any_program_are_refused() -> None:
    room = CONSTRAINTS[False].room_to_close
    with pytest.raises(ValueError, match=f"may need {room} tokens, not {room - 1}"):
        CONSTRAINTS[False].start().allowed(room - 1)


def test_a_token_that_is_not_allowed_is_refused() -> None:
    codec = CODECS[False]
    (token,) = codec.encode(Program("("))[:-1]
    with pytest.raises(ValueError, match=f"the token {token} is not allowed"):
        CONSTRAINTS[False].start().advance(token)


def test_a_grammar_with_an_error_is_refused() -> None:
    wrong: Any = SimpleNamespace(lark="start: nothing", last="O", longest=10)
    with pytest.raises(ValueError, match=r"the grammar has an error.*nothing"):
        LarkConstraint(wrong, CODECS[False])


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(ImportError, match=r"exit_dsl\[grammar\]"):
        LarkConstraint(GRAMMAR, CODECS[False])
