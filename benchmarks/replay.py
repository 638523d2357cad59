"""How long drawing from the replay buffer takes, against NumPy's own weighted choice.

Run from the repository root as ``python -m benchmarks.replay``. The ratio compares two
measurements of the same run, so it depends little on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from exit_dsl.replay import PrioritizedReplayBuffer, similarity
from exit_dsl.types import Example, Experience, Program, Task

SIZES = (100_000, 1_000_000)
DRAW = 90_000
REPEATS = 5
FLOOR = 1e-6


def main() -> None:
    """Print a line for each buffer size."""
    print(f"drawing {DRAW:,} experiences without replacement, median of {REPEATS}")
    print(f"{'held':>10} {'add':>9} {'buffer':>9} {'numpy':>9} {'numpy/buffer':>13}")
    for size in SIZES:
        scores = np.random.default_rng(0).random(size)
        task = Task("task", (Example(1, 2),))
        experiences = [
            Experience(task, Program(str(index)), "task", (score,))
            for index, score in enumerate(scores.tolist())
        ]
        buffer = PrioritizedReplayBuffer[int, int](priority=similarity, floor=FLOOR)
        start = time.perf_counter()
        buffer.add(experiences, "policy")
        adding = time.perf_counter() - start

        def of_buffer(
            rng: np.random.Generator, buffer: PrioritizedReplayBuffer[int, int] = buffer
        ) -> None:
            buffer.sample({"policy": DRAW}, rng)

        def of_numpy(
            rng: np.random.Generator,
            weights: np.ndarray[tuple[int], np.dtype[np.float64]] = scores + FLOOR,
            experiences: list[Experience[int, int]] = experiences,
        ) -> None:
            chosen = rng.choice(
                len(weights), DRAW, replace=False, p=weights / weights.sum(), shuffle=True
            )
            _ = [experiences[index] for index in chosen.tolist()]

        ours, theirs = median_seconds(of_buffer), median_seconds(of_numpy)
        print(
            f"{size:>10,} {adding:>8.2f}s {ours * 1e3:>7.1f}ms {theirs * 1e3:>7.1f}ms "
            f"{theirs / ours:>13.2f}"
        )


def median_seconds(draw: Callable[[np.random.Generator], None]) -> float:
    """Return the median wall time of ``draw`` in seconds."""
    times = []
    for repeat in range(REPEATS):
        rng = np.random.default_rng(repeat)
        start = time.perf_counter()
        draw(rng)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


if __name__ == "__main__":
    main()
