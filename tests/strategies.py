"""The strategies of the conformance kit, for our own tests."""

from __future__ import annotations

from typing import Any, TypeAlias

from exit_dsl import types
from exit_dsl.testing.strategies import attempts as attempts
from exit_dsl.testing.strategies import experiences as experiences
from exit_dsl.testing.strategies import grids as grids
from exit_dsl.testing.strategies import values as values

Experience: TypeAlias = types.Experience[Any, Any]
