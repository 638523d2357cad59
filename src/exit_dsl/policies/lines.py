"""What a decoder is told about the line of the program that it writes.

The tokens of a line are a function and its arguments, and a variable is the result of an earlier
line. So the tokens before decide of which call the next token is which argument, and by which
function each variable was made. A network has to learn to find that out before it can learn
anything that depends on it, which takes more programs than a network from nothing may ever see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

PLACES = 6
"""Places in a line that are told apart: that of the function, and those of arguments."""


class Lined(Protocol):
    """Target tokens of programs that consist of lines, as those of a ``Vocabulary``."""

    @property
    def start(self) -> int:
        """Token id that stands before every program."""
        ...

    @property
    def separator(self) -> int:
        """Token id between two lines."""
        ...

    @property
    def first_variable(self) -> int:
        """Token id of the result of the first line; those of the others follow, up to the last."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of R programs after each of T tokens.

    ``functions`` (R, T) are tokens: the function of the line, 0 while it has none. ``places``
    (R, T) count the tokens of the line, ``lines`` (R, T) the finished lines. ``makers``
    (R, variables + 1) are the functions of the lines that variables stand for, 0 for those to come;
    the last column is for what is none of these.
    """

    functions: Tensor
    places: Tensor
    lines: Tensor
    makers: Tensor

    def keep(self, rows: Tensor) -> Frame:
        """Return what is known of ``rows`` (indices) alone, in this order."""
        return Frame(self.functions[rows], self.places[rows], self.lines[rows], self.makers[rows])


@final
class Lines(nn.Module):
    """Follows programs, and lets a decoder know.

    Args:
        start, separator, first_variable: of :class:`Lined`.
        size: the number of tokens.
        width: of the decoder.
    """

    def __init__(
        self, start: int, separator: int, first_variable: int, *, size: int, width: int
    ) -> None:
        super().__init__()
        self._start = start
        self._separator = separator
        self._first_variable = first_variable
        self._variables = size - first_variable
        self.functions = nn.Embedding(size, width)
        self.places = nn.Embedding(PLACES, width)
        self.slots = nn.Embedding(size * PLACES, width)
        self.makers = nn.Embedding(size, width)
        self.queries = nn.Linear(width, width, bias=False)
        # At first nothing is said.
        for module in (self.functions, self.places, self.slots, self.queries):
            nn.init.zeros_(module.weight)
        nn.init.normal_(self.makers.weight, std=width**-0.5)

    def read(self, tokens: Tensor) -> Frame:
        """Return what is known after each of ``tokens`` (R, T), the first of which is the start."""
        rows, count = tokens.shape
        steps = torch.arange(count, device=tokens.device).expand(rows, count)
        begins = (tokens == self._separator) | (tokens == self._start)
        latest = torch.where(begins, steps, 0).cummax(1).values
        places = steps - latest
        function = tokens.gather(1, (latest + 1).clamp(max=count - 1))
        lines = (tokens == self._separator).cumsum(1)
        columns = torch.where(places == 1, lines, self._variables).clamp(max=self._variables)
        makers = tokens.new_zeros(rows, self._variables + 1).scatter(1, columns, tokens)
        return Frame(
            torch.where(begins, 0, function),
            places.clamp(max=PLACES - 1),
            lines,
            makers,
        )

    def start(self, rows: int, device: torch.device) -> Frame:
        """Return what is known of ``rows`` programs before any token."""
        nothing = torch.zeros(rows, 1, dtype=torch.int64, device=device)
        return Frame(nothing, nothing, nothing, nothing.expand(rows, self._variables + 1))

    def follow(self, frame: Frame, tokens: Tensor) -> Frame:
        """Return what is known after one more token of each program, shape (R,).

        Args:
            frame: of one token (R, 1).
            tokens: those that come next.
        """
        tokens = tokens[:, None]
        separates = tokens == self._separator
        begins = separates | (tokens == self._start)
        is_function = ~begins & (frame.places == 0)
        functions = torch.where(begins, 0, torch.where(is_function, tokens, frame.functions))
        places = torch.where(begins, 0, (frame.places + 1).clamp(max=PLACES - 1))
        column = frame.lines.clamp(max=self._variables)
        maker = torch.where(is_function, tokens, frame.makers.gather(1, column))
        return Frame(
            functions, places, frame.lines + separates, frame.makers.scatter(1, column, maker)
        )

    def embed(self, frame: Frame) -> Tensor:
        """Return what to add to the vectors of the tokens read, (R, T, width)."""
        slots: Tensor = self.slots(frame.functions * PLACES + frame.places)
        vectors: Tensor = slots + self.functions(frame.functions) + self.places(frame.places)
        return vectors

    def adjust(self, logits: Tensor, hidden: Tensor, frame: Frame) -> Tensor:
        """Return ``logits`` (R, T, tokens) in which variables count by what made them.

        Args:
            logits: of the next tokens; there may be fewer than all.
            hidden: what the decoder gave, (R, T, width).
            frame: after the tokens read.
        """
        count = logits.shape[-1] - self._first_variable
        scores = F.linear(self.queries(hidden), self.makers.weight)
        makers = frame.makers[:, None, :count].expand(*frame.lines.shape, count)
        exists = torch.arange(count, device=logits.device) < frame.lines[:, :, None]
        by_maker = torch.where(exists, scores.gather(-1, makers), 0.0)
        return logits + F.pad(by_maker, (self._first_variable, 0))


@final
class LineTracker:
    """What a decoder is told about R programs that it writes, a token of each at a time.

    Args:
        lines: follows them.
        rows: how many there are.
        device: of the tokens.
    """

    def __init__(self, lines: Lines, rows: int, device: torch.device) -> None:
        self._lines = lines
        self._frame = lines.start(rows, device)

    def follow(self, tokens: Tensor) -> None:
        """Read one more token of each program, shape (R,)."""
        self._frame = self._lines.follow(self._frame, tokens)

    def embed(self, vectors: Tensor) -> Tensor:
        """Return the vectors of the tokens just read, (R, width), and what there is to tell."""
        return vectors + self._lines.embed(self._frame)[:, 0]

    def adjust(self, logits: Tensor, hidden: Tensor) -> Tensor:
        """Return the logits of the next tokens, (R, tokens), as :meth:`Lines.adjust` does."""
        return self._lines.adjust(logits[:, None], hidden[:, None], self._frame)[:, 0]

    def keep(self, rows: Tensor) -> None:
        """Go on with ``rows`` (indices of present rows) alone, in this order."""
        self._frame = self._frame.keep(rows)
