"""Programs in a process of their own, which is killed when one of them does not come back."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self, final

from typing_extensions import override

from exit_dsl.execution.batch import BatchInterpreter
from exit_dsl.execution.messages import MAIN, Fault, Request, Setup
from exit_dsl.execution.supervisor import Closing, Worker, WorkerLostError
from exit_dsl.interfaces import Interpreter
from exit_dsl.types import Budget, Failure, FailureKind, I, O, Outcome, Program


class InterpreterError(RuntimeError):
    """An interpreter broke its contract inside a sandbox, or could not be brought there.

    If there is a traceback from there, a note holds it.
    """


@final
class Sandboxed(BatchInterpreter[I, O]):
    """Runs an interpreter in a worker process that is killed when a program does not come back.

    The worker is a fresh process (never a fork) that imports what the interpreter needs, and
    stays for the programs that follow. A program that takes longer than ``budget.seconds`` for
    each input, and ``grace_seconds`` for all of them, is killed, be it in a Python loop or in a
    call into C; one that runs out of memory or takes the worker down fails alone as well. Its
    outcomes are failures of kind ``timeout``, ``memory`` or ``crashed`` on all inputs, and a new
    worker goes on with the next program. All other outcomes are the interpreter's. A program that
    exhausts or crashes a worker which ran others before is tried once more in a new one, so that
    no neighbour decides.

    The worker starts with the first run and ends with :meth:`close`, with the ``with`` block, with
    the object, or with this process, even if that is killed. A pickled copy has a worker of its
    own, so a sandbox can be given to :func:`execute` with any executor. Needs Linux or, with
    ``memory_bytes=None``, another POSIX system.

    Args:
        interpreter: what runs the programs; it has to be picklable. It is copied now.
        memory_bytes: by how much the worker's address space may grow after its imports, for
            programs, outcomes and what the interpreter remembers; None for no limit.
        recycle_after: the number of programs after which a new worker takes over, so that
            nothing piles up.
        grace_seconds: time a program may take beyond its budget: an interpreter that keeps to
            the budget itself reports more than a kill can.

    Raises:
        ValueError: a number is not positive, or the interpreter is from a notebook.
    """

    def __init__(
        self,
        interpreter: Interpreter[I, O],
        *,
        memory_bytes: int | None = 2**30,
        recycle_after: int = 10_000,
        grace_seconds: float = 0.5,
    ) -> None:
        numbers = {
            "memory_bytes": 1 if memory_bytes is None else memory_bytes,
            "recycle_after": recycle_after,
            "grace_seconds": grace_seconds,
        }
        for name, number in numbers.items():
            if not number > 0:
                raise ValueError(f"{name} must be positive, not {number}")
        payload = pickle.dumps(interpreter)
        main = _main_script() if _is_from_main(payload) else None
        setup = Setup(payload, memory_bytes, main, tuple(sys.argv))
        self._settings = _Settings(setup, recycle_after, grace_seconds)
        self._reset()

    def _reset(self) -> None:
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        self._closing = Closing()

    def __getstate__(self) -> _Settings:
        return self._settings

    def __setstate__(self, settings: _Settings) -> None:
        self._settings = settings
        self._reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker; a later run starts another.

        A program that another thread is running ends with it. All runs that other threads have
        begun raise RuntimeError, as only a part of their programs may have run.
        """
        self._closing.set()
        # Only who holds the lock may end the worker: to others its descriptors are still open.
        with self._lock:
            self._drop()
            self._closing = Closing()

    def _drop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    @override
    def run_many(
        self, programs: Sequence[Program], inputs: Sequence[I], budget: Budget
    ) -> Sequence[Sequence[Outcome[O]]]:
        """Run the programs in the worker.

        Raises:
            InterpreterError: the interpreter raised, its outcomes cannot be pickled, or no worker
                could be started or load it. A worker that runs lives on, and the programs that
                were left have not run.
            RuntimeError: another thread has closed the sandbox.
        """
        results: list[tuple[Outcome[O], ...]] = []
        payload = pickle.dumps(inputs)
        closing = self._closing  # By the time that it has the lock, there may be a new one.
        with self._lock:
            try:
                while len(results) < len(programs):
                    closing.check()
                    self._advance(programs, len(inputs), payload, budget, results)
            except InterpreterError:
                raise  # The worker has dropped the rest and waits.
            except BaseException:
                self._drop()
                raise
        return results

    def _advance(
        self,
        programs: Sequence[Program],
        n: int,
        inputs: bytes,
        budget: Budget,
        results: list[tuple[Outcome[O], ...]],
    ) -> None:
        """Add what one worker gives, before it ends, for programs on ``n`` (pickled) inputs."""
        worker = self._ready()
        due = len(results) + self._settings.recycle_after - worker.served
        seconds = budget.seconds * n + self._settings.grace_seconds
        try:
            deadline = monotonic() + seconds
            worker.send(Request(programs[len(results) : due], inputs, budget), deadline)
            for program in programs[len(results) : due]:
                reply: tuple[Outcome[O], ...] | Fault = worker.receive(deadline)
                if isinstance(reply, Fault):
                    raise _error(reply, f" on the program {program!r}")
                if any(map(_is_exhausted, reply)):
                    self._replace(worker, reply, results)
                    return
                results.append(reply)
                worker.served += 1
                deadline = monotonic() + seconds
        except WorkerLostError as lost:
            self._replace(worker, (lost.failure,) * n, results)

    def _replace(
        self,
        worker: Worker,
        outcomes: tuple[Outcome[O], ...],
        results: list[tuple[Outcome[O], ...]],
    ) -> None:
        """End a worker after the program that brought it down.

        Unless that was for want of time, the cause may be what earlier programs have left in it.
        """
        self._drop()
        if worker.served == 0 or FailureKind.TIMEOUT in map(_kind, outcomes):
            results.append(outcomes)

    def _ready(self) -> Worker:
        worker = self._worker
        if worker is not None and worker.is_usable:
            if worker.served < self._settings.recycle_after:
                return worker
            worker.end()
        return self._start()

    def _start(self) -> Worker:
        try:
            self._worker = worker = Worker(self._settings.setup, self._closing)
            reply = worker.greet()
        except (OSError, WorkerLostError) as error:
            raise InterpreterError(f"the sandbox could not start: {error}") from error
        if isinstance(reply, Fault):
            worker.end()
            raise _error(reply, "")
        return worker


