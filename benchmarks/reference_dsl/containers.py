"""Containers: tuples and frozensets."""

from __future__ import annotations

from typing import Any

from benchmarks.reference_dsl.values import members, require_container, same_kind, sort_key


def combine(a: Any, b: Any) -> Any:
    return a + tuple(members(b)) if isinstance(a, tuple) else a.union(b)


def intersection(a: Any, b: Any) -> Any:
    return a & b


def difference(a: Any, b: Any) -> Any:
    require_container(b)
    return same_kind(a, [member for member in a if member not in b])


def dedupe(tup: Any) -> Any:
    return tuple(member for place, member in enumerate(tup) if member not in tup[:place])


def order(container: Any, compfunc: Any) -> Any:
    return tuple(sorted(members(container), key=compfunc))


def repeat(item: Any, num: Any) -> Any:
    return tuple(item for _ in range(num))


def size(container: Any) -> Any:
    return len(container)


def merge(containers: Any) -> Any:
    if isinstance(containers, tuple):
        return tuple(member for inner in containers for member in members(inner))
    return frozenset(member for inner in containers for member in inner)


def maximum(container: Any) -> Any:
    return max(members(container), default=0)


def minimum(container: Any) -> Any:
    return min(members(container), default=0)


def valmax(container: Any, compfunc: Any) -> Any:
    return compfunc(argmax(container, compfunc) if len(container) else 0)


def valmin(container: Any, compfunc: Any) -> Any:
    return compfunc(argmin(container, compfunc) if len(container) else 0)


def argmax(container: Any, compfunc: Any) -> Any:
    return max(members(container), key=compfunc)


def argmin(container: Any, compfunc: Any) -> Any:
    return min(members(container), key=compfunc)


def mostcommon(container: Any) -> Any:
    return max(members(frozenset(container)), key=container.count)


def leastcommon(container: Any) -> Any:
    return min(members(frozenset(container)), key=container.count)


def initset(value: Any) -> Any:
    return frozenset({value})


def sfilter(container: Any, condition: Any) -> Any:
    return same_kind(container, [member for member in container if condition(member)])


def mfilter(container: Any, function: Any) -> Any:
    return merge(sfilter(container, function))


def extract(container: Any, condition: Any) -> Any:
    for member in members(container):
        if condition(member):
            return member
    raise LookupError("no such member")


def totuple(container: Any) -> Any:
    return tuple(members(container))


def first(container: Any) -> Any:
    return container[0] if isinstance(container, tuple) else min(container, key=sort_key)


def last(container: Any) -> Any:
    return container[-1] if isinstance(container, tuple) else max(container, key=sort_key)


def insert(value: Any, container: Any) -> Any:
    return container | {value}


def remove(value: Any, container: Any) -> Any:
    return same_kind(container, [member for member in container if member != value])


def other(container: Any, value: Any) -> Any:
    return first(remove(value, container))


def product(a: Any, b: Any) -> Any:
    require_container(a)
    require_container(b)
    return frozenset((x, y) for x in a for y in b)


def pair(a: Any, b: Any) -> Any:
    return tuple(zip(members(a), members(b), strict=False))


def sizefilter(container: Any, n: Any) -> Any:
    return frozenset(member for member in container if len(member) == n)
