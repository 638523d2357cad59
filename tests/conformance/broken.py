"""Dishonest implementations: each breaks one promise, and says which."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from exit_dsl.execution import BatchInterpreter
from exit_dsl.interfaces import Relabeler
from exit_dsl.relabeling import Hindsight
from exit_dsl.testing.fakes import ArithmeticInterpreter, LearningPolicy, UniformReplayBuffer
from exit_dsl.types import (
    Attempt,
    Budget,
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

Outcomes = Sequence[Outcome[Any]]
Inputs = Sequence[int]
Tasks = Sequence[Task[int, int]]
Experiences = Iterable[Experience[int, int]]
Attempts = Sequence[Attempt[int, int]]
Rng = np.random.Generator


# Interpreters


class Raises(ArithmeticInterpreter):
    """Raises where the text is no program."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Success(item + int(program.split()[1])) for item in inputs]


class Exits(ArithmeticInterpreter):
    """Ends the process."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if "\n" in program:
            raise SystemExit(1)
        return super().run(program, inputs, budget)


class Recurses(ArithmeticInterpreter):
    """Needs a stack as deep as the text is long."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        self._descend(program)
        return super().run(program, inputs, budget)

    def _descend(self, text: str) -> None:
        if text.startswith("("):
            self._descend(text[1:])


class OneOutcomeTooFew(ArithmeticInterpreter):
    """Gives a single failure where the text is no program."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        failures = [each for each in outcomes if isinstance(each, Failure)]
        return failures[:1] or outcomes


class BareValues(ArithmeticInterpreter):
    """Gives values, not outcomes."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Any:
        outcomes = super().run(program, inputs, budget)
        return [each.value if isinstance(each, Success) else each for each in outcomes]


class UnknownKind(ArithmeticInterpreter):
    """Makes up a kind of failure."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Any:
        outcomes = super().run(program, inputs, budget)
        return [
            Failure("oops") if isinstance(each, Failure) else each  # type: ignore[arg-type]
            for each in outcomes
        ]


class AlwaysFails(ArithmeticInterpreter):
    """Gives no output at all."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Failure(FailureKind.SYNTAX)] * len(inputs)


class Random(ArithmeticInterpreter):
    """Gives another answer each time."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return [Success(random.random()) for _ in inputs]


class ChangesInputs(ArithmeticInterpreter):
    """Works on the inputs in place."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        if isinstance(inputs, list):
            inputs.sort(reverse=True)
        return outcomes


class DetailsOfTheObject(ArithmeticInterpreter):
    """Has its address in its failures."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes = super().run(program, inputs, budget)
        return [
            replace(each, detail=f"failed: {id(self)}") if isinstance(each, Failure) else each
            for each in outcomes
        ]


class ForgetsTheBudget(ArithmeticInterpreter):
    """Remembers outcomes, but not the budget that they are from."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Program, int], Outcome[int]] = {}

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        for item in inputs:
            if (program, item) not in self._known:
                (self._known[program, item],) = super().run(program, [item], budget)
        return [self._known[program, item] for item in inputs]


class CarriesOver(ArithmeticInterpreter):
    """Starts a run with what the run before has left."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        outcomes: list[Outcome[int]] = []
        left = 0
        for item in inputs:
            outcomes += super().run(program, [item + left], budget)
            left = item
        return outcomes


class ConfusesNeighbours(BatchInterpreter[int, int]):
    """Gives the programs of one call the outcomes of the first."""

    def run_many(
        self, programs: Sequence[Program], inputs: Inputs, budget: Budget
    ) -> Sequence[Outcomes]:
        honest = ArithmeticInterpreter()
        return [honest.run(programs[0], inputs, budget) for _ in programs]


class LosesARow(BatchInterpreter[int, int]):
    """Leaves out programs that fail, if there are several."""

    def run_many(
        self, programs: Sequence[Program], inputs: Inputs, budget: Budget
    ) -> Sequence[Outcomes]:
        honest = ArithmeticInterpreter()
        return [honest.run(program, inputs, budget) for program in programs][:2]


class CannotBePickled(ArithmeticInterpreter):
    """Holds a function without a name."""

    def __init__(self) -> None:
        super().__init__()
        self.log = lambda line: None


class CannotBePickledOnceUsed(ArithmeticInterpreter):
    """Opens something when it runs."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        self.log = lambda line: None
        return super().run(program, inputs, budget)


