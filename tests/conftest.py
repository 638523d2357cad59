"""Settings of the whole suite: hypothesis profiles, and patience with the machine.

The profile is quick by default, and has the same examples in every run under CI;
``HYPOTHESIS_PROFILE=thorough`` looks harder, for an evening. A budget that names no seconds has a
minute here instead of a second, so that a machine that stalls fails no test.
"""

from __future__ import annotations

import os

from hypothesis import settings

from exit_dsl.types import Budget

_, *_OTHERS = Budget.__init__.__defaults__ or ()
Budget.__init__.__defaults__ = (60.0, *_OTHERS)

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "quick"))
