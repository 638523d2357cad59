"""A program for each held-out problem, which the example itself does not know."""

from __future__ import annotations

SOLUTIONS = {
    "square-sum": "x1 = map(SQUARED, I)\nO = sum(x1)",
    "three-largest": "x1 = sort(I)\nx2 = reverse(x1)\nO = take(THREE, x2)",
    "second-largest": "x1 = sort(I)\nx2 = reverse(x1)\nO = access(ONE, x2)",
    "third-smallest": "x1 = sort(I)\nO = access(TWO, x1)",
    "three-smallest-sum": "x1 = sort(I)\nx2 = take(THREE, x1)\nO = sum(x2)",
    "spread": "x1 = sort(I)\nx2 = reverse(x1)\nx3 = zipwith(SUB, x2, x1)\nO = head(x3)",
    "inner": "x1 = sort(I)\nx2 = drop(ONE, x1)\nx3 = reverse(x2)\nx4 = drop(ONE, x3)\nO = sort(x4)",
    "all-but-last": "x1 = reverse(I)\nx2 = drop(ONE, x1)\nO = reverse(x2)",
    "last-three-sum": "x1 = reverse(I)\nx2 = take(THREE, x1)\nO = sum(x2)",
    "last-two": "x1 = reverse(I)\nx2 = take(TWO, x1)\nO = reverse(x2)",
    "even-sum": "x1 = filter(EVEN, I)\nO = sum(x1)",
    "largest-even": "x1 = filter(EVEN, I)\nO = maximum(x1)",
    "smallest-positive": "x1 = filter(POSITIVE, I)\nO = minimum(x1)",
    "last-negative": "x1 = filter(NEGATIVE, I)\nO = last(x1)",
    "second-odd": "x1 = filter(ODD, I)\nO = access(ONE, x1)",
    "halved-odd": "x1 = filter(ODD, I)\nO = map(OVER2, x1)",
    "even-squares": "x1 = filter(EVEN, I)\nx2 = map(SQUARED, x1)\nO = sort(x2)",
    "positive-even-count": "x1 = filter(EVEN, I)\nO = count(POSITIVE, x1)",
    "odd-square-sum": "x1 = filter(ODD, I)\nx2 = map(SQUARED, x1)\nO = sum(x2)",
    "even-descending": "x1 = filter(EVEN, I)\nx2 = sort(x1)\nO = reverse(x2)",
    "two-largest-odd": "x1 = filter(ODD, I)\nx2 = sort(x1)\nx3 = reverse(x2)\nO = take(TWO, x3)",
    "steps": "x1 = drop(ONE, I)\nO = zipwith(SUB, x1, I)",
    "largest-step": "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nO = maximum(x2)",
    "rises": "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nO = count(POSITIVE, x2)",
    "climb": (
        "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nx3 = filter(POSITIVE, x2)\nO = sum(x3)"
    ),
    "roughness": "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nx3 = map(SQUARED, x2)\nO = sum(x3)",
    "curvature": (
        "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nx3 = drop(ONE, x2)\nO = zipwith(SUB, x3, x2)"
    ),
    "step-spread": (
        "x1 = drop(ONE, I)\nx2 = zipwith(SUB, x1, I)\nx3 = sort(x2)\nx4 = reverse(x3)\n"
        "x5 = zipwith(SUB, x4, x3)\nO = head(x5)"
    ),
    "neighbour-products": "x1 = drop(ONE, I)\nO = zipwith(MUL, x1, I)",
    "neighbour-product-sum": "x1 = drop(ONE, I)\nx2 = zipwith(MUL, x1, I)\nO = sum(x2)",
    "smoothed": "x1 = drop(ONE, I)\nx2 = zipwith(ADD, x1, I)\nO = map(OVER2, x2)",
    "one-apart": "x1 = drop(TWO, I)\nO = zipwith(ADD, x1, I)",
    "mirror-sums": "x1 = reverse(I)\nO = zipwith(ADD, x1, I)",
    "mirror-product": "x1 = reverse(I)\nx2 = zipwith(MUL, x1, I)\nO = sum(x2)",
    "mirror-largest": "x1 = reverse(I)\nx2 = zipwith(MAX, x1, I)\nO = sum(x2)",
    "distances": "x1 = map(NEGATED, I)\nO = zipwith(MAX, x1, I)",
    "distance-sum": "x1 = map(NEGATED, I)\nx2 = zipwith(MAX, x1, I)\nO = sum(x2)",
    "closest-to-zero": "x1 = map(NEGATED, I)\nx2 = zipwith(MAX, x1, I)\nO = minimum(x2)",
    "negatives-as-zero": "x1 = zipwith(SUB, I, I)\nO = zipwith(MAX, x1, I)",
    "cubes": "x1 = map(SQUARED, I)\nO = zipwith(MUL, x1, I)",
    "pronic": "x1 = map(SQUARED, I)\nO = zipwith(ADD, x1, I)",
    "sorted-total": "x1 = sort(I)\nO = scanl1(ADD, x1)",
    "highest-total": "x1 = scanl1(ADD, I)\nO = maximum(x1)",
    "positive-totals": "x1 = scanl1(ADD, I)\nO = count(POSITIVE, x1)",
    "still-to-come": "x1 = reverse(I)\nx2 = scanl1(ADD, x1)\nO = reverse(x2)",
    "peak-to-come": "x1 = reverse(I)\nx2 = scanl1(MAX, x1)\nO = reverse(x2)",
    "first-four-product": "x1 = take(FOUR, I)\nO = scanl1(MUL, x1)",
    "drawdown": "x1 = scanl1(MAX, I)\nx2 = zipwith(SUB, x1, I)\nO = maximum(x2)",
    "records": (
        "x1 = scanl1(MAX, I)\nx2 = drop(ONE, x1)\nx3 = zipwith(SUB, x2, x1)\n"
        "O = count(POSITIVE, x3)"
    ),
    "even-many": "x1 = count(EVEN, I)\nO = take(x1, I)",
}
