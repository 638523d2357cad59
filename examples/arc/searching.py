"""The search without a network: blind mutation, evolution of what came near, a grammar policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tqdm import tqdm

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.features import features
from examples.arc.judging import similarity
from examples.arc.presets import Preset
from examples.arc.progress import EVOLUTION, GRAMMAR, MUTATION, Progress
from examples.arc.tasks import ArcTask
from exit_dsl.evaluation import Scoreboard
from exit_dsl.execution import InlineExecutor, Shipped
from exit_dsl.interfaces import Sampler
from exit_dsl.language import Evolution, GrammarPolicy, Mutation, Vocabulary
from exit_dsl.loop import SEED, ExpertIteration, unwatched
from exit_dsl.randomness import stream
from exit_dsl.relabeling import Hindsight
from exit_dsl.search import Pool, Screened
from exit_dsl.spread import Spread
from exit_dsl.types import Attempt, Program

MAX_LINES = 48
"""The longest program that the grammar policy may derive, in lines."""
NEAREST = {MUTATION: 4, EVOLUTION: 8, GRAMMAR: 8}
"""How many programs a task and window are run in full although they do not solve the first pair."""


class Searching:
    """The stages before the first meta-iteration.

    Args:
        preset: how much to do of what.
        seeds: the seed programs.
        training: the tasks that the seeds solve.
        loop: collects for these stages too.
        scoreboard: records what they find.
        progress: counts what they do.
        seed: determines every random choice.
        in_flight: the most calls that wait for the executor at a time.
    """

    def __init__(
        self,
        preset: Preset,
        seeds: Sequence[Program],
        training: Sequence[ArcTask],
        *,
        loop: ExpertIteration[Grid, Grid],
        scoreboard: Scoreboard[Grid, Grid],
        progress: Progress,
        seed: int,
        in_flight: int,
    ) -> None:
        self._preset = preset
        self._seeds = seeds
        self._training = training
        self._loop = loop
        self._scoreboard = scoreboard
        self._progress = progress
        self._seed = seed
        self._in_flight = in_flight
        self.evolution: Evolution[Grid, Grid] = Evolution(
            arc, seeds, population=preset.breeding.population
        )
        self.grammar: GrammarPolicy[Grid, Grid] = GrammarPolicy(
            Vocabulary(arc, max_lines=MAX_LINES), features=features
        )

    def fill(self) -> None:
        """Fill the buffer with what mutants compute on the training tasks and on the run's."""
        with self._progress.timed("first experiences"):
            plan = self._preset.search
            pool: Pool[Grid, Grid] = Pool(self._mutants(0, 3 * plan.mutants))
            for _ in self._loop.stream(pool, tasks=self._training, n=plan.lessons, partition=SEED):
                pass
            attempts = self._loop.stream(pool, n=plan.lessons, partition=MUTATION)
            for attempt in self._recorded(attempts, MUTATION):
                self._progress.programs[MUTATION] += 1
                self._progress.count(MUTATION, [attempt])
        self._progress.filled = True

    def round(self) -> None:
        """Try one round of mutants (in the first, the seeds) on all tasks."""
        number = self._progress.rounds
        with self._progress.timed("search by mutation"):
            wanted = self._preset.search.mutants
            programs = self._mutants(number, wanted) if number else self._seeds
            self._screen(
                f"mutation, round {number}",
                MUTATION,
                Pool(programs),
                self._loop.tasks,
                len(programs),
            )
        self._progress.rounds += 1

    def unsolved(self) -> list[ArcTask]:
        """Return the tasks of which no program solves all demonstrations yet."""
        best = self._scoreboard.solutions(1)
        return [
            task for task in self._loop.tasks if task.id not in best or best[task.id][0].score < 1.0
        ]

    def generation(self) -> None:
        """Breed one generation for the unsolved tasks."""
        number = self._progress.generations
        with self._progress.timed("evolution"):
            children = self._preset.breeding.children
            name = f"evolution, generation {number}"
            self._screen(name, EVOLUTION, self.evolution, self.unsolved(), children)
        self._progress.generations += 1

    def derivation(self) -> None:
        """Fit the grammar policy and let it derive programs for the unsolved tasks."""
        number, plan = self._progress.derivations, self._preset.derivation
        rng = stream(self._seed, "derivation", number)
        with self._progress.timed("grammar policy"):
            self.grammar.update(self._loop.buffer.sample(plan.draws, rng), rng)
            name = f"grammar policy, round {number}"
            self._screen(name, GRAMMAR, self.grammar, self.unsolved(), plan.samples)
        self._progress.derivations += 1

    def _screen(
        self,
        name: str,
        source: str,
        sampler: Sampler[Grid, Grid],
        tasks: Sequence[ArcTask],
        n: int,
    ) -> None:
        """Run candidates on one demonstration each, and in full those that come near."""
        loop, total = self._loop, n * len(tasks)
        with tqdm(total=total, desc=name, unit="prog") as bar:
            bar.set_postfix(solved=self._solved())
            screened = Screened(
                sampler,
                Shipped(loop.interpreter),
                budget=self._preset.budget,
                judge=similarity,
                nearest=NEAREST[source],
            )
            # Candidates are tried by the workers that make them, and only those that pass travel.
            spread = Spread(
                screened,
                loop.executor or InlineExecutor(),
                tasks=4,
                in_flight=self._in_flight,
                sampled=lambda count: bar.update(n * count),
            )
            attempts = loop.stream(spread, tasks=tasks, n=n, partition=source, progress=unwatched)
            bred = []
            for attempt in self._recorded(attempts, source):
                bred.append(attempt)
                if all(score == 1.0 for score in attempt.scores):
                    bar.set_postfix(solved=self._solved())
        relabeler: Hindsight[Grid, Grid] = Hindsight()
        rng = stream(self._seed, "breeding", name)
        self.evolution.update(list(relabeler.relabel(bred)), rng)
        self._progress.programs[source] += total
        self._progress.screened[source] += total

    def _recorded(
        self, attempts: Iterable[Attempt[Grid, Grid]], source: str
    ) -> Iterator[Attempt[Grid, Grid]]:
        for attempt in attempts:
            self._scoreboard.record([attempt], source)
            yield attempt

    def _mutants(self, number: int, count: int) -> Sequence[Program]:
        depth = self._preset.search.depth
        mutation: Mutation[Grid, Grid] = Mutation(arc, self._seeds, depth=depth)
        rng = stream(self._seed, "mutants", number)
        bar = tqdm(mutation.mutants(rng), total=count, desc="mutants", unit="prog", leave=False)
        return list(islice(bar, count))

    def _solved(self) -> int:
        return len(self._scoreboard.cumulative(3, (MUTATION, EVOLUTION, GRAMMAR)).solved)
