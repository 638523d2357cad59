"""Programs that are regular expressions: an interpreter of four statements around ``re``."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from typing_extensions import override

from exit_dsl import Budget, Failure, FailureKind, Interpreter, Outcome, Program, Success

Matches = tuple[str, ...]


class Regex(Interpreter[str, Matches]):
    """Finds all matches of a pattern in a text.

    Nothing is counted and nothing can interrupt ``re``, so ``(a+)+$`` may keep it busy for ages:
    run it in :class:`~exit_dsl.Sandboxed`.
    """

    @override
    def run(
        self, program: Program, inputs: Sequence[str], budget: Budget
    ) -> Sequence[Outcome[Matches]]:
        try:
            with warnings.catch_warnings(action="ignore"):
                pattern = re.compile(program)
        except (re.error, OverflowError, RecursionError) as error:
            return [Failure(FailureKind.SYNTAX, str(error))] * len(inputs)
        return [Success(tuple(match.group() for match in pattern.finditer(i))) for i in inputs]


def overlap(target: Matches, value: Matches) -> float:
    """Score an answer by the pairs of characters that it shares with the target (F1)."""
    if target == value:
        return 1.0
    first, second = (Counter(pairwise("\n".join(["", *found, ""]))) for found in (target, value))
    return min(0.9, 2 * (first & second).total() / (first.total() + second.total() + 1))
