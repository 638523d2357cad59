"""Expert iteration on ARC from beginning to end: fill the buffer, search by mutation, iterate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

import torch
from tqdm import tqdm

from examples.arc.curriculum import Curriculum, Effort
from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.judging import similarity
from examples.arc.lessons import Workers
from examples.arc.policy import pretrained_policy, small_policy
from examples.arc.presets import Preset, SmallNetwork
from examples.arc.progress import SOURCES, Progress
from examples.arc.reporting import Reporter
from examples.arc.runfolder import RunFolder
from examples.arc.schedule import Schedule
from examples.arc.searching import Searching
from examples.arc.seeds import Seed, solved_tasks
from examples.arc.studying import Studying
from examples.arc.submission import submission
from examples.arc.summary import ATTEMPTS, answered, summarize
from examples.arc.tasks import ArcDataset
from exit_dsl import checkpoint
from exit_dsl.accompanied import Accompanied
from exit_dsl.evaluation import Scoreboard
from exit_dsl.execution import InlineExecutor
from exit_dsl.interfaces import Executor, Policy
from exit_dsl.language import LanguageInterpreter
from exit_dsl.loop import POLICY, ExpertIteration, LoopConfig
from exit_dsl.policies import Allotted, Seq2SeqPolicy, UnsolvedFirst
from exit_dsl.policies.batching import Pair
from exit_dsl.policies.compiling import compiled, uncompiled
from exit_dsl.policies.training import Steps
from exit_dsl.randomness import stream
from exit_dsl.relabeling import Hindsight
from exit_dsl.replay import PrioritizedReplayBuffer
from exit_dsl.types import Example, Iteration, Program, Task

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
        executor: where programs run and lessons are made.
        trainer: where the network trains, which has to be in this process: a thread of its own
            lets the search go on meanwhile, where the preset says so.
        in_flight: the most calls of the search that wait for the executor at a time; four for each
            worker keep all of them busy, though calls are collected in order.
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
        executor: Workers,
        trainer: Executor | None = None,
        in_flight: int = 8,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.preset = preset
        self.dataset = dataset
        self.training = training
        self.folder = folder
        self.seed = seed
        self.executor = executor
        self.trainer: Executor = trainer or InlineExecutor()
        self.progress = Progress()
        self.schedule = Schedule(preset, self.progress, clock)
        self._saved = -SAVE_INTERVAL
        interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
        self.scoreboard = Scoreboard(
            dataset.tests, interpreter, budget=preset.budget, key=arc.normalize
        )
        self.reporter = Reporter(self.scoreboard, self.progress, folder)
        programs = [seed.program for seed in seeds.values()]
        self.policy = build_policy(preset, seed, programs)
        known = solved_tasks(seeds, training.tasks)
        self.loop: ExpertIteration[Grid, Grid] = ExpertIteration(
            policy=self._loop_policy(),
            interpreter=interpreter,
            relabeler=Hindsight(),
            buffer=PrioritizedReplayBuffer(key=arc.normalize),
            tasks=[smallest_first(task) for task in dataset.tasks],
            seeds=known,
            config=LoopConfig(
                samples=preset.samples, draws=preset.draws, budget=preset.budget, seed=seed
            ),
            executor=executor,
            judge=similarity,
            progress=self.reporter.bar,
        )
        self.searching = Searching(
            preset,
            programs,
            training.tasks,
            loop=self.loop,
            scoreboard=self.scoreboard,
            progress=self.progress,
            seed=seed,
            in_flight=in_flight,
        )
        self.studying = Studying(
            preset.pretraining,
            _curriculum(preset, seeds, training, dataset, seed),
            known,
            policy=self.policy,
            progress=self.progress,
            workers=executor,
        )

    def _loop_policy(self) -> Policy[Grid, Grid]:
        """Return the policy with what a preset makes of its samples and its training."""
        allotted = Allotted(
            self.policy, UnsolvedFirst(self._solved_ids, kept=self.preset.solved_samples)
        )
        return Accompanied(allotted, self.trainer, self._breed_meanwhile)

    def _solved_ids(self) -> set[str]:
        """Return the tasks whose demonstrations some program solves."""
        unsolved = {task.id for task in self.searching.unsolved()}
        return {task.id for task in self.loop.tasks} - unsolved

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
            self.schedule.go_on()
            self._saved = self.schedule.seconds

    def run(self) -> dict[str, Any]:
        """Do what the preset says and return the figures of the final table."""
        if not self.progress.filled:
            self.searching.fill()
            self._end_stage()
        while self.schedule.may_search():
            self._study_during(self.searching.round)
            self._end_stage()
        while self.schedule.may_breed() and self.searching.unsolved():
            self._study_during(self._breed)
            self._end_stage()
        while self.schedule.may_study():
            self.studying.chunk()
            self._end_stage()
        self.studying.close()
        iterations = self.loop.run(self.preset.iterations or 10**9)
        last = 0.0
        with self.reporter.trackers:
            while self.schedule.may_iterate(ahead=last / 2):
                begin = self.schedule.seconds
                self._end_iteration(next(iterations))
                last = self.schedule.seconds - begin
        return self._finish()

    def _study_during(self, search: Callable[[], None]) -> None:
        """Do a stage of the search, and train on lessons meanwhile if the preset says so."""
        studying = self.trainer.submit(self._study_alongside)
        try:
            search()
        finally:
            studying.result()

    def _study_alongside(self) -> None:
        for _ in range(self.preset.pretraining.alongside):
            if self.schedule.may_study():
                self.studying.chunk()

    def _breed(self) -> None:
        """Give evolution or the grammar policy its turn."""
        if self.schedule.grammar_has_turn():
            self.searching.derivation()
        else:
            self.searching.generation()

    def _breed_meanwhile(self) -> None:
        """Go on with the search while the network trains in a meta-iteration."""
        for _ in range(self.preset.breeding.alongside):
            if self.searching.unsolved():
                self._breed()

    def _end_iteration(self, iteration: Iteration[Grid, Grid]) -> None:
        """Count, log and save one meta-iteration."""
        progress = self.progress
        self.scoreboard.record(iteration.attempts, POLICY)
        progress.iterations += 1
        progress.programs[POLICY] += len(iteration.attempts)
        progress.count(POLICY, iteration.attempts)
        for stage, seconds in iteration.seconds.items():
            name = {"learn": "training", "collect": "sampling and execution"}[stage]
            progress.seconds[name] = progress.seconds.get(name, 0.0) + seconds
        self.reporter.end_iteration(iteration, self.policy.sampled)
        self._end_stage()

    def _end_stage(self) -> None:
        """Count a stage and save, unless the last checkpoint is quite new."""
        progress = self.progress
        progress.stages += 1
        progress.elapsed = self.schedule.seconds
        self.reporter.end_stage()
        if self.schedule.seconds - self._saved >= SAVE_INTERVAL:
            self._save()

    def _finish(self) -> dict[str, Any]:
        answers = self.scoreboard.predictions(max(ATTEMPTS))
        summary = self._save() | {"answered": answered(self.scoreboard, answers)}
        self.folder.write_submission(submission(self.dataset, answers))
        self.folder.write_summary(summary)
        return summary

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
            self.folder.write_timeline(self.progress.timeline)
        self._saved = self.schedule.seconds
        summary = summarize(self.scoreboard, self.progress)
        self.folder.write_summary(summary)
        return summary


def build_policy(
    preset: Preset, seed: int, programs: Iterable[Program] | None = None
) -> Seq2SeqPolicy[Grid, Grid]:
    """Return the untrained (or, for CodeT5, pretrained) policy of a preset, on a GPU if any.

    On a GPU a network from nothing is compiled: with so small a network, most of the time of a
    step would go into starting its many operations. What it writes is limited to the types in
    ``programs``, as :class:`~exit_dsl.language.Grammar` says.
    """
    on_gpu = torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"

    def bar(steps: Steps) -> Iterable[Sequence[Pair]]:
        shown: Iterable[Sequence[Pair]] = tqdm(steps, desc="train", unit="step", leave=False)
        return shown

    if isinstance(preset.network, SmallNetwork):
        return small_policy(
            preset.network,
            stream(seed, "weights"),
            temperature=preset.temperature,
            programs=programs,
            device=device,
            compiler=compiled if on_gpu else uncompiled,
            progress=bar,
        )
    return pretrained_policy(
        preset.network, temperature=preset.temperature, device=device, progress=bar
    )


def smallest_first(task: Task[Grid, Grid]) -> Task[Grid, Grid]:
    """Put the demonstration with the fewest cells first: it is the cheapest to screen by."""

    def cells(example: Example[Grid, Grid]) -> int:
        return sum(len(grid) * len(grid[0]) for grid in (example.input, example.output))

    return Task(task.id, tuple(sorted(task.examples, key=cells)))


def _curriculum(
    preset: Preset,
    seeds: Mapping[str, Seed],
    training: ArcDataset,
    dataset: ArcDataset,
    seed: int,
) -> Curriculum:
    """Return what lessons are made of; of the tasks to be solved they see the inputs alone."""
    known = {task.id for task in training.tasks}
    others = [task for task in dataset.tasks if task.id not in known]
    effort = Effort(tokens=preset.network.target_tokens)
    return Curriculum.of(seeds, training.tasks, others, seed, effort)
