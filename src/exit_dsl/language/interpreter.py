"""Runs programs of a declared language, sharing the work that programs have in common."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from exit_dsl.interfaces import Interpreter
from exit_dsl.language.compact import plain
from exit_dsl.language.declaration import Language
from exit_dsl.language.inference import IllTypedError
from exit_dsl.language.metering import BudgetExceededError, Meter, metered
from exit_dsl.language.programs import INPUT, Atom, Code, ProgramError, normalize
from exit_dsl.language.values import likely_size, size_of
from exit_dsl.types import Budget, Failure, FailureKind, I, O, Outcome, Program, Success

DETAIL = 200
"""Characters of a failure's detail."""
NODE_WEIGHT = 20
"""Elements of memory that an expression or a program counts as, apart from values and text."""
ENTRY_WEIGHT = 2
"""Elements of memory that what an input shares with the others takes for this input alone."""
CHARACTERS = 8
"""Characters of a program's text that count as one element of memory."""


_ADDRESS = re.compile(" at 0x[0-9a-f]+")

_Nodes = tuple[int, ...]


@dataclass(slots=True)
class _Memory:
    """What is known about one input, by expression; ``weight`` is in elements of memory.

    ``steps`` has what each expression took, or why it failed, and ``values`` what it gave.
    Without an input it holds what expressions without one give, whatever the input is.
    """

    item: Any
    values: dict[int, Any]
    steps: dict[int, int | Failure]
    weight: int


