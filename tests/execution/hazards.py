"""An interpreter whose programs misbehave; in a module of its own, as workers import it."""

from __future__ import annotations

import ctypes
import multiprocessing
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


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1)


def plunge(value: int) -> int:
    """Recurse through C, where each level takes a piece of the stack."""
    sys.setrecursionlimit(10**9)
    return max([value], key=plunge)


def go_deaf() -> None:
    """Ignore every signal that can be ignored."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    loop()


def leave(*command: str) -> int:
    return subprocess.Popen(command).pid


def leave_a_hog() -> int:
    return leave(sys.executable, "-c", "import time; x = b'x' * 50_000_000; time.sleep(60)")


def leave_a_process_of_the_shell() -> int:
    """Unlike those of ``subprocess``, it inherits whatever descriptors are inheritable."""
    return os.system("sleep 60 &")


def start_thread(function: Any, *args: Any) -> int:
    threading.Thread(target=function, args=args).start()
    return 1


def exit_later() -> None:
    time.sleep(0.1)
    os._exit(3)


def set_alarm() -> int:
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    return 1


def fork_natively() -> int:
    """Fork behind Python's back: the copy goes on as the worker does, until it may answer."""
    number = ctypes.PyDLL(None).fork()
    assert isinstance(number, int)
    return number


def fork_by_multiprocessing() -> None:
    multiprocessing.get_context("fork").Process(target=loop).start()


def write_everywhere(data: bytes) -> None:
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, data)
        except OSError:
            continue
    time.sleep(60)


def read_everywhere() -> None:
    for descriptor in range(20):
        try:
            os.read(descriptor, 1 << 20)
        except OSError:
            continue


HAZARDS: dict[str, Any] = {
    "loop": loop,
    "sleep": lambda: time.sleep(60),
    "power": lambda: (10**6) ** (10**7),
    "hash": lambda: hash(share(60)),
    "equal": lambda: share(60) == share(60),
    "order": lambda: share(60) < share(60),
    "repr": lambda: repr(share(60)),
    "memory": fill,
    "crumbs": fill_with_crumbs,
    "list": lambda: [0] * 10**12,
    "recurse": recurse,
    "plunge": lambda: plunge(1),
    "deep hash": lambda: hash(nest(300_000)),
    "deaf": go_deaf,
    "stop": lambda: signal.raise_signal(signal.SIGSTOP),
    "terminate": lambda: signal.raise_signal(signal.SIGTERM),
    "real-time": lambda: os.kill(os.getpid(), 40),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "sys.exit": lambda: sys.exit(3),
    "interrupt": lambda: signal.raise_signal(signal.SIGINT),
    "close": lambda: os.closerange(3, 256),
    "close streams": lambda: os.closerange(0, 3),
    "nonsense": lambda: write_everywhere(b"\xff" * 64),
    "zeros": lambda: write_everywhere(b"\0" * 64),
    "read": read_everywhere,
    "ask": lambda: sys.stdin.read(),
    "fork": lambda: os.fork(),
    "fork a terminal": lambda: os.forkpty(),
    "fork unseen": posix.fork,
    "fork natively": fork_natively,
    "multiprocessing": fork_by_multiprocessing,
    "flood": flood,
    "huge": lambda: b"x" * 20_000_000,
    "too huge": lambda: b"x" * 100_000_000,
    "nested": lambda: nest(100_000),
    "child": lambda: leave("sleep", "60"),
    "hog": leave_a_hog,
    "shell": leave_a_process_of_the_shell,
    "thread": lambda: start_thread(time.sleep, 60),
    "busy thread": lambda: start_thread(loop),
    "thread exits": lambda: start_thread(exit_later),
    "alarm": set_alarm,
    "nap": lambda: time.sleep(0.4),
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
