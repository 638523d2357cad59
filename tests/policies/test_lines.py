"""A decoder that is told of the lines of programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from exit_dsl.language import Grammar, Vocabulary
from exit_dsl.policies import Encoding, Seq2SeqPolicy, TwoVocabularyT5, small_t5
from exit_dsl.policies.lines import PLACES, Frame, Lines
from exit_dsl.types import Example, Experience, Program, Task
from tests.language.lists import lists

VOCABULARY = Vocabulary(lists, max_lines=4)
PROGRAM = Program("x1 = reverse(I)\nx2 = take(TWO, x1)\nO = drop(ONE, x2)")
TASKS = [Task(name, (Example((1, 2), (2, 1)),)) for name in ("first", "second", "third")]


def make_lines(width: int = 8) -> Lines:
    torch.manual_seed(0)
    lines = Lines(
        VOCABULARY.start,
        VOCABULARY.separator,
        VOCABULARY.first_variable,
        size=VOCABULARY.size,
        width=width,
    )
    for weights in lines.parameters():
        torch.nn.init.normal_(weights)
    return lines


def make_model(seed: int = 0, *, loud: bool = True) -> TwoVocabularyT5:
    model = small_t5(
        7, VOCABULARY.size, np.random.default_rng(seed),
        d_model=16, layers=2, heads=2, d_ff=32, lines=VOCABULARY,
    )  # fmt: skip
    assert model.lines is not None
    if loud:
        torch.manual_seed(seed)
        for weights in model.lines.parameters():
            torch.nn.init.normal_(weights, std=0.5)
    return model


def make_policy(model: TwoVocabularyT5, **changes: Any) -> Seq2SeqPolicy[Any, Any]:
    settings: dict[str, Any] = {"learning_rate": 3e-3, "warmup_steps": 2, "max_new_tokens": 24}
    return Seq2SeqPolicy(
        model=model,
        encode=lambda task: Encoding((1, 2 + len(task.id) % 5)),
        **{"codec": VOCABULARY, **settings, **changes},
    )


def test_a_program_is_followed() -> None:
    token = VOCABULARY.token
    reverse, take, drop = (token(name) for name in ("reverse", "take", "drop"))
    target = VOCABULARY.encode(PROGRAM)
    frame = make_lines().read(torch.tensor([[VOCABULARY.start, *target[:-1]]]))
    # What comes next: reverse I ; take TWO x1 ; drop ONE x2 <end>
    functions = [0, reverse, reverse, 0, take, take, take, 0, drop, drop, drop]
    assert frame.functions.tolist() == [functions]
    assert frame.places.tolist() == [[0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3]]
    assert frame.lines.tolist() == [[0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]]
    assert frame.makers[:, :3].tolist() == [[reverse, take, drop]]


tokens_of_any_kind = st.lists(st.integers(0, VOCABULARY.size - 1), min_size=1, max_size=30)


@settings(deadline=None)
@given(st.lists(tokens_of_any_kind, min_size=1, max_size=4))
def test_step_by_step_it_is_the_same_as_all_at_once(programs: list[list[int]]) -> None:
    lines = make_lines()
    longest = max(map(len, programs))
    rows = [[VOCABULARY.start, *row, *[0] * (longest - len(row))] for row in programs]
    tokens = torch.tensor(rows)
    whole = lines.read(tokens)
    hidden = torch.randn(*tokens.shape, 8)
    logits = torch.randn(*tokens.shape, VOCABULARY.size)
    embedded = lines.embed(whole)
    adjusted = lines.adjust(logits, hidden, whole)
    frame = lines.start(len(rows), tokens.device)
    for step in range(tokens.shape[1]):
        frame = lines.follow(frame, tokens[:, step])
        now = slice(step, step + 1)
        assert torch.equal(frame.functions, whole.functions[:, now])
        assert torch.equal(frame.places, whole.places[:, now])
        assert torch.equal(frame.lines, whole.lines[:, now])
        assert int(frame.places.max()) < PLACES
        assert torch.allclose(lines.embed(frame), embedded[:, now])
        # The makers of lines to come are known to the whole alone, and do not count.
        step_logits = lines.adjust(logits[:, now], hidden[:, now], frame)
        assert torch.allclose(step_logits, adjusted[:, now], atol=1e-5)


def test_rows_can_be_dropped() -> None:
    lines = make_lines()
    tokens = torch.tensor([[1, *VOCABULARY.encode(PROGRAM)], [1, 9, 8, 3, 7, 3, 3, 5, 6, 4, 11, 2]])
    frame = lines.start(2, tokens.device)
    alone = lines.start(1, tokens.device)
    for step in range(6):
        frame = lines.follow(frame, tokens[:, step])
        alone = lines.follow(alone, tokens[1:, step])
    kept = frame.keep(torch.tensor([1]))
    for name in Frame.__slots__:
        assert torch.equal(getattr(kept, name), getattr(alone, name))


def test_only_variables_that_exist_count_by_their_makers() -> None:
    lines = make_lines()
    tokens = torch.tensor([[VOCABULARY.start, *VOCABULARY.encode(PROGRAM)[:-1]]])
    frame = lines.read(tokens)
    logits = torch.zeros(*tokens.shape, VOCABULARY.size)
    adjusted = lines.adjust(logits, torch.randn(*tokens.shape, 8), frame)
    first = VOCABULARY.first_variable
    for step, count in enumerate(frame.lines[0].tolist()):
        assert adjusted[0, step].nonzero().flatten().tolist() == list(range(first, first + count))
    fewer = lines.adjust(logits[..., : first + 1], torch.randn(*tokens.shape, 8), frame)
    assert fewer.shape[-1] == first + 1


def test_nothing_is_said_before_training() -> None:
    told = make_model(loud=False)
    untold = small_t5(
        7, VOCABULARY.size, np.random.default_rng(0), d_model=16, layers=2, heads=2, d_ff=32
    )
    pairs = [(task, PROGRAM) for task in TASKS]
    shared = {name: weights for name, weights in told.state_dict().items() if "lines." not in name}
    untold.load_state_dict(shared)
    assert make_policy(told).logprobs(pairs) == pytest.approx(make_policy(untold).logprobs(pairs))


@settings(deadline=None, max_examples=20)
@given(st.lists(tokens_of_any_kind, min_size=2, max_size=5), st.data())
def test_the_decoder_that_samples_is_the_model_that_is_trained(
    programs: list[list[int]], data: st.DataObject
) -> None:
    model = make_model()
    torch.nn.Module.eval(model)
    longest = max(map(len, programs))
    inputs = torch.tensor([[1, *row, *[0] * (longest - len(row))] for row in programs])
    sources = torch.tensor([[1, 2, 3], [4, 5, 0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    rows = torch.arange(len(programs))
    dropped = data.draw(st.integers(1, longest + 1))
    with torch.inference_mode():
        expected = model(
            input_ids=sources[rows % 2],
            attention_mask=mask[rows % 2],
            decoder_input_ids=inputs,
        ).logits
        decoder = make_policy(model)._network.decoder(sources, mask, rows % 2, VOCABULARY.size)
        for step in range(inputs.shape[1]):
            if step == dropped:
                rows = rows[1:]
                decoder.keep(torch.arange(1, len(programs)))
            logits = decoder.step(inputs[rows, step])
            assert torch.allclose(logits, expected[rows, step], atol=1e-4)


def test_a_constrained_policy_samples_well_typed_programs() -> None:
    policy = make_policy(make_model(), constraint=Grammar(VOCABULARY))
    candidates = list(policy.sample(TASKS, 40, np.random.default_rng(0)))
    assert all(lists.check(candidate.program) is None for candidate in candidates)


def test_programs_may_have_one_line_alone() -> None:
    """Then there are no variables."""
    single = Vocabulary(lists, max_lines=1)
    model = small_t5(
        7, single.size, np.random.default_rng(0),
        d_model=16, layers=1, heads=2, d_ff=16, lines=single,
    )  # fmt: skip
    policy = make_policy(model, codec=single, constraint=Grammar(single))
    programs = [c.program for c in policy.sample(TASKS, 10, np.random.default_rng(0))]
    assert all(lists.check(program) is None for program in programs)
    assert policy.update(
        [Experience(TASKS[0], programs[0], "first", (1.0,))], np.random.default_rng(0)
    )


def test_candidates_do_not_depend_on_the_batch() -> None:
    model = make_model()
    together = list(make_policy(model).sample(TASKS, 20, np.random.default_rng(0)))
    apart = list(make_policy(model, rows=7).sample(TASKS, 20, np.random.default_rng(0)))
    assert [c.program for c in together] == [c.program for c in apart]


def test_training_reaches_all_weights_and_the_state_goes_on() -> None:
    experiences = [Experience(task, PROGRAM, task.id, (1.0,)) for task in TASKS]
    trained, fresh = make_policy(make_model(loud=False)), make_policy(make_model(1))
    before = {name: value.clone() for name, value in trained.state_dict()["weights"].items()}
    for step in range(3):
        trained.update(experiences, np.random.default_rng(step))
    after = trained.state_dict()["weights"]
    for name in before:
        if "lines." in name:
            assert not torch.equal(before[name], after[name]), name
    fresh.load_state_dict(trained.state_dict())
    losses = [
        policy.update(experiences, np.random.default_rng(5))["loss"] for policy in (trained, fresh)
    ]
    assert losses[0] == losses[1]
    pairs = [(task, PROGRAM) for task in TASKS]
    assert trained.logprobs(pairs) == fresh.logprobs(pairs)


def test_generate_of_transformers_is_refused() -> None:
    model: Any = make_model()
    with pytest.raises(ValueError, match="sampled by a Seq2SeqPolicy alone"):
        model.generate(input_ids=torch.tensor([[1, 2]]), decoder_start_token_id=1, max_new_tokens=3)
