"""Where the beginning of a pattern stands in the answers of a task."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from examples.regex.matches import Matches
from examples.regex.tokens import SYNTAX
from exit_dsl import Example, Task

MARKS = ("<next>", "<last>", "<behind>", "<after>")
REACH = 12
"""How many characters from where an answer begins are looked at, whatever a pattern says."""
LITERAL = re.compile(r"\\?[^\w\s]|\w", re.ASCII)
REPEATED_GROUP = re.compile(r"\)[+*?{]")
"""Without it a pattern takes no more than polynomial time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A part of a text that is to be found."""

    text: str
    start: int
    end: int

    def ahead(self, at: int | None) -> str:
        """Say what comes at a place where a match may have ended: its class and how many."""
        if at is None or at > self.end:
            return "lost" if at is None else "beyond"
        if at == self.end:
            return f"end {kind(self.text[at : at + 1])}"
        here = kind(self.text[at])
        more = at + 1 < self.end and kind(self.text[at + 1]) == here
        return f"{here}{'s' if more else ''}"


@dataclass(frozen=True, slots=True)
class View:
    """What is seen from the end of a pattern's beginning.

    ``ahead`` says for each answer what comes next; ``marks`` gives characters that the pattern
    may name, by what they are.
    """

    ahead: tuple[str, ...]
    marks: Mapping[str, str]

    def symbol(self, token: str) -> str:
        """Call a token by what it is here, so that ``#`` teaches something about ``@``."""
        if LITERAL.fullmatch(token) and token not in SYNTAX:
            for name, mark in self.marks.items():
                if mark[-1] == token[-1]:
                    return name
        return token

    def token(self, symbol: str) -> str | None:
        """Return the token that :meth:`symbol` calls so; None if there is none here."""
        return self.marks.get(symbol) if symbol in MARKS else symbol


class Alignment:
    """Views from the beginnings of patterns on two answers of a task, as different as can be."""

    def __init__(self, task: Task[str, Matches]) -> None:
        found = {_shape(a): a for example in task.examples for a in _answers(example)}
        self._answers = list(found.values())[:2]
        self._views: dict[str, View] = {}

    def view(self, head: Sequence[str]) -> View:
        """Return the view from the end of ``head``, or from the last place where it compiles."""
        text = "".join(head)
        known = self._views.get(text)
        if known is None:
            known = self._views[text] = self._look(text) or self.view(head[:-1])
        return known

    def symbols(self, tokens: Sequence[str]) -> list[str]:
        """Call each token by what it is where it stands."""
        return [self.view(tokens[:at]).symbol(token) for at, token in enumerate(tokens)]

    def _look(self, text: str) -> View | None:
        if REPEATED_GROUP.search(text):
            return None
        try:
            with warnings.catch_warnings(action="ignore"):
                pattern = re.compile(text)
        except (re.error, OverflowError, RecursionError):
            return None
        places: list[int | None] = []
        for a in self._answers:
            match = pattern.match(a.text, a.start, min(a.end + 2, a.start + REACH))
            places.append(match.end() if match else None)
        ahead = tuple(a.ahead(at) for a, at in zip(self._answers, places, strict=True))
        if not self._answers:
            return View((), {})
        first, at = self._answers[0], places[0]
        if not text:
            ahead = (*ahead, f"after {kind(first.text[first.start - 1 : first.start])}")
        marks = {
            "<next>": first.text[at : at + 1] if at is not None else "",
            "<last>": first.text[first.end - 1],
            "<behind>": first.text[max(0, first.start - 1) : first.start],
            "<after>": first.text[first.end : first.end + 1],
        }
        return View(ahead, {name: re.escape(mark) for name, mark in marks.items() if mark})


def kind(character: str) -> str:
    """Return the class of a character; marks are all classes of their own."""
    for name, holds in (("digit", str.isdigit), ("small", str.islower), ("capital", str.isupper)):
        if holds(character):
            return name
    return "space" if character.isspace() else "mark" if character else "edge"


def _shape(answer: Answer) -> tuple[str, ...]:
    return tuple(map(kind, answer.text[answer.start : answer.end]))


def _answers(example: Example[str, Matches]) -> Iterator[Answer]:
    at = 0
    for found in example.output:
        start = example.input.find(found, at)
        at = start + len(found)
        if found:
            yield Answer(example.input, start, at)
