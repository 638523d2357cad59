"""Sparse encodings of grids, each with an exact inverse.

Text, for language models trained on text: ``3x4 background=0 1=0,1 2,3 5=1,1`` is a grid of 3
rows and 4 columns, all 0 but for two cells of colour 1 and one of colour 5 (``row,column``).
Tokens, for models trained from nothing: see :class:`GridVocabulary`.

Both are canonical: a grid has one encoding, and whatever else is refused.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, TypeAlias

from examples.arc.dsl.types import Grid
from examples.arc.tasks import COLOURS, MAX_SIDE
from exit_dsl.types import Task

SEPARATOR = " | "
"""Stands between the grids of a stream of text."""

_HEADER = re.compile(r"([0-9]{1,2})x([0-9]{1,2}) background=([0-9])")
_CELL = re.compile(r"(?:([0-9])=)?([0-9]{1,2}),([0-9]{1,2})")

SparseRow: TypeAlias = tuple[int | None, ...]
"""The colours of a row, None where nothing need be said."""


@dataclass(frozen=True, slots=True)
class TaskText:
    """The demonstrations of a task as the two streams that an encoder reads."""

    inputs: str
    outputs: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """The demonstrations of a task as tokens, and what of them the limit left.

    Attributes:
        tokens: at most as many as the limit.
        truncated: whether not even the smallest demonstration fitted, so that it was cut.
        shown: the number of whole demonstrations in ``tokens``; 0 if ``truncated``.
    """

    tokens: tuple[int, ...]
    truncated: bool
    shown: int


def to_text(grid: Grid) -> str:
    """Return the text of a grid: size, background, and colour by colour its other cells.

    Colours ascend, and the cells of a colour are in row-major order.

    Raises:
        ValueError: ``grid`` has no cells or more than 30 rows or columns.

    Source: CodeIt, the sparse grid representation.
    """
    height, width, background = _shape(grid)
    cells: defaultdict[int, list[str]] = defaultdict(list)
    for r, row in enumerate(grid):
        for c, colour in enumerate(row):
            if colour != background:
                cells[colour].append(f"{r},{c}")
    groups = (f" {colour}={' '.join(cells[colour])}" for colour in sorted(cells))
    return f"{height}x{width} background={background}{''.join(groups)}"


def from_text(text: str) -> Grid:
    """Return the grid whose :func:`to_text` is ``text``.

    Raises:
        ValueError: no grid has this text.
    """
    header = _HEADER.match(text)
    if header is None:
        raise ValueError(f"grid text starts as in '3x4 background=0', not {text[:30]!r}")
    height, width, background = map(int, header.groups())
    rows = _canvas(height, width, background)
    colour: int | None = None
    for item in text[header.end() :].split():
        cell = _CELL.fullmatch(item)
        if cell is None:
            raise ValueError(f"grid text: {item!r} is not a cell such as '1=0,2' or '0,2'")
        colour = colour if cell[1] is None else int(cell[1])
        r, c = int(cell[2]), int(cell[3])
        if colour is None:
            raise ValueError(f"grid text: the cell {item!r} comes before any colour")
        if r >= height or c >= width:
            raise ValueError(f"grid text: the cell {item!r} is outside the {height}x{width} grid")
        rows[r][c] = colour
    grid = _freeze(rows)
    if to_text(grid) != text:
        raise ValueError(
            "grid text is not in canonical form: the most frequent colour as background, colours "
            "ascending, cells in row-major order"
        )
    return grid


def encode_text(task: Task[Grid, Grid], most: int = 10) -> TaskText:
    """Return the demonstrations of a task as text, those with the fewest cells first.

    Args:
        task: the task; its outputs are the target, or in hindsight the realized ones.
        most: how many demonstrations to show at most.

    Source: CodeIt, which feeds up to 10 demonstrations, smallest grids first.
    """
    examples = sorted(task.examples, key=lambda e: _area(e.input) + _area(e.output))[:most]
    return TaskText(
        inputs=SEPARATOR.join(to_text(example.input) for example in examples),
        outputs=SEPARATOR.join(to_text(example.output) for example in examples),
    )


class GridVocabulary:
    """Tokens for grids and tasks: about one for each cell that is not background.

    A grid is HEIGHT, WIDTH, BACKGROUND and a body. The body holds, for each row with other cells,
    ROW and a CELL (column and colour in one token) for each of them. RUN_TO shortens both ways:
    after a CELL it carries the colour on to a column, after a ROW it repeats the whole row down
    to another one.

    A pair is INPUT, the input, and then either OUTPUT and the output or, where sizes agree and
    this is shorter, DIFF and the body of those cells that the output changes.
    """

    PAD: ClassVar[int] = 0
    """Never produced here: for whoever makes batches."""
    INPUT: ClassVar[int] = 1
    OUTPUT: ClassVar[int] = 2
    DIFF: ClassVar[int] = 3

    _HEIGHT = range(4, 4 + MAX_SIDE)
    _WIDTH = range(_HEIGHT.stop, _HEIGHT.stop + MAX_SIDE)
    _BACKGROUND = range(_WIDTH.stop, _WIDTH.stop + COLOURS)
    _ROW = range(_BACKGROUND.stop, _BACKGROUND.stop + MAX_SIDE)
    _RUN_TO = range(_ROW.stop, _ROW.stop + MAX_SIDE)
    _CELL = range(_RUN_TO.stop, _RUN_TO.stop + MAX_SIDE * COLOURS)

    size: ClassVar[int] = _CELL.stop
    """The number of tokens; all are smaller."""

    @classmethod
    def factors(cls) -> list[tuple[int, ...]]:
        """Return what each token consists of: its kind, then its place or its colour or both.

        Factors are numbered from zero, and the same number means the same in all tokens. A place is
        that of a row or a column, or of the last one of a grid where the token gives its size.
        """
        specials = (cls.PAD, cls.INPUT, cls.OUTPUT, cls.DIFF)
        height, width, background, row, run_to, cell = range(len(specials), len(specials) + 6)
        places = range(cell + 1, cell + 1 + MAX_SIDE)
        colours = range(places.stop, places.stop + COLOURS)
        return [
            *((token,) for token in specials),
            *((height, place) for place in places),
            *((width, place) for place in places),
            *((background, colour) for colour in colours),
            *((row, place) for place in places),
            *((run_to, place) for place in places),
            *((cell, place, colour) for place in places for colour in colours),
        ]

    def encode(self, grid: Grid) -> list[int]:
        """Return the tokens of a grid.

        Raises:
            ValueError: ``grid`` has no cells or more than 30 rows or columns.
        """
        height, width, background = _shape(grid)
        rows = [tuple(None if c == background else c for c in row) for row in grid]
        head = [self._HEIGHT[height - 1], self._WIDTH[width - 1], self._BACKGROUND[background]]
        return head + self._encode_body(rows)

    def decode(self, tokens: Sequence[int]) -> Grid:
        """Return the grid whose :meth:`encode` is ``tokens``.

        Raises:
            ValueError: no grid has these tokens.
        """
        reader = _Reader(tokens)
        grid = self._read_grid(reader)
        _require_canonical(tokens, self.encode(grid))
        return grid

    def encode_pair(self, input: Grid, output: Grid) -> list[int]:
        """Return the tokens of a demonstration.

        Raises:
            ValueError: one of the grids has no cells or more than 30 rows or columns.
        """
        second = [self.OUTPUT, *self.encode(output)]
        if (len(input), len(input[0])) == (len(output), len(output[0])):
            changes = [
                tuple(None if old == new else new for old, new in zip(*rows, strict=True))
                for rows in zip(input, output, strict=True)
            ]
            second = min(second, [self.DIFF, *self._encode_body(changes)], key=len)
        return [self.INPUT, *self.encode(input), *second]

    def decode_pair(self, tokens: Sequence[int]) -> tuple[Grid, Grid]:
        """Return the demonstration whose :meth:`encode_pair` is ``tokens``.

        Raises:
            ValueError: no demonstration has these tokens.
        """
        reader = _Reader(tokens)
        reader.read(range(self.INPUT, self.INPUT + 1))
        input = self._read_grid(reader)
        if reader.read(range(self.OUTPUT, self.DIFF + 1)) == self.DIFF - self.OUTPUT:
            output = self._read_body(reader, input)
        else:
            output = self._read_grid(reader)
        _require_canonical(tokens, self.encode_pair(input, output))
        return input, output

    def encode_task(self, task: Task[Grid, Grid], limit: int) -> Encoding:
        """Return the demonstrations of a task, shortest first, as far as they fit.

        Those that do not fit are left out whole; if none fits, the shortest is cut.

        Args:
            task: the task; its outputs are the target, or in hindsight the realized ones.
            limit: the most tokens to return, 1 or more.
        """
        if limit < 1:
            raise ValueError(f"limit must be at least 1 token, not {limit}")
        pairs = sorted((self.encode_pair(e.input, e.output) for e in task.examples), key=len)
        tokens: list[int] = []
        for shown, pair in enumerate(pairs):
            if len(tokens) + len(pair) > limit:
                if shown == 0:
                    return Encoding(tuple(pair[:limit]), truncated=True, shown=0)
                return Encoding(tuple(tokens), truncated=False, shown=shown)
            tokens += pair
        return Encoding(tuple(tokens), truncated=False, shown=len(pairs))

    def _encode_body(self, rows: Iterable[SparseRow]) -> list[int]:
        tokens = []
        for cells, group in groupby(enumerate(rows), key=lambda item: item[1]):
            if any(cell is not None for cell in cells):
                indices = [index for index, _ in group]
                tokens.append(self._ROW[indices[0]])
                if len(indices) > 1:
                    tokens.append(self._RUN_TO[indices[-1]])
                tokens += self._encode_row(cells)
        return tokens

    def _encode_row(self, cells: SparseRow) -> list[int]:
        tokens = []
        for colour, group in groupby(enumerate(cells), key=lambda item: item[1]):
            if colour is not None:
                columns = [column for column, _ in group]
                codes = [self._CELL[column * COLOURS + colour] for column in columns]
                long = len(codes) > 2
                tokens += [codes[0], self._RUN_TO[columns[-1]]] if long else codes
        return tokens

    def _read_grid(self, reader: _Reader) -> Grid:
        height = reader.read(self._HEIGHT) + 1
        width = reader.read(self._WIDTH) + 1
        canvas = _canvas(height, width, reader.read(self._BACKGROUND))
        return self._read_body(reader, _freeze(canvas))

    def _read_body(self, reader: _Reader, canvas: Grid) -> Grid:
        rows = [list(row) for row in canvas]
        while reader.sees(self._ROW):
            top = reader.read(self._ROW)
            bottom = reader.read(self._RUN_TO) if reader.sees(self._RUN_TO) else top
            while reader.sees(self._CELL):
                left, colour = divmod(reader.read(self._CELL), COLOURS)
                right = reader.read(self._RUN_TO) if reader.sees(self._RUN_TO) else left
                for r in range(top, bottom + 1):
                    for c in range(left, right + 1):
                        if r >= len(rows) or c >= len(rows[r]):
                            raise ValueError(f"grid tokens paint {r},{c} outside the grid")
                        rows[r][c] = colour
        return _freeze(rows)


class _Reader:
    """Reads tokens from left to right; a token counts from the start of its range."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = tokens
        self._next = 0

    def sees(self, kind: range) -> bool:
        """Tell whether the next token is of this kind."""
        return self._next < len(self._tokens) and self._tokens[self._next] in kind

    def read(self, kind: range) -> int:
        """Return the next token's index in ``kind`` and go on to the one after it."""
        if not self.sees(kind):
            found = self._tokens[self._next] if self._next < len(self._tokens) else "the end"
            raise ValueError(
                f"grid tokens: expected {kind.start} to {kind.stop - 1} at position {self._next}, "
                f"not {found}"
            )
        self._next += 1
        return kind.index(self._tokens[self._next - 1])


def _shape(grid: Grid) -> tuple[int, int, int]:
    """Return height, width and background: the most frequent colour, the smallest of several."""
    height, width = len(grid), len(grid[0]) if grid else 0
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise ValueError(
            f"a grid of {height}x{width} cells cannot be encoded; sides go from 1 to {MAX_SIDE}"
        )
    counts = Counter(colour for row in grid for colour in row)
    return height, width, min(counts, key=lambda colour: (-counts[colour], colour))


def _area(grid: Grid) -> int:
    return sum(map(len, grid))


def _canvas(height: int, width: int, background: int) -> list[list[int]]:
    return [[background] * width for _ in range(height)]


def _freeze(rows: Iterable[Iterable[int]]) -> Grid:
    return tuple(tuple(row) for row in rows)


def _require_canonical(tokens: Sequence[int], canonical: Sequence[int]) -> None:
    if list(tokens) != list(canonical):
        raise ValueError("grid tokens are not in canonical form, the one that encoding gives")
