"""How likely a network finds programs that are given."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from exit_dsl.policies.batching import Packer, Pair, collate
from exit_dsl.policies.codec import ProgramCodec
from exit_dsl.policies.network import Network
from exit_dsl.policies.precision import Autocast


@torch.inference_mode()
def logprobs(
    network: Network,
    pairs: Sequence[Pair | None],
    codec: ProgramCodec,
    *,
    packer: Packer,
    autocast: Autocast,
) -> list[float]:
    """Return the log-probability (nats) of the target of each pair, given its source.

    What is no pair has minus infinity.
    """
    nn.Module.eval(network.model)

    def score(groups: Sequence[Sequence[Pair]]) -> dict[Pair, float]:
        found: dict[Pair, float] = {}
        for group in groups:
            batch = collate(group, start=codec.start, pad=codec.pad).to(network.model.device)
            with autocast():
                logits = network.logits(batch)[..., : codec.size]
            # A label that is ignored costs nothing.
            losses = F.cross_entropy(logits.float().transpose(1, 2), batch.labels, reduction="none")
            found.update(zip(group, (-losses.sum(1)).tolist(), strict=True))
        return found

    found = packer.compute([pair for pair in pairs if pair is not None], score)
    return [-math.inf if pair is None else found[pair] for pair in pairs]
