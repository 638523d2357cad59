"""Types of programs, with every judgement remembered: equal questions are asked all the time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from exit_dsl.language.programs import Atom, Call, Code
from exit_dsl.language.signatures import Signature, Slot
from exit_dsl.language.terms import (
    ANY,
    Arrow,
    Named,
    Overloaded,
    Product,
    Type,
    Union,
    Unknown,
    Variable,
    function_of,
    parts,
    substitute,
    union_of,
)
from exit_dsl.language.unification import (
    MAX_SOLUTIONS,
    Bindings,
    Search,
    may_be,
    outer,
    renamed,
    resolve,
    solutions,
)

MAX_TERM = 60
"""A type of more parts than this is cut down to its outer kind."""
MAX_ALTERNATIVES = 12
"""No more types of one value are told apart."""


MAX_ANSWERS = 500_000
"""No more answers to one kind of question are remembered at a time."""

K = TypeVar("K")
V = TypeVar("V")


class IllTypedError(ValueError):
    """A call can never run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The type of a call's result, and whether every argument is of the type that is meant.

    ``number`` is that of the type.
    """

    type: Type
    number: int
    meant: bool


class Inference:
    """Answers questions about types in one language.

    Args:
        atoms: the type of the input and of each constant, by name.
        signatures: the signatures of each primitive, by name.
    """

    def __init__(
        self, atoms: Mapping[str, Type], signatures: Mapping[str, tuple[Signature, ...]]
    ) -> None:
        self._signatures = signatures
        functions = {
            name: function_of(signature.arrow for signature in alternatives)
            for name, alternatives in signatures.items()
        }
        self.atoms: dict[str, Type] = {**atoms, **functions}
        self._judgements: dict[tuple[str | int, tuple[int, ...]], Judgement | str] = {}
        self._prefixes: dict[tuple[str | int, tuple[int, ...]], bool] = {}
        self._positions: dict[tuple[str | int, int, int], bool] = {}
        self._apart: dict[tuple[int, int], Type] = {}
        self._scopes: dict[str | int, tuple[Arrow, ...]] = {}
        self._arities: dict[str | int, int | None] = {}
        self._numbers: dict[Type, int] = {}
        self._types: list[Type] = []
        self.atom_numbers = {name: self.number(term) for name, term in self.atoms.items()}

    @property
    def primitives(self) -> Collection[str]:
        """The names of the primitives, in the order of declaration."""
        return self._signatures.keys()

    def number(self, term: Type) -> int:
        """Return the number of ``term``: equal types have equal numbers."""
        known = self._numbers.get(term)
        if known is None:
            known = self._numbers[term] = len(self._types)
            self._types.append(term)
        return known

    def type_of(self, number: int) -> Type:
        """Return the type with this number."""
        return self._types[number]

    def types(self, code: Code) -> list[int]:
        """Return the numbers of the types of the lines of ``code``.

        Raises:
            IllTypedError: some line can never run.
        """
        numbers: list[int] = []
        for index, call in enumerate(code):
            judgement = self.call(call, numbers)
            if isinstance(judgement, str):
                raise IllTypedError(f"line {index + 1}: {judgement}")
            numbers.append(judgement.number)
        return numbers

    def call(self, call: Call, lines: Sequence[int]) -> Judgement | str:
        """Judge one call after lines of the types ``lines``; a string says why it cannot run."""
        return self.judge(self.function(call.function, lines), self.args(call.args, lines))

    def function(self, atom: Atom, lines: Sequence[int]) -> str | int:
        """Return how questions name a function: a primitive by name, else its type's number."""
        if isinstance(atom, int):
            return lines[atom]
        return atom if atom in self._signatures else self.atom_numbers[atom]

    def args(self, atoms: Sequence[Atom], lines: Sequence[int]) -> tuple[int, ...]:
        """Return the numbers of the types of arguments after lines of the types ``lines``."""
        known = self.atom_numbers
        return tuple([known[a] if isinstance(a, str) else lines[a] for a in atoms])

    def is_meant(self, function: str | int, args: tuple[int, ...]) -> bool:
        """Whether a call has arguments as they are meant."""
        if not self.prefix_fits(function, args):  # By far the most are told apart by this alone.
            return False
        judgement = self.judge(function, args)
        return not isinstance(judgement, str) and judgement.meant

    def judge(self, function: str | int, args: tuple[int, ...]) -> Judgement | str:
        """Judge a call of a primitive (by name) or of a value (by its type's number)."""
        key = (function, args)
        answer = self._judgements.get(key)
        if answer is None:
            answer = _remember(self._judgements, key, self._judge(function, args))
        return answer

    def fits_at(self, function: str | int, position: int, number: int) -> bool:
        """Whether an argument of this type may stand at ``position``, the others apart."""
        key = (function, position, number)
        answer = self._positions.get(key)
        if answer is None:
            given = self._given(position, number)
            answer = self._positions[key] = any(
                arrow.params is None
                or (
                    position < len(arrow.params)
                    and may_be(arrow.params[position], given)
                    and any(True for _ in solutions([(arrow.params[position], given)]))
                )
                for arrow in self._scope(function)
            )
        return answer

    def prefix_fits(self, function: str | int, args: tuple[int, ...]) -> bool:
        """Whether the first arguments of a call may be of these types, as they are meant."""
        key = (function, args)
        answer = self._prefixes.get(key)
        if answer is None:
            fits = any(
                True
                for arrow in self._scope(function)
                if arrow.params is None or len(arrow.params) >= len(args)
                for _ in self._matches(function, arrow, args, Search())
            )
            answer = _remember(self._prefixes, key, fits)
        return answer

    def _matches(
        self, function: str | int, arrow: Arrow, args: tuple[int, ...], search: Search
    ) -> Iterator[Bindings]:
        """Yield the bindings under which the (first) parameters of ``arrow`` fit ``args``."""
        if arrow.params is None:
            return iter(({},))
        if not all(self.fits_at(function, k, number) for k, number in enumerate(args)):
            return iter(())
        given = [self._given(k, number) for k, number in enumerate(args)]
        return solutions(list(zip(arrow.params, given, strict=False)), search)

    # The variables of a function and of each argument are set apart by where they stand: -1 in
    # the function, k in the k-th argument.

    def _scope(self, function: str | int) -> tuple[Arrow, ...]:
        arrows = self._scopes.get(function)
        if arrows is None:
            apart = (renamed(arrow, lambda name: (-1, name)) for arrow in self.arrows(function))
            arrows = tuple(arrow for arrow in apart if isinstance(arrow, Arrow))
            self._scopes[function] = arrows
        return arrows

    def _given(self, position: int, number: int) -> Type:
        key = (position, number)
        term = self._apart.get(key)
        if term is None:
            term = renamed(self._types[number], lambda name: (position, name))
            self._apart[key] = term
        return term

    def arity(self, function: str | int) -> int | None:
        """The number of arguments that a function takes; None if it is unknown or no function."""
        if function not in self._arities:
            arrows = self.arrows(function)
            counts = {None if arrow.params is None else len(arrow.params) for arrow in arrows}
            self._arities[function] = counts.pop() if len(counts) == 1 else None
        return self._arities[function]

    def arrows(self, function: str | int) -> tuple[Arrow, ...]:
        """The types of a primitive (by name) or value (by type) as a function; none if it isn't."""
        if isinstance(function, str):
            return tuple(signature.arrow for signature in self._signatures[function])
        term = self._types[function]
        if isinstance(term, Overloaded):
            return term.alternatives
        return (term,) if isinstance(term, Arrow) else ()

    def _judge(self, function: str | int, args: tuple[int, ...]) -> Judgement | str:
        given = [self._types[arg] for arg in args]
        search = Search()
        results = [
            resolve(arrow.result, bound)
            for arrow in self._scope(function)
            if arrow.params is None or len(arrow.params) == len(given)
            for bound in self._matches(function, arrow, args, search)
        ]
        called = [] if isinstance(function, str) else [self._types[function]]
        all_found = len(results) < MAX_SOLUTIONS and not search.is_cut
        certain = bool(results) and all_found and not any(map(_is_vague, [*called, *given]))
        if certain:
            return self._judgement(results, meant=True)
        loose = self._loosely(function, given)
        if isinstance(loose, str):
            return loose
        return self._judgement([*results, loose], meant=bool(results))

    def _judgement(self, results: Sequence[Type], *, meant: bool) -> Judgement:
        term = _tidy(_join(results))
        return Judgement(term, self.number(term), meant)

    def _loosely(self, function: str | int, given: list[Type]) -> Type | str:
        if isinstance(function, int):
            return self._call_value(self._types[function], given)
        found = []
        for signature in self._signatures[function]:
            if len(signature.params) != len(given):
                wanted = len(signature.params)
                return f"{function} takes {wanted} arguments, not {len(given)}"
            if all(_takes(slot, term) for slot, term in zip(signature.params, given, strict=True)):
                result = signature.result
                found.append(outer(result.meant))
                if result.accepts is not None:
                    found.append(result.accepts)
        if not found:
            return f"{function} cannot take these arguments"
        return union_of(found)

    def _call_value(self, term: Type, given: list[Type]) -> Type | str:
        if not may_be(Arrow(None, ANY), term):
            return "what is called is not a function"
        if isinstance(term, (Arrow, Overloaded)):
            arrows = (term,) if isinstance(term, Arrow) else term.alternatives
            if not any(a.params is None or len(a.params) == len(given) for a in arrows):
                return f"the function does not take {len(given)} arguments"
        return ANY


