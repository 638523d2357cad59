"""The problems: ten seeds, whose programs are given, and fifty whose programs are to be found."""

from __future__ import annotations

from itertools import accumulate, pairwise
from operator import mul

from examples.contest.tasks import TaskSet, known
from examples.lists.language import Ints
from examples.lists.tasks import Output, Problem
from exit_dsl import Program


def steps(xs: list[int]) -> list[int]:
    """Return how much is added from each number to the next."""
    return [after - before for before, after in pairwise(xs)]


def descending(xs: list[int]) -> list[int]:
    """Return the numbers from the largest to the smallest."""
    return sorted(xs, reverse=True)


def highest(xs: list[int]) -> list[int]:
    """Return the running maximum."""
    return list(accumulate(xs, max))


def mirrored(xs: list[int]) -> list[tuple[int, int]]:
    """Return each number with the one at the same place from the end."""
    return list(zip(xs, xs[::-1], strict=True))


SEEDS = (
    Problem("first-three", "the first three", lambda xs: xs[:3], Program("O = take(THREE, I)")),
    Problem("second", "the second", lambda xs: xs[1], Program("O = access(ONE, I)")),
    Problem("fifth-on", "without the first four", lambda xs: xs[4:], Program("O = drop(FOUR, I)")),
    Problem(
        "descending",
        "from the largest to the smallest",
        descending,
        Program("x1 = sort(I)\nO = reverse(x1)"),
    ),
    Problem("doubled", "each twice", lambda xs: [2 * x for x in xs], Program("O = map(TIMES2, I)")),
    Problem(
        "positive-sum",
        "the sum of the positive ones",
        lambda xs: sum(x for x in xs if x > 0),
        Program("x1 = filter(POSITIVE, I)\nO = sum(x1)"),
    ),
    Problem(
        "even-count",
        "how many are even",
        lambda xs: sum(x % 2 == 0 for x in xs),
        Program("O = count(EVEN, I)"),
    ),
    Problem(
        "running-total",
        "the sum up to each",
        lambda xs: list(accumulate(xs)),
        Program("O = scanl1(ADD, I)"),
    ),
    Problem(
        "neighbour-sums",
        "each added to the next",
        lambda xs: [a + b for a, b in pairwise(xs)],
        Program("x1 = drop(ONE, I)\nO = zipwith(ADD, I, x1)"),
    ),
    Problem(
        "largest-negative",
        "the largest of the negative ones",
        lambda xs: max(x for x in xs if x < 0),
        Program("x1 = filter(NEGATIVE, I)\nO = maximum(x1)"),
    ),
)

