"""Tests for adapters: inherit a class, say how to make the object, run pytest.

There is a class for each interface of ``exit_dsl.interfaces``; its tests are the promises of that
interface. ``exit_dsl.testing.strategies`` has Hypothesis strategies for the values that travel
between the stages, and ``exit_dsl.testing.fakes`` small implementations that keep all promises.

Needs Hypothesis, which comes with ``exit_dsl[test]``.
"""

try:
    import hypothesis as _hypothesis
except ModuleNotFoundError:
    raise ImportError(
        'exit_dsl.testing needs Hypothesis; install it with: pip install "exit_dsl[test]"'
    ) from None

from exit_dsl.testing.contract import Contract as Contract
from exit_dsl.testing.interpreter import InterpreterContract as InterpreterContract
from exit_dsl.testing.policy import PolicyContract as PolicyContract
from exit_dsl.testing.relabeler import RelabelerContract as RelabelerContract
from exit_dsl.testing.replay_buffer import ReplayBufferContract as ReplayBufferContract

del _hypothesis
