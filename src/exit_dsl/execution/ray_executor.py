"""An executor on a Ray cluster; Ray itself is imported when one is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final
from weakref import WeakKeyDictionary

from exit_dsl.execution.batch import Shipped
from exit_dsl.interfaces import Pending

R = TypeVar("R")


@final
class RayExecutor:
    """Runs calls as tasks of the Ray cluster that this process is connected to.

    It neither starts nor stops a cluster: call ``ray.init(...)`` before and ``ray.shutdown()``
    after. A call whose worker or node is lost runs again elsewhere, so calls must be safe to
    repeat, as those of :func:`execute` are. What a call raises comes through with its own type;
    the traceback from the worker is its cause. An interpreter on its way to workers
    (:class:`Shipped`) is stored in the cluster once, and not sent with each call.

    Args:
        max_retries: how often one call is repeated after losing its worker; -1 for no limit.
            When they are used up, ``result()`` raises what Ray raises. That a call raises is no
            reason to repeat it.
        options: further options of ``ray.remote``, such as ``num_cpus`` (of each call, 1 unless
            given), ``memory`` (in bytes) or ``runtime_env``.

    Raises:
        ImportError: Ray is not installed.
        RuntimeError: Ray is not connected to a cluster.
    """

    def __init__(self, *, max_retries: int = 3, **options: Any) -> None:
        ray = _connected_ray()
        self._call = ray.remote(max_retries=max_retries, **options)(_call)
        self._stored: WeakKeyDictionary[Shipped[Any, Any], Any] = WeakKeyDictionary()

    def submit(self, fn: Callable[..., R], /, *args: Any) -> Pending[R]:
        """Start ``fn(*args)`` on the cluster and return at once.

        Raises:
            RuntimeError: Ray has been shut down.
        """
        _connected_ray()
        return _RayPending(self._call.remote(fn, *map(self._stored_once, args)))

    def _stored_once(self, arg: Any) -> Any:
        """Return what stands for ``arg`` in a call; a worker gets the value in its place."""
        if not isinstance(arg, Shipped):
            return arg
        if arg not in self._stored:
            self._stored[arg] = _connected_ray().put(arg)
        return self._stored[arg]


@dataclass(frozen=True, slots=True)
class _RayPending(Generic[R]):
    reference: Any

    def result(self) -> R:
        import ray

        try:
            value: R = ray.get(self.reference)
        except ray.exceptions.RayTaskError as error:
            # Ray raises a subclass of its own error and of the type that the call raised.
            raise error.cause from error
        return value


def _call(fn: Callable[..., R], /, *args: Any) -> R:
    """Run in a worker; all calls are tasks of one function, so that workers are used again."""
    return fn(*args)


def _connected_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ImportError('RayExecutor needs Ray: pip install "exit_dsl[ray]"') from error
    if not ray.is_initialized():
        raise RuntimeError(
            "Ray is not connected to a cluster; call ray.init() first, or ray.init(address=...) "
            "for one that is running"
        )
    return ray
