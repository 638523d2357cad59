"""What many experiences have in common: realized task, original task and scores."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import chain, islice
from typing import Any, Generic, NamedTuple, final

import numpy as np

from exit_dsl.replay.building import build
from exit_dsl.replay.digests import Digests, digest
from exit_dsl.replay.texts import Numbers, Texts, joined, parted
from exit_dsl.replay.values import pack, unpack
from exit_dsl.types import Example, Experience, I, O, Task

_HEAD = struct.Struct("<iii")
_HELD = b"o"
_MEMO = 4096


class Context(NamedTuple, Generic[I, O]):
    """The task of an experience, the id of the original one, and the scores on that."""

    task: Task[I, O]
    source_id: str
    scores: tuple[float, ...]


@final
class Shared:
    """Ids and inputs of original tasks by number; those are few, so they are simply kept."""

    def __init__(self, sources: list[str], inputs: list[tuple[Any, ...]]) -> None:
        self.sources = sources
        self.inputs = inputs
        self._sources = {name: number for number, name in enumerate(sources)}
        self._inputs = {_content(each): number for number, each in enumerate(inputs)}
        # Experiences of a task mostly share its very inputs; the memo keeps those alive.
        self._memo: dict[tuple[int, ...], tuple[int, tuple[Any, ...]]] = {}

    def source_number(self, name: str) -> int:
        """Return the number of a task's id, which is new or not."""
        number = self._sources.setdefault(name, len(self.sources))
        if number == len(self.sources):
            self.sources.append(name)
        return number

    def inputs_number(self, inputs: tuple[Any, ...]) -> int:
        """Return the number of inputs with the content of ``inputs``, which are new or not."""
        identity = tuple(map(id, inputs))
        if identity not in self._memo:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            number = self._inputs.setdefault(_content(inputs), len(self.inputs))
            if number == len(self.inputs):
                self.inputs.append(inputs)
            self._memo[identity] = (number, inputs)
        return self._memo[identity][0]


@final
class Contexts(Generic[I, O]):
    """Contexts by number, equal ones stored once, as bytes.

    Outputs that cannot be written as bytes are held as they are.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._texts = Texts()
        self._digests = Digests()
        self._held: dict[int, O] = {}
        self._held_numbers: dict[int, int] = {}  # by id(), of what is held and so alive

    def __len__(self) -> int:
        return len(self._texts)

    def number(self, experience: Experience[I, O]) -> int:
        """Return the number of an experience's context, which is new or not."""
        text = self._pack(experience)
        key = digest(text)
        number = self._digests.find(key)
        if number is None:
            number = self._digests.append(key)
            self._texts.append(text)
        return number

    def read(self, numbers: Numbers) -> list[Context[I, O]]:
        """Return the contexts of ``numbers``, in that order."""
        names, sources, scores, inputs, outputs = [], [], [], [], []
        for text in self._texts.read(numbers):
            of_inputs, source, count = _HEAD.unpack_from(text)
            inputs.append(self._shared.inputs[of_inputs])
            sources.append(self._shared.sources[source])
            scores.append(struct.unpack_from(f"<{count}d", text, _HEAD.size))
            name, *parts = parted(text, _HEAD.size + 8 * count)
            names.append(name.decode("utf-8", "surrogatepass"))
            outputs.append(list(map(self._output, parts)))
        flat: list[O] = list(chain.from_iterable(outputs))
        examples = iter(build(Example, len(flat), chain.from_iterable(inputs), flat))
        grouped = [tuple(islice(examples, len(each))) for each in outputs]
        tasks = build(Task, len(names), names, grouped)
        return list(map(Context, tasks, sources, scores))

    def given(self, experience: Experience[I, O]) -> Context[I, O]:
        """Return the context of ``experience``; it shares the inputs with others of the task."""
        inputs = self._shared.inputs[self._shared.inputs_number(experience.task.inputs)]
        examples = tuple(map(Example, inputs, experience.task.outputs))
        return Context(Task(experience.task.id, examples), experience.source_id, experience.scores)

    def only(self, numbers: Numbers) -> Contexts[I, O]:
        """Return the contexts of ``numbers`` alone, numbered anew in that order."""
        kept: Contexts[I, O] = Contexts(self._shared)
        kept._texts = self._texts.only(numbers)
        kept._digests = Digests(self._digests.array()[numbers])
        if self._held:
            texts = kept._texts.read(np.arange(len(numbers)))
            outputs = chain.from_iterable(map(_outputs, texts))
            for number in sorted({int(each[1:]) for each in outputs if each[:1] == _HELD}):
                kept._hold(number, self._held[number])
        return kept

    def state(self) -> dict[str, Any]:
        """Return all but what is shared, mostly as arrays."""
        return {
            "texts": self._texts.state(),
            "digests": self._digests.array(),
            "held": dict(self._held),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any], shared: Shared) -> Contexts[I, O]:
        """Return what :meth:`state` described."""
        contexts = cls(shared)
        contexts._texts = Texts.of_state(state["texts"])
        contexts._digests = Digests(state["digests"])
        for number, output in state["held"].items():
            contexts._hold(number, output)
        return contexts

    def _pack(self, experience: Experience[I, O]) -> bytes:
        task, scores = experience.task, experience.scores
        head = _HEAD.pack(
            self._shared.inputs_number(task.inputs),
            self._shared.source_number(experience.source_id),
            len(scores),
        )
        name = task.id.encode("utf-8", "surrogatepass")
        numbers = struct.pack(f"<{len(scores)}d", *scores)
        return head + numbers + joined([name, *map(self._packed, task.outputs)])

    def _packed(self, output: O) -> bytes:
        try:
            return pack(output)
        except TypeError:
            pass
        number = self._held_numbers.get(id(output))
        if number is None:
            number = next(reversed(self._held), -1) + 1
            self._hold(number, output)
        return _HELD + str(number).encode()

    def _hold(self, number: int, output: O) -> None:
        self._held[number] = output
        self._held_numbers[id(output)] = number

    def _output(self, part: bytes) -> O:
        output: O = self._held[int(part[1:])] if part[:1] == _HELD else unpack(part)
        return output


def _outputs(text: bytes) -> list[bytes]:
    *_, count = _HEAD.unpack_from(text)
    return parted(text, _HEAD.size + 8 * count)[1:]


def _content(inputs: tuple[Any, ...]) -> bytes:
    """Tell inputs apart by content, or by identity where their content cannot be written."""
    try:
        return digest(pack(inputs))
    except TypeError:
        return repr(tuple(map(id, inputs))).encode()
