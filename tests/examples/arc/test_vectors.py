"""Every primitive agrees with the conformance vectors, in the plain reference as well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import pytest

from benchmarks.reference_dsl import PRIMITIVES
from examples.arc.dsl import arc
from tests.examples.arc.vectors import cases, passes

IMPLEMENTATIONS = {
    "arc": {name: primitive.function for name, primitive in arc.primitives.items()},
    "reference": PRIMITIVES,
}
DEVIATIONS: Mapping[str, tuple[int, str]] = {}
"""Primitive to (how many cases fail, why that is meant)."""


def test_the_vectors_cover_the_language() -> None:
    assert set(cases()) == set(arc.primitives) == set(PRIMITIVES)


def test_the_deviations_are_few() -> None:
    total = sum(map(len, cases().values()))
    assert sum(count for count, _ in DEVIATIONS.values()) <= 0.03 * total


@pytest.mark.parametrize("primitive", sorted(arc.primitives))
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_primitive_agrees_with_the_vectors(implementation: str, primitive: str) -> None:
    primitives = IMPLEMENTATIONS[implementation]
    failing = [case for case in cases()[primitive] if not passes(case, primitives)]
    expected, _ = DEVIATIONS.get(primitive, (0, ""))
    shown = [json.dumps(case)[:400] for case in failing[:3]]
    assert len(failing) == expected, "\n".join([f"{len(failing)} cases fail:", *shown])


def test_each_case_is_decided_by_more_than_one_kind_of_outcome() -> None:
    kinds = Counter("error" in case for group in cases().values() for case in group)
    assert min(kinds.values()) > 0
