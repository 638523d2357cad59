"""Texts that nobody would write: what the fuzz study feeds to the interpreter of the ARC language.

Each function yields texts without end, drawn from ``rng``; they need not be programs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice, repeat

import numpy as np

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.seeds import load_seeds
from exit_dsl.language import Mutation, RandomPrograms, Vocabulary
from exit_dsl.types import Program

Texts = Callable[[np.random.Generator], Iterator[str]]

LONGEST = 300
"""Characters of random text."""
RARELY = 0.005
"""Share of texts that are blown up towards the longest that the language reads, or beyond."""
EDITS = 3
"""The most edits of one program."""
RANDOM_BASE = 500
"""Random programs from which typed edits start."""
_TOKENS = (
    *arc.inference.atoms,
    *(f"x{number}" for number in range(1, 8)),
    *("O", " = ", "=", "(", ")", ", ", ",", "\n", "\r\n", "\t", " ", "#", ".", ":", "lambda"),
    *("_", "0", "-1", "9" * 30, "x" * 200, "None", "__import__", "é", "𝟙", "\x00", "\ud800"),
)
_NAMES = (*arc.inference.atoms, *(f"x{number}" for number in range(1, 8)), "O")


def random_text(rng: np.random.Generator) -> Iterator[str]:
    """Bytes read as Latin-1 or, as far as they can be, as UTF-8; and code points of all planes."""
    while True:
        length = int(rng.integers(LONGEST))
        data = rng.bytes(length)
        yield data.decode("latin-1")
        yield data.decode("utf-8", errors="surrogateescape")
        planes = rng.integers(1 << rng.integers(7, 21, length))
        yield "".join(map(chr, planes.tolist()))


def token_soup(rng: np.random.Generator) -> Iterator[str]:
    """Tokens of the language in any order, and lines of the right form with any names in them."""
    while True:
        count = int(rng.integers(1, 60))
        tokens = [_TOKENS[index] for index in rng.integers(len(_TOKENS), size=count)]
        yield _blown_up("".join(tokens), rng)
        lines = (_line(number, rng) for number in range(int(rng.integers(1, 12))))
        yield _blown_up("\n".join([*lines, _line(0, rng).replace("x1", "O", 1)]), rng)


def _line(number: int, rng: np.random.Generator) -> str:
    function, *args = (_NAMES[index] for index in rng.integers(len(_NAMES), size=5))
    if function in arc.primitives:
        args = args[: arc.primitives[function].arity]
    return f"x{number + 1} = {function}({', '.join(args)})"


def _blown_up(text: str, rng: np.random.Generator) -> str:
    if rng.random() >= RARELY:
        return text
    return (text + "\n") * int(rng.integers(1, 120_000) // (len(text) + 1) + 1)


def edited_seeds(rng: np.random.Generator) -> Iterator[str]:
    """Seed programs with typed edits and, in turn, with blind ones."""
    seeds = [seed.program for seed in load_seeds().values()]
    typed = Mutation[Grid, Grid](arc, seeds, depth=EDITS).mutants(rng)
    return _alternating(typed, _blindly_edited(seeds, rng))


def random_programs(rng: np.random.Generator) -> Iterator[str]:
    """Random well-typed programs and, in turn, typed edits of some of them."""
    programs = RandomPrograms[Grid, Grid](Vocabulary(arc)).programs(rng)
    base = list(islice(programs, RANDOM_BASE))
    edited = Mutation[Grid, Grid](arc, base, depth=EDITS).mutants(rng)
    return _alternating(chain(base, programs), edited)


def _alternating(*sources: Iterator[str]) -> Iterator[str]:
    return chain.from_iterable(zip(*sources, strict=False))


def _blindly_edited(seeds: list[Program], rng: np.random.Generator) -> Iterator[str]:
    while True:
        text: str = seeds[rng.integers(len(seeds))]
        for _ in range(int(rng.integers(1, EDITS + 1))):
            edit = _BLIND_EDITS[rng.integers(len(_BLIND_EDITS))]
            text = edit(text, rng)
        if rng.random() < 0.2:  # Two programs in one, of which the second uses names of the first.
            text = f"{text}\n{seeds[rng.integers(len(seeds))]}"
        yield _blown_up(text, rng)


def _cut(text: str, rng: np.random.Generator) -> str:
    start = int(rng.integers(len(text) + 1))
    return text[:start] + text[start + int(rng.integers(1, 10)) :]


def _insert(text: str, rng: np.random.Generator) -> str:
    start = int(rng.integers(len(text) + 1))
    return text[:start] + _TOKENS[rng.integers(len(_TOKENS))] + text[start:]


def _rename(text: str, rng: np.random.Generator) -> str:
    """Put another name of the language in place of one."""
    words = text.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split(" ")
    places = [place for place, word in enumerate(words) if word in arc.inference.atoms]
    if places:
        words[places[rng.integers(len(places))]] = _NAMES[rng.integers(len(_NAMES))]
    return " ".join(words)


def _move_line(text: str, rng: np.random.Generator) -> str:
    lines = text.split("\n")
    line = lines.pop(int(rng.integers(len(lines))))
    lines.insert(int(rng.integers(len(lines) + 1)), line)
    return "\n".join(lines)


def _repeat_line(text: str, rng: np.random.Generator) -> str:
    lines = text.split("\n")
    start = int(rng.integers(len(lines)))
    return "\n".join([*lines[:start], *repeat(lines[start], int(rng.integers(30))), *lines[start:]])


_BLIND_EDITS = (_cut, _insert, _rename, _move_line, _repeat_line)

FUZZ: Mapping[str, Texts] = {
    "random text": random_text,
    "token soup": token_soup,
    "edited seeds": edited_seeds,
    "random programs": random_programs,
}
"""The kinds of texts, by name."""

_DOUBLINGS = 60
_NESTS = {
    "lines": "\n".join(
        ["{0}1 = astuple({0}, {0})"]
        + [f"{{0}}{n} = astuple({{0}}{n - 1}, {{0}}{n - 1})" for n in range(2, _DOUBLINGS + 1)]
    ),
    "power": (
        "{0}1 = fork(astuple, identity, identity)\n{0}2 = multiply(TEN, SIX)\n"
        f"{{0}}3 = power({{0}}1, {{0}}2)\n{{0}}{_DOUBLINGS} = {{0}}3({{0}})"
    ),
}
_WALKS = {
    "hash": "s = initset(a60)\nn = size(s)",
    "distinct": "p = astuple(a60, b60)\ns = dedupe(p)\nn = size(s)",
    "count": "p = astuple(a60, b60)\nn = mostcommon(p)",
    "equality": "n = equality(a60, b60)",
    "membership": "p = astuple(a60, a60)\nn = contained(b60, p)",
    "order": "p = astuple(a60, b60)\ns = order(p, identity)\nn = size(s)",
    "largest": "p = astuple(a60, b60)\ns = argmax(p, identity)\nn = size(s)",
}


def sharing_bombs() -> Iterator[str]:
    """Tuples that hold one tuple twice, sixty levels deep, and a call that walks through them.

    They take a few cells of memory, but one comparison or hash would visit 2 ** 60.
    """
    for nest in _NESTS.values():
        for walk in _WALKS.values():
            # Equal, but not the same: what is the same is not compared.
            equal = "a = dmirror(I)\nc = dmirror(a)\nb = dmirror(c)"
            yield "\n".join(
                [equal, nest.format("a"), nest.format("b"), walk, "O = canvas(n, UNITY)"]
            )
