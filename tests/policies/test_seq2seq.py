from __future__ import annotations

import json
import math
import operator
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig

from exit_dsl.policies import Encoding, add_lora, check_round_trip
from exit_dsl.policies.batching import Pair
from exit_dsl.types import Experience, Program
from tests.policies.copying import (
    DigitCodec,
    make_experiences,
    make_model,
    make_policy,
    make_task,
    make_tasks,
    teacher_forced_logits,
)

COUNTS = ["batch_size", "batch_tokens", "epochs", "max_new_tokens", "rows"]


def flat(state: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(state, dict):
        return {name: state}
    assert all(isinstance(key, str) for key in state)
    return {
        path: value
        for key, child in state.items()
        for path, value in flat(child, f"{name}/{key}").items()
    }


def assert_same_state(first: dict[str, Any], second: dict[str, Any]) -> None:
    ours, theirs = flat(first), flat(second)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, theirs[name]), name
        else:
            assert value == theirs[name], name


def test_training_learns_to_copy() -> None:
    model = make_model()
    policy = make_policy(model=model, learning_rate=1e-2, epochs=8, batch_size=32)
    experiences = [
        experience for experience in make_experiences(600, 0) if len(experience.program) <= 2
    ]
    rng = np.random.default_rng(0)
    first = policy.update(experiences[:32], rng)["loss"]
    for _ in range(3):
        last = policy.update(experiences, rng)["loss"]
    assert first > 1.5
    assert last < 0.6  # guessing the digits costs more than 1.5
    tasks = [experience.task for experience in experiences[:30]]
    candidates = policy.sample(tasks, 1, rng)
    assert sum(candidate.program == candidate.task_id for candidate in candidates) > 15


def test_training_is_reproducible_with_dropout_and_leaves_the_global_generator() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    policies = [make_policy(model=make_model(dropout=0.3)) for _ in range(2)]
    losses = [
        policy.update(make_experiences(40, 0), np.random.default_rng(1))["loss"]
        for policy in policies
    ]
    assert losses[0] == losses[1]
    assert_same_state(policies[0].state_dict(), policies[1].state_dict())
    assert torch.equal(torch.get_rng_state(), before)


def test_generators_of_gpus_that_are_not_used_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def touched(_: int) -> None:
        raise AssertionError("all GPUs are seeded")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", touched)
    policy = make_policy(
        model=add_lora(make_model(), LoraConfig(target_modules=["q"]), np.random.default_rng(0))
    )
    policy.update(make_experiences(3, 0), np.random.default_rng(0))


def test_dropout_follows_the_rng() -> None:
    one = make_experiences(1, 0)  # nothing to shuffle
    losses = {
        make_policy(model=make_model(dropout=0.3)).update(one, np.random.default_rng(seed))["loss"]
        for seed in range(3)
    }
    assert len(losses) == 3


def test_resuming_is_exact() -> None:
    experiences = make_experiences(60, 0)
    unbroken = make_policy(model=make_model(dropout=0.1))
    unbroken.update(experiences, np.random.default_rng(0))
    saved = unbroken.state_dict()
    unbroken.update(experiences, np.random.default_rng(1))
    resumed = make_policy(model=make_model(seed=9, dropout=0.1))
    resumed.load_state_dict(saved)
    assert_same_state(resumed.state_dict(), saved)  # and a later update did not change it
    resumed.update(experiences, np.random.default_rng(1))
    assert_same_state(resumed.state_dict(), unbroken.state_dict())


def test_sampling_after_training_has_no_dropout() -> None:
    policy = make_policy(model=make_model(dropout=0.5))
    policy.update(make_experiences(20, 0), np.random.default_rng(0))
    first, second = (
        list(policy.sample(make_tasks(5, 0), 5, np.random.default_rng(0))) for _ in range(2)
    )
    assert first == second


