"""A language of string transformations, after FlashFill (Gulwani, POPL 2011)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NewType

from exit_dsl import Language

Mark = NewType("Mark", str)
"""Text that programs know by name: separators, mostly."""
Kind = re.Pattern[str]
"""A class of tokens."""
Place = NewType("Place", int)
"""A position between two characters."""
Parts = tuple[str, ...]

MARKS = {
    "EMPTY": "", "SPACE": " ", "COMMA": ",", "COMMA_SPACE": ", ", "DOT": ".", "DASH": "-",
    "SLASH": "/", "COLON": ":", "AT": "@", "UNDERSCORE": "_", "OPEN": "(", "CLOSE": ")",
    "EQUALS": "=", "HASH": "#", "DOLLAR": "$", "QUOTE": '"', "STARS": "****",
}  # fmt: skip
KINDS = {
    "DIGITS": "[0-9]+", "LETTERS": "[A-Za-z]+", "UPPERS": "[A-Z]+", "LOWERS": "[a-z]+",
    "CAPITALIZED": "[A-Z][a-z]+", "WORDS": r"\w+", "SPACES": r"\s+", "PUNCTUATION": r"[^\w\s]|_",
}  # fmt: skip
NUMBERS = {
    "ZERO": 0, "ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "LAST": -1, "PENULTIMATE": -2,
}  # fmt: skip

strings = Language("strings", input=str, output=str)
for name, mark in MARKS.items():
    strings.constant(name, Mark(mark), type=Mark)
for name, pattern in KINDS.items():
    strings.constant(name, re.compile(pattern), type=Kind)
for name, number in NUMBERS.items():
    strings.constant(name, number)


@strings.primitive
def concat(a: str | Mark, b: str | Mark) -> str:
    """One text after the other."""
    return a + b


@strings.primitive
def before(text: str, mark: Mark) -> str:
    """What stands before the first ``mark``."""
    return text[: text.index(mark)]


@strings.primitive
def after(text: str, mark: Mark) -> str:
    """What stands after the first ``mark``."""
    return text[text.index(mark) + len(mark) :]


@strings.primitive
def start(text: str, kind: Kind, k: int) -> Place:
    """Where the ``k``-th token of a kind begins."""
    return Place([match.start() for match in kind.finditer(text)][k])


@strings.primitive
def end(text: str, kind: Kind, k: int) -> Place:
    """Where the ``k``-th token of a kind ends."""
    return Place([match.end() for match in kind.finditer(text)][k])


@strings.primitive
def between(text: str, begin: Place, stop: Place) -> str:
    """The characters from one position to another."""
    return text[begin:stop]


@strings.primitive
def take(text: str, n: int) -> str:
    """The first ``n`` characters, or all but the last ``-n``."""
    return text[:n]


@strings.primitive
def drop(text: str, n: int) -> str:
    """All but the first ``n`` characters, or the last ``-n``."""
    return text[n:]


@strings.primitive
def first(text: str) -> str:
    """The first character."""
    return text[:1]


@strings.primitive
def upper(text: str) -> str:
    """In capitals."""
    return text.upper()


@strings.primitive
def lower(text: str) -> str:
    """In small letters."""
    return text.lower()


@strings.primitive
def title(text: str) -> str:
    """Each word with a capital."""
    return text.title()


@strings.primitive
def strip(text: str) -> str:
    """Without space around."""
    return text.strip()


@strings.primitive
def replace(text: str, old: Mark, new: Mark) -> str:
    """With another mark for each ``old``."""
    return text.replace(old, new) if old else text


@strings.primitive
def remove(text: str, kind: Kind) -> str:
    """Without the tokens of a kind."""
    return kind.sub("", text)


@strings.primitive
def pad(text: str, n: int) -> str:
    """With zeros in front, to ``n`` characters."""
    return text.zfill(n)


@strings.primitive
def split(text: str, mark: Mark) -> Parts:
    """The parts between marks."""
    return tuple(text.split(mark))


@strings.primitive
def find(kind: Kind, text: str) -> Parts:
    """All tokens of a kind."""
    return tuple(kind.findall(text))


@strings.primitive
def pick(parts: Parts, k: int) -> str:
    """The ``k``-th part."""
    return parts[k]


@strings.primitive
def each(function: Callable[[str], str], parts: Parts) -> Parts:
    """What a function makes of each part."""
    return tuple(map(function, parts))


@strings.primitive
def backwards(parts: Parts) -> Parts:
    """The last part first."""
    return parts[::-1]


@strings.primitive
def join(parts: Parts, mark: Mark) -> str:
    """All parts, with a mark between."""
    return mark.join(parts)


@strings.primitive
def count(parts: Parts) -> str:
    """How many parts there are."""
    return str(len(parts))
