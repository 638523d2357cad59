"""Several processes that train and sample as one: gradients are summed, samples shared out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar, final

import torch
from torch import Tensor

T = TypeVar("T")


class Processes(Protocol):
    """Processes with one copy of the policy each, all of which call the same methods in turn.

    The first, of rank 0, leads: it alone runs the loop, and the others do what it says.
    """

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        ...

    @property
    def size(self) -> int:
        """The number of processes."""
        ...

    def add_up(self, tensor: Tensor) -> Tensor:
        """Return the sum of the tensors of all processes, which have the same shape."""
        ...

    def gather(self, value: T) -> list[T]:
        """Return the values of all processes, by rank."""
        ...

    def broadcast(self, value: T) -> T:
        """Return the value that the first process gave."""
        ...


@final
class Alone:
    """One process."""

    rank = 0
    size = 1

    def add_up(self, tensor: Tensor) -> Tensor:
        """Return the tensor itself."""
        return tensor

    def gather(self, value: T) -> list[T]:
        """Return the value alone."""
        return [value]

    def broadcast(self, value: T) -> T:
        """Return the value itself."""
        return value


ALONE = Alone()


@final
class Accelerated:
    """The processes that ``accelerate launch`` or ``torchrun`` has started, a GPU for each.

    Where neither has, it is a single process, so that the same script runs on a laptop.

    Args:
        patience: how long a process waits for the others, as the first one executes programs.
        options: further ones of ``accelerate.Accelerator``, such as ``cpu=True``.

    Raises:
        ImportError: accelerate is not installed.
    """

    def __init__(self, *, patience: timedelta = timedelta(days=7), **options: Any) -> None:
        try:
            from accelerate import Accelerator, InitProcessGroupKwargs
        except ImportError as error:
            raise ImportError(
                'several processes need accelerate: pip install "exit_dsl[accelerate]"'
            ) from error
        self._accelerator = Accelerator(
            kwargs_handlers=[InitProcessGroupKwargs(timeout=patience)], **options
        )
        self.rank: int = self._accelerator.process_index
        self.size: int = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device
        """Where this process computes; give it to the policy."""

    def add_up(self, tensor: Tensor) -> Tensor:
        """Return the sum of the tensors of all processes, which have the same shape."""
        total: Tensor = self._accelerator.reduce(tensor, reduction="sum")
        return total

    def gather(self, value: T) -> list[T]:
        """Return the values of all processes, by rank."""
        from accelerate.utils import gather_object

        return list(gather_object([value]))

    def broadcast(self, value: T) -> T:
        """Return the value that the first process gave."""
        from accelerate.utils import broadcast_object_list

        values: list[T] = broadcast_object_list([value])
        return values[0]


def share(items: Sequence[T], processes: Processes) -> Sequence[T]:
    """Return this process's part of ``items``; the parts in the order of ranks are the whole."""
    low, high = (len(items) * end // processes.size for end in (processes.rank, processes.rank + 1))
    return items[low:high]


class ReportedError(Exception):
    """Something failed in one of the processes, and the first one raises it."""


def gather_results(work: Callable[[], T], processes: Processes) -> list[T]:
    """Call ``work`` in all processes and return the results by rank.

    What one raises is raised by the first one, and the others raise :class:`ReportedError`: so
    none waits for one that has failed.
    """
    done: tuple[T] | Exception
    try:
        done = (work(),)
    except Exception as error:
        done = error
    results = []
    for each in processes.gather(done):
        if isinstance(each, Exception):
            if processes.rank:
                raise ReportedError from each
            raise each
        results.append(each[0])
    return results
