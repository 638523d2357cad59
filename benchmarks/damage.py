"""Is damage to a checkpoint noticed, whatever it is, and is the generation before it loaded?

Run from the repository root as ``python -m benchmarks.damage [--flips 1000] [--truncations 100]
[--seed 0]``. Of a real checkpoint with two generations (:mod:`benchmarks.small_run`) a file of the
newer is damaged: a random bit is flipped, the end is cut off at a random byte, or the file is
deleted. All files are hit equally often, so that the small ones, the manifest among them, are not
spared. Loading must warn, name the file, and give the state of the older generation. If both
generations are damaged, loading must be refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from exit_dsl import checkpoint
from exit_dsl.checkpoint import CheckpointError
from exit_dsl.encoding import encode

Damage = Callable[[Path, np.random.Generator], None]


def flip(file: Path, rng: np.random.Generator) -> None:
    """Flip a random bit."""
    content = bytearray(file.read_bytes())
    bit = int(rng.integers(8 * len(content)))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def truncate(file: Path, rng: np.random.Generator) -> None:
    """Cut off the end, at any byte."""
    content = file.read_bytes()
    file.write_bytes(content[: int(rng.integers(len(content)))])


def delete(file: Path, rng: np.random.Generator) -> None:
    """Delete the file."""
    file.unlink()


class Received:
    """Takes over any state, so that it can be compared."""

    def __init__(self) -> None:
        self._state: Mapping[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state."""
        self._state = state

    def digest(self) -> str:
        """Return a digest of the state, arrays and tensors included."""
        arrays: dict[str, Any] = {}
        text = json.dumps(encode(self._state, arrays))
        contents = [np.asarray(array).tobytes() for array in arrays.values()]
        return hashlib.sha256(b"".join([text.encode(), *contents])).hexdigest()


class Study:
    """Damages a checkpoint, loads it, and mends it again.

    Args:
        folder: a checkpoint with two generations.
        parts: the names of what was saved.
        rng: chooses files, bits and bytes.
    """

    def __init__(self, folder: Path, parts: Iterable[str], rng: np.random.Generator) -> None:
        self._folder = folder
        self._parts = tuple(parts)
        self._rng = rng
        self.older, self.newer = sorted(folder.iterdir())
        self.damaged: Counter[str] = Counter()
        self.faults: list[str] = []
        with _moved_away(self.newer):
            self._expected = self._loaded()

    def hit(self, damage: Damage, file: Path | None = None) -> None:
        """Damage a file of the newer generation, a random one unless given, and load."""
        file = file or self._any_file(self.newer)
        with _mended(file), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            damage(file, self._rng)
            self.damaged[damage.__name__] += 1
            try:
                loaded = self._loaded()
            except Exception as error:
                self.faults.append(f"{damage.__name__} {file.name}: {error!r}")
                return
        if not any(f"({file.name} " in str(warning.message) for warning in caught):
            self.faults.append(f"{damage.__name__} {file.name}: no warning names it")
        elif loaded != self._expected:
            self.faults.append(f"{damage.__name__} {file.name}: another state was loaded")

    def hit_both(self, damage: Damage) -> None:
        """Damage a file of each generation, and load."""
        files = [self._any_file(generation) for generation in (self.older, self.newer)]
        with _mended(files[0]), _mended(files[1]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for file in files:
                damage(file, self._rng)
            self.damaged[f"{damage.__name__} in both generations"] += 1
            try:
                self._loaded()
            except CheckpointError:
                return
        self.faults.append(f"{damage.__name__} {files}: something was loaded")

    def _any_file(self, generation: Path) -> Path:
        files = sorted(generation.iterdir())
        return files[int(self._rng.integers(len(files)))]

    def _loaded(self) -> dict[str, str]:
        parts = {name: Received() for name in self._parts}
        metadata = checkpoint.load(self._folder, parts)
        return {"metadata": repr(metadata), **{name: p.digest() for name, p in parts.items()}}


@contextmanager
def _mended(file: Path) -> Iterator[None]:
    """Put the content of a file back at the end."""
    content = file.read_bytes()
    yield
    file.write_bytes(content)


@contextmanager
def _moved_away(folder: Path) -> Iterator[None]:
    """Let a folder be elsewhere for a while."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    yield
    elsewhere.rename(folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was damaged, how often, and how much of it was noticed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damage", description=__doc__)
    parser.add_argument("--flips", type=int, default=1_000, help="flipped bits (1000)")
    parser.add_argument("--truncations", type=int, default=100, help="files cut short (100)")
    parser.add_argument("--seed", type=int, default=0, help="of what is damaged (0)")
    options = parser.parse_args(arguments)
    from benchmarks.small_run import SmallRun  # imports torch

    with tempfile.TemporaryDirectory() as scratch:
        run = SmallRun(Path(scratch))
        run.go_on()
        study = Study(run.checkpoint, run.parts, np.random.default_rng(options.seed))
        for _ in tqdm(range(options.flips), desc="flips", disable=None):
            study.hit(flip)
        for _ in tqdm(range(options.truncations), desc="truncations", disable=None):
            study.hit(truncate)
        for file in sorted(study.newer.iterdir()):
            study.hit(delete, file)
        for damage in (flip, truncate):
            for _ in range(options.truncations):
                study.hit_both(damage)
    for name, count in study.damaged.items():
        print(f"{name}: {count}")
    print(*study.faults, sep="\n", end="\n" if study.faults else "")
    total = study.damaged.total()
    print(f"detected: {total - len(study.faults)} of {total}")
    if study.faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
