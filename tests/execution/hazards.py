"""An interpreter whose programs misbehave; in a module of its own, as workers import it."""

from __future__ import annotations

import ctypes
import os
import posix
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exit_dsl.interfaces import Interpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program, Success
from tests.fakes import ArithmeticInterpreter


class Stubborn:
    """Cannot be pickled."""

    def __reduce__(self) -> str:
        raise TypeError("it stays here")


class OneWay:
    """Can be pickled, but not read back."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("not a number",)


def loop() -> None:
    while True:
        pass


def nest(depth: int) -> tuple[Any, ...]:
    value: tuple[Any, ...] = ()
    for _ in range(depth):
        value = (value,)
    return value


def share(depth: int) -> tuple[Any, ...]:
    value: tuple[Any, ...] = ()
    for _ in range(depth):
        value = (value, value)
    return value


def fill() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))


def fill_with_crumbs() -> None:
    hoard: list[Any] = []
    while True:
        hoard.append([hoard])


def flood() -> int:
    for _ in range(200):
        print("x" * 10_000)
        print("x" * 10_000, file=sys.stderr)
        os.write(1, b"x" * 10_000)
    return 1


def leave_a_child() -> int:
    return subprocess.Popen(["sleep", "60"]).pid


def leave_a_thread() -> int:
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 1


def write_nonsense() -> None:
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    time.sleep(60)


HAZARDS: dict[str, Any] = {
    "loop": loop,
    "sleep": lambda: time.sleep(60),
    "power": lambda: (10**6) ** (10**7),
    "hash": lambda: hash(share(60)),
    "memory": fill,
    "crumbs": fill_with_crumbs,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "sys.exit": lambda: sys.exit(3),
    "interrupt": lambda: signal.raise_signal(signal.SIGINT),
    "close": lambda: os.closerange(3, 256),
    "nonsense": write_nonsense,
    "fork": lambda: os.fork(),
    "fork unseen": posix.fork,
    "flood": flood,
    "huge": lambda: b"x" * 20_000_000,
    "too huge": lambda: b"x" * 100_000_000,
    "nested": lambda: nest(100_000),
    "child": leave_a_child,
    "thread": leave_a_thread,
    "pid": os.getpid,
    "torch": lambda: "torch" in sys.modules,
    "descriptors": lambda: sorted(int(name) for name in os.listdir("/proc/self/fd")),
    "stubborn": Stubborn,
    "one way": OneWay,
}


@dataclass
class Hazardous(Interpreter[int, Any]):
    """Runs hazards by name, and arithmetic; ``bug`` raises, ``remember N`` keeps N bytes."""

    hoard: bytes = b""

    def run(
        self, program: Program, inputs: Sequence[int], budget: Budget
    ) -> Sequence[Outcome[Any]]:
        if program == "bug":
            raise ZeroDivisionError("a bug in the interpreter")
        if program == "few":
            return []
        if program.startswith("remember "):
            try:
                self.hoard += b"x" * int(program.split()[1])
            except MemoryError:
                return [Failure(FailureKind.MEMORY, "caught")] * len(inputs)
            return [Success(len(self.hoard))] * len(inputs)
        if program in HAZARDS:
            return [Success(HAZARDS[program]()) for _ in inputs]
        return ArithmeticInterpreter().run(program, inputs, budget)
