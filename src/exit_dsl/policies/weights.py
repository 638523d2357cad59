"""The weights of a model: the trained ones, which are saved, and the frozen ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, final

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

FINGERPRINT_VALUES = 64
"""About how many values of a weight go into the fingerprint."""


@final
class TrainedWeights:
    """The parameters of ``model`` that require gradients; the others are known by a fingerprint.

    Args:
        model: tied weights are one parameter under one name.

    Raises:
        ValueError: no parameter requires gradients.
    """

    def __init__(self, model: nn.Module) -> None:
        named = dict(model.named_parameters())
        self.parameters = {name: each for name, each in named.items() if each.requires_grad}
        if not self.parameters:
            raise ValueError("all weights of the model are frozen; leave some to be trained")
        frozen = {name: each for name, each in named.items() if not each.requires_grad}
        self._frozen = _fingerprint(frozen) if frozen else None

    def state_dict(self) -> dict[str, Any]:
        """Return copies of the weights, on the CPU, and the fingerprint of the frozen ones."""
        weights = {
            name: parameter.detach().to("cpu", copy=True)
            for name, parameter in self.parameters.items()
        }
        return {"weights": weights, "frozen": self._frozen}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            ValueError: the state is of a model with other weights.
        """
        weights: Mapping[str, Tensor] = state["weights"]
        for name in self.parameters.keys() | weights.keys():
            here, there = self.parameters.get(name), weights.get(name)
            if here is None or there is None or here.shape != there.shape:
                raise ValueError(
                    f"the saved weights do not fit this model at {name!r}; build the policy with"
                    " the model and the vocabulary that it was saved with"
                )
        if state.get("frozen") != self._frozen:
            raise ValueError(
                "the saved weights were trained beside other frozen weights than this model has;"
                " load the checkpoint that the policy was first built from"
            )
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(weights[name])


def lower_frozen(model: nn.Module, precision: torch.dtype) -> None:
    """Keep the frozen weights of linear layers in the precision that they are used in.

    Autocast would convert them to the same values at every use, which takes more time than the
    use itself when few rows are sampled, and twice the memory.
    """
    # A weight that is an embedding too is also used where autocast leaves it as it is.
    embedded = {id(each.weight) for each in model.modules() if isinstance(each, nn.Embedding)}
    for module in model.modules():
        if isinstance(module, nn.Linear | Conv1D):
            for parameter in module.parameters(recurse=False):
                if not parameter.requires_grad and id(parameter) not in embedded:
                    parameter.data = parameter.data.to(precision)


def _fingerprint(parameters: Mapping[str, Tensor]) -> str:
    """Return a digest of names, shapes and evenly spaced values; reading all would take long."""
    digest = hashlib.blake2b(digest_size=16)
    for name, parameter in parameters.items():
        values = parameter.detach().flatten()
        values = values[:: max(1, len(values) // FINGERPRINT_VALUES)].to("cpu", torch.float32)
        digest.update(repr((name, tuple(parameter.shape))).encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()
