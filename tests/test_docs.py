"""The snippets of the documentation are run, each page from beginning to end."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.rst")) if ">>>" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_snippets_do_what_they_say(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(
        page.read_text(encoding="utf-8"), {"__name__": "snippets"}, page.stem, str(page), 0
    )
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.FAIL_FAST)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_tutorials_and_guides_have_snippets() -> None:
    assert len(PAGES) >= 5


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {
        (index.parent / line.strip()).with_suffix(".rst")
        for index in DOCS.rglob("index.rst")
        for line in index.read_text(encoding="utf-8").splitlines()
        if line.startswith("    ")
    }
    assert set(DOCS.rglob("*.rst")) - {DOCS / "index.rst"} <= listed
