"""Random well-typed calls, made in the ARC language and in the plain reference, and compared.

Run from the repository root as ``python -m benchmarks.differential -n 100000``. The calls are
those of ``tests/examples/arc/test_differential.py``; every run draws others.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.reference_dsl import PRIMITIVES
from examples.arc.dsl import arc
from exit_dsl.language.compact import plain
from tests.examples.arc.calls import COMPACT, PLAIN, CallOf, agree, calls

SHOWN = 3
"""Differing calls that are printed for one primitive."""


def compare(name: str, n: int) -> tuple[int, int, list[str]]:
    """Make about ``n`` calls of a primitive.

    Returns:
        the number of calls, how many of them raised in both, and those that differ.
    """
    made = raised = 0
    differing: list[str] = []

    def check(call: CallOf) -> None:
        nonlocal made, raised
        ours, theirs = call.outcome(PLAIN), call.outcome(PRIMITIVES)
        on_bitmaps = plain(call.outcome(COMPACT))
        made += 1
        if not agree(ours, theirs) or not agree(on_bitmaps, theirs):
            differing.append(
                f"{call}\n      here {ours!r}\n      on bitmaps {on_bitmaps!r}\n"
                f"      reference {theirs!r}"
            )
        elif isinstance(ours, Exception):
            raised += 1

    options = settings(
        max_examples=n,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    drawn: Callable[[], None] = options(given(calls(name))(check))
    drawn()
    return made, raised, differing


def main() -> None:
    """Read the arguments and print what differs, primitive by primitive."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.differential", description=__doc__)
    parser.add_argument("-n", type=int, default=100_000, help="calls of all primitives together")
    n = parser.parse_args().n
    start = time.perf_counter()
    made = raised = differing = 0
    for name in arc.primitives:
        calls_made, calls_raised, found = compare(name, -(-n // len(arc.primitives)))
        made += calls_made
        raised += calls_raised
        differing += len(found)
        if found:
            print(f"  {name}: {len(found)} of {calls_made} differ", flush=True)
            print("\n".join(f"    {call}" for call in sorted(found, key=len)[:SHOWN]), flush=True)
    print(
        f"{made:,} calls in {time.perf_counter() - start:.0f} s: {differing} differ, "
        f"{raised:,} raised in both"
    )


if __name__ == "__main__":
    main()
