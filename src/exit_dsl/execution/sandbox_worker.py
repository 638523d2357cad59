"""The worker's side of :class:`~exit_dsl.execution.Sandboxed`: a fresh process that runs programs.

It lives as long as its pipes: one with requests, one with replies, and a lifeline that carries
nothing and is closed when the other side ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import resource
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from exit_dsl.execution.messages import HEADER, MAIN, MARK, Fault, Ready, Request, Setup
from exit_dsl.interfaces import Interpreter
from exit_dsl.types import Budget, Failure, FailureKind, Outcome, Program

RESERVE = 1 << 22
"""Bytes kept to say with that the memory ran out; what it ran out on need not be free by then."""


class _ContractError(Exception):
    """The interpreter has broken its contract; raised from what it did."""


class _ForkError(BaseException):
    """A program tried to fork. Not an ``Exception``, so that no primitive can swallow it."""


def serve(requests: int, replies: int, lifeline: int) -> None:
    """Answer requests until their pipe closes; the arguments are file descriptors."""
    for descriptor in (requests, replies, lifeline):
        # Processes that a program leaves behind must not keep the pipes open.
        os.set_inheritable(descriptor, False)
    _hear_signals()
    _die_with(lifeline)
    _forbid_forks()
    with open(requests, "rb") as reader, open(replies, "wb") as writer:
        try:
            setup: Setup = pickle.loads(_receive(reader))
            sys.argv[:] = setup.argv
            if setup.main is not None:
                _import_main(setup.main)
            interpreter = pickle.loads(setup.interpreter)
            reserve = bytearray(RESERVE)
            _limit(setup.memory_bytes)
        except Exception as error:
            _send(writer, _fault("the worker could not load the interpreter", error))
            return
        _send(writer, pickle.dumps(Ready()))
        _silence()
        while message := _receive(reader):
            _answer(interpreter, message, writer, reserve)
    # Threads that a program has left behind must not keep the process.
    os._exit(0)


def _answer(
    interpreter: Interpreter[Any, Any], message: bytes, writer: BinaryIO, reserve: bytearray
) -> None:
    try:
        request: Request = pickle.loads(message)
        inputs: Sequence[Any] = pickle.loads(request.inputs)
        # Written while there is memory to write it.
        exhausted = _failures(FailureKind.MEMORY, "the memory ran out", inputs)
    except MemoryError:
        raise  # What earlier programs have left leaves no room: a new worker will have it.
    except Exception as error:
        _send(writer, _fault("the worker could not read the request", error))
        return
    for program in request.programs:
        try:
            reply = _run(interpreter, program, inputs, request.budget)
        except MemoryError:
            reserve.clear()  # Once is enough: the sandbox takes a new worker after this.
            reply = exhausted
        except _ContractError as error:
            _send(writer, _fault(str(error), error.__cause__))
            return
        _send(writer, reply)


def _run(
    interpreter: Interpreter[Any, Any], program: Program, inputs: Sequence[Any], budget: Budget
) -> bytes:
    worker = os.getpid()
    try:
        outcomes = tuple(interpreter.run(program, inputs, budget))
    except (MemoryError, SystemError):
        raise  # The latter says that Python itself is damaged, and the worker with it.
    except _ForkError:
        return _failures(FailureKind.ERROR, "the program tried to fork", inputs)
    except (SystemExit, KeyboardInterrupt) as error:
        detail = f"the program tried to end the worker: {error!r:.200}"
        return _failures(FailureKind.CRASHED, detail, inputs)
    except BaseException as error:
        raise _ContractError(f"the interpreter raised {_describe(error)}") from error
    finally:
        if os.getpid() != worker:
            os._exit(1)  # A copy that native code has made must not answer as well.
    try:
        return pickle.dumps(outcomes)
    except MemoryError:
        raise
    except RecursionError:
        detail = "the output is nested too deeply to be sent back"
        return _failures(FailureKind.SIZE, detail, inputs)
    except Exception as error:
        raise _ContractError(f"the outcomes cannot be pickled: {_describe(error)}") from error


def _failures(kind: FailureKind, detail: str, inputs: Sequence[Any]) -> bytes:
    outcomes: tuple[Outcome[Any], ...] = (Failure(kind, detail),) * len(inputs)
    return pickle.dumps(outcomes)


def _fault(summary: str, cause: BaseException | None) -> bytes:
    return pickle.dumps(Fault(summary, "".join(traceback.format_exception(cause))))


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _receive(reader: BinaryIO) -> bytes:
    header = reader.read(HEADER.size)
    return reader.read(HEADER.unpack(header)[1]) if header else b""


def _send(writer: BinaryIO, message: bytes) -> None:
    writer.write(HEADER.pack(MARK, len(message)))
    writer.write(message)
    writer.flush()


def _hear_signals() -> None:
    """Ignore no signal just because the process that started this one does.

    A shell ignores interrupts in what it starts in the background, and so would all its children;
    what a program gets must not depend on that.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _die_with(lifeline: int) -> None:
    """Have the kernel end this process and its children when the other side of a pipe closes.

    The signal ends a call into C as well, which a thread that waits for the pipe could not. Linux
    can send one that no program can ignore.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def _forbid_forks() -> None:
    """Refuse to fork: a copy of the worker would answer as well, and a thousand stay as zombies.

    An audit hook could not be evaded, but would be called for every ``id()``.
    """
    for name in ("fork", "forkpty"):
        setattr(os, name, _refuse_fork)
    os.register_at_fork(after_in_child=partial(os._exit, 1))


def _refuse_fork() -> None:
    raise _ForkError


def _import_main(script: str | Path) -> None:
    main = ModuleType(MAIN)
    sys.modules["__main__"] = sys.modules[MAIN] = main
    if isinstance(script, Path):
        names = runpy.run_path(str(script), run_name=MAIN)
    else:
        names = runpy.run_module(script, run_name=MAIN, alter_sys=True)
    main.__dict__.update(names)


def _limit(memory_bytes: int | None) -> None:
    """Let the address space grow by ``memory_bytes`` and no more; never write a core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is None:
        return
    statm = Path("/proc/self/statm")
    if not statm.exists():
        raise OSError("this system offers no memory limit; pass memory_bytes=None")
    pages = int(statm.read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _silence() -> None:
    """Discard what programs print; until here, complaints about a failing start are seen."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
