"""What the replay buffer takes, in memory and time, beside NumPy's and torchrl's weighted draws.

Run from the repository root as ``python -m benchmarks.replay``. Each line comes from a process of
its own, and all draws of a line follow the same weights in that process. Seconds are those of the
processor, so that other jobs on the machine count little; saving and loading wait for the disk and
are timed by the clock. torchrl is optional: where it is installed, its column has figures.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import resource
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from exit_dsl import checkpoint
from exit_dsl.replay import PrioritizedReplayBuffer, similarity
from exit_dsl.types import Example, Experience, Program, Task

SIZES = (100_000, 1_000_000, 10_000_000)
DRAW = 100_000
REPEATS = 5
FLOOR = 1e-6
LIVE = 1_000_000
TASKS = 400
DEMONSTRATIONS = 3
SHARING = 10
"""Experiences that have the same outputs."""
CHUNK = 10_000

Weights: TypeAlias = npt.NDArray[np.float64]
Buffer: TypeAlias = PrioritizedReplayBuffer[Any, Any]


@dataclass(frozen=True)
class Kind:
    """Experiences of one size: three demonstrations of ``shape``, programs of ``characters``."""

    name: str
    text: str
    shape: tuple[int, ...]
    characters: int


LIGHT = Kind("light", "lists of 5 numbers, programs of 30 characters", (5,), 30)
GRIDS = Kind("grids", "grids of 10 x 10, programs of 300 characters", (10, 10), 300)
KINDS = (LIGHT, GRIDS)


@dataclass(frozen=True)
class Line:
    """What was measured: seconds, and bytes for each experience."""

    size: int
    memory: float
    peak: float
    add: float
    draw: float
    choose: float
    numpy: float
    torchrl: float | None
    save: float
    load: float

    def __str__(self) -> str:
        torchrl = "not installed" if self.torchrl is None else f"{self.torchrl * 1e3:,.0f} ms"
        return (
            f"{self.memory:>5.0f} {self.peak / 2**30:>5.2f} GiB {self.size / self.add:>6,.0f}/s "
            f"{self.draw * 1e3:>4.0f} ms {self.choose * 1e3:>4.0f} ms {self.numpy * 1e3:>5,.0f} ms "
            f"{torchrl:>13} {self.save:>4.0f} s {self.load:>4.0f} s"
        )


def main() -> None:
    """Print a table for each kind of experiences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    sizes = parser.parse_args().sizes
    print(f"{DRAW:,} (or half) drawn without replacement (torchrl: with), best of {REPEATS}")
    for kind in KINDS:
        print(f"{kind.name}: {kind.text}; {SHARING} share their outputs")
    print(
        f"{'held':>10} {'kind':>5} {'live':>9} {'bytes':>5} {'peak':>9} {'add':>8} {'draw':>7} "
        f"{'choose':>7} {'numpy':>8} {'torchrl':>13} {'save':>6} {'load':>6}"
    )
    for size in sizes:
        for kind in KINDS:
            for live in (0, LIVE) if size == LIVE else (LIVE,):
                print(
                    f"{size:>10,} {kind.name:>5} {live:>9,} {alone(kind, size, live)}", flush=True
                )


