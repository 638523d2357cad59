"""Python values as JSON and back, without loss and without pickle.

JSON values stand for themselves. Everything else becomes an object with one key that starts with
``$``: ``{"$tuple": [...]}``, ``{"$Task": [id, examples]}``. A grid, which is a tuple of tuples of
the integers 0 to 9, becomes one string, as ``{"$grid": "012/345"}``. Arrays and tensors are
collected beside the JSON, which refers to them by name.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, TypeAlias, final

import numpy as np

from exit_dsl.types import (
    Attempt,
    Budget,
    Candidate,
    Example,
    Experience,
    Failure,
    FailureKind,
    Iteration,
    Success,
    Task,
)

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

Array: TypeAlias = Any
"""A NumPy array or a torch tensor; torch is not imported for the sake of an annotation."""

_NATURAL = (type(None), bool, str)
_DECIMAL_BITS = 2_048
"""Larger integers are written in base 16: Python limits the decimal digits that it converts."""
_RECORDS: dict[str, Any] = {
    record.__name__: record
    for record in (
        Attempt, Budget, Candidate, Example, Experience, Failure, Iteration, Success, Task,
    )
}  # fmt: skip
_INTEGERS = {int}
_DIGITS = bytes(range(10))
_WRITE_DIGITS = bytes.maketrans(_DIGITS, b"0123456789")
_READ_DIGITS = bytes.maketrans(b"0123456789", _DIGITS)


def encode(value: object, arrays: dict[str, Array] | None = None) -> JSON:
    """Return ``value`` as strict JSON from which :func:`decode` makes an equal value.

    Types are kept: ``1``, ``1.0`` and ``True`` stay apart, and so do lists and tuples. Two
    exceptions: an ``OrderedDict`` comes back as a ``dict`` and a torch parameter as a plain
    tensor. Dictionaries keep their order, so that equal ones of another order give other JSON;
    equal frozen sets give equal JSON.

    Args:
        value: anything made of ``None``, booleans, numbers (also NumPy's), strings, lists,
            tuples, frozen sets, dictionaries, the values of ``exit_dsl.types``, NumPy arrays
            and torch tensors.
        arrays: receives the arrays and tensors by name, the name being the path that leads to
            them. One that occurs twice (tied weights) is stored once. They are not copied
            unless they have to be. Without this argument they are refused.

    Raises:
        TypeError: ``value`` contains something of another type.
    """
    return _Encoder(arrays).encode(value)


def decode(node: JSON, arrays: Mapping[str, Array] | None = None) -> Any:
    """Return the value that :func:`encode` turned into ``node`` and ``arrays``.

    Raises:
        ValueError: ``node`` has a tag that is not known.
    """
    return _Decoder(arrays or {}).decode(node)


@final
class _Encoder:
    def __init__(self, arrays: dict[str, Array] | None) -> None:
        self._arrays = arrays
        self._names: dict[Hashable, str] = {}
        self._storages: set[Hashable] = set()
        self._path: list[str] = []

    def encode(self, value: Any) -> JSON:
        kind = type(value)
        if kind in _NATURAL:
            return value  # type: ignore[no-any-return]
        if kind is int:
            return value if value.bit_length() <= _DECIMAL_BITS else {"$int": f"{value:x}"}
        if kind is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if kind is tuple:
            return self._tuple(value)
        if kind is list:
            return [self.encode(item) for item in value]
        if kind is dict or kind is OrderedDict:
            return self._dict(value)
        if kind is frozenset:
            return {"$frozenset": sorted(map(self.encode, value), key=json.dumps)}
        if _RECORDS.get(kind.__name__) is kind:
            fields = dataclasses.fields(kind)
            return {f"${kind.__name__}": [self.encode(getattr(value, f.name)) for f in fields]}
        if kind is FailureKind:
            return {"$FailureKind": value.value}
        return self._number_or_array(value)

    def _tuple(self, value: tuple[Any, ...]) -> JSON:
        digits = _digits(value)
        if digits is not None:
            return {"$digits": digits}
        rows = []
        for row in value:
            digits = _digits(row)
            if digits is None:
                return {"$tuple": [self.encode(item) for item in value]}
            rows.append(digits)
        return {"$grid": "/".join(rows)} if rows else {"$tuple": []}

    def _dict(self, value: dict[Any, Any]) -> JSON:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: self._below(key, item) for key, item in value.items()}
        pairs: list[JSON] = []
        for key, item in value.items():
            pairs.append([self.encode(key), self._below(str(key), item)])
        return {"$dict": pairs}

    def _below(self, key: str, value: Any) -> JSON:
        self._path.append(key)
        node = self.encode(value)
        self._path.pop()
        return node

    def _number_or_array(self, value: Any) -> JSON:
        if isinstance(value, np.generic) and _plain(value.dtype):
            return {"$numpy": [value.dtype.name, self.encode(value.item())]}
        if self._arrays is not None:
            if type(value) is np.ndarray and _plain(value.dtype):
                return {"$array": self._store(id(value), np.asarray(value, order="C"))}
            torch = sys.modules.get("torch")
            if torch is not None and isinstance(value, torch.Tensor):
                return {"$array": self._store_tensor(value)}
        where = f" at {'/'.join(self._path)!r}" if self._path else ""
        what = f"{type(value).__module__}.{type(value).__qualname__}"
        if isinstance(value, np.ndarray | np.generic):
            what += f" of {value.dtype}"
        raise TypeError(
            f"a value of type {what}{where} cannot be saved; build it of numbers, strings, "
            "tuples, lists, frozensets, dicts and exit_dsl.types (arrays in states only)"
        )

    def _store_tensor(self, tensor: Any) -> str:
        # Tied weights may be other tensor objects over the same memory.
        memory = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
        identity: Hashable = memory if tensor.numel() else id(tensor)
        if identity in self._names:
            return self._names[identity]
        stored = tensor.detach().cpu().contiguous()
        if stored.untyped_storage().data_ptr() in self._storages:
            # Another view of memory that is stored already: safetensors refuses overlaps.
            stored = stored.clone()
        self._storages.add(stored.untyped_storage().data_ptr())
        return self._store(identity, stored)

    def _store(self, identity: Hashable, array: Array) -> str:
        assert self._arrays is not None
        if identity not in self._names:
            path = name = "/".join(self._path)
            number = len(self._arrays)
            while not name or name in self._arrays:
                name = f"{path}#{number}"
                number += 1
            self._names[identity] = name
            self._arrays[name] = array
        return self._names[identity]


@final
class _Decoder:
    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    def decode(self, node: Any) -> Any:
        kind = type(node)
        if kind is list:
            return [self.decode(item) for item in node]
        if kind is not dict:
            return node
        if len(node) == 1:
            ((tag, body),) = node.items()
            if tag.startswith("$"):
                return self._tagged(tag[1:], body)
        return {key: self.decode(item) for key, item in node.items()}

    def _tagged(self, tag: str, body: Any) -> Any:
        if tag == "grid":
            return tuple(map(_read_digits, body.split("/")))
        if tag == "digits":
            return _read_digits(body)
        if tag in _RECORDS:
            return _RECORDS[tag](*map(self.decode, body))
        match tag:
            case "tuple":
                return tuple(map(self.decode, body))
            case "frozenset":
                return frozenset(map(self.decode, body))
            case "dict":
                return {self.decode(key): self.decode(item) for key, item in body}
            case "int":
                return int(body, 16)
            case "float":
                return float(body)
            case "numpy":
                return np.dtype(body[0]).type(self.decode(body[1]))
            case "array":
                return self._arrays[body]
            case "FailureKind":
                return FailureKind(body)
        raise ValueError(f"unknown tag ${tag}; was it written by a newer exit_dsl?")


def _digits(value: object) -> str | None:
    """Return the digits of a non-empty tuple of integers 0 to 9, or None for anything else."""
    if type(value) is not tuple or set(map(type, value)) != _INTEGERS:
        return None
    try:
        content = bytes(value)
    except ValueError:  # an integer that is not a byte
        return None
    if content.translate(None, _DIGITS):  # what is left are integers above 9
        return None
    return content.translate(_WRITE_DIGITS).decode()


def _read_digits(text: str) -> tuple[int, ...]:
    return tuple(text.encode().translate(_READ_DIGITS))


def _plain(dtype: np.dtype[Any]) -> bool:
    """Whether both JSON and safetensors can hold values of ``dtype``."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8
