from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from examples.arc.dsl.types import Grid
from examples.arc.policy import small_policy, source_encoder
from examples.arc.presets import NETWORKS, PRESETS, PresetError, SmallNetwork
from examples.arc.seeds import PROGRAMS, read_seed
from examples.arc.tasks import load_dataset
from exit_dsl.types import Experience
from tests.policies.test_seq2seq import assert_same_state

TINY = replace(NETWORKS["tiny"], d_model=16, layers=1, heads=2, d_ff=16, target_tokens=30)
VARIANTS = {
    "grids": replace(TINY, features=False, source_tokens=64, factored=False),
    "factored": replace(TINY, features=False, source_tokens=64, factored=True),
    "features": replace(TINY, features=True, source_tokens=0),
    "both": replace(TINY, features=True, source_tokens=64, factored=True),
}


@pytest.fixture(scope="module")
def known() -> list[Experience[Grid, Grid]]:
    """The first training tasks with programs that solve them."""
    seeds = [read_seed(file) for file in sorted(PROGRAMS.glob("*.txt"))[:8]]
    training = load_dataset("arc1-training")
    return [
        Experience(training.find(seed.task_id), seed.program, seed.task_id, (1.0,))
        for seed in seeds
    ]


@pytest.mark.parametrize("network", VARIANTS.values(), ids=list(VARIANTS))
def test_every_kind_of_source_trains_samples_and_is_saved(
    network: SmallNetwork, known: list[Experience[Grid, Grid]]
) -> None:
    policies = [
        small_policy(network, np.random.default_rng(seed), temperature=1.0) for seed in (0, 1)
    ]
    first, second = policies
    assert first.update(known, np.random.default_rng(0))["examples"] > 0
    second.load_state_dict(first.state_dict())
    assert_same_state(second.state_dict(), first.state_dict())
    task = known[0].task
    ours, theirs = (list(each.sample([task], 2, np.random.default_rng(0))) for each in policies)
    assert ours == theirs


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_can_be_built(name: str) -> None:
    network = NETWORKS[name]
    assert SmallNetwork(**asdict(network)) == network
    shallow = replace(network, layers=1)  # of the same shapes
    policy = small_policy(shallow, np.random.default_rng(0), temperature=1.0)
    source = policy.state_dict()["weights"]["encoder.embed_tokens.weight"]
    factors = {factor for ids in source_encoder(network).factors for factor in ids}
    assert source.shape == (len(factors), network.d_model)


def test_the_presets_use_the_named_networks() -> None:
    assert PRESETS["laptop"].network == NETWORKS["tiny"]
    assert PRESETS["gpu"].network == NETWORKS["base"]


def test_a_network_has_to_be_shown_something() -> None:
    with pytest.raises(PresetError, match="source_tokens"):
        SmallNetwork(features=False, source_tokens=0)
