"""A sandbox's side of its worker: starts it, talks to it under a deadline, and kills it."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from contextlib import ExitStack, suppress
from time import monotonic
from typing import Any, NoReturn

from exit_dsl.execution.messages import HEADER, MARK, Fault, Ready, Request, Setup
from exit_dsl.types import Failure, FailureKind

START_SECONDS = 120.0
"""How long a worker may take to import what the interpreter needs."""
CHUNK = 1 << 16
"""Bytes read at a time: what a pipe holds."""
LONGEST_POLL = 0.05
"""Seconds until a run notices that its sandbox was closed."""


class WorkerLostError(Exception):
    """The worker is gone; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Closing(threading.Event):
    """Set when the sandbox is closed, be it by another thread in the middle of a run."""

    def check(self) -> None:
        """Raise RuntimeError if it is set."""
        if self.is_set():
            raise RuntimeError("the sandbox was closed during the run")


class Worker:
    """A running worker process.

    It ends with :meth:`end`, with this object, or with this process. All other use is by one
    thread at a time, which ``closing`` tells to give up. ``served`` counts the programs that it
    has answered.

    Raises:
        OSError: the process could not be started.
    """

    def __init__(self, setup: Setup, closing: Closing) -> None:
        self.served = 0
        self._closing = closing
        self._owner = os.getpid()
        self._longest = setup.memory_bytes or sys.maxsize
        self._buffer = bytearray()
        with ExitStack() as ours, ExitStack() as theirs:
            their_requests, self._requests = _pipe(theirs, ours)
            self._replies, their_replies = _pipe(ours, theirs)
            their_lifeline, _ = _pipe(theirs, ours)
            self._process = _start(their_requests, their_replies, their_lifeline)
            kept = ours.pop_all()
        self.end = weakref.finalize(self, _end, self._process, self._owner, kept)
        os.set_blocking(self._requests, False)
        self._writable = _poll(self._requests, select.POLLOUT)
        self._readable = _poll(self._replies, select.POLLIN)
        self._hello = setup

    @property
    def is_usable(self) -> bool:
        """Whether it has not ended; a copy of this object in a forked process is of no use."""
        return self.end.alive and self._owner == os.getpid()

    def greet(self) -> Ready | Fault:
        """Send the setup and wait for the worker to say that it is ready."""
        deadline = monotonic() + START_SECONDS
        self.send(self._hello, deadline)
        reply: Ready | Fault = self.receive(deadline)
        return reply

    def send(self, message: Setup | Request, deadline: float) -> None:
        """Write a message by ``deadline`` (monotonic, seconds).

        Raises:
            WorkerLostError: it could not be written; the worker has been killed.
        """
        body = pickle.dumps(message)
        rest = memoryview(HEADER.pack(MARK, len(body)) + body)
        try:
            while rest:
                self._wait(self._writable, deadline)
                rest = rest[os.write(self._requests, rest) :]
        except BrokenPipeError:
            self._lose()

    def receive(self, deadline: float) -> Any:
        """Read a message by ``deadline`` (monotonic, seconds); if that fails, it is a fault.

        Raises:
            WorkerLostError: there was none; the worker has been killed.
        """
        mark, length = HEADER.unpack(self._read(HEADER.size, deadline))
        if mark != MARK or length > self._longest:
            self._lose()
        message = self._read(length, deadline)
        try:
            # From a worker that runs the user's own interpreter; programs are never unpickled.
            return pickle.loads(message)
        except Exception as error:
            self.end()
            summary = f"the outcomes cannot be unpickled: {type(error).__name__}: {error}"
            return Fault(summary, traceback.format_exc())

    def _read(self, size: int, deadline: float) -> bytes:
        buffer = self._buffer
        while len(buffer) < size:
            self._wait(self._readable, deadline)
            chunk = os.read(self._replies, CHUNK)
            if not chunk:
                self._lose()
            buffer += chunk
        message = bytes(buffer[:size])
        del buffer[:size]
        return message

    def _wait(self, poll: select.poll, deadline: float) -> None:
        while True:
            self._closing.check()
            if poll.poll(1000 * max(0.0, min(deadline - monotonic(), LONGEST_POLL))):
                return
            if monotonic() >= deadline:
                self.end()
                # Killed by us, or gone already while a process of its own kept the pipe open.
                if self._process.returncode == -signal.SIGKILL:
                    raise WorkerLostError(Failure(FailureKind.TIMEOUT, "killed: out of time"))
                self._lose()

    def _lose(self) -> NoReturn:
        self.end()
        code = self._process.returncode
        how = f"by {_name(-code)}" if code < 0 else f"with status {code}"
        raise WorkerLostError(Failure(FailureKind.CRASHED, f"the worker ended {how}"))


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # Of the real-time signals, only the first and the last have a name.
        return f"signal {number}"


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """Open a pipe; its ends are closed by the two stacks."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _poll(descriptor: int, event: int) -> select.poll:
    poll = select.poll()
    poll.register(descriptor, event)
    return poll


def _start(*descriptors: int) -> subprocess.Popen[bytes]:
    # The path comes first: it may be what makes this library importable.
    code = (
        f"import sys; sys.path[:] = {list(map(str, sys.path))}; "
        f"from exit_dsl.execution.sandbox_worker import serve; serve{descriptors}"
    )
    # As multiprocessing does: whether asserts are checked must not depend on the process.
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(
        [sys.executable, *flags, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=descriptors,
        start_new_session=True,  # a group to kill, children included; and Ctrl-C is for us alone
    )


def _end(process: subprocess.Popen[bytes], owner: int, descriptors: ExitStack) -> None:
    """Kill the worker and all that it started, and leave nothing behind."""
    if owner == os.getpid():
        # Before waiting, so that the number of the group cannot be another's by now.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    descriptors.close()
