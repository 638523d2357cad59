"""What a run does next, by its preset, by what it has done, and by the time that is left."""

from __future__ import annotations

from collections.abc import Callable

from examples.arc.presets import Preset
from examples.arc.progress import Progress


class Schedule:
    """Answers which stages may still be done.

    A preset gives each stage the share of the minutes by which it ends, or a number of rounds.

    Args:
        preset: how much to do of what.
        progress: what was done.
        clock: seconds since some moment.
    """

    def __init__(self, preset: Preset, progress: Progress, clock: Callable[[], float]) -> None:
        self._preset = preset
        self._progress = progress
        self._clock = clock
        self._begin = clock()

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken."""
        return self._clock() - self._begin

    def go_on(self) -> None:
        """Count what the run took before it was stopped as well."""
        self._begin -= self._progress.elapsed

    def is_over(self, share: float, ahead: float = 0.0) -> bool:
        """Whether ``share`` of the minutes will be spent ``ahead`` seconds from now."""
        minutes = self._preset.minutes
        return minutes is not None and self.seconds + ahead > 60 * minutes * share

    def may_search(self) -> bool:
        """Whether another round of mutants may be tried; the first, of bare seeds, always may."""
        plan, progress = self._preset.search, self._progress
        done = plan.rounds is not None and progress.rounds > plan.rounds
        begun = progress.generations + progress.derivations + progress.iterations > 0
        late = progress.rounds > 0 and self.is_over(plan.share)
        return not (begun or done or late)

    def may_breed(self) -> bool:
        """Whether evolution or the grammar policy may have another turn."""
        plan, progress = self._preset.breeding, self._progress
        turns = self.evolution_has_turn() or self.grammar_has_turn()
        return turns and progress.iterations == 0 and not self.is_over(plan.share)

    def evolution_has_turn(self) -> bool:
        """Whether evolution may breed another generation, as far as numbers tell."""
        plan, progress = self._preset.breeding, self._progress
        done = plan.generations is not None and progress.generations >= plan.generations
        return plan.children > 0 and not done and not self._grammar_is_behind()

    def grammar_has_turn(self) -> bool:
        """Whether the grammar policy may have its turn, which follows each of evolution's."""
        plan = self._preset.breeding
        alone = plan.children == 0 and plan.generations != 0
        return self._preset.derivation.samples > 0 and (alone or self._grammar_is_behind())

    def _grammar_is_behind(self) -> bool:
        progress = self._progress
        return self._preset.derivation.samples > 0 and progress.derivations < progress.generations

    def may_study(self) -> bool:
        """Whether the network may train on another chunk of lessons before it samples."""
        plan, progress = self._preset.pretraining, self._progress
        done = progress.lessons >= plan.lessons or progress.iterations > 0
        return not (done or self.is_over(plan.share))

    def may_iterate(self, ahead: float) -> bool:
        """Whether there may be another meta-iteration.

        Args:
            ahead: seconds that must be left of the minutes.
        """
        until = self._preset.iterations
        done = until is not None and self._progress.iterations >= until
        return not (done or self.is_over(1.0, ahead))
