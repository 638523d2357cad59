"""A language of string transformations, after FlashFill (Gulwani, POPL 2011).

Functions are one line each, as lambdas with a type. Python cannot send lambdas to other processes;
where programs are to run in several, functions have names, as in :mod:`examples.lists.language`.
"""

from __future__ import annotations

import re
from collections.abc import Callable as Fn
from typing import Any, NewType

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
FUNCTIONS: dict[str, tuple[Any, Fn[..., Any]]] = {
    "concat": (Fn[[str | Mark, str | Mark], str], lambda a, b: a + b),
    "before": (Fn[[str, Mark], str], lambda text, mark: text[: text.index(mark)]),
    "after": (Fn[[str, Mark], str], lambda text, mark: text[text.index(mark) + len(mark) :]),
    # Where the k-th token of a kind begins and ends.
    "start": (Fn[[str, Kind, int], Place], lambda text, kind, k: [*kind.finditer(text)][k].start()),
    "end": (Fn[[str, Kind, int], Place], lambda text, kind, k: [*kind.finditer(text)][k].end()),
    "between": (Fn[[str, Place, Place], str], lambda text, begin, stop: text[begin:stop]),
    "take": (Fn[[str, int], str], lambda text, n: text[:n]),
    "drop": (Fn[[str, int], str], lambda text, n: text[n:]),
    "first": (Fn[[str], str], lambda text: text[:1]),
    "upper": (Fn[[str], str], str.upper),
    "lower": (Fn[[str], str], str.lower),
    "title": (Fn[[str], str], str.title),
    "strip": (Fn[[str], str], str.strip),
    "replace": (
        Fn[[str, Mark, Mark], str],
        lambda text, old, new: text.replace(old, new) if old else text,
    ),
    "remove": (Fn[[str, Kind], str], lambda text, kind: kind.sub("", text)),
    "pad": (Fn[[str, int], str], str.zfill),
    "split": (Fn[[str, Mark], Parts], lambda text, mark: tuple(text.split(mark))),
    "find": (Fn[[Kind, str], Parts], lambda kind, text: tuple(kind.findall(text))),
    "pick": (Fn[[Parts, int], str], lambda parts, k: parts[k]),
    "each": (Fn[[Fn[[str], str], Parts], Parts], lambda function, parts: (*map(function, parts),)),
    "backwards": (Fn[[Parts], Parts], lambda parts: parts[::-1]),
    "join": (Fn[[Parts, Mark], str], lambda parts, mark: mark.join(parts)),
    "count": (Fn[[Parts], str], lambda parts: str(len(parts))),
}

strings = Language("strings", input=str, output=str)
for name, mark in MARKS.items():
    strings.constant(name, mark, type=Mark)
for name, pattern in KINDS.items():
    strings.constant(name, re.compile(pattern), type=Kind)
for name, number in NUMBERS.items():
    strings.constant(name, number)
for name, (kind, function) in FUNCTIONS.items():
    strings.primitive(function, name=name, type=kind)