def _remember(answers: dict[K, V], key: K, answer: V) -> V:
    if len(answers) >= MAX_ANSWERS:
        answers.clear()
    answers[key] = answer
    return answer


def _takes(slot: Slot, term: Type) -> bool:
    if isinstance(slot.accepts, Unknown) or slot.meant == ANY:
        return True
    return may_be(slot.meant, term) or (slot.accepts is not None and may_be(slot.accepts, term))


def _is_vague(term: Type) -> bool:
    """Whether what is inferred from a value of this type need not be all that can happen.

    It may hold, or return, just anything; or it is one of several, of which only some may fit.
    """
    match term:
        case Unknown() | Union():
            return True
        case Named(_, args):
            return any(map(_is_vague, args))
        case Product(items):
            return any(map(_is_vague, items))
        case Arrow(_, result):
            return _is_vague(result)
        case Overloaded(alternatives):
            return len(alternatives) >= MAX_ALTERNATIVES or any(map(_is_vague, alternatives))
    return False


def _join(results: Sequence[Type]) -> Type:
    distinct = list(dict.fromkeys(results))
    arrows: list[Arrow] = []
    for term in distinct:
        if isinstance(term, Arrow):
            arrows.append(term)
        elif isinstance(term, Overloaded):
            arrows.extend(term.alternatives)
        else:
            return union_of(distinct) if len(distinct) <= MAX_ALTERNATIVES else ANY
    return function_of(arrows[:MAX_ALTERNATIVES])


def _tidy(term: Type) -> Type:
    """Give variables canonical names, so that types equal but for names have one number."""
    if sum(1 for _ in parts(term)) > MAX_TERM:
        return outer(term)
    names: dict[object, int] = {}

    def canonical(variable: Variable) -> Type:
        return variable.renamed(names.setdefault(variable.name, len(names)))

    return substitute(term, canonical)
