"""Low-rank adapters: train few weights of a large model.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from transformers import PreTrainedModel

from exit_dsl.policies.seeding import seeded
from exit_dsl.randomness import split

if TYPE_CHECKING:
    from peft import LoraConfig

M = TypeVar("M", bound=PreTrainedModel)


def add_lora(model: M, config: LoraConfig, rng: np.random.Generator) -> M:
    """Freeze ``model``, give it adapters that are trained in its place, and return it.

    Args:
        model: is changed.
        config: rank, scale, dropout, and which modules get an adapter, as peft describes them.
        rng: seeds the adapters; torch's global generators are left as they were.

    Raises:
        ImportError: peft is not installed.
        ValueError: the model has no such modules.
    """
    try:
        from peft import inject_adapter_in_model
    except ImportError as error:
        raise ImportError('LoRA needs peft: pip install "exit_dsl[lora]"') from error
    with seeded(split(rng), model.device):
        inject_adapter_in_model(config, model)
    return model
