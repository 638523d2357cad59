"""The kit asks for what it needs, and nothing else asks for the kit."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_HYPOTHESIS = "import sys; sys.modules['hypothesis'] = sys.modules['pytest'] = None; "


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_the_library_needs_no_test_tools() -> None:
    done = run(f"{WITHOUT_HYPOTHESIS}import exit_dsl; assert 'exit_dsl.testing' not in sys.modules")
    assert done.returncode == 0, done.stderr


def test_the_kit_says_what_to_install() -> None:
    for module in ("exit_dsl.testing", "exit_dsl.testing.fakes"):
        done = run(f"{WITHOUT_HYPOTHESIS}import {module}")
        assert done.stderr.endswith(
            "ImportError: exit_dsl.testing needs Hypothesis; install it with: "
            'pip install "exit_dsl[test]"\n'
        )


def test_the_kit_needs_no_pytest() -> None:
    done = run("import sys; sys.modules['pytest'] = None; import exit_dsl.testing")
    assert done.returncode == 0, done.stderr
