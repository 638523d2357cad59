"""The README's example is run as a reader would run it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def test_the_example_prints_what_the_readme_says(tmp_path: Path) -> None:
    code = blocks("python")[0]
    assert len(code.splitlines()) <= 40
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout in blocks("")
    assert not done.stderr


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    inside = [link for link in links if not link.startswith("http")]
    assert inside
    assert not [link for link in inside if not (ROOT / link).exists()]