def alone(kind: Kind, size: int, live: int) -> Line:
    """Measure in a fresh process, whose memory nothing else has used."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, kind, size, live).result()


def measure(kind: Kind, size: int, live: int) -> Line:
    """Fill a buffer and measure it, then the same draws by others, then a checkpoint."""
    buffer: Buffer = PrioritizedReplayBuffer(priority=similarity, floor=FLOOR, live=live)
    gc.collect()
    before = resident()
    add = 0.0
    weights = array("d")
    for chunk in chunks(kind, size):
        weights.extend(similarity(each) + FLOOR for each in chunk)
        start = time.process_time()
        buffer.add(chunk, "policy")
        add += time.process_time() - start
        chunk.clear()
    law = np.array(weights)
    del weights
    gc.collect()
    memory = (resident() - before - law.nbytes) / size
    (part,) = buffer._partitions.values()
    count = min(DRAW, size // 2)
    choose = best_seconds(partial(part.choose, count, FLOOR))
    draw = best_seconds(partial(buffer.sample, {"policy": count}))
    numpy = best_seconds(lambda rng: rng.choice(size, count, replace=False, p=law / law.sum()))
    torchrl = torchrl_seconds(law, count)
    del part
    save, load = checkpoint_seconds(buffer, live)
    return Line(size, memory, peak(), add, draw, choose, numpy, torchrl, save, load)


def chunks(kind: Kind, size: int) -> Iterator[list[Experience[Any, Any]]]:
    """Yield ``size`` different experiences in pieces."""
    rng = np.random.default_rng(0)
    inputs = [values(kind, rng, DEMONSTRATIONS) for _ in range(TASKS)]
    filling = "x = call(x, y)\n" * (kind.characters // 15 + 1)
    for first in range(0, size, CHUNK):
        chunk: list[Experience[Any, Any]] = []
        for group in range(first // SHARING, min(first + CHUNK, size) // SHARING):
            number = group % TASKS
            name = f"task {number}"
            outputs = values(kind, rng, DEMONSTRATIONS)
            scores = (rng.integers(0, 101, DEMONSTRATIONS) / 100).tolist()
            task = Task(f"{name}#{group:016x}", tuple(map(Example, inputs[number], outputs)))
            for index in range(SHARING):
                text = f"x{group * SHARING + index:08} = f(I)\n{filling}"[: kind.characters]
                chunk.append(Experience(task, Program(text), name, tuple(scores)))
        yield chunk


def values(kind: Kind, rng: np.random.Generator, count: int) -> list[Any]:
    """Return ``count`` random values: tuples, or tuples of tuples, of the numbers 0 to 9."""
    drawn = rng.integers(0, 10, (count, *kind.shape)).tolist()
    if len(kind.shape) == 1:
        return list(map(tuple, drawn))
    return [tuple(map(tuple, value)) for value in drawn]


def torchrl_seconds(law: Weights, count: int) -> float | None:
    """Return how long torchrl's sampler takes to draw positions; None if it is not installed."""
    try:
        import torch

        import_module("torchrl._torchrl")  # its compiled part, which fits one version of torch
        data = import_module("torchrl.data")
        samplers = import_module("torchrl.data.replay_buffers.samplers")
    except ImportError:
        return None
    torch.set_num_threads(1)
    sampler = samplers.PrioritizedSampler(
        len(law), alpha=1.0, beta=1.0, eps=0.0, dtype=torch.float64
    )
    storage = data.LazyTensorStorage(len(law))
    positions = torch.arange(len(law))
    storage.set(positions, torch.zeros(len(law), dtype=torch.uint8))
    for first in range(0, len(law), DRAW):
        some = positions[first : first + DRAW]
        sampler.extend(some)
        sampler.update_priority(some, torch.from_numpy(law[some.numpy()]))
    return best_seconds(lambda rng: sampler.sample(storage, count))


def checkpoint_seconds(buffer: Buffer, live: int) -> tuple[float, float]:
    """Return how long it takes to save ``buffer`` and to load it into another."""
    other: Buffer = PrioritizedReplayBuffer(live=live)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        checkpoint.save(Path(folder), {"buffer": buffer}, generation=0, metadata={})
        saved = time.perf_counter()
        buffer.load_state_dict(other.state_dict())
        loading = time.perf_counter()
        checkpoint.load(Path(folder), {"buffer": other})
        return saved - start, time.perf_counter() - loading


def best_seconds(draw: Callable[[np.random.Generator], object]) -> float:
    """Return the fewest seconds of the processor that ``draw`` took, all in one thread."""
    times = []
    for repeat in range(REPEATS):
        rng = np.random.default_rng(repeat)
        start = time.process_time()
        draw(rng)
        times.append(time.process_time() - start)
    return min(times)


def resident() -> int:
    """Return the bytes of this process that are in memory (on Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    """Return the most bytes of this process that have been in memory at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main()
