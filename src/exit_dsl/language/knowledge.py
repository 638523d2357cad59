"""What is found out about the programs of a vocabulary, and remembered."""

from __future__ import annotations

from typing import final

from exit_dsl.language.answers import Answers
from exit_dsl.language.beginnings import Beginnings
from exit_dsl.language.calls import Calls
from exit_dsl.language.hands import Hands
from exit_dsl.language.usefulness import Usefulness
from exit_dsl.language.vocabulary import Vocabulary


@final
class Knowledge:
    """All that makes the masks of many programs, wired together.

    Args:
        vocabulary: of the programs.
        usefulness: of the types of their values.
    """

    def __init__(self, vocabulary: Vocabulary, usefulness: Usefulness) -> None:
        language = vocabulary.language
        completions = language.completions
        names = [*language.inference.atom_numbers.values()]
        self.hands = Hands(completions, names, usefulness.useless, vocabulary.max_lines)
        self.beginnings = Beginnings(language.inference, completions, self.hands)
        self.answers = Answers(self.hands, self.beginnings)
        self.calls = Calls(vocabulary, self.beginnings, completions, usefulness)

    @property
    def size(self) -> int:
        """How many answers are remembered."""
        return self.hands.size + self.answers.size + self.calls.given.size
