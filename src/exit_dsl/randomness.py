"""Random streams that do not depend on order, batch size or worker count."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: object) -> np.random.Generator:
    """Return the random stream called ``names`` of the run seeded with ``seed``.

    Streams of different names are independent, and a name always gives the same stream: what is
    drawn for one task cannot change what is drawn for another. Names are told apart by ``repr``,
    so they should be strings and integers; those of NumPy are as good as Python's.

    Args:
        seed: any integer of up to 64 bits.
        names: what the stream is for, as in ``stream(0, "collect", iteration, task.id)``.
    """
    # NumPy's numbers and strings have a repr of their own, which changed from version 1 to 2.
    plain = tuple(name.item() if isinstance(name, np.generic) else name for name in (seed, *names))
    digest = hashlib.blake2b(repr(plain).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))


def split(rng: np.random.Generator) -> int:
    """Draw a seed for :func:`stream` from ``rng``."""
    return int(rng.integers(2**63))
