"""Does a run that is killed at any moment end as if nothing had happened?

Run from the repository root as ``python -m benchmarks.kills [--points 200] [--seed 0]``; it needs
Linux. A small run (:mod:`benchmarks.small_run`) is first left alone. Then, each time in a folder of
its own, it is killed by SIGKILL, started again until it ends, and compared with the first: all
files of the last generation (weights, moments, buffer, sampled programs, losses, solutions) and the
log must be equal byte by byte. It is killed once at each moment of :mod:`benchmarks.faults`, which
are those at which it changes the disk or a stage begins or ends, and at random times, in every
fourth case twice.

Importing torch takes longer than the run. So two servers import everything and fork for each start;
what one began the other goes on with, and as their seeds of hashing differ, no order of a set can
be the same by chance.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from benchmarks.faults import Strike, die, labelled, strike_at, watched
from exit_dsl.evaluation import Scoreboard
from exit_dsl.interfaces import Tracker
from exit_dsl.loop import ExpertIteration

TWICE = 0.25
"""The share of random points after which the next start is killed as well."""


class Run(Protocol):
    """A run that keeps everything in one folder."""

    @property
    def loop(self) -> ExpertIteration[Any, Any]:
        """The loop."""
        ...

    @property
    def scoreboard(self) -> Scoreboard[Any, Any]:
        """The scoreboard."""
        ...

    @property
    def tracker(self) -> Tracker:
        """The log."""
        ...

    def go_on(self) -> None:
        """Go on from the checkpoint, or begin, and go to the end."""
        ...

    def save(self) -> None:
        """Save a generation."""
        ...


@dataclass(frozen=True, slots=True)
class Kill:
    """When a start is killed: after so many seconds, or at the moment with that index.

    Without either it is left alone.
    """

    seconds: float | None = None
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a start ended, after how many seconds, and the moments it passed if left alone."""

    status: int
    seconds: float
    moments: Sequence[str] = ()