HELD_OUT = (
    Problem("square-sum", "the sum of the squares", lambda xs: sum(x * x for x in xs)),
    Problem("three-largest", "the three largest, descending", lambda xs: descending(xs)[:3]),
    Problem("second-largest", "the second largest", lambda xs: descending(xs)[1]),
    Problem("third-smallest", "the third smallest", lambda xs: sorted(xs)[2]),
    Problem("three-smallest-sum", "the sum of the three smallest", lambda xs: sum(sorted(xs)[:3])),
    Problem("spread", "from the smallest to the largest", lambda xs: max(xs) - min(xs)),
    Problem("inner", "sorted without smallest and largest", lambda xs: sorted(xs)[1:-1]),
    Problem("all-but-last", "all but the last", lambda xs: xs[:-1]),
    Problem("last-three-sum", "the sum of the last three", lambda xs: sum(xs[-3:])),
    Problem("last-two", "the last two, in their order", lambda xs: xs[-2:]),
    Problem("even-sum", "the sum of the even ones", lambda xs: sum(x for x in xs if x % 2 == 0)),
    Problem("largest-even", "the largest even one", lambda xs: max(x for x in xs if x % 2 == 0)),
    Problem(
        "smallest-positive", "the smallest positive one", lambda xs: min(x for x in xs if x > 0)
    ),
    Problem("last-negative", "the last negative one", lambda xs: [x for x in xs if x < 0][-1]),
    Problem("second-odd", "the second of the odd ones", lambda xs: [x for x in xs if x % 2][1]),
    Problem("halved-odd", "half of each odd one", lambda xs: [x // 2 for x in xs if x % 2]),
    Problem(
        "even-squares",
        "the squares of the even ones, ascending",
        lambda xs: sorted(x * x for x in xs if x % 2 == 0),
    ),
    Problem(
        "positive-even-count",
        "how many are positive and even",
        lambda xs: sum(x > 0 and x % 2 == 0 for x in xs),
    ),
    Problem(
        "odd-square-sum", "the sum of the odd squares", lambda xs: sum(x * x for x in xs if x % 2)
    ),
    Problem(
        "even-descending",
        "the even ones, descending",
        lambda xs: descending([x for x in xs if x % 2 == 0]),
    ),
    Problem(
        "two-largest-odd",
        "the two largest odd ones, descending",
        lambda xs: descending([x for x in xs if x % 2])[:2],
    ),
    Problem("steps", "how much is added from each to the next", steps),
    Problem("largest-step", "the largest step", lambda xs: max(steps(xs))),
    Problem("rises", "how often the next is larger", lambda xs: sum(x > 0 for x in steps(xs))),
    Problem("climb", "the sum of the steps upwards", lambda xs: sum(x for x in steps(xs) if x > 0)),
    Problem("roughness", "the sum of the squared steps", lambda xs: sum(x * x for x in steps(xs))),
    Problem("curvature", "the steps from step to step", lambda xs: steps(steps(xs))),
    Problem(
        "step-spread",
        "the largest step minus the smallest",
        lambda xs: max(steps(xs)) - min(steps(xs)),
    ),
    Problem(
        "neighbour-products", "each times the next", lambda xs: [a * b for a, b in pairwise(xs)]
    ),
    Problem(
        "neighbour-product-sum",
        "the sum of each times the next",
        lambda xs: sum(a * b for a, b in pairwise(xs)),
    ),
    Problem(
        "smoothed",
        "the mean of each and the next, rounded down",
        lambda xs: [(a + b) // 2 for a, b in pairwise(xs)],
    ),
    Problem(
        "one-apart",
        "each added to the one after the next",
        lambda xs: [a + b for a, b in zip(xs, xs[2:], strict=False)],
    ),
    Problem(
        "mirror-sums",
        "each added to its mirror image",
        lambda xs: [a + b for a, b in mirrored(xs)],
    ),
    Problem(
        "mirror-product",
        "the sum of each times its mirror image",
        lambda xs: sum(a * b for a, b in mirrored(xs)),
    ),
    Problem(
        "mirror-largest",
        "the larger of each and its mirror image, summed up",
        lambda xs: sum(max(a, b) for a, b in mirrored(xs)),
    ),
    Problem("distances", "how far each is from zero", lambda xs: [abs(x) for x in xs]),
    Problem(
        "distance-sum", "how far they are from zero in all", lambda xs: sum(abs(x) for x in xs)
    ),
    Problem(
        "closest-to-zero", "the smallest distance from zero", lambda xs: min(abs(x) for x in xs)
    ),
    Problem(
        "negatives-as-zero", "zero instead of negative ones", lambda xs: [max(x, 0) for x in xs]
    ),
    Problem("cubes", "the cubes", lambda xs: [x**3 for x in xs]),
    Problem("pronic", "each plus its square", lambda xs: [x + x * x for x in xs]),
    Problem(
        "sorted-total", "the running total of the sorted", lambda xs: list(accumulate(sorted(xs)))
    ),
    Problem("highest-total", "the largest running total", lambda xs: max(accumulate(xs))),
    Problem(
        "positive-totals",
        "how many running totals are positive",
        lambda xs: sum(x > 0 for x in accumulate(xs)),
    ),
    Problem(
        "still-to-come", "the sum from each to the end", lambda xs: list(accumulate(xs[::-1]))[::-1]
    ),
    Problem("peak-to-come", "the largest from each to the end", lambda xs: highest(xs[::-1])[::-1]),
    Problem(
        "first-four-product",
        "the running product of the first four",
        lambda xs: list(accumulate(xs[:4], mul)),
    ),
    Problem(
        "drawdown",
        "the deepest fall below the running maximum",
        lambda xs: max(a - b for a, b in zip(highest(xs), xs, strict=True)),
    ),
    Problem(
        "records",
        "how many but the first exceed all before",
        lambda xs: sum(x > 0 for x in steps(highest(xs))),
    ),
    Problem(
        "even-many",
        "as many from the front as are even",
        lambda xs: xs[: sum(x % 2 == 0 for x in xs)],
    ),
)

TASKS: TaskSet[Ints, Output] = TaskSet(
    seeds=tuple(known(problem.task, problem.program) for problem in SEEDS if problem.program),
    held_out=tuple(problem.task for problem in HELD_OUT),
    tests={problem.name: problem.tests for problem in (*SEEDS, *HELD_OUT)},
)
