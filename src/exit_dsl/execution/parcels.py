"""Objects on their way to workers, which unpack each of them once."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from io import BytesIO
from typing import Any, Generic, cast, final

from typing_extensions import override

from exit_dsl.types import V

KEPT = 4
"""Unpacked objects that a worker thread holds on to."""


@final
class Parcel(Generic[V]):
    """A pickled object.

    Each worker thread unpickles it only if it is not among those it unpacked last: caches inside
    the object live on from call to call, and no two threads share one.

    An object inside it whose class has a true ``travels_alone``, such as a language, is a parcel
    in the parcel: what it has found out lives on in the next one that holds the same.
    """

    def __init__(self, content: V) -> None:
        packed = BytesIO()
        _Packer(packed, content).dump(content)
        self._payload = packed.getvalue()
        self._digest = hashlib.blake2b(self._payload).digest()

    def unpacked(self) -> V:
        """Return this thread's copy."""
        held = _worker.held
        if self._digest not in held:
            while len(held) >= KEPT:
                held.popitem(last=False)
            # Our own bytes, written by the constructor above; programs are never unpickled.
            held[self._digest] = pickle.loads(self._payload)
        held.move_to_end(self._digest)
        return cast(V, held[self._digest])


class _Packer(pickle.Pickler):
    def __init__(self, stream: BytesIO, content: object) -> None:
        super().__init__(stream)
        self._content = content

    @override
    def reducer_override(self, obj: Any) -> Any:
        if obj is not self._content and getattr(type(obj), "travels_alone", False):
            return Parcel.unpacked, (Parcel(obj),)
        return NotImplemented


class _Worker(threading.local):
    """What this thread has unpacked, the latest last."""

    def __init__(self) -> None:
        self.held: OrderedDict[bytes, Any] = OrderedDict()


_worker = _Worker()
