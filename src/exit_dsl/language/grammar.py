"""The state machine of well-typed programs: which token may come next.

A token is allowed only if the program can still be completed, with arguments of the types that
are meant, to one whose result is an output, within the tokens that remain. What can complete a
call depends on the types of the values at hand alone, so answers are remembered by sets of types,
kept as the bits of integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.inference import Inference, Judgement
from exit_dsl.language.unification import solutions
from exit_dsl.language.vocabulary import Vocabulary

_Function = str | int
_Accept = Callable[[int], bool]


class Grammar:
    """The well-typed programs of a vocabulary.

    Raises:
        ValueError: no single primitive makes an output of the input and the constants, so that a
            program could not be closed at any point.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.language = vocabulary.language
        self.inference: Inference = self.language.inference
        self.functions = tuple(self.language.primitives)
        self.constants = _bits(self.inference.atom_numbers.values())
        self.completions = _Completions(self.inference)
        self._output = self.inference.number(self.language.output_type)
        self.is_output = self.completions.fitting(self._output)
        final = [
            primitive.arity
            for name, primitive in self.language.primitives.items()
            if self.completions.exists(name, (), self.constants, self.is_output)
        ]
        if not final:
            raise ValueError(
                f"{self.language.name}: no primitive makes an output of the input and constants "
                "alone; programs cannot be closed at any point"
            )
        self.closing = min(final) + 2
        """Tokens of the shortest line that can always close a program, with the end token."""

    def start(self, max_tokens: int) -> ProgramState:
        """Return the state of the empty program.

        Args:
            max_tokens: how many tokens the program may have, the closing one included.

        Raises:
            ValueError: that is too few for any program.
        """
        if max_tokens < self.closing:
            raise ValueError(f"a program needs at least {self.closing} tokens, not {max_tokens}")
        return ProgramState(self, max_tokens)


class ProgramState:
    """A program under construction."""

    def __init__(self, grammar: Grammar, max_tokens: int) -> None:
        self._grammar = grammar
        self._remaining = max_tokens
        self._lines: list[int] = []
        self._at_hand = grammar.constants
        self._function: _Function | None = None
        self._args: tuple[int, ...] = ()
        self._arity = 0
        self._final = False
        self._done = False

    @property
    def lines(self) -> int:
        """The number of finished lines."""
        return len(self._lines)

    def copy(self) -> ProgramState:
        """Return an independent state."""
        twin = ProgramState.__new__(ProgramState)
        twin.__dict__.update(self.__dict__)
        twin._lines = list(self._lines)
        return twin

    def allowed(self) -> NDArray[np.bool_]:
        """Return which tokens may come next, one Boolean a token; at least one may."""
        mask = np.zeros(self._grammar.vocabulary.size, dtype=np.bool_)
        mask[list(self._choices())] = True
        return mask

    def _choices(self) -> Iterator[int]:
        vocabulary = self._grammar.vocabulary
        if self._done:
            yield vocabulary.pad
        elif self._function is None:
            yield from self._functions()
        elif len(self._args) < self._arity:
            yield from self._arguments()
        else:
            if self._may_go_on(self._remaining - 1):
                yield vocabulary.separator
            if self._grammar.is_output(self._result()):
                yield vocabulary.end

    def _may_go_on(self, remaining: int) -> bool:
        """Whether another line may begin after this one with ``remaining`` tokens."""
        grammar = self._grammar
        return remaining >= grammar.closing and len(self._lines) + 1 < grammar.vocabulary.max_lines

    def _must_close(self, arity: int) -> bool:
        """Whether a line with ``arity`` arguments that begins here has to be the last."""
        return not self._may_go_on(self._remaining - 1 - arity - 1)

    def _functions(self) -> Iterator[int]:
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        for function, token in self._callables():
            arity = grammar.inference.arity(function)
            if arity is None or 1 + arity + 1 > self._remaining:
                continue
            accept = grammar.is_output if self._must_close(arity) else _anything
            if grammar.completions.exists(function, (), self._at_hand, accept):
                yield vocabulary.token(token)

    def _callables(self) -> Iterator[tuple[_Function, str | int]]:
        for name in self._grammar.functions:
            yield name, name
        for line, number in enumerate(self._lines):
            if self._grammar.inference.arity(number) is not None:
                yield number, line

    def _arguments(self) -> Iterator[int]:
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        assert self._function is not None
        accept = grammar.is_output if self._final else _anything
        good = grammar.completions.next_types(
            self._function, self._args, self._arity, self._at_hand, accept
        )
        for name, number in grammar.inference.atom_numbers.items():
            if good >> number & 1:
                yield vocabulary.token(name)
        for line, number in enumerate(self._lines):
            if good >> number & 1:
                yield vocabulary.token(line)

    def _result(self) -> int:
        assert self._function is not None
        judgement = self._grammar.inference.judge(self._function, self._args)
        assert isinstance(judgement, Judgement)
        return self._grammar.inference.number(judgement.type)

    def advance(self, token: int) -> None:
        """Append an allowed token."""
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        if token in (vocabulary.separator, vocabulary.end):
            number = self._result()
            self._lines.append(number)
            self._at_hand |= 1 << number
            self._function, self._args = None, ()
            self._done = token == vocabulary.end
        elif self._function is None and not self._done:
            atom = vocabulary.atom(token)
            self._function = atom if isinstance(atom, str) else self._lines[atom]
            self._arity = grammar.inference.arity(self._function) or 0
            self._final = self._must_close(self._arity)
        elif not self._done:
            atom = vocabulary.atom(token)
            known = grammar.inference.atom_numbers
            number = known[atom] if isinstance(atom, str) else self._lines[atom]
            self._args = (*self._args, number)
        self._remaining -= 1


