"""Tasks and programs as the tokens of a model, refused where the model cannot take them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Generic, final

from exit_dsl.policies.codec import Encoding, ProgramCodec, fingerprint
from exit_dsl.policies.network import Network
from exit_dsl.types import I, O, Program, Task


@final
class Reader(Generic[I, O]):
    """Gives the tokens of tasks and programs.

    Args:
        encode: gives the tokens of a task.
        codec: gives those of a program.
        network: knows how many tokens there are, and how long a sequence may be.
        max_new_tokens: most tokens of a program.

    Raises:
        ValueError: the model has fewer outputs than the codec has tokens.
    """

    def __init__(
        self,
        encode: Callable[[Task[I, O]], Encoding],
        codec: ProgramCodec,
        network: Network,
        max_new_tokens: int,
    ) -> None:
        if codec.size > network.target_size:
            raise ValueError(
                f"the codec has {codec.size} target tokens but the model only"
                f" {network.target_size} outputs; build the model with codec.size of them"
            )
        self._encode = encode
        self._codec = codec
        self._network = network
        self._max_new_tokens = max_new_tokens

    @cached_property
    def vocabulary(self) -> str:
        """A digest of the target vocabulary."""
        return fingerprint(self._codec)

    def task(self, task: Task[I, O]) -> Encoding:
        """Return the tokens of ``task``.

        Raises:
            ValueError: there are none, the model does not know one, or they are too many.
        """
        encoding = self._encode(task)
        known, context = self._network.source_size, self._network.context
        if not encoding.tokens:
            raise ValueError(f"encode gave no tokens for task {task.id!r}; give at least one")
        if not 0 <= min(encoding.tokens) <= max(encoding.tokens) < known:
            raise ValueError(
                f"encode gave a token for task {task.id!r} that is not in range({known}), the"
                " model's source vocabulary"
            )
        if context is not None and len(encoding.tokens) + self._max_new_tokens > context:
            raise ValueError(
                f"task {task.id!r} has {len(encoding.tokens)} tokens, which with"
                f" {self._max_new_tokens} of a program exceed the model's context of {context};"
                " let encode give fewer, or lower max_new_tokens"
            )
        return encoding

    def program(self, program: Program) -> tuple[int, ...] | None:
        """Return the tokens of ``program``, or None if sampling could not write them either."""
        try:
            tokens = tuple(self._codec.encode(program))
        except ValueError:
            return None
        return tokens if len(tokens) <= self._max_new_tokens else None
