"""What several processes do together in the tests: ``python -m tests.policies.together FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from exit_dsl import checkpoint
from exit_dsl.policies import Accelerated, Processes, Seq2SeqPolicy
from exit_dsl.types import Candidate
from tests.policies.copying import Digits, make_experiences, make_model, make_policy, make_tasks

Policy = Seq2SeqPolicy[Digits, Digits]


def make(processes: Processes, seed: int, **changes: Any) -> Policy:
    return make_policy(model=make_model(seed), processes=processes, **changes)


def learn(policy: Policy) -> list[float]:
    """Train twice, on steps of 16 pairs and a last one of a single pair."""
    return [
        policy.update(make_experiences(33, seed), np.random.default_rng(seed))["loss"]
        for seed in range(2)
    ]


def sample(policy: Policy) -> list[Candidate]:
    return list(policy.sample(make_tasks(5, 0), 5, np.random.default_rng(0)))


def break_down(policy: Policy) -> str:
    """Make the loss infinite for one pair, which one process gets, and return what is raised."""
    state = policy.state_dict()
    broken = {name: weight.clone() for name, weight in state["weights"].items()}
    broken["encoder.embed_tokens.weight"][9] = torch.inf
    policy.load_state_dict({**state, "weights": broken})
    digits = [each for each in make_experiences(90, 0) if len(each.program) == 3]
    nines = [each for each in digits if "9" in each.program]
    experiences = [each for each in digits if "9" not in each.program][:4] + nines[:1]
    try:
        policy.update(experiences, np.random.default_rng(0))
    except FloatingPointError as error:
        policy.load_state_dict(state)
        return str(error)
    return "nothing"


def main(folder: Path) -> None:
    """Do it all; the first process writes what came out."""
    processes = Accelerated(cpu=True)
    policy = make(processes, seed=processes.rank)  # the others get the first one's weights
    refused = ""
    try:
        sample(policy)
    except RuntimeError as error:
        refused = str(error)
    with policy.leading() as leads:
        if leads:
            results = {
                "size": processes.size,
                "refused": refused,
                "error": break_down(policy),
                "losses": learn(policy),
                "candidates": [[c.task_id, c.program, c.logprob] for c in sample(policy)],
            }
            checkpoint.save(folder, {"policy": policy}, generation=1, metadata={})
            (folder / "results.json").write_text(json.dumps(results))
    own = policy.state_dict()["weights"]
    first = processes.broadcast(own)
    assert all(torch.equal(own[name], first[name]) for name in own)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
    # Threads that are left to the end of the interpreter have been seen to abort it.
    torch.distributed.destroy_process_group()