class _Acceptance:
    """Which result types will do; remembers its answers."""

    def __init__(self, inference: Inference, wanted: int) -> None:
        self._inference = inference
        self._wanted = inference.type_of(wanted)
        self._answers: dict[int, bool] = {}

    def __call__(self, number: int) -> bool:
        answer = self._answers.get(number)
        if answer is None:
            pairs = [(self._wanted, self._inference.type_of(number))]
            answer = self._answers[number] = any(True for _ in solutions(pairs))
        return answer


def _anything(number: int) -> bool:
    return True


class _Completions:
    """Whether, and by which types of arguments, calls can be completed."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._positions: dict[tuple[_Function, int], list[int]] = {}
        self._witnesses: dict[tuple[object, ...], list[int]] = {}
        self._failures: dict[tuple[object, ...], int] = {}

    def fitting(self, wanted: int) -> _Acceptance:
        """Return the test for results that fit the type ``wanted``."""
        return _Acceptance(self._inference, wanted)

    def next_types(
        self,
        function: _Function,
        args: tuple[int, ...],
        arity: int,
        at_hand: int,
        accept: _Accept,
    ) -> int:
        """Return the types at hand (as bits) with which the call can go on."""
        good = 0
        for number in _members(at_hand & self._fits_at(function, len(args), at_hand)):
            if self.exists(function, (*args, number), at_hand, accept):
                good |= 1 << number
        return good

    def exists(
        self, function: _Function, args: tuple[int, ...], at_hand: int, accept: _Accept
    ) -> bool:
        """Whether types at hand complete the call to one whose result is accepted.

        More types at hand never hurt: a set that was enough stays enough for its supersets, and
        one that was not says no for its subsets.
        """
        key = (function, args, accept)
        witnesses = self._witnesses.setdefault(key, [])
        if any(witness & ~at_hand == 0 for witness in witnesses):
            return True
        if key in self._failures and at_hand & ~self._failures[key] == 0:
            return False
        witness = self._search(function, args, at_hand, accept)
        if witness is None:
            self._failures[key] = at_hand
            return False
        witnesses.append(witness)
        return True

    def _search(
        self, function: _Function, args: tuple[int, ...], at_hand: int, accept: _Accept
    ) -> int | None:
        arity = self._inference.arity(function)
        if arity is None or not self._inference.prefix_fits(function, args):
            return None
        if len(args) == arity:
            judgement = self._inference.judge(function, args)
            if isinstance(judgement, str) or not judgement.meant:
                return None
            accepted = accept(self._inference.number(judgement.type))
            return 0 if accepted else None
        options = [
            at_hand & self._fits_at(function, position, at_hand)
            for position in range(len(args), arity)
        ]
        if not all(options):
            return None
        for number in _members(options[0]):
            longer = (*args, number)
            if self.exists(function, longer, at_hand, accept):
                return 1 << number | self._witness(function, longer, at_hand, accept)
        return None

    def _witness(
        self, function: _Function, args: tuple[int, ...], at_hand: int, accept: _Accept
    ) -> int:
        known = self._witnesses[function, args, accept]
        return next(witness for witness in known if witness & ~at_hand == 0)

    def _fits_at(self, function: _Function, position: int, at_hand: int) -> int:
        """Return the types (as bits) that fit one parameter, the others apart."""
        answer = self._positions.setdefault((function, position), [0, 0])
        for number in _members(at_hand & ~answer[1]):
            if self._inference.fits_at(function, position, number):
                answer[0] |= 1 << number
        answer[1] |= at_hand
        return answer[0]


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _members(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
