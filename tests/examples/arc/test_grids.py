from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl.types import Grid
from examples.arc.grids import GridVocabulary, encode_text, from_text, to_text
from exit_dsl.types import Example, Task

VOCABULARY = GridVocabulary()
SIDES = st.integers(1, 30)


@st.composite
def grids(draw: st.DrawFn, height: int | None = None, width: int | None = None) -> Grid:
    """Grids of every size, from noise to few painted rectangles (which give long runs)."""
    height = draw(SIDES) if height is None else height
    width = draw(SIDES) if width is None else width
    rng = draw(st.randoms(use_true_random=False))
    palette = draw(st.lists(st.integers(0, 9), min_size=1, max_size=10))
    if draw(st.booleans()):
        return tuple(tuple(rng.choice(palette) for _ in range(width)) for _ in range(height))
    rows = [[palette[0]] * width for _ in range(height)]
    for _ in range(draw(st.integers(0, 4))):
        top, left, colour = rng.randrange(height), rng.randrange(width), rng.choice(palette)
        for r in range(top, rng.randint(top, height - 1) + 1):
            for c in range(left, rng.randint(left, width - 1) + 1):
                rows[r][c] = colour
    return tuple(map(tuple, rows))


@st.composite
def pairs(draw: st.DrawFn) -> Example[Grid, Grid]:
    """Unrelated grids, grids of the same size, and grids that differ in few cells."""
    before = draw(grids())
    height, width = len(before), len(before[0])
    kind = draw(st.sampled_from(["unrelated", "same size", "edited"]))
    if kind == "unrelated":
        return Example(before, draw(grids()))
    if kind == "same size":
        return Example(before, draw(grids(height, width)))
    rows = [list(row) for row in before]
    for _ in range(draw(st.integers(0, 5))):
        r, c = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        rows[r][c] = draw(st.integers(0, 9))
    return Example(before, tuple(map(tuple, rows)))


tasks = st.lists(pairs(), min_size=1, max_size=4).map(lambda e: Task("t", tuple(e)))


@given(grids())
def test_text_has_an_exact_inverse(grid: Grid) -> None:
    assert from_text(to_text(grid)) == grid


@given(grids())
def test_text_names_every_cell_but_the_background(grid: Grid) -> None:
    counts = Counter(colour for row in grid for colour in row)
    assert to_text(grid).count(",") == counts.total() - max(counts.values())


def test_text_is_canonical() -> None:
    assert to_text(((0, 1, 0), (5, 0, 1))) == "2x3 background=0 1=0,1 1,2 5=1,0"
    assert to_text(((7, 3), (3, 7))) == "2x2 background=3 7=0,0 1,1"
    assert to_text(((4,),)) == "1x1 background=4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "starts as in"),
        ("2 by 2", "starts as in"),
        ("2x2 background=x", "starts as in"),
        ("0x2 background=0", "cannot be encoded"),
        ("2x31 background=0", "cannot be encoded"),
        ("2x2 background=0 1=0", "'1=0' is not a cell"),
        ("2x2 background=0 10=0,0", "'10=0,0' is not a cell"),
        ("2x2 background=0 0,0", "before any colour"),
        ("2x2 background=0 1=2,0", "outside the 2x2 grid"),
        ("2x2 background=0 1=0,2", "outside the 2x2 grid"),
        ("1x3 background=0 1=0,0 0,1", "canonical"),  # 1 is the background
        ("1x2 background=1 0=0,0", "canonical"),  # a tie goes to the smaller colour
        ("1x5 background=0 1=0,1 0,0", "canonical"),  # cells out of order
        ("1x5 background=0 2=0,0 1=0,1", "canonical"),  # colours out of order
        ("1x5 background=0 1=0,0 0,0", "canonical"),  # a cell twice
        ("1x5 background=0 0=0,0", "canonical"),  # background painted
        ("1x5 background=0  1=0,0", "canonical"),  # a space too many
        ("1x5 background=0 1=0,00", "canonical"),
        ("1x1 background=0\n", "canonical"),
    ],
)
def test_text_of_no_grid_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_text(text)


@given(st.text(alphabet="0123x= ,background", max_size=40))
def test_any_text_is_a_grid_or_a_value_error(text: str) -> None:
    try:
        grid = from_text(text)
    except ValueError:
        return
    assert to_text(grid) == text


@given(grids())
def test_tokens_have_an_exact_inverse_and_stay_in_the_vocabulary(grid: Grid) -> None:
    tokens = VOCABULARY.encode(grid)
    assert VOCABULARY.decode(tokens) == grid
    assert all(VOCABULARY.PAD < token < VOCABULARY.size for token in tokens)


@given(grids())
def test_tokens_are_at_most_one_a_cell_one_a_row_and_three(grid: Grid) -> None:
    counts = Counter(colour for row in grid for colour in row)
    background = min(counts, key=lambda colour: (-counts[colour], colour))
    painted = sum(set(row) != {background} for row in grid)
    others = counts.total() - counts[background]
    assert len(VOCABULARY.encode(grid)) <= 3 + painted + others


def rectangle(height: int, width: int) -> Grid:
    """A 9x9 grid with a rectangle of colour 1 on 0."""
    return tuple(
        tuple(int(1 <= r <= height and 1 <= c <= width) for c in range(9)) for r in range(9)
    )


def test_rectangles_cost_the_same_whatever_their_size() -> None:
    assert len(VOCABULARY.encode(rectangle(2, 3))) == 3 + 4
    assert len(VOCABULARY.encode(rectangle(7, 5))) == 3 + 4


