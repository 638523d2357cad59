"""How long an adapter is: ``python -m examples.contest.size FILE...``."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

SILENT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip


def code_lines(source: str) -> int:
    """Count the lines that hold code: neither blank nor only comment or docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {
        line
        for token in tokens
        if token.type not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    strings = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )
    for node in strings:
        lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def main() -> None:
    """Print the lines of code and all lines of each file, and their sums."""
    total = whole = 0
    for name in sys.argv[1:]:
        source = Path(name).read_text(encoding="utf-8")
        code, lines = code_lines(source), len(source.splitlines())
        total, whole = total + code, whole + lines
        print(f"{code:5} of {lines:4} lines  {name}")
    print(f"{total:5} of {whole:4} lines")


if __name__ == "__main__":
    main()
