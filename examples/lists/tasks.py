"""Tasks from rules: demonstrations to learn from, and test pairs for the scoreboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from examples.lists.language import Ints
from exit_dsl import Example, Program, Task
from exit_dsl.randomness import stream

Output = Ints | int
DEMONSTRATIONS, TESTS = 5, 3
SHORTEST, LONGEST = 4, 9
LARGEST = 15


@dataclass(frozen=True)  # With slots there could be no cached property.
class Problem:
    """A task by its rule.

    Args:
        name: the id of the task.
        about: what the rule is, in words.
        rule: gives the output; it raises IndexError or ValueError where there is none.
        program: a solution, for a seed; None where it is to be found.
    """

    name: str
    about: str
    rule: Callable[[list[int]], list[int] | int]
    program: Program | None = None

    @cached_property
    def pairs(self) -> tuple[Example[Ints, Output], ...]:
        """The demonstrations and then the test pairs, the same in every process.

        Inputs are 4 to 9 numbers from -15 to 15 for which there is an output that is not empty.
        """
        rng = stream(0, self.name)
        found: list[Example[Ints, Output]] = []
        while len(found) < DEMONSTRATIONS + TESTS:
            length = int(rng.integers(SHORTEST, LONGEST + 1))
            numbers = rng.integers(-LARGEST, LARGEST + 1, size=length).tolist()
            try:
                output = self.rule(numbers)
            except (IndexError, ValueError):
                continue  # the largest even number where all are odd, say
            if output != []:
                value = tuple(output) if isinstance(output, list) else output
                found.append(Example(tuple(numbers), value))
        return tuple(found)

    @property
    def task(self) -> Task[Ints, Output]:
        """The task: demonstrations alone."""
        return Task(self.name, self.pairs[:DEMONSTRATIONS])

    @property
    def tests(self) -> tuple[Example[Ints, Output], ...]:
        """The test pairs."""
        return self.pairs[DEMONSTRATIONS:]