class ForgetsItsSettings(ArithmeticInterpreter):
    """Loses a setting when it is pickled."""

    offset = 0

    def __init__(self) -> None:
        super().__init__()
        self.offset = 1

    def __getstate__(self) -> dict[str, Any]:
        return {"runs": self.runs}

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        return super().run(program, [item + self.offset for item in inputs], budget)


class BelongsToAProcess(ArithmeticInterpreter):
    """Depends on a setting of the process that made it."""

    _settings: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._settings["offset"] = 1

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        offset = self._settings.get("offset", 0)
        return super().run(program, [item + offset for item in inputs], budget)


class RaisesElsewhere(ArithmeticInterpreter):
    """Runs only in the process that it was imported by first."""

    def __init__(self) -> None:
        super().__init__()
        self._home = os.getpid()

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        assert os.getpid() == self._home
        return super().run(program, inputs, budget)


class SharesTheBudget(ArithmeticInterpreter):
    """Lets all runs of a call share the steps."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        left = budget.max_steps
        outcomes: list[Outcome[int]] = []
        for item in inputs:
            if left < 1:
                outcomes.append(Failure(FailureKind.STEPS))
                continue
            outcomes += super().run(program, [item], replace(budget, max_steps=left))
            left -= program.count("\n") + 1
        return outcomes


class NeverEnds(ArithmeticInterpreter):
    """Has no budget for its loops."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        while program == "loop":
            pass
        return super().run(program, inputs, budget)


class EndsWithAnOutput(ArithmeticInterpreter):
    """Gives what it has when the budget is spent."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if program == "loop":
            return [Success(0)] * len(inputs)
        return super().run(program, inputs, budget)


class CallsItAnError(ArithmeticInterpreter):
    """Stops endless programs, but does not say that it was for the budget."""

    def run(self, program: Program, inputs: Inputs, budget: Budget) -> Outcomes:
        if program == "loop":
            return [Failure(FailureKind.ERROR)] * len(inputs)
        return super().run(program, inputs, budget)


# Policies


class GlobalRandomness(LearningPolicy):
    """Does not draw from the given generator."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, n, np.random.default_rng(random.getrandbits(32)))


class LearnsFromSampling(LearningPolicy):
    """Has another state after each sampling."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        self._counts[0] += 5
        return super().sample(tasks, n, rng)


class OneCandidateTooFew(LearningPolicy):
    """Leaves out a candidate now and then."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, max(1, n - 1), rng)


class SortsTasks(LearningPolicy):
    """Has an order of its own."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample(sorted(tasks, key=lambda task: task.id), n, rng)


class TakesTurns(LearningPolicy):
    """Proposes one candidate for each task, then the next."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return (each for _ in range(n) for each in super(TakesTurns, self).sample(tasks, 1, rng))


