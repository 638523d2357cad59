"""What a run counts on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from examples.arc.dsl.types import Grid
from exit_dsl.loop import POLICY
from exit_dsl.types import Attempt

MUTATION = "mutation"
"""The partition, and the source on the scoreboard, of what blind mutation found."""
EVOLUTION = "evolution"
"""The same for what was bred from programs that came near."""
GRAMMAR = "grammar"
"""The same for what the grammar policy derived."""
SOURCES = (MUTATION, EVOLUTION, GRAMMAR, POLICY)


def _zeros() -> dict[str, int]:
    return dict.fromkeys(SOURCES, 0)


@dataclass
class Progress:
    """How far a run has come.

    ``stages`` counts the stages that were saved, ``filled`` says whether the buffer holds its
    first experiences, ``rounds`` counts the rounds of blind search, ``generations`` those of
    evolution, ``derivations`` those of the grammar policy, ``lessons`` what the network was
    pretrained on, made in so many ``blocks``, and ``iterations`` the meta-iterations. By source:
    ``programs`` tried, those ``screened`` on one demonstration before, those ``checked`` on all
    whatever they are (the first mutants, and the network's), and those of them that are ``valid``.
    ``seconds`` are wall time by stage, and ``elapsed`` that of the whole run, which is less where
    stages overlap. ``timeline`` has a row for the end of
    each stage: ``seconds``, and the tasks solved by then, by source and ``in all``.
    """

    stages: int = 0
    filled: bool = False
    rounds: int = 0
    generations: int = 0
    derivations: int = 0
    lessons: int = 0
    blocks: int = 0
    iterations: int = 0
    programs: dict[str, int] = field(default_factory=_zeros)
    screened: dict[str, int] = field(default_factory=_zeros)
    valid: dict[str, int] = field(default_factory=_zeros)
    checked: dict[str, int] = field(default_factory=_zeros)
    seconds: dict[str, float] = field(default_factory=dict)
    elapsed: float = 0.0
    timeline: list[dict[str, float]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return all counts."""
        return asdict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over counts that :meth:`state_dict` returned."""
        for name, value in state.items():
            setattr(self, name, value)

    def count(self, source: str, attempts: Iterable[Attempt[Grid, Grid]]) -> None:
        """Count attempts whose programs were run on all demonstrations."""
        for attempt in attempts:
            self.checked[source] += 1
            self.valid[source] += attempt.valid

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds spent inside to ``stage``."""
        begin = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - begin
