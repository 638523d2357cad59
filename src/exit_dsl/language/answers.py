"""What may come next in many programs at once: few of their questions are new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exit_dsl.language.beginnings import Beginnings
from exit_dsl.language.hands import Hands
from exit_dsl.language.tables import List, Numbers, Pairs, Rows

Mask = NDArray[np.bool_]


class Answers:
    """The answers of :class:`Hands` and :class:`Beginnings`, each found once, in arrays.

    Args:
        hands: know what arguments may be.
        beginnings: know which functions may be called.
    """

    def __init__(self, hands: Hands, beginnings: Beginnings) -> None:
        self._hands = hands
        self._beginnings = beginnings
        self._steps = Pairs(0)
        self._after = List(self._find_after, 2)
        self._asked = Pairs(0)
        self._answers = Rows(hands.never // 8 + 1, dtype=np.uint8)
        self._places = List(self._find)

    @property
    def size(self) -> int:
        """How many questions have been asked."""
        return self._asked.size

    def after(self, hands: Numbers, types: Numbers) -> tuple[Numbers, Numbers]:
        """Return the hands with values of some types, one each, and the slots of those."""
        new, slots = self._after(self._steps(hands, types)).T
        return new, slots

    def functions(self, rooms: Numbers, last_room: int) -> Numbers:
        """Return questions for what lines may begin with.

        Args:
            rooms: the most arguments that each may have if another line is to follow.
            last_room: the most that they may have otherwise.
        """
        widest = self._beginnings.widest
        room, last = np.clip(rooms, 0, widest), min(max(last_room, 0), widest)
        questions: Numbers = 2 * (room * (widest + 1) + last) + 1
        return questions

    def arguments(self, states: Numbers) -> Numbers:
        """Return questions for the next argument of calls in some states."""
        return 2 * states

    def allowed(self, questions: Numbers, hands: Numbers) -> Mask:
        """Return which slots may come next, shape (questions, slots)."""
        answers = self._answers[self._places(self._asked(questions, hands))]
        count = self._hands.never + 1
        return np.unpackbits(answers, axis=-1, count=count, bitorder="little").view(np.bool_)

    def _find_after(self, steps: Numbers) -> Numbers:
        hands, types = self._steps.both(steps)
        return np.array([*map(self._hands.add, hands.tolist(), types.tolist())])

    def _find(self, numbers: Numbers) -> Numbers:
        questions, hands = self._asked.both(numbers)
        answers = map(self._answer, questions.tolist(), hands.tolist())
        width = self._hands.never // 8 + 1
        octets = b"".join(answer.to_bytes(width, "little") for answer in answers)
        rows = np.frombuffer(octets, dtype=np.uint8).reshape(-1, width)
        return self._answers.append(rows) + np.arange(numbers.size)

    def _answer(self, question: int, hand: int) -> int:
        subject, is_function = divmod(question, 2)
        if not is_function:
            return self._hands.arguments(subject, hand)
        return self._beginnings.functions(hand, *divmod(subject, self._beginnings.widest + 1))
