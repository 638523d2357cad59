"""The sum of gradients over processes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from exit_dsl.policies.processes import Processes


def add_up_gradients(parameters: Sequence[nn.Parameter], processes: Processes) -> None:
    """Put the sum over all processes in the place of each gradient, with one exchange.

    A parameter without a gradient in any process stays without.
    """
    device = parameters[0].device
    has = torch.tensor([parameter.grad is not None for parameter in parameters], device=device)
    parts = [
        torch.zeros_like(parameter).flatten()
        if parameter.grad is None
        else parameter.grad.flatten()
        for parameter in parameters
    ]
    flat = processes.add_up(torch.cat([*parts, has.float()]))
    somewhere = flat[-len(parameters) :] > 0
    first = 0
    for parameter, any_has in zip(parameters, somewhere.tolist(), strict=True):
        if any_has:
            parameter.grad = flat[first : first + parameter.numel()].view_as(parameter).clone()
        first += parameter.numel()
