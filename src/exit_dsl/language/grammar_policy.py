"""A policy without a network: what follows what in programs, and which tasks they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, final

import numpy as np
from typing_extensions import override

from exit_dsl.interfaces import Policy
from exit_dsl.language.choices import ChoiceCounts, Choices, Weights
from exit_dsl.language.derivation import Derivation, Guide, Holes
from exit_dsl.language.grammar import Grammar
from exit_dsl.language.guides import Counting, Drawing, Scoring, TaskModel
from exit_dsl.language.programs import Code, normalize
from exit_dsl.language.vocabulary import Vocabulary
from exit_dsl.randomness import split, stream
from exit_dsl.types import Candidate, Experience, I, O, Program, Task

LEAST = 1e-3
"""Counts that have faded below this are forgotten."""
PATIENCE = 1_000
"""Dead ends in a row after which a task gets fewer candidates than were asked for."""
PRIOR_EXPERIENCES = 20.0
"""How many average experiences are added to those with a feature."""
PROBED = 256
"""The most experiences of a batch on which the loss is measured."""

Features = Callable[[Task[I, O]], Iterable[str]]
"""Names what is known about a task."""


def no_features(task: Task[Any, Any]) -> Iterable[str]:
    """Tell nothing about a task, so that all tasks get programs from one distribution."""
    return ()


@final
class GrammarPolicy(Policy[I, O]):
    """Samples well-typed programs from counts of what experiences hold; it is fitted in seconds.

    A program is derived from its output down (see :mod:`exit_dsl.language.derivation`). How a hole
    is filled depends on the call that it belongs to, on the arguments beside it and on the call
    above; where these were seen too rarely, on fewer of them. All of it is then reweighted for
    the task: a symbol counts more where programs of tasks with the same features hold it more
    often than others do.

    The candidates of a task depend on the counts and on ``rng`` alone, not on the other tasks.
    Their log-probabilities are those of their derivations. Dead ends are derived again, which
    makes all programs for a task likelier by the same factor.

    Args:
        vocabulary: of the language; it bounds the number of lines.
        features: names what is known about a task, in the same words for all tasks.
        max_tokens: the longest program: two tokens a line and one for each argument.
        temperature: of the sampling; below 1 it prefers what is likely even more.
        memory: the share of all counts that is kept at each update, so that what was learned n
            updates ago counts ``memory`` to the n-th.
        smoothing: how much the general contexts count.
        conditioning: how much features count: 0 is not at all, 1 is naive Bayes, which takes
            them for independent.

    Raises:
        ValueError: a number is out of range, ``max_tokens`` are too few for any program, or no
            single primitive makes an output of the input and the constants.

    Source: the back-off is Witten and Bell's (1991, method C); a grammar that knows the parent is
    that of Johnson 1998, *PCFG Models of Linguistic Tree Representations*.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        features: Features[I, O] = no_features,
        max_tokens: int = 96,
        temperature: float = 1.0,
        memory: float = 0.9,
        smoothing: float = 1.0,
        conditioning: float = 0.3,
    ) -> None:
        for name, number in (("temperature", temperature), ("smoothing", smoothing)):
            if not 0 < number < inf:
                raise ValueError(f"{name} must be positive and finite, not {number}")
        for name, share in (("memory", memory), ("conditioning", conditioning)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be in [0, 1], not {share}")
        # Refuses languages and lengths that leave no program, here rather than later.
        Grammar(vocabulary).start().allowed(max_tokens)
        self._vocabulary = vocabulary
        self._language = vocabulary.language
        self._holes = Holes(vocabulary)
        self._symbols = self._holes.symbols
        self._features = features
        self._max_tokens = max_tokens
        self._sharpness = 1.0 / temperature
        self._memory = memory
        self._conditioning = conditioning
        self._counts = ChoiceCounts(self._symbols, smoothing)
        # How many experiences hold each symbol; the last column counts the experiences.
        self._holding: Weights = np.zeros(self._symbols.size + 1)
        self._by_feature: dict[str, Weights] = {}

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Derive ``n`` programs for each task, lazily and in the order of the tasks."""
        seed = split(rng)  # draws now, not when the candidates are first asked for
        return (
            candidate
            for task in tasks
            for candidate in self._candidates(task, n, stream(seed, task.id))
        )

    def _candidates(
        self, task: Task[I, O], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        model = self._model(task)
        made = fruitless = 0
        while made < n and fruitless < PATIENCE:
            guide = Drawing(model, rng)
            code = self._derive(guide)
            if code is None:
                fruitless += 1
                continue
            made, fruitless = made + 1, 0
            yield Candidate(task.id, self._language.format(code), guide.logprob)

    def logprob(self, task: Task[I, O], program: Program) -> float:
        """Return the log-probability (nats) of deriving ``program`` for ``task``.

        Lines that nothing asks for are left out. It is minus infinity if the program cannot be
        derived: it is too long, has arguments of types that are not meant, or calls what no
        derivation does, such as a constant.

        Raises:
            ProgramError: it is no program of the language.
        """
        return self._score(task, self._holes.choices(self._language.parse(program)))

    def _score(self, task: Task[I, O], choices: Choices | None) -> float:
        if choices is None:
            return -inf
        guide = Scoring(self._model(task), choices)
        return -inf if self._derive(guide) is None else guide.logprob

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Let all counts fade and add those of the batch.

        The experiences of a source task count together as the square root of their number, so
        that no task rules the others out. Programs that call what no derivation calls are passed
        over; of those with arguments of types that are not meant, the choices up to there count.

        Returns:
            ``examples``; ``loss``, nats for each choice in a part of the batch before it was
            counted; ``skipped``, the share of that part which cannot be derived. Of an empty
            batch, which changes nothing, ``examples`` alone.
        """
        if not batch:
            return {"examples": 0.0}
        metrics = {"examples": float(len(batch)), **self._probe(batch, rng)}
        self._counts.forget(self._memory, LEAST)
        self._holding *= self._memory
        for holding in self._by_feature.values():
            holding *= self._memory
        sources = Counter(experience.source_id for experience in batch)
        totals: dict[Program, float] = {}
        for experience in batch:
            weight = sources[experience.source_id] ** -0.5
            totals[experience.program] = totals.get(experience.program, 0.0) + weight
        symbols = {program: self._count(program, weight) for program, weight in totals.items()}
        for experience in batch:
            weight = sources[experience.source_id] ** -0.5
            held = symbols[experience.program]
            for feature in self._features(experience.task):
                if feature not in self._by_feature:
                    self._by_feature[feature] = np.zeros_like(self._holding)
                self._by_feature[feature][held] += weight
            self._holding[held] += weight
        return metrics

    def _probe(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> dict[str, float]:
        chosen = rng.choice(len(batch), size=min(PROBED, len(batch)), replace=False).tolist()
        total, made, skipped = 0.0, 0, 0
        for experience in (batch[index] for index in chosen):
            choices = self._holes.choices(self._language.parse(experience.program))
            logprob = self._score(experience.task, choices)
            if choices is None or logprob == -inf:
                skipped += 1
            else:
                total -= logprob
                made += len(choices)
        return {"loss": total / made if made else 0.0, "skipped": skipped / len(chosen)}

    def _count(self, program: Program, weight: float) -> list[int]:
        """Count the choices of a program; return its symbols and the column of experiences.

        If no choices make it, it is passed over: nothing is counted, and nothing returned.
        """
        choices = self._holes.choices(normalize(self._language.parse(program)))
        if choices is None:
            return []
        guide = Counting(self._symbols, choices)
        # What is not meant by its types is a dead end: the choices up to there count.
        self._derive(guide)
        for context, symbol in guide.fillings:
            self._counts.count(context, symbol, weight)
        for context, chosen in guide.variables:
            self._counts.count_variable(context, weight, chosen=chosen)
        return [*sorted({symbol for _, symbol in guide.fillings}), self._symbols.size]

    def _derive(self, guide: Guide) -> Code | None:
        most = self._vocabulary.max_lines
        return Derivation(self._holes, guide, self._max_tokens, most).program()

    def _model(self, task: Task[I, O]) -> TaskModel:
        return TaskModel(self._holes, self._counts, self._task_weights(task), self._sharpness)

    def _task_weights(self, task: Task[I, O]) -> Weights:
        """Return how much likelier each symbol is for programs of tasks with these features."""
        logs = np.zeros(self._symbols.size)
        average = (self._holding[:-1] + 0.5) / (self._holding[-1] + 1.0)
        for feature in self._features(task):
            holding = self._by_feature.get(feature)
            if holding is not None:
                held = holding[:-1] + PRIOR_EXPERIENCES * average
                logs += np.log(held / (holding[-1] + PRIOR_EXPERIENCES) / average)
        weights: Weights = np.exp(self._conditioning * logs)
        return weights

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return all counts, as arrays."""
        rows = [*self._by_feature.values()]
        return {
            "names": list(self._language.inference.atoms),
            "choices": self._counts.state_dict(),
            "holding": self._holding.copy(),
            "features": list(self._by_feature),
            "holding_by_feature": np.array(rows).reshape(len(rows), len(self._holding)),
        }

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over counts that :meth:`state_dict` returned.

        Raises:
            ValueError: they are of a language with other names.
        """
        if state["names"] != list(self._language.inference.atoms):
            raise ValueError(
                f"the state is of a policy for another language than {self._language.name} as it "
                "is now; start anew"
            )
        self._counts.load_state_dict(state["choices"])
        self._holding = state["holding"].copy()
        rows = (row.copy() for row in state["holding_by_feature"])
        self._by_feature = dict(zip(state["features"], rows, strict=True))