class Server:
    """A process that has imported everything and forks another one for each start.

    Args:
        hash_seed: decides in which order sets are walked through.
    """

    def __init__(self, hash_seed: int) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kills", "--serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def start(self, folder: Path, kill: Kill) -> Ending:
        """Start the run of ``folder`` and wait for its end."""
        requests, replies = self._process.stdin, self._process.stdout
        assert requests is not None
        assert replies is not None
        print(json.dumps([str(folder), asdict(kill)]), file=requests, flush=True)
        return Ending(**json.loads(replies.readline()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve() -> None:
    """Start a run for each line of standard input, and write how it ended."""
    from benchmarks import small_run  # takes long; each fork has it

    for line in sys.stdin:
        folder, kill = json.loads(line)
        ending = forked(small_run.SmallRun, Path(folder), Kill(**kill))
        print(json.dumps(asdict(ending)), flush=True)


def forked(make: Callable[[Path], Run], folder: Path, kill: Kill) -> Ending:
    """Start a run in a process of its own, and kill it in time."""
    begin = perf_counter()
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        os.dup2(2, 1)  # what is printed must not mix with the answers
        os._exit(_go_on(make, folder, kill, sink))
    os.close(sink)
    if kill.seconds is not None:
        exits = os.pidfd_open(child)
        if not select.select([exits], [], [], kill.seconds)[0]:
            os.kill(child, signal.SIGKILL)
        os.close(exits)
    with open(source, encoding="utf-8") as stream:
        passed = stream.read().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ending(status, perf_counter() - begin, passed)


def _go_on(make: Callable[[Path], Run], folder: Path, kill: Kill, sink: int) -> int:
    """Do the run in this process, and return its exit status."""
    warnings.simplefilter("error")  # a kill must not leave anything that is worth a warning
    names: list[str] = []
    strike = names.append if kill.moment is None else strike_at(kill.moment, die)
    try:
        run = make(folder)
        with watched(folder, strike), _stages(run, strike):
            run.go_on()
        with open(sink, "w", encoding="utf-8") as stream:
            stream.write("\n".join(names))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _stages(run: Run, strike: Strike) -> Iterator[None]:
    """Tell ``strike`` before and after each stage."""
    stages: dict[Any, tuple[str, ...]] = {
        run.loop: ("learn", "collect"),
        run.loop.buffer: ("sample",),
        run.loop.policy: ("update", "state_dict", "load_state_dict"),
        run.scoreboard: ("record", "performance", "load_state_dict"),
        run.tracker: ("log",),
        run: ("save",),
    }
    with ExitStack() as stack:
        for owner, names in stages.items():
            stack.enter_context(labelled(owner, names, strike))
        yield


class Study:
    """Kills runs, starts them again, and compares them with one that was left alone.

    Args:
        scratch: holds a folder for each run.
        servers: start it in turn.
    """

    def __init__(self, scratch: Path, servers: Sequence[Server]) -> None:
        self._scratch = scratch
        self._servers = servers
        alone = [self._left_alone(server) for server in servers]
        self._expected, self.moments, self.span = alone[0]
        if any(other != self._expected for other, _, _ in alone):
            raise SystemExit("runs that are left alone differ; this is not about kills")
        self.places: Counter[str] = Counter()
        self.compared = 0
        self.faults: list[str] = []

    def point(self, name: str, *kills: Kill) -> bool:
        """Kill a new run, start after start; then let it end, and compare.

        Returns:
            False if the run had ended before it was to be killed, which tells nothing.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch) as made:
            folder = Path(made)
            killed = 0
            for server, kill in zip(cycle(self._servers), (*kills, Kill())):
                ending = server.start(folder, kill)
                if ending.status != -signal.SIGKILL:
                    break
                killed += 1
                self.places[place(folder)] += 1
            if not killed:
                return False
            self.compared += 1
            if ending.status != 0:
                self.faults.append(f"{name}: ended with status {ending.status}")
            elif different := differences(self._expected, outcome(folder)):
                self.faults.append(f"{name}: {', '.join(different)}")
        return True

    def _left_alone(self, server: Server) -> tuple[dict[str, str], Sequence[str], float]:
        with tempfile.TemporaryDirectory(dir=self._scratch) as made:
            ending = server.start(Path(made), Kill())
            return outcome(Path(made)), ending.moments, ending.seconds


def outcome(folder: Path) -> dict[str, str]:
    """Return the digest of each file that tells what came of a run."""
    last = max(folder.glob("checkpoint/generation-*[0-9]"))
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (*last.iterdir(), folder / "losses.jsonl")
    }


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the files that are not in both, or not equal."""
    return sorted({name for name, _ in one.items() ^ other.items()})


def place(folder: Path) -> str:
    """Return where a run was when it was killed, as far as its folder shows."""
    if any(folder.glob("checkpoint/*.tmp")):
        return "while a generation was being written"
    if any(folder.glob("checkpoint/generation-*[0-9]")):
        return "after a generation was complete"
    return "before anything was saved"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how many runs were killed where, and how many of them ended as they should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--points", type=int, default=200, help="random kills (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the random kills (0)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve()
        return
    servers = [Server(1), Server(2)]
    with tempfile.TemporaryDirectory() as scratch:
        study = Study(Path(scratch), servers)
        print(f"a run takes {study.span:.1f} s and passes {len(study.moments)} moments")
        for index, name in enumerate(tqdm(study.moments, desc="moments", disable=None)):
            study.point(f"moment {index}, {name}", Kill(moment=index))
        report("killed at each moment", study)
        study.places.clear()
        moments = study.compared
        rng = np.random.default_rng(options.seed)
        bar = tqdm(total=options.points, desc="random", disable=None)
        while study.compared < moments + options.points:
            kills = [Kill(seconds=float(rng.uniform(0, study.span)))]
            if rng.random() < TWICE:
                kills.append(Kill(seconds=float(rng.uniform(0, study.span))))
            bar.update(study.point(f"random point {kills}", *kills))
        bar.close()
        report("killed at random times", study)
    for server in servers:
        server.close()
    print(*study.faults, sep="\n", end="\n" if study.faults else "")
    print(f"identical: {study.compared - len(study.faults)} of {study.compared}")
    if study.faults:
        raise SystemExit(1)


def report(title: str, study: Study) -> None:
    """Print where runs were killed."""
    print(f"{title}: {study.places.total()}")
    for where, count in sorted(study.places.items()):
        print(f"    {where}: {count}")


if __name__ == "__main__":
    main()
