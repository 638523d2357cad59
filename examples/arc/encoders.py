"""What the small network reads: the tokens of a task's features, of its grids, or of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from examples.arc.features import FEATURES, features
from examples.arc.grids import GridVocabulary
from examples.arc.tasks import ArcTask
from exit_dsl.policies import Encoding

Factors = Sequence[tuple[int, ...]]
"""What each token consists of, as :func:`~exit_dsl.policies.small_t5` takes it."""


class Encoder(Protocol):
    """Gives the tokens of a task."""

    @property
    def factors(self) -> Factors:
        """The factors of each token that there is."""
        ...

    def __call__(self, task: ArcTask) -> Encoding:
        """Return the tokens, and whether anything was left out."""
        ...


class GridEncoder:
    """Gives the tokens of a task's demonstrations, the smallest first.

    Args:
        limit: the most tokens of a task; demonstrations that do not fit are left out.
    """

    factors: ClassVar[Factors] = GridVocabulary.factors()

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._vocabulary = GridVocabulary()

    def __call__(self, task: ArcTask) -> Encoding:
        """Return the tokens, and whether any demonstration was left out or cut."""
        encoding = self._vocabulary.encode_task(task, self._limit)
        return Encoding(encoding.tokens, encoding.shown < len(task.examples))


class FeatureEncoder:
    """Gives one token for each feature of a task. There is always one, and nothing is left out."""

    factors: ClassVar[Factors] = [(number,) for number in range(len(FEATURES))]
    _numbers: ClassVar[Mapping[str, int]] = {name: number for number, name in enumerate(FEATURES)}

    def __call__(self, task: ArcTask) -> Encoding:
        """Return the tokens, in the order in which :func:`features` gives the names."""
        return Encoding(tuple(self._numbers[name] for name in features(task)))


class Both:
    """Gives the tokens of one encoder, then those of another, with no token in common."""

    def __init__(self, first: Encoder, second: Encoder) -> None:
        self._encoders = first, second
        self._tokens = len(first.factors)
        used = 1 + max(map(max, first.factors))
        others = [tuple(used + factor for factor in ids) for ids in second.factors]
        self.factors: Factors = [*first.factors, *others]

    def __call__(self, task: ArcTask) -> Encoding:
        """Return the tokens, and whether either encoder left anything out."""
        first, second = (encoder(task) for encoder in self._encoders)
        others = tuple(self._tokens + token for token in second.tokens)
        return Encoding(first.tokens + others, first.truncated or second.truncated)
