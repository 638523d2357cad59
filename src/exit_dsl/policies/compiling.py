"""Whether and how what a network computes is compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import torch
from torch.fx.experimental import _config as shapes

F = TypeVar("F", bound=Callable[..., Any])
Compile = Callable[[Callable[..., Any]], Any]
"""Gives a faster function for one of tensors, as ``torch.compile`` does."""


def uncompiled(function: F) -> F:
    """Return the function as it is."""
    return function


def compiled(function: F, **options: Any) -> F:
    """Return the function as torch compiles it for tensors whose shapes change all the time.

    Unless told otherwise, ``torch.compile`` takes sizes that happen to be equal at first for
    equal in every call. Where they are not it compiles again, and gives up after eight times. The
    setting against it is the one that torch's log of such cases names.

    Args:
        function: of tensors, or of objects that hold tensors.
        options: of ``torch.compile``.
    """
    fast = torch.compile(function, dynamic=True, **options)

    @wraps(function)
    def call(*args: Any) -> Any:
        # It may be any call for which torch compiles.
        with shapes.patch(use_duck_shape=False):  # type: ignore[attr-defined]
            return fast(*args)

    return cast(F, call)