class LanguageInterpreter(Interpreter[I, O]):
    """An interpreter of a declared language.

    A program is checked first and runs only if it may give a valid output. Expressions are shared
    by all programs: each is evaluated once for an input, so that mutants of one program, or
    samples with a common beginning, pay for what they share once. Outcomes do not depend on what
    was shared.

    Args:
        language: gives the primitives their meaning.
        memory: how much to remember, in elements of values over all inputs and all levels of
            values, estimated, with shared parts counted as often as they occur; beyond it the
            inputs that were least recently used are forgotten. An element takes up to about
            40 bytes, and far less where values share parts.

    A validity check of the language that raises makes the run a failure of kind ``error``, as a
    primitive that raises does. A check that calls primitives, of an output that is a function, has
    as many steps as a line. If the memory runs out, everything that was remembered is
    forgotten, and the program runs once more.
    """

    def __init__(self, language: Language, *, memory: int = 12_000_000) -> None:
        self.language = language
        self._capacity = memory
        self._meter = Meter()
        self._clear()

    def __getstate__(self) -> dict[str, Any]:
        return {"language": self.language, "memory": self._capacity}

    def __setstate__(self, state: dict[str, Any]) -> None:
        LanguageInterpreter.__init__(self, state["language"], memory=state["memory"])

    def _clear(self) -> None:
        self._numbers: dict[tuple[Atom, ...], int] = {}
        self._programs: dict[str, _Nodes | Failure] = {}
        self._memories: OrderedDict[Any, _Memory] = OrderedDict()
        self._budget: Budget | None = None
        self._weight = 0  # of all memories, in elements
        self._text = 0  # of all programs, in characters
        names = list(self.language.inference.atoms)
        self._names: dict[Atom, int] = {name: number for number, name in enumerate(names)}
        self._calls: list[_Nodes] = [()] * len(names)  # the function, then the arguments
        self._input = self._names[INPUT]
        self._primitives = {self._names[name] for name in self.language.primitives}
        self._depends = [name == INPUT for name in names]  # on the input; for each expression
        primitives = self.language.primitives.values()
        values = {each.name: metered(each, self._meter) for each in primitives}
        self._last: _Memory | None = None
        self._atoms: dict[int, Any] = {
            self._names[name]: value
            for name, value in {**self.language.constants, **values}.items()
        }
        self._inputless = self._fresh(None)

    @override
    def run(self, program: Program, inputs: Sequence[I], budget: Budget) -> Sequence[Outcome[O]]:
        self._forget(budget)
        nodes = self._programs.get(program)
        if nodes is None:
            nodes = self._programs[program] = self._compile(program)
            self._text += len(program)
        if isinstance(nodes, Failure):
            return [nodes] * len(inputs)
        return [self._outcome(nodes, item, budget) for item in inputs]

    def outputs(self, code: Code, inputs: Sequence[I], budget: Budget) -> tuple[O, ...] | Failure:
        """Return what ``code`` gives on all inputs, or else the first failure.

        It is what :meth:`run` says of its text, which need not be written and read for this, and
        nothing is run on the inputs after one that it fails on.

        Args:
            code: in normal form.
            inputs: to run on, in this order.
            budget: for each input.
        """
        self._forget(budget)
        nodes = self._check(code)
        if isinstance(nodes, Failure):
            return nodes
        outputs: list[O] = []
        for item in inputs:
            outcome = self._outcome(nodes, item, budget)
            if isinstance(outcome, Failure):
                return outcome
            outputs.append(outcome.value)
        return tuple(outputs)

    def _outcome(self, nodes: _Nodes, item: I, budget: Budget) -> Outcome[O]:
        try:
            return self._run(nodes, item, budget)
        except MemoryError:
            self._forget_values()
        # What was remembered may have filled the memory, and the program is not to blame.
        try:
            return self._run(nodes, item, budget)
        except MemoryError:
            self._forget_values()
            return Failure(FailureKind.MEMORY, "the memory ran out")

    def _compile(self, program: Program) -> _Nodes | Failure:
        try:
            code = normalize(self.language.parse(program))
        except ProgramError as error:
            return Failure(FailureKind.SYNTAX, str(error)[:DETAIL])
        return self._check(code)

    def _check(self, code: Code) -> _Nodes | Failure:
        """Return the numbers of the expressions of ``code``, unless its types forbid to run it."""
        try:
            self.language.types(code)
        except IllTypedError as error:
            return Failure(FailureKind.TYPE, str(error)[:DETAIL])
        nodes: list[int] = []
        for call in code:
            parts = [nodes[a] if isinstance(a, int) else self._names[a] for a in call.atoms]
            key = tuple(parts)
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self._calls)
                self._calls.append(key)
                self._depends.append(any(self._depends[part] for part in key))
            nodes.append(number)
        return tuple(nodes)

    def _forget(self, budget: Budget) -> None:
        """Keep the memory within its bounds. Failures depend on the budget, so one at a time."""
        entries = len(self._calls) + len(self._programs)
        if entries * NODE_WEIGHT + self._text // CHARACTERS > self._capacity:
            self._clear()
        if budget is not self._budget and budget != self._budget:
            self._forget_values()
            self._budget = budget
        while self._weight > self._capacity and self._memories:
            _, memory = self._memories.popitem(last=False)
            self._weight -= memory.weight
            self._last = None
        if self._weight > self._capacity:
            self._forget_values()

    def _forget_values(self) -> None:
        self._memories.clear()
        self._inputless = self._fresh(None)
        self._last = None
        self._weight = 0

    def _run(self, nodes: _Nodes, item: I, budget: Budget) -> Outcome[O]:
        memory = self._memory(item)
        self._meter.start(budget)
        known, limit = memory.steps.get, budget.max_steps
        total = 0
        for node in nodes:
            steps = known(node)
            if steps is None:
                steps = self._reach(node, memory)
            if isinstance(steps, Failure):
                return steps
            total += steps
            if total > limit:
                return Failure(FailureKind.STEPS, f"more than {limit} steps")
        try:
            value = plain(memory.values[nodes[-1]])
            self._meter.restart()
            valid = self.language.valid(value)
        except BudgetExceededError as error:
            return Failure(error.kind, error.detail)
        except MemoryError:
            raise
        except Exception as error:
            return Failure(FailureKind.ERROR, _describe(error))
        if not valid:
            return Failure(FailureKind.INVALID, "the result is not a valid output")
        return Success(value)

    def _memory(self, item: I) -> _Memory:
        # By far the most runs are on the input of the run before, and hashing a grid takes long.
        if self._last is not None and self._last.item is item:
            return self._last
        try:
            memory = self._memories.get(item)
        except TypeError:  # The input cannot be hashed: nothing is shared between runs.
            return self._fresh(item)
        if memory is None:
            memory = self._memories[item] = self._fresh(item)
            self._weight += memory.weight
        elif not _is_same(memory.item, item):
            return self._fresh(item)
        memory.item = item  # More runs are to come on this object than on one seen before.
        self._memories.move_to_end(item)
        self._last = memory
        return memory

    def _fresh(self, item: Any) -> _Memory:
        values = {**self._atoms, self._input: item}
        return _Memory(item, values, {}, len(values) + min(size_of(item), self._capacity))

    def _reach(self, node: int, memory: _Memory) -> int | Failure:
        """Find out about an expression that is new to this input."""
        if self._depends[node]:
            return self._evaluate(node, memory)
        shared = self._inputless
        steps = shared.steps.get(node)
        if steps is None:
            steps = self._evaluate(node, shared)
        if node in shared.steps:
            memory.steps[node] = steps
            memory.values[node] = shared.values.get(node)
            memory.weight += ENTRY_WEIGHT
            self._weight += ENTRY_WEIGHT
        return steps

    def _evaluate(self, node: int, memory: _Memory) -> int | Failure:
        """Evaluate an expression whose parts are known, and remember what came of it."""
        parts = self._calls[node]
        function, *args = [memory.values[part] for part in parts]
        meter = self._meter
        weight = 1
        steps: int | Failure
        try:
            meter.restart()
            value = function(*args)
            if parts[0] not in self._primitives:
                meter.settle(value)
            size = likely_size(value)  # asks the value, which may be of a user's class
        except BudgetExceededError as error:
            steps = Failure(error.kind, error.detail)
            if error.kind is FailureKind.TIMEOUT:
                return steps  # It may not happen again, and so is not remembered.
        except MemoryError:
            raise
        except Exception as error:
            steps = Failure(FailureKind.ERROR, _describe(error))
        else:
            memory.values[node] = value
            steps = meter.used + 1
            weight += min(size, self._capacity)
        memory.steps[node] = steps
        memory.weight += weight
        self._weight += weight
        return steps


def _is_same(a: Any, b: Any) -> bool:
    """Whether two equal inputs are equal in type as well: 1, 1.0 and True are equal."""
    try:
        return a is b or repr(a) == repr(b)
    except ValueError:  # An integer has too many digits to be written.
        return False


def _describe(error: Exception) -> str:
    try:
        # Where a function lies in memory is no part of an outcome.
        return _ADDRESS.sub("", f"{type(error).__name__}: {error}")[:DETAIL]
    except Exception:  # The message may be about a value that cannot be written.
        return type(error).__name__
