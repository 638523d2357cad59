"""Tasks and programs as the tokens of a model, refused where the model cannot take them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Generic, final

from exit_dsl.policies.batching import Pair
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
        encoding, context = self._known(task), self._network.context
        if context is not None and len(encoding.tokens) + self._max_new_tokens > context:
            raise ValueError(
                f"task {task.id!r} has {len(encoding.tokens)} tokens, which with"
                f" {self._max_new_tokens} of a program exceed the model's context of {context};"
                " let encode give fewer, or lower max_new_tokens"
            )
        return encoding

    def program(self, program: Program) -> tuple[int, ...] | None:
        """Return the tokens of ``program``, or None if sampling could not write them either."""
        tokens = self.tokens(program)
        return tokens if tokens is not None and len(tokens) <= self._max_new_tokens else None

    def tokens(self, program: Program) -> tuple[int, ...] | None:
        """Return the tokens of ``program``, however many, or None if the codec has none for it."""
        try:
            return tuple(self._codec.encode(program))
        except ValueError:
            return None

    def pair(self, task: Task[I, O], program: Program) -> Pair | None:
        """Return the tokens of ``task`` and of ``program``, or None if the model cannot read them.

        Raises:
            ValueError: ``task`` has no tokens, or the model does not know one.
        """
        source, target = self._known(task).tokens, self.tokens(program)
        context = self._network.context
        if target is None or (context is not None and len(source) + len(target) > context):
            return None
        return Pair(source, target)

    def _known(self, task: Task[I, O]) -> Encoding:
        """Return the tokens of ``task``, however many."""
        encoding, known = self._encode(task), self._network.source_size
        if not encoding.tokens:
            raise ValueError(f"encode gave no tokens for task {task.id!r}; give at least one")
        if not 0 <= min(encoding.tokens) <= max(encoding.tokens) < known:
            raise ValueError(
                f"encode gave a token for task {task.id!r} that is not in range({known}), the"
                " model's source vocabulary"
            )
        return encoding
