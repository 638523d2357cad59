"""What a run tells while it works: metrics, a line for each meta-iteration, and the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.util import find_spec

from tqdm import tqdm

from examples.arc.dsl.types import Grid
from examples.arc.progress import SOURCES, Progress
from examples.arc.runfolder import RunFolder
from exit_dsl.evaluation import Scoreboard
from exit_dsl.interfaces import Tracker
from exit_dsl.loop import POLICY
from exit_dsl.policies import Sampled
from exit_dsl.tracking import CsvTracker, JsonLinesTracker, TensorBoardTracker, Trackers
from exit_dsl.types import Attempt, Iteration


class Reporter:
    """Counts what was solved and says so.

    Args:
        scoreboard: of the run.
        progress: gets a row of its timeline for each stage.
        folder: where metrics are written, while ``trackers`` is entered.
    """

    def __init__(
        self, scoreboard: Scoreboard[Grid, Grid], progress: Progress, folder: RunFolder
    ) -> None:
        self._scoreboard = scoreboard
        self._progress = progress
        trackers: list[Tracker] = [
            CsvTracker(folder.metrics_csv),
            JsonLinesTracker(folder.metrics_jsonl),
        ]
        if find_spec("tensorboard") is not None:
            trackers.append(TensorBoardTracker(folder.tensorboard))
        self.trackers = Trackers(*trackers)

    def solved(self, *sources: str) -> int:
        """Return how many tasks the sources have solved together so far."""
        return len(self._scoreboard.cumulative(3, sources).solved)

    def end_stage(self) -> None:
        """Write down what was solved by the end of a stage."""
        solved = {source: self.solved(source) for source in SOURCES}
        self._progress.timeline.append(
            {"seconds": self._progress.elapsed, **solved, "in all": self.solved(*SOURCES)}
        )

    def end_iteration(self, iteration: Iteration[Grid, Grid], sampled: Sampled) -> None:
        """Log a meta-iteration, whose attempts are on the scoreboard already.

        Args:
            iteration: what was done.
            sampled: what the network has sampled since this part of the run began.
        """
        valid = sum(attempt.valid for attempt in iteration.attempts) / len(iteration.attempts)
        found = self._scoreboard.performance(3, {POLICY}, iteration.index)
        metrics = {
            "solved_by_policy_now": len(found.solved),
            **{f"solved_by_{source}": self.solved(source) for source in SOURCES},
            "solved": self.solved(*SOURCES),
            "valid": valid,
            "stored": iteration.stored,
            **{f"buffer_{name}": size for name, size in iteration.sizes.items()},
            **{f"train_{name}": value for name, value in iteration.train.items()},
            **{f"seconds_{name}": value for name, value in iteration.seconds.items()},
            **{f"sampled_{name}": value for name, value in asdict(sampled).items()},
        }
        self.trackers.log(iteration.index, metrics)
        tqdm.write(
            f"iteration {iteration.index}: loss {iteration.train.get('loss', float('nan')):.3f}, "
            f"{valid:.0%} valid, policy solves {len(found.solved)} now and "
            f"{metrics['solved_by_policy']} so far, {metrics['solved']} solved in all"
        )

    def bar(
        self, attempts: Iterator[Attempt[Grid, Grid]], expected: int
    ) -> Iterable[Attempt[Grid, Grid]]:
        """Show the progress of sampling and execution."""
        bar: Iterable[Attempt[Grid, Grid]] = tqdm(
            attempts,
            total=expected,
            desc=f"sample and execute ({self.solved(*SOURCES)} solved so far)",
            unit="prog",
            leave=False,
        )
        return bar
