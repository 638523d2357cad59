"""Declare a DSL from typed Python functions."""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, overload

from exit_dsl.language import programs
from exit_dsl.language.completions import Completions
from exit_dsl.language.inference import IllTypedError, Inference
from exit_dsl.language.programs import INPUT, OUTPUT, Code, ProgramError
from exit_dsl.language.signatures import Signature, from_annotation, signatures_from, signatures_of
from exit_dsl.language.terms import Type, show
from exit_dsl.language.unification import may_be
from exit_dsl.language.values import conforms, type_of_value
from exit_dsl.types import Failure, FailureKind, Program, Task

F = TypeVar("F", bound=Callable[..., Any])
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE = re.compile(r"x[0-9]+")


@dataclass(frozen=True, slots=True)
class Primitive:
    """A declared function: what programs call by ``name``, in one of the ways ``signatures`` say.

    ``work`` predicts, from the arguments, how many elements a call will touch or produce; None
    where that is bounded by the sizes of the arguments. ``compact`` does what ``function`` does
    and knows compact values; None where it gets ordinary ones.
    """

    name: str
    function: Callable[..., Any]
    signatures: tuple[Signature, ...]
    work: Callable[..., int] | None = None
    compact: Callable[..., Any] | None = None

    @property
    def arity(self) -> int:
        """The number of arguments, which is the same in all signatures."""
        return len(self.signatures[0].params)

    @property
    def implementation(self) -> Callable[..., Any]:
        """What is called to run it."""
        return self.function if self.compact is None else self.compact


