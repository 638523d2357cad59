"""Reading checkpoints of the Hugging Face hub, by name or from a folder, with clear refusals."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedTokenizerBase

from exit_dsl.policies.text import TextCodec
from exit_dsl.types import Program

PROBE = Program("x1 = f(I, I)\nO = g(x1)")


class PretrainedError(ValueError):
    """No usable checkpoint at a name or folder; the message says what to do."""


def read(name: str, factory: Any, **options: Any) -> Any:
    """Return ``factory.from_pretrained(name)``, where ``factory`` is one of transformers' classes.

    Raises:
        PretrainedError: the files are not there or cannot be read.
    """
    try:
        return factory.from_pretrained(name, **options)
    except ImportError:
        raise  # it names the package that is missing
    except Exception as error:  # whatever a damaged file may lead to
        reason = ": ".join(filter(None, [type(error).__name__, str(error)]))
        raise PretrainedError(
            f"cannot load {name!r} ({shorten(reason, 160)}); give a folder with config.json,"
            " weights and tokenizer files, or the name of a model on the Hugging Face hub, which"
            " must be reachable then"
        ) from error


def read_weights(name: str, factory: Any, config: PreTrainedConfig) -> Any:
    """Return a model with float32 weights, whatever precision they are stored in.

    Raises:
        PretrainedError: the files are not there, lack weights, or have them in other shapes.
    """
    model, report = read(
        name,
        factory,
        config=config,
        dtype=torch.float32,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # they are refused below, by name
    )
    kind = type(model).__name__
    missing = sorted(report["missing_keys"])
    if missing:
        raise PretrainedError(
            f"the checkpoint {name!r} lacks {len(missing)} weights of a {kind}, {missing[0]!r}"
            " first; it is incomplete or of another architecture"
        )
    mismatched = sorted(report["mismatched_keys"])
    if mismatched:
        raise PretrainedError(
            f"the checkpoint {name!r} has weights of other shapes than its config.json says,"
            f" {mismatched[0][0]!r} first; use the config.json that came with the weights"
        )
    return model


def check_vocabulary(name: str, tokenizer: PreTrainedTokenizerBase, size: int) -> None:
    """Refuse a tokenizer with more tokens than the model has embeddings.

    Raises:
        PretrainedError: it has.
    """
    if len(tokenizer) > size:
        raise PretrainedError(
            f"the tokenizer of {name!r} has {len(tokenizer)} tokens and the model only {size};"
            " use the tokenizer that the model was trained with"
        )


def check_text(name: str, codec: TextCodec) -> None:
    """Refuse a tokenizer that changes program text.

    Raises:
        PretrainedError: it does.
    """
    read_back = codec.decode(codec.encode(PROBE)[:-1])
    if read_back != PROBE:
        raise PretrainedError(
            f"the tokenizer of {name!r} makes {read_back!r} of {PROBE!r}; choose a model whose"
            " tokenizer keeps text as it is, such as a byte-level one"
        )
