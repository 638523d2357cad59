"""Causal language models of several kinds against themselves, run without padding or cache."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig
from transformers import (
    BartConfig,
    BartForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    PreTrainedModel,
    ProphetNetConfig,
    ProphetNetForCausalLM,
    RobertaConfig,
    RobertaForCausalLM,
)

from exit_dsl import checkpoint
from exit_dsl.policies import CausalPolicy, Encoding, add_lora
from exit_dsl.policies.batching import Pair, collate, pad_sources
from exit_dsl.policies.causal import _CausalNetwork
from exit_dsl.policies.sampling import Distribution
from exit_dsl.types import Example, Experience, Program, Task
from tests.policies.checkpoints import CAUSAL, CONTEXT, make_causal
from tests.policies.copying import DigitCodec, Digits, make_experiences, make_tasks
from tests.policies.test_seq2seq import assert_same_state

PAIRS = [Pair((5, 6, 7), (8, 9)), Pair((4,) * 12, (3, 5, 7, 9, 2)), Pair((1,), (2,))]
ADAPTERS = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.1, target_modules="all-linear")


def encode(task: Task[Digits, Digits]) -> Encoding:
    shown = task.examples[0].input
    return Encoding(tuple(20 + digit for digit in shown[:12]), truncated=len(shown) > 12)


def make_policy(model: PreTrainedModel, **changes: Any) -> CausalPolicy[Digits, Digits]:
    settings: dict[str, Any] = {
        "codec": DigitCodec(),
        "encode": encode,
        "learning_rate": 1e-2,
        "warmup_steps": 5,
        "batch_size": 16,
        "max_new_tokens": 10,
    }
    return CausalPolicy(model=model, **{**settings, **changes})


def make_adapted(seed: int = 0) -> PreTrainedModel:
    # Wide enough for the frozen head to tell its outputs apart.
    model = make_causal("llama", hidden_size=32)
    return add_lora(model, copy.copy(ADAPTERS), np.random.default_rng(seed))


def unpadded_logits(model: PreTrainedModel, pair: Pair) -> torch.Tensor:
    """Return the logits (len(target), vocabulary) of a pair that is run alone."""
    torch.nn.Module.eval(model)
    read = torch.tensor([[*pair.source, DigitCodec.start, *pair.target[:-1]]])
    with torch.no_grad():
        logits: torch.Tensor = model(input_ids=read).logits[0, len(pair.source) :]
    return logits


@pytest.mark.parametrize("kind", CAUSAL)
def test_training_sees_what_the_model_sees_without_padding(kind: str) -> None:
    model = make_causal(kind)
    batch = collate(PAIRS, start=DigitCodec.start, pad=DigitCodec.pad)
    torch.nn.Module.eval(model)
    logits = _CausalNetwork(model).logits(batch)
    for row, pair in zip(logits, PAIRS, strict=True):
        expected = unpadded_logits(model, pair)
        torch.testing.assert_close(row[: len(pair.target)], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", CAUSAL)
@torch.inference_mode()
def test_steps_equal_the_whole_model_while_rows_leave(kind: str) -> None:
    model = make_causal(kind)
    torch.nn.Module.eval(model)
    owners = torch.tensor([0, 0, 1, 2, 2, 2])
    rng = np.random.default_rng(0)
    read = torch.from_numpy(rng.integers(20, size=(len(owners), 15)))
    sources, mask = pad_sources([pair.source for pair in PAIRS])
    decoder = _CausalNetwork(model).decoder(sources, mask, owners, 20)
    live = torch.arange(len(owners))
    leaving = {4: torch.tensor([1, 2, 4, 5]), 9: torch.tensor([3, 1])}
    for step in range(read.shape[1]):
        if step in leaving:
            live = live[leaving[step]]
            decoder.keep(leaving[step])
        logits = decoder.step(read[live, step])
        for row, name in zip(logits, live.tolist(), strict=True):
            source = PAIRS[int(owners[name])].source
            whole = torch.tensor([[*source, *read[name, : step + 1].tolist()]])
            expected = model(input_ids=whole).logits[0, -1, :20]
            torch.testing.assert_close(row, expected, rtol=1e-4, atol=1e-4)


def test_the_loss_is_that_of_the_programs_alone() -> None:
    model = make_causal("gpt2")
    experiences = make_experiences(20, 0)
    pairs = [
        Pair(encode(e.task).tokens, tuple(DigitCodec().encode(e.program))) for e in experiences
    ]
    losses = [
        torch.nn.functional.cross_entropy(
            unpadded_logits(model, pair)[:, : DigitCodec.size],
            torch.tensor(pair.target),
            reduction="sum",
        )
        for pair in pairs
    ]
    expected = sum(map(float, losses)) / sum(len(pair.target) for pair in pairs)
    metrics = make_policy(model, batch_size=20).update(experiences, np.random.default_rng(0))
    assert metrics["loss"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("adapted", [False, True], ids=["all weights", "adapters"])
def test_a_handful_of_programs_is_learned(adapted: bool) -> None:
    model = make_adapted() if adapted else make_causal("llama")
    policy = make_policy(model, epochs=100)
    experiences = [
        Experience(task, Program(program), task.id, (1.0,))
        for task, program in zip(make_tasks(4, 0), ("12", "3456", "7", "2008"), strict=True)
    ]
    rng = np.random.default_rng(0)
    policy.update(experiences, rng)
    wanted = {experience.task.id: experience.program for experience in experiences}
    candidates = list(policy.sample([e.task for e in experiences], 10, rng))
    right = sum(candidate.program == wanted[candidate.task_id] for candidate in candidates)
    assert right > 30


def test_only_adapters_are_trained_and_saved() -> None:
    model = make_adapted()
    policy = make_policy(model)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    policy.update(make_experiences(40, 0), np.random.default_rng(0))
    changed = {
        name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])
    }
    saved = policy.state_dict()
    assert changed == saved["weights"].keys() == saved["trainer"]["moments"].keys()
    assert all("lora_" in name for name in changed)


@pytest.mark.parametrize("adapted", [False, True], ids=["all weights", "adapters"])
def test_resuming_from_disk_is_exact(adapted: bool, tmp_path: Path) -> None:
    def make(seed: int) -> CausalPolicy[Digits, Digits]:
        return make_policy(make_adapted(seed) if adapted else make_causal("gpt2", resid_pdrop=0.1))

    experiences = make_experiences(60, 0)
    unbroken, resumed = make(0), make(1)
    unbroken.update(experiences, np.random.default_rng(0))
    checkpoint.save(tmp_path, {"policy": unbroken}, generation=1, metadata={})
    unbroken.update(experiences, np.random.default_rng(1))
    checkpoint.load(tmp_path, {"policy": resumed})
    resumed.update(experiences, np.random.default_rng(1))
    assert_same_state(resumed.state_dict(), unbroken.state_dict())
    ours, theirs = (
        list(each.sample(make_tasks(5, 0), 5, np.random.default_rng(0)))
        for each in (unbroken, resumed)
    )
    assert ours == theirs


def test_adapters_of_another_model_are_refused() -> None:
    saved = make_policy(make_adapted()).state_dict()
    other = make_adapted()
    with torch.no_grad():
        next(other.parameters()).mul_(1.01)
    with pytest.raises(ValueError, match="other frozen weights"):
        make_policy(other).load_state_dict(saved)


def test_adapters_are_seeded_and_leave_the_global_generator() -> None:
    before = torch.get_rng_state()
    weights = [make_policy(make_adapted(seed)).state_dict()["weights"] for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before)
    name = next(name for name in weights[0] if "lora_A" in name)
    assert torch.equal(weights[0][name], weights[1][name])
    assert not torch.equal(weights[0][name], weights[2][name])


def test_an_adapter_that_fits_no_module_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        add_lora(
            make_causal("llama"), LoraConfig(target_modules=["nowhere"]), np.random.default_rng(0)
        )


def test_a_missing_peft_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match=r"exit_dsl\[lora\]"):
        make_adapted()


def test_a_model_with_nothing_to_train_is_refused() -> None:
    model = make_causal("llama")
    model.requires_grad_(False)
    with pytest.raises(ValueError, match="all weights of the model are frozen"):
        make_policy(model)


def test_programs_do_not_depend_on_the_rows_computed_at_once() -> None:
    def sample(rows: int) -> list[Any]:
        policy = make_policy(make_causal("llama"), rows=rows)
        return list(policy.sample(make_tasks(6, 0), 5, np.random.default_rng(0)))

    together, apart = sample(100), sample(3)
    assert [c.program for c in apart] == [c.program for c in together]
    assert [c.logprob for c in apart] == pytest.approx([c.logprob for c in together], abs=1e-3)


def test_logprob_is_that_of_the_distribution_drawn_from() -> None:
    model = make_causal("gpt2", initializer_range=0.1)
    policy = make_policy(model, temperature=0.7, top_p=0.9)
    tasks = make_tasks(4, 1)
    sources = {task.id: encode(task).tokens for task in tasks}
    checked = 0
    for candidate in policy.sample(tasks, 8, np.random.default_rng(0)):
        if "?" in candidate.program or len(candidate.program) == 10:
            continue
        target = tuple(DigitCodec().encode(candidate.program))
        logits = unpadded_logits(model, Pair(sources[candidate.task_id], target))
        logprobs = Distribution(0.7, 0.9).logprobs(logits[:, : DigitCodec.size])
        expected = float(logprobs[range(len(target)), target].sum())
        assert candidate.logprob == pytest.approx(expected, abs=1e-3)
        checked += 1
    assert checked > 4


def test_a_task_that_exceeds_the_context_is_refused() -> None:
    policy = make_policy(make_causal("gpt2"), max_new_tokens=CONTEXT - 2)
    task: Task[Digits, Digits] = Task("long", (Example((1, 2, 3), (1,)),))
    with pytest.raises(ValueError, match=r"task 'long' has 3 tokens.* context of 160"):
        policy.truncated([task])
    assert policy.truncated([Task("short", (Example((1, 2), (1,)),))]) == 0


def test_what_does_not_fit_into_the_context_has_no_chance_and_what_fits_has_one() -> None:
    policy = make_policy(
        make_causal("gpt2"), max_new_tokens=10, encode=lambda task: Encoding(task.inputs[0])
    )
    task: Task[Digits, Digits] = Task("long", (Example((3,) * (CONTEXT - 4), (1,)),))
    short, long = policy.logprobs([(task, Program("123")), (task, Program("1234"))])
    assert -math.inf < short < 0
    assert long == -math.inf


def test_a_model_without_an_attention_cache_is_refused() -> None:
    model = MambaForCausalLM(MambaConfig(vocab_size=300, hidden_size=16, num_hidden_layers=1))
    with pytest.raises(ValueError, match="MambaForCausalLM has no attention cache"):
        make_policy(model)


def make_bart() -> PreTrainedModel:
    return BartForCausalLM(
        BartConfig(
            vocab_size=300, d_model=16, decoder_layers=1, decoder_attention_heads=2,
            decoder_ffn_dim=32, is_decoder=True, is_encoder_decoder=False,
        )
    )  # fmt: skip


def make_roberta() -> PreTrainedModel:
    return RobertaForCausalLM(
        RobertaConfig(
            vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, is_decoder=True,
        )
    )  # fmt: skip


@pytest.mark.parametrize("make", [make_bart, make_roberta])
def test_a_model_that_counts_positions_in_its_own_way_is_refused(
    make: Callable[[], PreTrainedModel],
) -> None:
    with pytest.raises(ValueError, match="reads a task differently where it is filled up"):
        make_policy(make())


def test_a_model_that_gives_all_logits_is_refused() -> None:
    config = ProphetNetConfig(
        vocab_size=300, hidden_size=16, num_decoder_layers=1, num_decoder_attention_heads=2,
        decoder_ffn_dim=32, is_decoder=True, is_encoder_decoder=False,
    )  # fmt: skip
    with pytest.raises(ValueError, match="ProphetNetForCausalLM gives the logits of all tokens"):
        make_policy(ProphetNetForCausalLM(config))


@pytest.mark.parametrize("kind", CAUSAL)
def test_models_in_half_precision_are_not_refused(kind: str) -> None:
    make_policy(torch.nn.Module.half(make_causal(kind)))


@pytest.mark.parametrize("adapted", [False, True], ids=["all weights", "adapters"])
def test_bfloat16_keeps_trained_weights_in_float32(adapted: bool) -> None:
    model = make_adapted() if adapted else make_causal("gpt2")
    policy = make_policy(model, precision=torch.bfloat16)
    assert np.isfinite(policy.update(make_experiences(16, 0), np.random.default_rng(0))["loss"])
    assert len(list(policy.sample(make_tasks(3, 0), 4, np.random.default_rng(0)))) == 12
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert {parameter.dtype for parameter in trained} == {torch.float32}


@pytest.mark.parametrize("kind", ["llama", "gpt2"])  # one ties its head to the embedding
def test_frozen_weights_in_bfloat16_change_nothing_but_memory(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = LoraConfig(target_modules=["q_proj", "up_proj", "c_attn", "c_fc"])
    lora.fan_in_fan_out = kind == "gpt2"

    def run() -> tuple[float, list[Any], set[torch.dtype]]:
        model = add_lora(make_causal(kind), copy.copy(lora), np.random.default_rng(0))
        policy = make_policy(model, precision=torch.bfloat16)
        loss = policy.update(make_experiences(40, 0), np.random.default_rng(0))["loss"]
        candidates = list(policy.sample(make_tasks(3, 0), 4, np.random.default_rng(0)))
        return loss, candidates, {parameter.dtype for parameter in model.parameters()}

    *lowered, dtypes = run()
    assert dtypes == {torch.float32, torch.bfloat16}
    monkeypatch.setattr("exit_dsl.policies.likelihood.lower_frozen", lambda *_: None)
    *whole, dtypes = run()
    assert dtypes == {torch.float32}
    assert lowered == whole
