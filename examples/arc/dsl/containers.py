"""Containers: tuples and frozensets. Sets are read in the canonical order where it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from itertools import product as pairs
from typing import Annotated, Any, TypeAlias, overload

from examples.arc.dsl.language import arc
from examples.arc.dsl.order import ascending, largest, smallest
from examples.arc.dsl.types import A, B, Boolean, Container, Deferred, Function
from exit_dsl.language.annotations import Accepts

Comparable: TypeAlias = int | tuple[Any, ...]
"""What is meant to be compared; sets run as well, but only some of them are comparable."""


@overload
def combine(
    a: tuple[A, ...], b: Annotated[tuple[A, ...], Accepts(frozenset[Any])]
) -> tuple[A, ...]: ...
@overload
def combine(
    a: frozenset[A], b: Annotated[frozenset[A], Accepts(tuple[Any, ...])]
) -> frozenset[A]: ...
@arc.primitive
def combine(a: Any, b: Any) -> Any:
    """The members of both, in the kind of ``a``."""
    return a + tuple(ascending(b)) if isinstance(a, tuple) else a.union(b)


@arc.primitive
def intersection(
    a: Annotated[frozenset[A], Accepts(int)], b: Annotated[frozenset[A], Accepts(int)]
) -> Annotated[frozenset[A], Accepts(int)]:
    """The common members of two sets."""
    return a & b


@overload
def difference(a: tuple[A, ...], b: Container[A]) -> tuple[A, ...]: ...
@overload
def difference(a: frozenset[A], b: Container[A]) -> frozenset[A]: ...
@arc.primitive
def difference(a: Any, b: Any) -> Any:
    """The members of ``a`` that are not in ``b``, in the kind of ``a``."""
    if isinstance(a, tuple):
        unwanted = frozenset(b)
        return tuple([member for member in a if member not in unwanted])
    return a.difference(b)


@arc.primitive
def dedupe(tup: Annotated[tuple[A, ...], Accepts(frozenset[Any])]) -> tuple[A, ...]:
    """The first occurrence of each distinct member, in order."""
    if tup and not isinstance(tup, tuple):
        raise TypeError("dedupe takes a tuple; only an empty set passes for one")
    return tuple(dict.fromkeys(tup))


@arc.primitive
def order(container: Container[A], compfunc: Deferred[A, Comparable]) -> tuple[A, ...]:
    """The members sorted by what ``compfunc`` says of each; ties stay as they were."""
    return tuple(sorted(ascending(container), key=compfunc))


def _repetitions(item: Any, num: int) -> int:
    return max(num, 0)


@arc.primitive(work=_repetitions)
def repeat(item: A, num: int) -> tuple[A, ...]:
    """``num`` times the same item."""
    return (item,) * num


@arc.primitive
def size(container: Container[Any]) -> int:
    """The number of members."""
    return len(container)


def _number_inside(containers: Container[Any], *_: Any) -> int:
    return sum(len(inner) for inner in containers if isinstance(inner, (tuple, frozenset)))


@overload
def merge(containers: tuple[Container[A], ...]) -> tuple[A, ...]: ...
@overload
def merge(containers: frozenset[Container[A]]) -> frozenset[A]: ...
@arc.primitive(work=_number_inside)
def merge(containers: Any) -> Any:
    """All members of all members, in the kind of the outer container."""
    if isinstance(containers, tuple):
        return tuple(chain.from_iterable(map(ascending, containers)))
    # Sets hand on the hashes of their members; a chain would have them computed again.
    return frozenset().union(*containers)


@arc.primitive
def maximum(container: Container[int]) -> Annotated[int, Accepts(Any)]:
    """The largest member; 0 if there is none."""
    return max(ascending(container), default=0)


@arc.primitive
def minimum(container: Container[int]) -> Annotated[int, Accepts(Any)]:
    """The smallest member; 0 if there is none."""
    return min(ascending(container), default=0)


def _extreme(
    choose: Callable[..., Any], container: Container[A], compfunc: Callable[[A], Any]
) -> A:
    """The member whose key ``choose`` (max or min) takes; among tied ones the one met first."""
    if isinstance(container, frozenset):
        keys = {member: compfunc(member) for member in container}
        if all(isinstance(key, int) for key in keys.values()):
            best = choose(keys.values())
            return smallest(frozenset([member for member, key in keys.items() if key == best]))
        compfunc = keys.__getitem__
    members = ascending(container)
    values = [compfunc(member) for member in members]
    return members[values.index(choose(values))]


def _on_extreme(choose: Callable[..., Any], container: Any, compfunc: Callable[[Any], B]) -> B:
    return compfunc(_extreme(choose, container, compfunc) if len(container) else 0)


@arc.primitive
def valmax(container: Container[A], compfunc: Function[A, B]) -> B:
    """The largest value of the function on the members; on 0 if there are none."""
    return _on_extreme(max, container, compfunc)


@arc.primitive
def valmin(container: Container[A], compfunc: Function[A, B]) -> B:
    """The smallest value of the function on the members; on 0 if there are none."""
    return _on_extreme(min, container, compfunc)


@arc.primitive
def argmax(container: Container[A], compfunc: Function[A, Comparable]) -> A:
    """The first member on which the function is largest."""
    return _extreme(max, container, compfunc)


@arc.primitive
def argmin(container: Container[A], compfunc: Function[A, Comparable]) -> A:
    """The first member on which the function is smallest."""
    return _extreme(min, container, compfunc)


def _of_frequency(choose: Callable[..., int], container: tuple[A, ...]) -> A:
    if not isinstance(container, tuple):
        raise TypeError("frequencies are those of the members of a tuple")
    counts = Counter(container)
    wanted = choose(counts.values())
    return smallest(frozenset([value for value, count in counts.items() if count == wanted]))


@arc.primitive
def mostcommon(container: tuple[A, ...]) -> A:
    """The most frequent member of a tuple; of tied ones the smallest."""
    return _of_frequency(max, container)


@arc.primitive
def leastcommon(container: tuple[A, ...]) -> A:
    """The least frequent member of a tuple; of tied ones the smallest."""
    return _of_frequency(min, container)


@arc.primitive
def initset(value: A) -> frozenset[A]:
    """The set of this one value."""
    return frozenset((value,))


@overload
def sfilter(container: tuple[A, ...], condition: Deferred[A, Boolean]) -> tuple[A, ...]: ...
@overload
def sfilter(container: frozenset[A], condition: Deferred[A, Boolean]) -> frozenset[A]: ...
@arc.primitive
def sfilter(container: Any, condition: Any) -> Any:
    """The members that meet the condition, in the same kind of container."""
    return type(container)([member for member in container if condition(member)])


@overload
def mfilter(
    container: tuple[Container[A], ...], function: Deferred[Container[A], Boolean]
) -> tuple[A, ...]: ...
@overload
def mfilter(
    container: frozenset[Container[A]], function: Deferred[Container[A], Boolean]
) -> frozenset[A]: ...
@arc.primitive(work=_number_inside)
def mfilter(container: Any, function: Any) -> Any:
    """All members of those members that meet the condition."""
    return merge(sfilter(container, function))


@arc.primitive
def extract(container: Container[A], condition: Function[A, Boolean]) -> A:
    """The first member that meets the condition."""
    for member in ascending(container):
        if condition(member):
            return member
    raise LookupError("no member meets the condition")


@arc.primitive
def totuple(container: Container[A]) -> tuple[A, ...]:
    """The members as a tuple."""
    return tuple(ascending(container))


@overload
def first(container: tuple[A, B]) -> A: ...
@overload
def first(container: Container[A]) -> A: ...
@arc.primitive
def first(container: Any) -> Any:
    """The first member: of a cell the colour, of a grid the top row."""
    return smallest(container)


@overload
def last(container: tuple[A, B]) -> B: ...
@overload
def last(container: Container[B]) -> B: ...
@arc.primitive
def last(container: Any) -> Any:
    """The last member: of a cell the location, of a grid the bottom row."""
    return largest(container)


@arc.primitive
def insert(value: A, container: frozenset[A]) -> frozenset[A]:
    """The set with one more member."""
    return container | {value}


@overload
def remove(value: A, container: tuple[A, ...]) -> tuple[A, ...]: ...
@overload
def remove(value: A, container: frozenset[A]) -> frozenset[A]: ...
@arc.primitive
def remove(value: Any, container: Any) -> Any:
    """The container without the members equal to the value."""
    return difference(container, (value,))


@arc.primitive
def other(container: Container[A], value: A) -> A:
    """The first member that is not the value."""
    return smallest(difference(container, (value,)))


def _number_of_pairs(a: Container[Any], b: Container[Any]) -> int:
    return len(a) * len(b)


@arc.primitive(work=_number_of_pairs)
def product(a: Container[A], b: Container[B]) -> frozenset[tuple[A, B]]:
    """All pairs of a member of ``a`` and a member of ``b``."""
    return frozenset(pairs(a, b))


@arc.primitive
def pair(
    a: Annotated[tuple[A, ...], Accepts(frozenset[Any])],
    b: Annotated[tuple[B, ...], Accepts(frozenset[Any])],
) -> tuple[tuple[A, B], ...]:
    """Pairs of the members at the same places, as far as the shorter goes."""
    return tuple(zip(ascending(a), ascending(b), strict=False))


@overload
def sizefilter(
    container: Container[frozenset[A]], n: Annotated[int, Accepts(Any)]
) -> frozenset[frozenset[A]]: ...
@overload
def sizefilter(
    container: Container[tuple[A, ...]], n: Annotated[int, Accepts(Any)]
) -> frozenset[tuple[A, ...]]: ...
@arc.primitive
def sizefilter(container: Any, n: Any) -> Any:
    """The set of the members that have ``n`` members each."""
    return frozenset([member for member in container if len(member) == n])
