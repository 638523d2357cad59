"""The constants: truth values, small numbers and vectors."""

from __future__ import annotations

from examples.arc.dsl.language import arc

arc.constant("F", False)
arc.constant("T", True)

arc.constant("ZERO", 0)
arc.constant("ONE", 1)
arc.constant("TWO", 2)
arc.constant("THREE", 3)
arc.constant("FOUR", 4)
arc.constant("FIVE", 5)
arc.constant("SIX", 6)
arc.constant("SEVEN", 7)
arc.constant("EIGHT", 8)
arc.constant("NINE", 9)
arc.constant("TEN", 10)
arc.constant("NEG_ONE", -1)
arc.constant("NEG_TWO", -2)

arc.constant("DOWN", (1, 0))
arc.constant("RIGHT", (0, 1))
arc.constant("UP", (-1, 0))
arc.constant("LEFT", (0, -1))
arc.constant("ORIGIN", (0, 0))
arc.constant("UNITY", (1, 1))
arc.constant("NEG_UNITY", (-1, -1))
arc.constant("UP_RIGHT", (-1, 1))
arc.constant("DOWN_LEFT", (1, -1))
arc.constant("ZERO_BY_TWO", (0, 2))
arc.constant("TWO_BY_ZERO", (2, 0))
arc.constant("TWO_BY_TWO", (2, 2))
arc.constant("THREE_BY_THREE", (3, 3))