class SameForAll(LearningPolicy):
    """Gives all tasks the mean of what they were to get."""

    def sample_each(self, tasks: Tasks, counts: Sequence[int], rng: Rng) -> Iterator[Candidate]:
        return super().sample(tasks, sum(counts) // len(counts), rng)


class DrawsApart(LearningPolicy):
    """Does not draw from the given generator where the numbers differ."""

    def sample_each(self, tasks: Tasks, counts: Sequence[int], rng: Rng) -> Iterable[Candidate]:
        own = np.random.default_rng(random.getrandbits(32))
        return super().sample_each(tasks, counts, own)


class NeedsATask(LearningPolicy):
    """Does not stand having nothing to do."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return super().sample([tasks[0], *tasks[1:]], n, rng)


class PositiveLogprob(LearningPolicy):
    """Reports costs for log-probabilities."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        return (replace(each, logprob=-each.logprob) for each in super().sample(tasks, n, rng))


class LinesForText(LearningPolicy):
    """Proposes programs that are no text."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        for each in super().sample(tasks, n, rng):
            yield replace(each, program=tuple(each.program.splitlines()))  # type: ignore[arg-type]


class OneSamplingAtATime(LearningPolicy):
    """Draws from whatever generator it was given last."""

    def sample(self, tasks: Tasks, n: int, rng: Rng) -> Iterator[Candidate]:
        self._rng = rng
        return (self._candidate(task.id, self._rng) for task in tasks for _ in range(n))


class DividesByNothing(LearningPolicy):
    """Raises on an empty batch."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        mean = sum(len(each.program) for each in batch) / len(batch)
        return {**super().update(batch, rng), "length": mean}


class ForgetsOnNothing(LearningPolicy):
    """Forgets, whether there is something new or not."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        self._counts **= 0.5
        return super().update(batch, rng)


class NanLoss(LearningPolicy):
    """Reports a loss that is no number."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        return {**super().update(batch, rng), "loss": float("nan")}


class ArrayMetrics(LearningPolicy):
    """Reports what no tracker can log."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        return {**super().update(batch, rng), "loss": np.zeros(2)}  # type: ignore[dict-item]


class SavesNothing(LearningPolicy):
    """Has an empty state."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        return None


class SavesASet(LearningPolicy):
    """Has a state that a checkpoint cannot hold."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "lines": set(self.LINES)}


class AddsWhenLoading(LearningPolicy):
    """Puts the state on top of its own."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        mine = self._counts - 1
        super().load_state_dict(state)
        self._counts[:3] += mine[:3]


class LosesItsSchedule(LearningPolicy):
    """Learns less from update to update, but does not save how far it is."""

    def update(self, batch: Sequence[Experience[int, int]], rng: Rng) -> Mapping[str, float]:
        before = self._counts.copy()
        metrics = super().update(batch, rng)
        self._counts = before + (self._counts - before) / self._updates
        return metrics

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict({**state, "updates": 0})


class SharesItsState(LearningPolicy):
    """Hands out the very array that it learns in."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "counts": self._counts}


class LearnsInTheGivenState(LearningPolicy):
    """Learns in the array that it was given to load."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self._counts = state["counts"]


# Relabelers


class TeachesNothing(Relabeler[int, int]):
    """Makes no experience of anything."""

    def relabel(self, attempts: Attempts) -> Experiences:
        return []


class KeepsAllGoals(Relabeler[int, int]):
    """Keeps the targets of programs that do not meet them."""

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in attempts:
            if each.valid:
                yield Experience(
                    each.task, each.candidate.program, each.task.id, each.scores, each.iteration
                )


class FillsGaps(Relabeler[int, int]):
    """Puts targets where a program failed."""

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in attempts:
            examples = tuple(
                Example(example.input, outcome.value) if isinstance(outcome, Success) else example
                for example, outcome in zip(each.task.examples, each.outcomes, strict=True)
            )
            yield Experience(
                Task(f"{each.task.id}#", examples),
                each.candidate.program,
                each.task.id,
                each.scores,
                each.iteration,
            )


class _Retouched(Relabeler[int, int]):
    def relabel(self, attempts: Attempts) -> Experiences:
        return map(self._retouch, Hindsight[int, int]().relabel(attempts))

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        raise NotImplementedError


class NewSource(_Retouched):
    """Names the relabeled task as the source."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, source_id=experience.task.id)


class PerfectScores(_Retouched):
    """Scores programs on the relabeled task."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, scores=(1.0,) * len(experience.scores))


class NoIteration(_Retouched):
    """Forgets when it was."""

    def _retouch(self, experience: Experience[int, int]) -> Experience[int, int]:
        return replace(experience, iteration=0)


class BestFirst(Relabeler[int, int]):
    """Has an order of its own."""

    def relabel(self, attempts: Attempts) -> Experiences:
        return Hindsight[int, int]().relabel(sorted(attempts, key=lambda each: -sum(each.scores)))


class RepeatsItself(Relabeler[int, int]):
    """Gives again what it has given before."""

    def __init__(self) -> None:
        self._made: list[Experience[int, int]] = []

    def relabel(self, attempts: Attempts) -> Experiences:
        self._made += Hindsight[int, int]().relabel(attempts)
        return list(self._made)


class NeverTwice(Relabeler[int, int]):
    """Leaves out what it has given before."""

    def __init__(self) -> None:
        self._made: set[Experience[int, int]] = set()

    def relabel(self, attempts: Attempts) -> Experiences:
        for each in Hindsight[int, int]().relabel(attempts):
            if each not in self._made:
                self._made.add(each)
                yield each


# Replay buffers


class CountsAll(UniformReplayBuffer[Any, Any]):
    """Counts what it has already."""

    def add(self, experiences: Experiences, partition: str) -> int:
        given = list(experiences)
        super().add(given, partition)
        return len(given)


class ReadsTwice(UniformReplayBuffer[Any, Any]):
    """Reads the experiences once to count and once to store."""

    def add(self, experiences: Experiences, partition: str) -> int:
        if not any(True for _ in experiences):
            return 0
        return super().add(experiences, partition)


class KeepsDuplicates(UniformReplayBuffer[Any, Any]):
    """Takes everything for new."""

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, list[Experience[Any, Any]]] = {}

    def add(self, experiences: Experiences, partition: str) -> int:
        given = list(experiences)
        self._all.setdefault(partition, []).extend(given)
        return len(given)

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return [
            self._all[name][index]
            for name in sorted(counts.keys() & self._all.keys())
            for index in rng.permutation(len(self._all[name]))[: counts[name]]
        ]

    def sizes(self) -> Mapping[str, int]:
        return {name: len(held) for name, held in self._all.items()}


