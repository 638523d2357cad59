"""Values in a second representation, which only some primitives know."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any


class Compact:
    """Stands for an ordinary value that is built only when somebody needs it.

    A set of locations may be a bitmap, say, of which a union is one operation. Primitives that
    know the representation are declared with :meth:`~exit_dsl.language.Language.compact`; all
    others get the ordinary value, and so do containers: no container holds a compact value.

    A compact value compares as the ordinary one does, and has its length.
    """

    __slots__ = ()

    @abstractmethod
    def plain(self) -> Any:
        """Return the ordinary value."""

    @abstractmethod
    def __len__(self) -> int: ...

    def __eq__(self, other: object) -> bool:
        return bool(self.plain() == plain(other))

    def __lt__(self, other: object) -> bool:
        return bool(self.plain() < plain(other))

    def __le__(self, other: object) -> bool:
        return bool(self.plain() <= plain(other))

    def __gt__(self, other: object) -> bool:
        return bool(self.plain() > plain(other))

    def __ge__(self, other: object) -> bool:
        return bool(self.plain() >= plain(other))

    def __hash__(self) -> int:
        return hash(self.plain())


def plain(value: Any) -> Any:
    """Return an ordinary value: that for which a compact one stands, any other as it is."""
    return value.plain() if isinstance(value, Compact) else value
