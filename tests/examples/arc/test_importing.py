from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.arc.dsl import arc
from examples.arc.seeds import PROGRAMS, SeedError, load_seeds
from examples.arc.seeds.importing import import_solvers, load_any_seeds
from examples.arc.tasks import load_dataset
from examples.arc.workbench import verified
from exit_dsl.types import Program

HEADER = """from nowhere import *


"""
MIRROR = """def solve_67a3c6ac(I):
    O = vmirror(I)
    return O


"""


def solver(body: str, *, head: str = "def solve_aa(I):") -> str:
    return head + "".join(f"\n    {line}" for line in body.split("\n")) + "\n\n\n"


def as_python(task_id: str, program: Program) -> str:
    return solver(f"{program}\nreturn O", head=f"def solve_{task_id}(I):")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "solvers.py"


def test_our_own_seeds_survive_being_written_as_python(file: Path) -> None:
    own = load_seeds()
    file.write_text(HEADER + "".join(as_python(k, seed.program) for k, seed in own.items()))
    imported = import_solvers(file)
    assert imported.problems == ()
    assert list(imported.seeds) == list(own)
    assert {k: seed.program for k, seed in imported.seeds.items()} == {
        k: seed.program for k, seed in own.items()
    }


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (solver("O = vmirror(hmirror(I))\nreturn O"), "line 1: argument 1 is not a name"),
        (solver("x1 = hmirror(I)\nO = shift(x1, 3)\nreturn O"), "line 2: argument 2 is not a name"),
        (solver("O = vmirror(*I)\nreturn O"), "line 1: argument 1 is not a name"),
        (solver("O = vmirror(grid=I)\nreturn O"), "line 1: has keyword arguments"),
        (solver("O = I.mirror(I)\nreturn O"), "line 1: the right-hand side is not the call"),
        (solver("O = I\nreturn O"), "line 1: the right-hand side is not the call"),
        (solver("O, P = vmirror(I)\nreturn O"), "line 1: assigns something other than one name"),
        (solver("O = P = vmirror(I)\nreturn O"), "line 1: is not of the form"),
        (solver("if T: O = vmirror(I)\nreturn O"), "line 1: is not of the form"),
        (solver("O = vmirror(I)"), "does not end with: return O"),
        (solver("x1 = vmirror(I)\nreturn x1"), "does not end with: return O"),
        (solver('"""Nothing."""'), "does not end with: return O"),
        (solver("return O"), "no line assigns the output O"),
        (solver("O = nosuch(I)\nreturn O"), "line 1: 'nosuch' is not known here"),
        (solver("I = vmirror(I)\nO = vmirror(I)\nreturn O"), "line 1: I is taken by the language"),
        (solver("O = vmirror()\nreturn O"), "line 1: arguments must be names"),
        (solver("O = shift(ONE, I)\nreturn O"), "shift"),
        (solver("O = vmirror(I\nreturn O"), "is not Python: "),
        (solver("O = vmirror(I)\nreturn O", head="def solve_aa(x):"), "does not take I"),
        (solver("O = vmirror(I)\nreturn O", head="def solve_aa(I, J):"), "does not take I"),
        (solver("O = vmirror(I)\nreturn O", head="def solve_aa(I=1):"), "does not take I"),
        (solver("O = vmirror(I)\nreturn O", head="def solve_aa(I, *J):"), "does not take I"),
        (solver("O = vmirror(I)\nreturn O", head="@cache\ndef solve_aa(I):"), "has a decorator"),
        (solver("O = vmirror(I)\nreturn O", head="async def solve_aa(I):"), "not a plain function"),
        (solver("O = vmirror(I)\nreturn O", head="def aa(I):"), "is not named solve_<task id>"),
    ],
)
def test_a_function_that_is_no_program_is_named_and_the_rest_is_used(
    file: Path, source: str, reason: str
) -> None:
    file.write_text(HEADER + source + MIRROR)
    imported = import_solvers(file)
    assert list(imported.seeds) == ["67a3c6ac"]
    (problem,) = imported.problems
    assert problem.name in ("solve_aa", "aa")
    assert reason in problem.reason
    assert imported.found == 2


def test_a_second_definition_is_told(file: Path) -> None:
    file.write_text(MIRROR + MIRROR.replace("vmirror", "hmirror"))
    imported = import_solvers(file)
    assert imported.seeds["67a3c6ac"].program == "O = vmirror(I)"
    assert [problem.name for problem in imported.problems] == ["solve_67a3c6ac"]


def test_the_docstring_is_the_rule_and_comments_mean_nothing(file: Path) -> None:
    body = '"""Mirror it.\n\n    Left to right.\n    """\n\n# so\nO = vmirror(I)  # done\nreturn O'
    file.write_text(solver(body) + MIRROR)
    seeds = import_solvers(file).seeds
    assert (seeds["aa"].rule, seeds["aa"].program) == ("Mirror it.", "O = vmirror(I)")
    assert seeds["67a3c6ac"].rule == "from solvers.py"


def test_the_file_is_not_executed(file: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file.write_text(f"open({str(trace)!r}, 'w')\n\n{MIRROR}open({str(trace)!r}, 'w')\n")
    assert list(import_solvers(file).seeds) == ["67a3c6ac"]
    assert not trace.exists()


@given(text=st.text(st.sampled_from("def solve_a(I):\n O=vmro,retun@*\"'#x1"), max_size=80))
def test_any_text_gives_programs_or_problems(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.mktemp("any") / "solvers.py"
    file.write_text(f"def solve_b(I):{text}\ndef {text}")
    imported = import_solvers(file)
    assert imported.found > 0
    assert all(arc.check(seed.program) is None for seed in imported.seeds.values())


@pytest.mark.parametrize("content", [b"", b"x = 1\n", b"\xff\xfe", b"\x7fELF\x00\x80"])
def test_a_file_without_solvers_is_told(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SeedError) as caught:
        import_solvers(file)
    assert str(file) in str(caught.value)


def test_what_the_path_is_decides_how_it_is_read(file: Path, tmp_path: Path) -> None:
    file.write_text(MIRROR)
    assert load_any_seeds(file) == import_solvers(file)
    assert load_any_seeds(PROGRAMS).seeds == load_seeds()
    with pytest.raises(SeedError, match="nowhere holds no seed programs"):
        load_any_seeds(tmp_path / "nowhere")


def test_verification_turns_seeds_that_fail_into_problems(file: Path) -> None:
    file.write_text(
        MIRROR
        + as_python("68b16354", Program("O = vmirror(I)"))
        + as_python("nosuch", Program("O = vmirror(I)"))
        + solver("pass")
    )
    checked = verified(import_solvers(file), load_dataset("arc1-training"))
    assert list(checked.seeds) == ["67a3c6ac"]
    assert [problem.name for problem in checked.problems] == ["solve_aa", "68b16354", "nosuch"]
    assert checked.problems[1].reason.startswith("demonstration 1: ")
    assert checked.found == 4
