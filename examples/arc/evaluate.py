"""How well the policy of a run does on any data set, without further training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from examples.arc.dsl import arc
from examples.arc.dsl.types import Grid
from examples.arc.presets import Preset
from examples.arc.run import build_policy, smallest_first
from examples.arc.runfolder import RunFolder
from examples.arc.tasks import ArcDataset, ArcTask
from exit_dsl import checkpoint
from exit_dsl.evaluation import Scoreboard, pass_at_k
from exit_dsl.execution import execute
from exit_dsl.interfaces import Executor
from exit_dsl.language import LanguageInterpreter
from exit_dsl.loop import POLICY
from exit_dsl.randomness import stream
from exit_dsl.types import Attempt, Program


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a policy wrote: ``samples`` programs for each task.

    The ``scoreboard`` ranks them, and ``solving`` says for each task how many of them solve all
    its demonstrations.
    """

    scoreboard: Scoreboard[Grid, Grid]
    samples: int
    solving: Mapping[str, int]

    def expected(self, samples: int) -> float:
        """Return how many tasks so many samples can be expected to solve the demonstrations of.

        Raises:
            ValueError: fewer were drawn, or ``samples`` is below 1.
        """
        return sum(pass_at_k(self.samples, count, samples) for count in self.solving.values())


def evaluate(
    preset: Preset,
    folder: RunFolder,
    dataset: ArcDataset,
    *,
    programs: Sequence[Program],
    samples: int,
    seed: int,
    executor: Executor,
) -> Evaluation:
    """Sample programs for each task from the policy of a checkpoint and score them.

    Args:
        preset: of the run.
        folder: of the run.
        dataset: the tasks to solve.
        programs: the seeds of the run, which say what its policy may write.
        samples: programs for each task.
        seed: determines them.
        executor: runs them.

    Raises:
        CheckpointError: the run has no intact checkpoint.
    """
    policy = build_policy(preset, seed, programs)
    checkpoint.load(folder.checkpoint, {"policy": policy})
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    scoreboard: Scoreboard[Grid, Grid] = Scoreboard(
        dataset.tests, interpreter, budget=preset.budget, key=arc.normalize
    )
    tasks = [smallest_first(task) for task in dataset.tasks]
    candidates = policy.sample(tasks, samples, stream(seed, "evaluate"))
    attempts: Iterable[Attempt[Grid, Grid]] = tqdm(
        execute(candidates, tasks, interpreter, budget=preset.budget, executor=executor),
        total=len(tasks) * samples,
        desc="sample and execute",
        unit="prog",
    )
    return Evaluation(scoreboard, samples, record(attempts, tasks, scoreboard))


def record(
    attempts: Iterable[Attempt[Grid, Grid]],
    tasks: Iterable[ArcTask],
    scoreboard: Scoreboard[Grid, Grid],
) -> dict[str, int]:
    """Record attempts, and return how many solve all demonstrations of each of ``tasks``."""
    solving = {task.id: 0 for task in tasks}

    def counted() -> Iterator[Attempt[Grid, Grid]]:
        for attempt in attempts:
            solving[attempt.task.id] += min(attempt.scores) == 1.0
            yield attempt

    scoreboard.record(counted(), POLICY)
    return solving
