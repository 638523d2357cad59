"""Hypothesis strategies for the values of exit_dsl.types."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeAlias

from hypothesis import strategies as st

from exit_dsl import types

Value: TypeAlias = Hashable
"""A value of a DSL: hashable, as tuples and frozen sets of numbers are."""

Task: TypeAlias = types.Task[Any, Any]
Attempt: TypeAlias = types.Attempt[Any, Any]
Experience: TypeAlias = types.Experience[Any, Any]

scores = st.sampled_from((0.0, 0.25, 0.5, 1.0))
programs = st.sampled_from(("x", "y", "f(x)", "f( x )", "g(f(x))")).map(types.Program)
task_ids = st.sampled_from(("a", "b", "c"))
iterations = st.integers(0, 100)
failures = st.builds(
    types.Failure, kind=st.sampled_from(types.FailureKind), detail=st.text(max_size=5)
)

numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()
grids = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 9), min_size=width, max_size=width).map(tuple),
        min_size=1,
        max_size=4,
    ).map(tuple)
)


def outcomes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[types.Outcome[Any]]:
    return st.builds(types.Success, inner) | failures


values: st.SearchStrategy[Value] = st.recursive(
    st.none() | numbers | st.text(max_size=5) | grids,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4) | outcomes(inner)
    ),
    max_leaves=10,
)


@st.composite
def tasks(
    draw: st.DrawFn, ids: st.SearchStrategy[str] = task_ids, of: st.SearchStrategy[Any] = values
) -> Task:
    examples = st.lists(st.builds(types.Example, of, of), min_size=1, max_size=3)
    return types.Task(draw(ids), tuple(draw(examples)))


@st.composite
def attempts(draw: st.DrawFn, of: st.SearchStrategy[Any] = values) -> Attempt:
    """Attempts of which about half are valid; a failed run scores 0."""
    task = draw(tasks(of=of))
    outcome = draw(st.sampled_from((st.builds(types.Success, of), outcomes(of))))
    runs = [draw(outcome) for _ in task.examples]
    return types.Attempt(
        task,
        types.Candidate(task.id, draw(programs)),
        tuple(runs),
        tuple(draw(scores) if isinstance(each, types.Success) else 0.0 for each in runs),
        draw(iterations),
    )


@st.composite
def experiences(draw: st.DrawFn, of: st.SearchStrategy[Any] = values) -> Experience:
    task = draw(tasks(of=of))
    count = len(task.examples)
    return types.Experience(
        task,
        draw(programs),
        task.id,
        tuple(draw(st.lists(scores, min_size=count, max_size=count))),
        draw(iterations),
    )
