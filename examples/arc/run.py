"""Expert iteration on ARC from beginning to end: fill the buffer, search by mutation, iterate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import torch
from tqdm import tqdm

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.judging import similarity
from examples.arc.policy import pretrained_policy, small_policy
from examples.arc.presets import Preset, SmallNetwork
from examples.arc.progress import SOURCES, Progress
from examples.arc.runfolder import RunFolder
from examples.arc.searching import Searching
from examples.arc.seeds import Seed
from examples.arc.summary import summarize
from examples.arc.tasks import ArcDataset
from exit_dsl import checkpoint
from exit_dsl.evaluation import Scoreboard
from exit_dsl.interfaces import Executor, Tracker
from exit_dsl.language import LanguageInterpreter
from exit_dsl.loop import POLICY, ExpertIteration, LoopConfig
from exit_dsl.policies import Seq2SeqPolicy
from exit_dsl.policies.batching import Pair
from exit_dsl.policies.training import Steps
from exit_dsl.randomness import stream
from exit_dsl.relabeling import Hindsight
from exit_dsl.replay import PrioritizedReplayBuffer
from exit_dsl.tracking import CsvTracker, JsonLinesTracker, TensorBoardTracker, Trackers
from exit_dsl.types import Attempt, Example, Experience, Iteration, Task

SAVE_INTERVAL = 45.0
"""Seconds between checkpoints at least; what was done since the last is done again on resume."""


class ArcRun:
    """One run: the parts of the library put together for ARC.

    Args:
        preset: how much to do of what.
        dataset: the tasks to solve, with their test pairs for the scoreboard alone.
        training: the training set, whose tasks the seeds solve.
        seeds: programs by training task.
        folder: where everything is written.
        seed: determines every random choice.
        executor: where programs run.
        clock: seconds since some moment, for the limit in minutes.
    """

    def __init__(
        self,
        preset: Preset,
        dataset: ArcDataset,
        training: ArcDataset,
        seeds: Mapping[str, Seed],
        folder: RunFolder,
        *,
        seed: int,
        executor: Executor,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.preset = preset
        self.dataset = dataset
        self.training = training
        self.folder = folder
        self.seed = seed
        self.executor = executor
        self.clock = clock
        self.begin = clock()
        self._saved = -SAVE_INTERVAL
        self.progress = Progress()
        interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
        self.scoreboard = Scoreboard(
            dataset.tests, interpreter, budget=preset.budget, key=arc.normalize
        )
        self.policy = build_policy(preset, seed)
        self.loop: ExpertIteration[Grid, Grid] = ExpertIteration(
            policy=self.policy,
            interpreter=interpreter,
            relabeler=Hindsight(),
            buffer=PrioritizedReplayBuffer(key=arc.normalize),
            tasks=[smallest_first(task) for task in dataset.tasks],
            seeds=list(_known(training, seeds)),
            config=LoopConfig(
                samples=preset.samples, draws=preset.draws, budget=preset.budget, seed=seed
            ),
            executor=executor,
            judge=similarity,
            progress=self._bar,
        )
        self.searching = Searching(
            preset,
            [seed.program for seed in seeds.values()],
            training.tasks,
            loop=self.loop,
            scoreboard=self.scoreboard,
            progress=self.progress,
            seed=seed,
        )
        self.trackers = _trackers(folder)

    @property
    def truncated(self) -> float:
        """The share of tasks that the network does not see in full."""
        return self.policy.truncated(self.dataset.tasks)

    @property
    def _parts(self) -> dict[str, Any]:
        return {
            "loop": self.loop,
            "policy": self.policy,
            "evolution": self.searching.evolution,
            "grammar": self.searching.grammar,
            "buffer": self.loop.buffer,
            "scoreboard": self.scoreboard,
            "progress": self.progress,
        }

    def resume(self) -> None:
        """Go on from the folder's checkpoint; from the beginning if none was written yet.

        Raises:
            CheckpointError: no checkpoint that was written is intact.
        """
        if not self.folder.is_untouched:
            checkpoint.load(self.folder.checkpoint, self._parts)

    def run(self) -> dict[str, Any]:
        """Do what the preset says and return the figures of the final table."""
        if not self.progress.filled:
            self.searching.fill()
            self._end_stage()
        while self._may_search():
            self.searching.round()
            self._end_stage()
        while self._may_breed():
            if self._is_turn_of_grammar():
                self.searching.derivation()
            else:
                self.searching.generation()
            self._end_stage()
        until = self.preset.iterations or 10**9
        iterations = self.loop.run(until)
        last = 0.0
        with self.trackers:
            while self.loop.iteration < until and not self._is_over(1.0, ahead=last / 2):
                begin = self.clock()
                self._report(next(iterations))
                last = self.clock() - begin
        return self._save()

    def _is_over(self, share: float, ahead: float = 0.0) -> bool:
        """Whether ``share`` of the minutes will be spent ``ahead`` seconds from now."""
        minutes = self.preset.minutes
        return minutes is not None and self.clock() + ahead - self.begin > 60 * minutes * share

    def _may_search(self) -> bool:
        plan, progress = self.preset.search, self.progress
        done = plan.rounds is not None and progress.rounds > plan.rounds
        begun = progress.generations > 0 or self.loop.iteration > 0
        return not (begun or done or self._is_over(plan.share))

    def _is_turn_of_grammar(self) -> bool:
        progress = self.progress
        return self.preset.derivation.samples > 0 and progress.derivations < progress.generations

    def _may_breed(self) -> bool:
        plan, progress = self.preset.breeding, self.progress
        done = (
            plan.generations is not None
            and progress.generations >= plan.generations
            and not self._is_turn_of_grammar()
        )
        if self.loop.iteration > 0 or done or self._is_over(plan.share):
            return False
        return bool(self.searching.unsolved())

    def _report(self, iteration: Iteration[Grid, Grid]) -> None:
        """Count, log and save one meta-iteration."""
        progress = self.progress
        self.scoreboard.record(iteration.attempts, POLICY)
        progress.programs[POLICY] += len(iteration.attempts)
        progress.count(POLICY, iteration.attempts)
        for stage, seconds in iteration.seconds.items():
            name = {"learn": "training", "collect": "sampling and execution"}[stage]
            progress.seconds[name] = progress.seconds.get(name, 0.0) + seconds
        valid = sum(attempt.valid for attempt in iteration.attempts) / len(iteration.attempts)
        found = self.scoreboard.performance(3, {POLICY}, iteration.index)
        metrics = {
            "solved_by_policy_now": len(found.solved),
            **{f"solved_by_{source}": self._solved(source) for source in SOURCES},
            "solved": self._solved(*SOURCES),
            "valid": valid,
            "stored": iteration.stored,
            **{f"buffer_{name}": size for name, size in iteration.sizes.items()},
            **{f"train_{name}": value for name, value in iteration.train.items()},
            **{f"seconds_{name}": value for name, value in iteration.seconds.items()},
        }
        self.trackers.log(iteration.index, metrics)
        tqdm.write(
            f"iteration {iteration.index}: loss {iteration.train.get('loss', float('nan')):.3f}, "
            f"{valid:.0%} valid, policy solves {len(found.solved)} now and "
            f"{metrics['solved_by_policy']} so far, {metrics['solved']} solved in all"
        )
        self._end_stage()

    def _solved(self, *sources: str) -> int:
        solved: set[str] = set()
        for source in sources:
            solved.update(self.scoreboard.cumulative(3, {source}).solved)
        return len(solved)

    def _bar(
        self, attempts: Iterator[Attempt[Grid, Grid]], expected: int
    ) -> Iterable[Attempt[Grid, Grid]]:
        solved = self._solved(*SOURCES)
        bar: Iterable[Attempt[Grid, Grid]] = tqdm(
            attempts,
            total=expected,
            desc=f"sample and execute ({solved} solved so far)",
            unit="prog",
            leave=False,
        )
        return bar

    def _end_stage(self) -> None:
        """Count a stage and save, unless the last checkpoint is quite new."""
        self.progress.stages += 1
        if self.clock() - self._saved >= SAVE_INTERVAL:
            self._save()

    def _save(self) -> dict[str, Any]:
        """Write checkpoint, solutions and summary, and return the last."""
        with self.progress.timed("saving"):
            checkpoint.save(
                self.folder.checkpoint,
                self._parts,
                generation=self.progress.stages,
                metadata={"data": self.dataset.version},
            )
            solved = {
                task_id: solution
                for source in reversed(SOURCES)
                for task_id, solution in self.scoreboard.ever_solved(3, {source}).items()
            }
            self.folder.write_solutions(solved)
        self._saved = self.clock()
        summary = summarize(self.scoreboard, self.progress)
        self.folder.write_summary(summary)
        return summary


def build_policy(preset: Preset, seed: int) -> Seq2SeqPolicy[Grid, Grid]:
    """Return the untrained (or, for CodeT5, pretrained) policy of a preset, on a GPU if any."""
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def bar(steps: Steps) -> Iterable[Sequence[Pair]]:
        shown: Iterable[Sequence[Pair]] = tqdm(steps, desc="train", unit="step", leave=False)
        return shown

    if isinstance(preset.network, SmallNetwork):
        rng = stream(seed, "weights")
        return small_policy(
            preset.network, rng, temperature=preset.temperature, device=device, progress=bar
        )
    return pretrained_policy(
        preset.network, temperature=preset.temperature, device=device, progress=bar
    )


def _trackers(folder: RunFolder) -> Trackers:
    trackers: list[Tracker] = [
        CsvTracker(folder.metrics_csv),
        JsonLinesTracker(folder.metrics_jsonl),
    ]
    if find_spec("tensorboard") is not None:
        trackers.append(TensorBoardTracker(folder.tensorboard))
    return Trackers(*trackers)


def smallest_first(task: Task[Grid, Grid]) -> Task[Grid, Grid]:
    """Put the demonstration with the fewest cells first: it is the cheapest to screen by."""

    def cells(example: Example[Grid, Grid]) -> int:
        return sum(len(grid) * len(grid[0]) for grid in (example.input, example.output))

    return Task(task.id, tuple(sorted(task.examples, key=cells)))


def _known(training: ArcDataset, seeds: Mapping[str, Seed]) -> Iterator[Experience[Grid, Grid]]:
    """Yield the training tasks with the seed programs that solve them."""
    for task in training.tasks:
        if task.id in seeds:
            solved = (1.0,) * len(task.examples)
            yield Experience(task, seeds[task.id].program, task.id, solved)
