"""Hypothesis strategies for the values that travel between the stages."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from exit_dsl.types import (
    Attempt,
    Candidate,
    Example,
    Experience,
    Failure,
    FailureKind,
    Outcome,
    Program,
    Success,
    Task,
)

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_SIGNS = ("", "\0", "\n", "\t", " ", "(", ")", "[", "{", '"', "'", "\\", ",", "=", "-", "9")
_CHARACTERS = st.text(st.characters())  # lone surrogates included, unlike those of st.text()
_DEPTH = 5_000
"""Deeper than Python's stack."""

scores = st.sampled_from((0.0, 0.25, 0.5, 1.0))
"""Scores in [0, 1]."""
programs = st.sampled_from(("x", "y", "f(x)", "f( x )", "g(f(x))")).map(Program)
"""A few programs, of which two differ in their spaces alone."""
task_ids = st.sampled_from(("a", "b", "c"))
"""A few ids of tasks, so that they repeat."""
iterations = st.integers(0, 100)
"""Numbers of meta-iterations."""
failures = st.builds(Failure, kind=st.sampled_from(FailureKind), detail=st.text(max_size=5))
"""Failures of all kinds."""
numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()
"""Numbers of Python, except nan, which does not equal itself."""
grids = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 9), min_size=width, max_size=width).map(tuple),
        min_size=1,
        max_size=4,
    ).map(tuple)
)
"""Small grids of ARC: tuples of rows of the numbers 0 to 9."""


def outcomes(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Outcome[Any]]:
    """Return a strategy for successes with a value ``of`` that strategy, and for failures."""
    return st.builds(Success, of) | failures


values: st.SearchStrategy[Hashable] = st.recursive(
    st.none() | numbers | st.text(max_size=5) | grids,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4) | outcomes(inner)
    ),
    max_leaves=10,
)
"""Values of languages: hashable, and such as a checkpoint can save."""


@st.composite
def tasks(
    draw: st.DrawFn, ids: st.SearchStrategy[str] = task_ids, of: st.SearchStrategy[Any] = values
) -> Task[Any, Any]:
    """Draw a task with one to three demonstrations of inputs and outputs ``of`` a strategy."""
    examples = st.lists(st.builds(Example, of, of), min_size=1, max_size=3)
    return Task(draw(ids), tuple(draw(examples)))


@st.composite
def attempts(draw: st.DrawFn, of: st.SearchStrategy[Any] = values) -> Attempt[Any, Any]:
    """Draw an attempt; about half are valid. A failed run scores 0, others anything."""
    task = draw(tasks(of=of))
    outcome = draw(st.sampled_from((st.builds(Success, of), outcomes(of))))
    runs = [draw(outcome) for _ in task.examples]
    return Attempt(
        task,
        Candidate(task.id, draw(programs)),
        tuple(runs),
        tuple(draw(scores) if isinstance(each, Success) else 0.0 for each in runs),
        draw(iterations),
    )


@st.composite
def experiences(draw: st.DrawFn, of: st.SearchStrategy[Any] = values) -> Experience[Any, Any]:
    """Draw an experience with inputs and outputs ``of`` a strategy; its program means nothing."""
    task = draw(tasks(of=of))
    count = len(task.examples)
    return Experience(
        task,
        draw(programs),
        task.id,
        tuple(draw(st.lists(scores, min_size=count, max_size=count))),
        draw(iterations),
    )


@st.composite
def texts(draw: st.DrawFn, samples: Sequence[str] = ()) -> Program:
    """Draw any text: a sample program, a damaged one, a soup of their tokens, or characters.

    Args:
        draw: given by Hypothesis.
        samples: programs of a language.
    """
    tokens = [token for sample in samples for token in _TOKEN.findall(sample)]
    pieces = st.sampled_from((*_SIGNS, *dict.fromkeys(tokens)))
    soups = st.lists(pieces, max_size=20).map("".join)
    kinds = [_CHARACTERS, soups]
    if samples:
        kinds += [st.sampled_from(samples), _damaged(samples, soups | _CHARACTERS)]
    return Program(draw(st.one_of(kinds)))


@st.composite
def _damaged(draw: st.DrawFn, samples: Sequence[str], patches: st.SearchStrategy[str]) -> str:
    sample = draw(st.sampled_from(samples))
    start = draw(st.integers(0, len(sample)))
    end = draw(st.integers(start, len(sample)))
    return sample[:start] + draw(patches) + sample[end:]


def hostile_texts(samples: Sequence[str] = ()) -> Iterator[Program]:
    """Yield texts that often bring an interpreter down: empty, damaged, deep and long ones."""
    yield from map(Program, ("", " ", "\n", "\0", "\ud800", "\N{SNOWMAN}", "9" * _DEPTH))
    for sign in "([{-":
        yield Program(sign * _DEPTH)
    for sample in samples:
        tokens = _TOKEN.findall(sample)
        for missing in range(len(tokens)):
            yield Program("".join(tokens[:missing] + tokens[missing + 1 :]))
        for token in dict.fromkeys(tokens):
            yield Program(token * _DEPTH)
        yield Program(sample + sample)
        yield Program("\n".join([sample] * 100))