@given(pairs())
def test_pairs_have_an_exact_inverse(pair: Example[Grid, Grid]) -> None:
    tokens = VOCABULARY.encode_pair(pair.input, pair.output)
    assert VOCABULARY.decode_pair(tokens) == (pair.input, pair.output)
    assert all(VOCABULARY.PAD < token < VOCABULARY.size for token in tokens)


@given(pairs())
def test_a_difference_is_given_only_where_it_is_shorter(pair: Example[Grid, Grid]) -> None:
    tokens = VOCABULARY.encode_pair(pair.input, pair.output)
    whole = len(VOCABULARY.encode(pair.input)) + len(VOCABULARY.encode(pair.output)) + 2
    assert len(tokens) <= whole
    assert (VOCABULARY.DIFF in tokens) == (len(tokens) < whole)


def test_an_unchanged_grid_is_an_empty_difference() -> None:
    grid = ((1, 2, 3), (4, 5, 6))
    expected = [VOCABULARY.INPUT, *VOCABULARY.encode(grid), VOCABULARY.DIFF]
    assert VOCABULARY.encode_pair(grid, grid) == expected


@given(grids(), st.data())
def test_damaged_tokens_are_another_grid_or_a_value_error(grid: Grid, data: st.DataObject) -> None:
    tokens = VOCABULARY.encode(grid)
    place = data.draw(st.integers(0, len(tokens) - 1))
    tokens[place] = data.draw(st.integers(-1, VOCABULARY.size))
    del tokens[data.draw(st.integers(1, len(tokens))) :]
    try:
        other = VOCABULARY.decode(tokens)
    except ValueError:
        return
    assert VOCABULARY.encode(other) == tokens


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: [], "at position 0, not the end"),
        (lambda t: t[:2], "at position 2, not the end"),
        (lambda t: t[1:], "at position 0"),
        (lambda t: [*t, t[0]], "canonical"),
        (lambda t: [t[0] - 1, *t[1:]], "outside the grid"),
        (lambda t: [t[0], t[1] - 1, *t[2:]], "outside the grid"),
    ],
)
def test_tokens_of_no_grid_are_refused(
    damage: Callable[[list[int]], list[int]], message: str
) -> None:
    tokens = VOCABULARY.encode(((0, 0, 0), (0, 0, 1)))
    with pytest.raises(ValueError, match=message):
        VOCABULARY.decode(damage(tokens))


def test_a_pair_given_in_the_longer_way_is_refused() -> None:
    grid = ((1, 2, 3), (4, 5, 6))
    tokens = VOCABULARY.encode(grid)
    with pytest.raises(ValueError, match="canonical"):
        VOCABULARY.decode_pair([VOCABULARY.INPUT, *tokens, VOCABULARY.OUTPUT, *tokens])


@pytest.mark.parametrize("grid", [(), ((),), ((0,) * 31,), ((0,),) * 31])
def test_grids_that_are_too_small_or_too_large_are_refused(grid: Grid) -> None:
    with pytest.raises(ValueError, match="cannot be encoded"):
        VOCABULARY.encode(grid)
    with pytest.raises(ValueError, match="cannot be encoded"):
        to_text(grid)


@given(tasks)
def test_without_a_limit_a_task_is_all_its_demonstrations_shortest_first(
    task: Task[Grid, Grid],
) -> None:
    encoding = VOCABULARY.encode_task(task, limit=100_000)
    parts = [VOCABULARY.encode_pair(e.input, e.output) for e in task.examples]
    parts.sort(key=len)
    assert list(encoding.tokens) == [token for part in parts for token in part]
    assert encoding.shown == len(task.examples)
    assert not encoding.truncated


@given(tasks, st.integers(1, 2000))
def test_a_limit_drops_whole_demonstrations_and_says_when_it_cuts_one(
    task: Task[Grid, Grid], limit: int
) -> None:
    encoding = VOCABULARY.encode_task(task, limit)
    complete = VOCABULARY.encode_task(task, limit=100_000).tokens
    lengths = sorted(len(VOCABULARY.encode_pair(e.input, e.output)) for e in task.examples)
    assert encoding.tokens == complete[: len(encoding.tokens)]
    assert encoding.truncated == (lengths[0] > limit) == (encoding.shown == 0)
    if encoding.truncated:
        assert len(encoding.tokens) == limit
    else:
        assert len(encoding.tokens) == sum(lengths[: encoding.shown]) <= limit
        assert sum(lengths[: encoding.shown + 1]) > limit or encoding.shown == len(lengths)


@given(tasks)
def test_a_limit_of_exactly_the_length_leaves_nothing_out(task: Task[Grid, Grid]) -> None:
    complete = VOCABULARY.encode_task(task, limit=100_000)
    assert VOCABULARY.encode_task(task, limit=len(complete.tokens)) == complete


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 token"):
        VOCABULARY.encode_task(Task("t", (Example(((0,),), ((0,),)),)), limit=0)


@given(tasks, st.integers(1, 4))
def test_streams_of_text_hold_the_same_demonstrations_in_the_same_order(
    task: Task[Grid, Grid], most: int
) -> None:
    text = encode_text(task, most)
    inputs, outputs = (
        [from_text(part) for part in stream.split(" | ")] for stream in (text.inputs, text.outputs)
    )
    shown = [Example(*pair) for pair in zip(inputs, outputs, strict=True)]
    assert len(shown) == min(most, len(task.examples))
    assert not Counter(shown) - Counter(task.examples)
    sizes = [sum(map(len, e.input)) + sum(map(len, e.output)) for e in shown]
    every = [sum(map(len, e.input)) + sum(map(len, e.output)) for e in task.examples]
    assert sizes == sorted(every)[:most]