class WithReplacement(UniformReplayBuffer[Any, Any]):
    """Draws an item more than once."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        drawn = super().sample(counts, rng)
        return [drawn[index] for index in rng.integers(len(drawn), size=len(drawn))] or drawn


class GivesAll(UniformReplayBuffer[Any, Any]):
    """Does not count."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample({name: 1_000 for name, count in counts.items() if count}, rng)


class OnePool(UniformReplayBuffer[Any, Any]):
    """Keeps the sizes apart, but draws from everything."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        everything = super().sample(dict.fromkeys(self.sizes(), 1_000), rng)
        sizes = self.sizes()
        return everything[: sum(min(n, sizes.get(name, 0)) for name, n in counts.items())]


class LosesScores(UniformReplayBuffer[Any, Any]):
    """Does not keep all of an experience."""

    def add(self, experiences: Experiences, partition: str) -> int:
        return super().add((replace(each, scores=()) for each in experiences), partition)


class NewToTheBuffer(UniformReplayBuffer[Any, Any]):
    """Stores in one partition only what no other has."""

    def add(self, experiences: Experiences, partition: str) -> int:
        others = {name: held for name, held in self._partitions.items() if name != partition}
        known = {identity for held in others.values() for identity in held}
        new = (each for each in experiences if (each.source_id, each.program) not in known)
        return super().add(new, partition)


class RefusesUnknown(UniformReplayBuffer[Any, Any]):
    """Raises where a partition does not exist."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample({name: counts[name] for name in counts if self.sizes()[name]}, rng)


class DrawsAtRandom(UniformReplayBuffer[Any, Any]):
    """Does not draw from the given generator."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        return super().sample(counts, np.random.default_rng(random.getrandbits(32)))


class GivesAway(UniformReplayBuffer[Any, Any]):
    """Removes what is drawn."""

    def sample(self, counts: Mapping[str, int], rng: Rng) -> list[Experience[Any, Any]]:
        drawn = super().sample(counts, rng)
        for name in self._partitions.keys() & counts.keys():
            for each in drawn:
                self._partitions[name].pop((each.source_id, each.program), None)
        return drawn


class ComparesNeighbours(KeepsDuplicates):
    """Takes for new whatever is not what came last."""

    def add(self, experiences: Experiences, partition: str) -> int:
        count = 0
        for each in experiences:
            if each not in self._all.get(partition, [])[-1:]:
                count += super().add([each], partition)
        return count


class ReloadsBackwards(UniformReplayBuffer[Any, Any]):
    """Has the same experiences after a reload, in another order."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict({name: held[::-1] for name, held in state.items()})


class ReloadsOntoTheRest(UniformReplayBuffer[Any, Any]):
    """Adds the state to what is there."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, held in state.items():
            self.add(held, name)


class CannotBeSaved(UniformReplayBuffer[Any, Any]):
    """Has a state that a checkpoint cannot hold."""

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "seen": set(self._partitions)}


class SharesItsContents(UniformReplayBuffer[Any, Any]):
    """Hands out the very dictionaries that it stores in."""

    def state_dict(self) -> dict[str, Any]:
        return self._partitions

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._partitions = dict(state)
