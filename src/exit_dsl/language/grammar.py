"""The state machine of well-typed programs: which token may come next.

A token is allowed only if the program can still be completed, with arguments of the types that
are meant, to one whose result is an output, within the tokens that remain. What can complete a
call depends on the types of the values at hand alone, so that masks are remembered by sets of
types, kept as the bits of integers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.completions import Completions
from exit_dsl.language.inference import Inference
from exit_dsl.language.unification import solutions
from exit_dsl.language.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
MAX_MASKS = 20_000
"""No more masks are remembered at a time."""


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
        self.output = self.language.output_type
        self.any_calls = Completions(self.inference)
        self.last_calls = Completions(self.inference, self.output)
        self.atoms = 0
        for number in self.inference.atom_numbers.values():
            self.atoms |= 1 << number
        self._outputs: dict[int, bool] = {}
        self._argument_masks: dict[int, Mask] = {}
        self._function_masks: dict[tuple[int, int, int], Mask] = {}
        closing = [
            primitive.arity
            for name, primitive in self.language.primitives.items()
            if possible(self.last_calls, name, self.atoms)
        ]
        if not closing:
            raise ValueError(
                f"{self.language.name}: no primitive makes an output of the input and constants "
                "alone; programs cannot be closed at any point"
            )
        self.closing = min(closing) + 2
        """Tokens of the shortest line that can always close a program, with the end token."""
        self._longest = max(each.arity for each in self.language.primitives.values())
        self._open = _Beginnings(self, self.any_calls)
        self._closed = _Beginnings(self, self.last_calls)

    def start(self) -> ProgramState:
        """Return the state of the empty program."""
        return ProgramState(self)

    def is_output(self, number: int) -> bool:
        """Whether a value of the type with this number fits the output."""
        answer = self._outputs.get(number)
        if answer is None:
            pairs = [(self.output, self.inference.type_of(number))]
            answer = self._outputs[number] = any(True for _ in solutions(pairs))
        return answer

    def argument_mask(self, fitting: int) -> Mask:
        """Return the tokens of names, not of variables, whose types are among ``fitting``."""
        fitting &= self.atoms
        mask = self._argument_masks.get(fitting)
        if mask is None:
            if len(self._argument_masks) >= MAX_MASKS:
                self._argument_masks.clear()
            mask = self._argument_masks[fitting] = self._no_tokens()
            for name, number in self.inference.atom_numbers.items():
                mask[self.vocabulary.token(name)] = fitting >> number & 1
        return mask

    def function_mask(self, at_hand: int, arity: int, open_arity: int) -> Mask:
        """Return the tokens of primitives that can begin a line.

        Args:
            at_hand: the types of the values at hand.
            arity: the largest number of arguments for which there is room.
            open_arity: the largest that leaves room for another line after this one.
        """
        key = (at_hand, min(arity, self._longest), min(open_arity, self._longest))
        mask = self._function_masks.get(key)
        if mask is None:
            if len(self._function_masks) >= MAX_MASKS:
                self._function_masks.clear()
            mask = self._open.mask(at_hand, 1, open_arity)
            mask |= self._closed.mask(at_hand, open_arity + 1, arity)
            self._function_masks[key] = mask
        return mask

    def _no_tokens(self) -> Mask:
        return np.zeros(self.vocabulary.size, dtype=np.bool_)


class _Beginnings:
    """Which primitives can begin a line; most can whatever was computed before."""

    def __init__(self, grammar: Grammar, calls: Completions) -> None:
        self._calls = calls
        self._arities = np.zeros(grammar.vocabulary.size, dtype=np.int64)
        self._always = np.zeros(grammar.vocabulary.size, dtype=np.bool_)
        self._depends: list[tuple[str, int]] = []
        for name, primitive in grammar.language.primitives.items():
            token = grammar.vocabulary.token(name)
            self._arities[token] = primitive.arity
            self._always[token] = possible(calls, name, grammar.atoms)
            if not self._always[token] and calls.start(name) is not None:
                self._depends.append((name, token))

    def mask(self, at_hand: int, shortest: int, longest: int) -> Mask:
        """Return the tokens of primitives with so many arguments that types at hand complete."""
        fits = (self._arities >= shortest) & (self._arities <= longest)
        mask: Mask = self._always & fits
        for name, token in self._depends:
            mask[token] = fits[token] and possible(self._calls, name, at_hand)
        return mask


def possible(calls: Completions, function: str | int, at_hand: int) -> bool:
    """Whether a call of the function can be completed with types at hand."""
    state = calls.start(function)
    return state is not None and calls.possible(state, at_hand)


class ProgramState:
    """A program under construction."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._lines: tuple[int, ...] = ()
        self._at_hand = grammar.atoms
        self._done = False
        self._begin_line()

    def _begin_line(self) -> None:
        self._function: str | int | None = None
        self._args: tuple[int, ...] = ()
        self._missing = 0
        self._any: int | None = None
        self._last: int | None = None
        self._result = -1

    @property
    def lines(self) -> int:
        """The number of finished lines."""
        return len(self._lines)

    def allowed(self, remaining: int) -> Mask:
        """Return which tokens may come next, one Boolean a token.

        At least one may, if ``remaining`` counts down from what was enough at the start.

        Args:
            remaining: how many more tokens the program may have, the closing one included.

        Raises:
            ValueError: that is too few for any program.
        """
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        if self._function is None and not self._lines and remaining < grammar.closing:
            raise ValueError(f"a program needs at least {grammar.closing} tokens, not {remaining}")
        if self._missing:
            return self._arguments(remaining)
        if self._function is None and not self._done:
            return self._functions(remaining)
        mask = np.zeros(vocabulary.size, dtype=np.bool_)
        if self._done:
            mask[vocabulary.pad] = True
        else:
            mask[vocabulary.separator] = self._may_go_on(remaining - 1)
            mask[vocabulary.end] = grammar.is_output(self._result)
        return mask

    def _may_go_on(self, remaining: int) -> bool:
        """Whether another line may begin after this one with ``remaining`` tokens."""
        grammar = self._grammar
        return remaining >= grammar.closing and len(self._lines) + 1 < grammar.vocabulary.max_lines

    def _functions(self, remaining: int) -> Mask:
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        arity = remaining - 2
        open_arity = max(0, arity - grammar.closing) if self._may_go_on(remaining) else 0
        mask = grammar.function_mask(self._at_hand, arity, open_arity).copy()
        for line, number in enumerate(self._lines):
            wanted = grammar.inference.arity(number)
            if wanted is not None and wanted <= arity:
                calls = grammar.any_calls if wanted <= open_arity else grammar.last_calls
                mask[vocabulary.token(line)] = possible(calls, number, self._at_hand)
        return mask

    def _arguments(self, remaining: int) -> Mask:
        grammar, vocabulary = self._grammar, self._grammar.vocabulary
        if self._may_go_on(remaining - self._missing - 1):
            calls, state = grammar.any_calls, self._any
        else:
            calls, state = grammar.last_calls, self._last
        fitting = 0 if state is None else calls.fitting(state, self._at_hand)
        mask = grammar.argument_mask(fitting).copy()
        for line, number in enumerate(self._lines):
            if fitting >> number & 1:
                mask[vocabulary.token(line)] = True
        return mask

    def advance(self, token: int) -> ProgramState:
        """Append an allowed token and return this state.

        Raises:
            ValueError: the token makes a call that can never run.
        """
        vocabulary = self._grammar.vocabulary
        if self._done:
            return self
        if token in (vocabulary.separator, vocabulary.end):
            self._lines = (*self._lines, self._result)
            self._at_hand |= 1 << self._result
            self._done = token == vocabulary.end
            self._begin_line()
        elif self._function is None:
            self._begin_call(token)
        else:
            self._add_argument(self._function, token)
        return self

    def _begin_call(self, token: int) -> None:
        grammar = self._grammar
        atom = grammar.vocabulary.atom(token)
        function = atom if isinstance(atom, str) else self._lines[atom]
        self._function = function
        self._missing = grammar.inference.arity(function) or 0
        self._any = grammar.any_calls.start(function)
        self._last = grammar.last_calls.start(function)

    def _add_argument(self, function: str | int, token: int) -> None:
        grammar = self._grammar
        atom = grammar.vocabulary.atom(token)
        known = grammar.inference.atom_numbers
        number = known[atom] if isinstance(atom, str) else self._lines[atom]
        self._args = (*self._args, number)
        self._missing -= 1
        self._any = None if self._any is None else grammar.any_calls.next(self._any, number)
        self._last = None if self._last is None else grammar.last_calls.next(self._last, number)
        if not self._missing:
            judgement = grammar.inference.judge(function, self._args)
            if isinstance(judgement, str):
                raise ValueError(f"the token {token} is not allowed here: {judgement}")
            self._result = grammar.inference.number(judgement.type)