class Language:
    """A DSL of straight-line programs over typed primitives and constants.

    Everything else follows from the declarations: parsing, normal form, type check, interpreter,
    mutation and vocabulary. Declare all primitives before the language is first used.

    Args:
        name: shown in messages.
        input: the type of the input ``I``, as a Python annotation.
        output: the type of the output ``O``.
        valid: whether a result is a valid output, where the type alone does not say so (a grid has
            to be rectangular, say). By default all values of the output's type are.

    Raises:
        TypeError: ``input`` or ``output`` is no type.
    """

    travels_alone = True
    """On the way to workers, where what is derived from it serves all that comes with it later."""

    def __init__(
        self,
        name: str,
        *,
        input: Any,
        output: Any,
        valid: Callable[[Any], bool] | None = None,
    ) -> None:
        self.name = name
        self.input = input
        self.output = output
        self.input_type = from_annotation(input)
        self.output_type = from_annotation(output)
        self._valid = valid
        self._primitives: dict[str, Primitive] = {}
        self._constants: dict[str, Any] = {}
        self._constant_types: dict[str, Type] = {}

    def __repr__(self) -> str:
        return (
            f"Language({self.name!r}, {len(self._primitives)} primitives, "
            f"{len(self._constants)} constants)"
        )

    def __getstate__(self) -> dict[str, Any]:
        # What was derived is cheap to derive again; functions travel by their import path.
        derived = ("inference", "completions")
        return {key: value for key, value in vars(self).items() if key not in derived}

    @property
    def primitives(self) -> Mapping[str, Primitive]:
        """The primitives by name, in the order of declaration."""
        return self._primitives

    @property
    def constants(self) -> Mapping[str, Any]:
        """The values of the constants by name, in the order of declaration."""
        return self._constants

    @overload
    def primitive(
        self,
        function: F,
        /,
        *,
        name: str | None = None,
        type: Any = None,
        work: Callable[..., int] | None = None,
    ) -> F: ...
    @overload
    def primitive(
        self,
        /,
        *,
        name: str | None = None,
        type: Any = None,
        work: Callable[..., int] | None = None,
    ) -> Callable[[F], F]: ...
    def primitive(
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        type: Any = None,
        work: Callable[..., int] | None = None,
    ) -> Any:
        """Declare a function as a primitive; it must be pure.

        Args:
            function: takes one or more positional arguments and has full type hints, unless
                ``type`` is given. ``typing.overload`` is understood, if all overloads take the same
                number of arguments.
            name: what programs call it; the function's own name unless given.
            type: of the function, as in ``Callable[[int, int], int]``; for those without type
                hints, such as ``len`` and lambdas.
            work: predicts from the arguments how many elements a call touches or produces, for
                functions whose cost is not bounded by the sizes of their arguments. A call that
                predicts more than the budget allows is refused before it runs.

        Raises:
            TypeError: the function's type is missing or cannot be understood, or the function or
                ``work`` does not take such arguments.
            ValueError: the name is taken or is none, or the language is in use already.
        """

        def declare(function: F) -> F:
            called = getattr(function, "__name__", repr(function)) if name is None else name
            primitive = Primitive(called, function, _signatures(called, function, type), work)
            _check_arguments(primitive)
            self._claim(called)
            self._primitives[called] = primitive
            return function

        return declare if function is None else declare(function)

    def compact(self, primitive: Callable[..., Any]) -> Callable[[F], F]:
        """Declare a function that runs in place of a primitive and knows compact values.

        It gets arguments, and may return a value, that are :class:`~exit_dsl.language.Compact`,
        and must otherwise give what the primitive gives. So must the primitive's ``work``
        function.

        Raises:
            ValueError: there is no such primitive, or the language is in use already.
        """

        def declare(function: F) -> F:
            same = [each for each in self._primitives.values() if each.function is primitive]
            if not same:
                raise ValueError(
                    f"{self.name} has no primitive {primitive.__name__!r}; declare it first"
                )
            for each in same:
                self._require_unused(each.name)
                self._primitives[each.name] = replace(each, compact=function)
            return function

        return declare

    def constant(self, name: str, value: Any, type: Any = None) -> None:
        """Declare a constant; its type is read off the value unless ``type`` is given.

        Raises:
            ValueError: the name is taken, or the language is in use already.
        """
        term = type_of_value(value) if type is None else from_annotation(type)
        self._claim(name)
        self._constants[name] = value
        self._constant_types[name] = term

    def _claim(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{self.name}: {name!r} is not a name; use letters, digits and _")
        if name in (INPUT, OUTPUT) or _VARIABLE.fullmatch(name):
            raise ValueError(f"{self.name}: {name!r} is kept for program variables; rename it")
        if name in self._primitives or name in self._constants:
            raise ValueError(f"{self.name}: there are two declarations of {name!r}; rename one")
        self._require_unused(name)

    def _require_unused(self, name: str) -> None:
        if "inference" in vars(self):
            raise ValueError(f"{self.name} is in use already; declare {name!r} before that")

    @cached_property
    def inference(self) -> Inference:
        """The language's type judgements."""
        atoms = {INPUT: self.input_type, **self._constant_types}
        return Inference(atoms, {p.name: p.signatures for p in self._primitives.values()})

    @cached_property
    def completions(self) -> Completions:
        """The language's answers about calls some of whose arguments are missing."""
        return Completions(self.inference, self.output_type)

    def parse(self, program: str) -> Code:
        """Read a program.

        Raises:
            ProgramError: the text is not a program of this language.
        """
        return programs.parse(program, self.inference.atoms)

    def format(self, code: Code) -> Program:
        """Write ``code`` as a program; :meth:`parse` reads it back.

        Variables are named by their line, ``x1`` and so on, whatever they were called before.
        """
        return programs.format_code(code)

    def normalize(self, program: Program) -> Program:
        """Return the normal form, by which programs are de-duplicated.

        Dead lines are dropped, equal lines merged and variables renamed in order. Text that is no
        program is returned as it is.
        """
        try:
            return self.format(programs.normalize(self.parse(program)))
        except ProgramError:
            return program

    def types(self, code: Code) -> list[Type]:
        """Infer the type of each line.

        Raises:
            IllTypedError: the code can never run to an output of this language.
        """
        numbers = self.inference.types(code)
        found = [self.inference.type_of(number) for number in numbers]
        if not may_be(self.output_type, found[-1]):
            raise IllTypedError("the result can never be an output")
        return found

    def check(self, program: Program) -> Failure | None:
        """Check the syntax and types of a program without running it.

        Returns:
            None if the program may run to a valid output, else why it cannot. A program that
            would run to a valid output is never refused, if functions take and return only what
            their types and :class:`~exit_dsl.language.Accepts` say (NumPy's integers are no
            ``int``), no overload is for a subclass of what another takes (as ``bool`` beside
            ``int``), and no value is of two classes of which neither inherits from the other,
            unless both are abstract.
        """
        try:
            self.types(programs.normalize(self.parse(program)))
        except ProgramError as error:
            return Failure(FailureKind.SYNTAX, str(error))
        except IllTypedError as error:
            return Failure(FailureKind.TYPE, str(error))
        return None

    def check_tasks(self, tasks: Iterable[Task[Any, Any]]) -> None:
        """Refuse tasks with values that no program of this language can take or give.

        Lists where the language has tuples, as they come from JSON, are the usual case: such a task
        can be run, but never be solved.

        Raises:
            TypeError: a value is not of the language's input type, or no valid output.
        """
        for task in tasks:
            for number, example in enumerate(task.examples):
                where = f"example {number} of task {task.id!r}"
                if not conforms(example.input, self.input_type):
                    raise TypeError(
                        f"the input of {where} is not of the type {show(self.input_type)} that "
                        f"{self.name} takes: {reprlib.repr(example.input)}"
                    )
                if not self.valid(example.output):
                    raise TypeError(
                        f"the output of {where} is not a valid output of {self.name}, of type "
                        f"{show(self.output_type)}: {reprlib.repr(example.output)}"
                    )

    def valid(self, value: Any) -> bool:
        """Whether ``value`` is a valid output."""
        return conforms(value, self.output_type) if self._valid is None else self._valid(value)


def _signatures(name: str, function: Callable[..., Any], type: Any) -> tuple[Signature, ...]:
    """Return the declared or else the hinted signatures of what is to be the primitive ``name``."""
    try:
        return signatures_of(function) if type is None else signatures_from(type)
    except TypeError as error:
        raise TypeError(f"primitive {name!r}: {error}") from error


def _check_arguments(primitive: Primitive) -> None:
    """Refuse functions that would fail at every call."""
    wanted = f"the {primitive.arity} positional argument(s) that its type says"
    for what, function in (("it", primitive.function), ("its work function", primitive.work)):
        if function is None:
            continue
        try:
            inspect.signature(function).bind(*primitive.signatures[0].params)
        except ValueError:
            continue  # Some of Python's own functions do not tell.
        except TypeError:
            raise TypeError(f"primitive {primitive.name!r}: {what} must take {wanted}") from None
