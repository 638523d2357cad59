"""The number format that a model computes in; its trained weights are float32 in any case."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

Autocast = Callable[[], AbstractContextManager[object]]
"""Gives the context that the model computes in."""


def checked_precision(device: torch.device, precision: torch.dtype | None) -> torch.dtype:
    """Return ``precision``, or the one that suits ``device`` in place of None.

    Raises:
        ValueError: it is neither float32 nor bfloat16.
    """
    if precision is None:
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if precision not in (torch.float32, torch.bfloat16):
        raise ValueError(
            f"precision must be torch.float32 or torch.bfloat16, not {precision};"
            " T5 and others overflow in float16"
        )
    return precision


def make_autocast(device: torch.device, precision: torch.dtype) -> Autocast:
    """Return what gives the context for ``precision`` on ``device``."""
    if precision == torch.float32:
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=precision)