@dataclass(frozen=True, slots=True)
class _Settings:
    setup: Setup
    recycle_after: int
    grace_seconds: float


def _error(fault: Fault, where: str) -> InterpreterError:
    error = InterpreterError(f"{fault.summary}{where}")
    error.add_note(f"In the sandbox:\n{fault.traceback}")
    return error


def _kind(outcome: Outcome[Any]) -> FailureKind | None:
    return outcome.kind if isinstance(outcome, Failure) else None


def _is_exhausted(outcome: Outcome[Any]) -> bool:
    return _kind(outcome) is FailureKind.MEMORY


def _is_from_main(payload: bytes) -> bool:
    return any(name.encode() in payload for name in ("__main__", MAIN))


def _main_script() -> str | Path:
    main = sys.modules["__main__"]
    module = getattr(getattr(main, "__spec__", None), "name", "__main__")
    path = getattr(main, "__file__", None)
    if path is None:
        raise ValueError(
            "the interpreter is declared in a notebook or a prompt, which a sandbox cannot "
            "import; move it to a module"
        )
    # Outputs whose class is declared in the script come back under this name.
    sys.modules.setdefault(MAIN, main)
    # Only what runs by "python -m" has a name; it may import others relative to it.
    return Path(path).resolve() if module == "__main__" else module