def test_state_holds_tied_weights_once_and_json_besides_tensors() -> None:
    policy = make_policy()
    policy.update(make_experiences(20, 0), np.random.default_rng(0))
    state = flat(policy.state_dict())
    tensors = {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    json.dumps({name: value for name, value in state.items() if name not in tensors})
    places = [value.untyped_storage().data_ptr() for value in tensors.values()]
    assert len(places) == len(set(places))
    assert all(value.device.type == "cpu" for value in tensors.values())


def test_a_state_of_another_model_is_refused() -> None:
    other = make_policy().state_dict()
    other["weights"]["shared.weight"] = torch.zeros(3, 3)
    with pytest.raises(ValueError, match=r"shared\.weight"):
        make_policy().load_state_dict(other)


def test_a_state_of_another_vocabulary_is_refused() -> None:
    class Renamed(DigitCodec):
        def decode(self, tokens: Sequence[int]) -> Program:
            return Program(super().decode(tokens).replace("7", "seven"))

    saved = make_policy().state_dict()
    policy = make_policy(codec=Renamed())
    before = policy.state_dict()
    with pytest.raises(ValueError, match="version of the language, or the tokenizer"):
        policy.load_state_dict(saved)
    assert_same_state(policy.state_dict(), before)


def test_a_program_that_a_codec_cannot_write_is_named() -> None:
    check_round_trip(DigitCodec(), [Program("12")])
    with pytest.raises(ValueError, match="cannot write the program 'add'"):
        check_round_trip(DigitCodec(), [Program("12"), Program("add")])


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings:UserWarning")
@pytest.mark.parametrize(
    "modules", [["q", "k", "v", "o", "wi", "wo"], ["lm_head"], ["embed_tokens"], ["q", "lm_head"]]
)
def test_adapters_are_trained_and_sampled_from(modules: list[str]) -> None:
    lora = LoraConfig(r=4, target_modules=modules)
    model = add_lora(make_model(), lora, np.random.default_rng(0))
    policy = make_policy(model=model, learning_rate=3e-2, epochs=5)
    policy.update(make_experiences(60, 0), np.random.default_rng(0))
    assert all("lora_" in name for name in policy.state_dict()["weights"])
    task = make_task((4, 2))
    compared = 0
    for candidate in policy.sample([task], 40, np.random.default_rng(0)):
        if candidate.program.isdigit() and len(candidate.program) < 10:
            target = DigitCodec().encode(candidate.program)
            logits = teacher_forced_logits(model, (4, 2), target)
            logprobs = logits.log_softmax(-1)[range(len(target)), target]
            assert candidate.logprob == pytest.approx(float(logprobs.sum()), abs=1e-3)
            compared += 1
    assert compared


def test_an_empty_update_is_harmless() -> None:
    policy = make_policy()
    policy.update(make_experiences(20, 0), np.random.default_rng(0))
    before = policy.state_dict()
    metrics = policy.update([], np.random.default_rng(1))
    assert metrics["examples"] == metrics["steps"] == metrics["tokens"] == 0
    assert_same_state(policy.state_dict(), before)


def test_results_do_not_depend_on_the_tokens_computed_at_once() -> None:
    wide, narrow = make_policy(), make_policy(batch_tokens=20)
    experiences = make_experiences(60, 0)
    losses = [
        policy.update(experiences, np.random.default_rng(0))["loss"] for policy in (wide, narrow)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    ours, theirs = wide.state_dict()["weights"], narrow.state_dict()["weights"]
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=1e-3, atol=1e-3)


def test_metrics_count_what_was_seen() -> None:
    task = make_task(tuple(range(10)) * 2)  # longer than encode shows
    experiences = [
        Experience(task, Program("123"), "a", (1.0,)),
        Experience(make_task((1,)), Program("1" * 10), "b", (1.0,)),  # 11 tokens
        Experience(make_task((1,)), Program("add"), "c", (1.0,)),  # not in these tokens
    ]
    metrics = make_policy(epochs=2).update(experiences, np.random.default_rng(0))
    assert metrics["examples"] == 1
    assert metrics["dropped"] == 2
    assert metrics["truncated"] == pytest.approx(1 / 3)
    assert metrics["tokens"] == 8
    assert metrics["steps"] == 2
    assert metrics["tokens_per_second"] > 0


def test_the_first_loss_is_that_of_the_untrained_model() -> None:
    metrics = make_policy(batch_size=500).update(make_experiences(500, 0), np.random.default_rng(0))
    assert abs(metrics["loss"] - math.log(DigitCodec.size)) < 0.7


def test_warm_up_takes_smaller_steps() -> None:
    def change(warmup_steps: int) -> float:
        model = make_model()
        before = model.lm_head.weight.detach().clone()
        policy = make_policy(model=model, warmup_steps=warmup_steps)
        policy.update(make_experiences(16, 0), np.random.default_rng(0))
        return float((model.lm_head.weight.detach() - before).abs().max())

    assert change(10) == pytest.approx(change(0) / 10, rel=1e-2)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_before_the_weights_change(value: float) -> None:
    model = make_model()
    policy = make_policy(model=model)
    policy.update(make_experiences(16, 0), np.random.default_rng(0))
    with torch.no_grad():
        model.decoder.final_layer_norm.weight[0] = value
    before = policy.state_dict()["weights"]
    with pytest.raises(FloatingPointError, match=r"training step 2 in batch 1 of 1 \(16 pairs"):
        policy.update(make_experiences(16, 0), np.random.default_rng(0))
    after = policy.state_dict()["weights"]
    assert all(torch.equal(before[n], after[n]) for n in before if "final_layer_norm" not in n)


@pytest.mark.parametrize(
    ("owner", "name", "calls"), [("_trainer", "_logits", 2), ("_trainer._optimizer", "step", 1)]
)
def test_a_step_that_is_interrupted_leaves_nothing_for_the_next(
    monkeypatch: pytest.MonkeyPatch, owner: str, name: str, calls: int
) -> None:
    unbroken, stopped = (make_policy(batch_tokens=60) for _ in range(2))
    place = operator.attrgetter(owner)(stopped)
    whole, left = getattr(place, name), iter(range(1, calls))

    def interrupted(*args: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return whole(*args)

    with monkeypatch.context() as patched:
        patched.setattr(place, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            stopped.update(make_experiences(16, 0), np.random.default_rng(0))
    for policy in (unbroken, stopped):
        policy.update(make_experiences(16, 1), np.random.default_rng(1))
    assert_same_state(stopped.state_dict(), unbroken.state_dict())


def test_progress_sees_every_step() -> None:
    seen: list[int] = []

    def progress(work: Sequence[Sequence[Pair]]) -> Iterable[Sequence[Pair]]:
        assert len(work) == 3
        for step in work:
            seen.append(len(step))
            yield step

    make_policy(progress=progress).update(make_experiences(40, 0), np.random.default_rng(0))
    assert seen == [16, 16, 8]


def test_bfloat16_keeps_float32_weights() -> None:
    model = make_model()
    policy = make_policy(model=model, precision=torch.bfloat16)
    metrics = policy.update(make_experiences(16, 0), np.random.default_rng(0))
    assert math.isfinite(metrics["loss"])
    assert len(list(policy.sample(make_tasks(3, 0), 4, np.random.default_rng(0)))) == 12
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_float16_is_refused() -> None:
    with pytest.raises(ValueError, match="overflow in float16"):
        make_policy(precision=torch.float16)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *((name, 0, "a whole number of at least 1, not 0") for name in COUNTS),
        *((name, 2.5, r"a whole number of at least 1, not 2\.5") for name in COUNTS),
        ("rows", 0.5, r"a whole number of at least 1, not 0\.5"),
        ("learning_rate", 0.0, r"positive and finite, not 0\.0"),
        ("learning_rate", math.inf, "positive and finite, not inf"),
        ("learning_rate", math.nan, "positive and finite, not nan"),
        ("sampling_bytes", 0, "positive and finite, not 0"),
        ("clip", 0.0, r"positive, not 0\.0"),
    ],
)
def test_settings_that_are_out_of_range_are_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be {message}$"):
        make_policy(**{name: value})


def test_numpy_counts_and_an_infinite_clip_are_accepted() -> None:
    policy = make_policy(rows=np.int64(3), clip=math.inf)
    tasks = make_tasks(2, 0)
    counts: Any = np.array([1, 2])
    assert len(list(policy.sample_each(tasks, counts, np.random.default_rng(0)))) == 3
    assert math.isfinite(policy.update(make_experiences(3, 0), np.random.default_rng(0))["loss"])


def test_numbers_of_samples_that_are_negative_are_refused_at_once() -> None:
    policy, tasks = make_policy(), make_tasks(2, 0)
    with pytest.raises(ValueError, match="n must be a whole number of at least 0, not -3"):
        policy.sample(tasks, -3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="count must be a whole number of at least 0, not -1"):
        policy.sample_each(tasks, [2, -1], np.random.default_rng(0))


def test_a_codec_larger_than_the_model_is_refused() -> None:
    class Large(DigitCodec):
        size = 14

    with pytest.raises(ValueError, match="14 target tokens but the model only 13"):
        make_policy(codec=Large())


def test_a_task_without_tokens_is_refused() -> None:
    policy = make_policy(encode=lambda task: Encoding(()))
    with pytest.raises(ValueError, match="no tokens for task '12'"):
        list(policy.sample([make_task((1, 2))], 1, np.random.default_rng(0)))


def test_models_are_seeded_and_saved_with_both_vocabularies(tmp_path: Any) -> None:
    model = make_model(seed=1)
    assert torch.equal(model.shared.weight, make_model(seed=1).shared.weight)
    assert not torch.equal(model.shared.weight, make_model(seed=2).shared.weight)
    model.save_pretrained(tmp_path)
    loaded = type(model).from_pretrained(tmp_path)
    ours, theirs = (teacher_forced_logits(each, [1, 2], [4, 5]) for each in (model, loaded))
    assert torch.equal(ours, theirs)


def test_importing_the_library_does_not_import_torch() -> None:
    code = "import sys, exit_dsl; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
