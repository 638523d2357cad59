"""Worker processes that run programs, and the thread in which the network trains meanwhile."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

MEMORY = 6 * 2**30
"""Bytes of address space that a worker may use; more is a failure of the program it runs."""


def worker_pool(workers: int | None = None) -> ProcessPoolExecutor:
    """Return an executor of fresh processes, as many as there are cores unless told otherwise."""
    return ProcessPoolExecutor(
        workers or os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
    )


def training_thread(cores: int | None = None) -> ThreadPoolExecutor:
    """Return a thread to train a network in, on so many cores; None leaves that to torch."""
    return ThreadPoolExecutor(1, initializer=_train_on, initargs=(cores,))


def _train_on(cores: int | None) -> None:
    if cores is not None:
        import torch  # slow to import, and no worker needs it

        torch.set_num_threads(cores)  # not for threads that there are already


def _prepare() -> None:
    # Ctrl-C is for the run, which then closes its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Values of the language hold no reference cycles, and looking for some in the interpreter's
    # memory takes a third of the time.
    gc.disable()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))


def _end_with_parent() -> None:
    """Wait until the parent is gone, even if it was killed, and leave no orphan behind."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
