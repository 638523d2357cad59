"""Priorities: plain functions from an experience to a number that is at least 0.

An experience is drawn in proportion to its priority. The buffer asks once, when an experience
arrives, so a priority depends on nothing but the experience.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from exit_dsl.types import Experience

Priority: TypeAlias = Callable[[Experience[Any, Any]], float]


def solved_fraction(experience: Experience[Any, Any]) -> float:
    """Return the fraction of the original demonstrations that the program solves exactly.

    Source: Butt et al. 2024 (CodeIt), prioritized sampling from the replay buffer.
    """
    return sum(score == 1 for score in experience.scores) / _demonstrations(experience)


def similarity(experience: Experience[Any, Any]) -> float:
    """Return the mean score on the original demonstrations, which counts what is partly right."""
    return sum(experience.scores) / _demonstrations(experience)


def uniform(experience: Experience[Any, Any]) -> float:
    """Return 1: no priority.

    Source: Butt et al. 2024 (CodeIt), ablation A3 (no priority).
    """
    return 1.0


def brevity(half_length: float) -> Priority:
    """Prefer shorter programs: the priority halves with every ``half_length`` characters.

    Args:
        half_length: in characters of the program's text; positive.
    """
    _positive("half_length", half_length)

    def priority(experience: Experience[Any, Any]) -> float:
        return math.pow(2, -len(experience.program) / half_length)

    return priority


def recency(half_life: float, horizon: int) -> Priority:
    """Prefer newer experiences: the priority halves with every ``half_life`` iterations of age.

    Draws depend on the ratios of priorities alone, and under exponential decay the ratio of two
    experiences never changes. So the age is measured from a fixed iteration and nothing has to
    be computed anew while time goes on. For the same reason it belongs in a :func:`product` with
    other priorities; in a :func:`mixture` its share would change with the iterations.

    Args:
        half_life: in meta-iterations; positive.
        horizon: the iteration at which the priority is 1: the last one of the run. Earlier
            ones have less, and the buffer's ``floor`` is to be seen against that. A run may go
            on past it for up to 1024 half-lives.

    Raises:
        ValueError: ``half_life`` is not positive and finite; and, from the priority, if an
            iteration is further past the horizon than that.
    """
    _positive("half_life", half_life)

    def priority(experience: Experience[Any, Any]) -> float:
        try:
            return math.pow(2, (experience.iteration - horizon) / half_life)
        except OverflowError:
            # Not infinity: in a product with 0, it would be blamed as not a number.
            raise ValueError(
                f"iteration {experience.iteration} is 1024 half-lives or more past the horizon "
                f"{horizon} of recency(); give a later horizon, and add what the buffer holds to "
                "a new one, since priorities of two horizons do not compare"
            ) from None

    return priority


def mixture(*terms: tuple[float, Priority]) -> Priority:
    """Return the weighted sum of priorities, as in ``mixture((1, solved_fraction), (0.1, f))``.

    Args:
        terms: pairs of a weight, at least 0, and a priority; at least one.

    Raises:
        ValueError: there are no terms, or a weight is negative or not finite.
    """
    if not terms:
        raise ValueError("mixture() has no terms; give at least one (weight, priority)")
    for weight, _ in terms:
        if not 0 <= weight < math.inf:
            raise ValueError(f"a weight of mixture() must be finite and at least 0, not {weight}")

    def priority(experience: Experience[Any, Any]) -> float:
        return math.fsum(weight * term(experience) for weight, term in terms)

    return priority


def product(*factors: Priority) -> Priority:
    """Return the product of priorities, as in ``product(similarity, recency(10, 100))``."""

    def priority(experience: Experience[Any, Any]) -> float:
        return math.prod(factor(experience) for factor in factors)

    return priority


def _demonstrations(experience: Experience[Any, Any]) -> int:
    if not experience.scores:
        raise ValueError(
            f"the experience of task {experience.source_id!r} has no scores; give one for each "
            "demonstration, or use a priority that needs none, such as uniform"
        )
    return len(experience.scores)


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, not {value}")
