"""Inputs and outputs as bytes: small, and quick to read where they are numbers or grids."""

from __future__ import annotations

import json
from array import array
from itertools import chain
from typing import Any

from exit_dsl.encoding import decode, encode

_TEXT, _BYTES, _INTEGERS, _GRID, _JSON = b"s", b"b", b"q", b"g", b"j"
_WIDTH = 2
"""Bytes that hold the width of a grid."""
_INT, _ROW = {int}, {tuple}


def pack(value: object) -> bytes:
    """Return ``value`` as bytes from which :func:`unpack` makes an equal value of equal types.

    Raises:
        TypeError: ``exit_dsl.encoding`` does not know a type in it, or it holds arrays.
    """
    packed = None
    if type(value) is str:
        packed = _TEXT + value.encode("utf-8", "surrogatepass")
    elif type(value) is tuple:
        kinds = set(map(type, value))
        if kinds == _INT:
            packed = _integers(value)
        elif kinds == _ROW:
            packed = _grid(value)
    if packed is None:
        packed = _JSON + json.dumps(encode(value), separators=(",", ":")).encode()
    return packed


def unpack(packed: bytes) -> Any:
    """Return the value that :func:`pack` turned into ``packed``."""
    tag, body = packed[:1], packed[1:]
    if tag == _GRID:
        width = int.from_bytes(body[:_WIDTH], "little")
        cells = iter(body[_WIDTH:])
        return tuple(zip(*[cells] * width, strict=True))
    if tag == _BYTES:
        return tuple(body)
    if tag == _INTEGERS:
        return tuple(memoryview(body).cast("q"))
    if tag == _TEXT:
        return body.decode("utf-8", "surrogatepass")
    return decode(json.loads(body))


def _integers(value: tuple[int, ...]) -> bytes | None:
    try:
        return _BYTES + bytes(value)
    except ValueError:  # not all are from 0 to 255
        pass
    try:
        return _INTEGERS + array("q", value).tobytes()
    except OverflowError:
        return None


def _grid(value: tuple[tuple[Any, ...], ...]) -> bytes | None:
    widths = set(map(len, value))
    cells = tuple(chain.from_iterable(value))
    if len(widths) != 1 or set(map(type, cells)) != _INT:
        return None
    try:
        return _GRID + widths.pop().to_bytes(_WIDTH, "little") + bytes(cells)
    except (ValueError, OverflowError):  # a cell is not from 0 to 255, or the grid very wide
        return None
