from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.arc import mutate
from examples.arc.dsl import arc
from examples.arc.dsl.language import is_grid
from examples.arc.dsl.types import Grid
from examples.arc.mutants import MutantFile, MutantFileError, read_mutants
from examples.arc.mutate import Kind, Plan, make_mutants
from examples.arc.seeds import Seed, SeedError, load_seeds
from examples.arc.tasks import ArcDataset, load_dataset
from examples.arc.workers import worker_pool
from exit_dsl.execution import InlineExecutor
from exit_dsl.interfaces import Executor
from exit_dsl.language import LanguageInterpreter
from exit_dsl.types import Success

N = 90
"""Mutated tasks: two to four blocks of the few seeds below."""


@pytest.fixture(scope="module")
def training() -> ArcDataset:
    return load_dataset("arc1-training")


@pytest.fixture(scope="module")
def seeds() -> dict[str, Seed]:
    shortest = sorted(load_seeds().values(), key=lambda seed: (len(seed.program), seed.task_id))
    return {seed.task_id: seed for seed in shortest[20:24]}


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    # Blocks of the usual size hold far more than a test needs.
    monkeypatch.setattr(mutate, "FAMILIES", 1)


def make(
    path: Path, plan: Plan, n: int = N, executor: Executor | None = None, in_flight: int = 1
) -> bytes:
    file = MutantFile(path, plan.settings)
    make_mutants(plan, file, n, executor=executor or InlineExecutor(), in_flight=in_flight)
    return path.read_bytes()


@pytest.fixture(scope="module", params=list(Kind))
def plan(request: pytest.FixtureRequest, seeds: dict[str, Seed], training: ArcDataset) -> Plan:
    return Plan.of(seeds, training, request.param, seed=3)


@pytest.fixture(scope="module")
def whole(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mutate, "FAMILIES", 1)
        return make(tmp_path_factory.mktemp("whole") / "m.gz", plan)


def test_every_mutant_gives_its_stored_outputs(
    plan: Plan, whole: bytes, tmp_path: Path, training: ArcDataset, seeds: dict[str, Seed]
) -> None:
    (tmp_path / "m.gz").write_bytes(whole)
    mutants = list(read_mutants(tmp_path / "m.gz"))
    assert len(mutants) >= N
    interpreter: LanguageInterpreter[Grid, Grid] = LanguageInterpreter(arc)
    for mutant in mutants:
        inputs = training.find(mutant.task_id).inputs
        outcomes = interpreter.run(mutant.program, inputs, mutate.BUDGET)
        assert tuple(outcomes) == tuple(map(Success, mutant.outputs))
        assert all(map(is_grid, mutant.outputs))
    programs = {(mutant.task_id, arc.normalize(mutant.program)) for mutant in mutants}
    assert len(programs) == len(mutants) == len({mutant.id for mutant in mutants})
    assert not programs & {(k, arc.normalize(seed.program)) for k, seed in seeds.items()}


def test_the_number_of_workers_does_not_change_the_file(
    plan: Plan, whole: bytes, tmp_path: Path
) -> None:
    with worker_pool(2) as executor:
        assert make(tmp_path / "m.gz", plan, executor=executor, in_flight=5) == whole


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_was_cut_short_goes_on_to_the_same_file(
    plan: Plan, whole: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "m.gz"
    make(path, plan, 0)
    path_of_none = path.stat().st_size
    length = data.draw(st.integers(path_of_none, len(whole)))
    path.write_bytes(whole[:length] + data.draw(st.sampled_from([b"", b"\0\0\0", b"rubbish"])))
    known = list(read_mutants(path))
    assert make(path, plan) == whole
    assert list(read_mutants(path))[: len(known)] == known
    path.unlink()


def test_a_smaller_file_is_the_beginning_of_a_larger_one(
    plan: Plan, whole: bytes, tmp_path: Path
) -> None:
    smaller = make(tmp_path / "m.gz", plan, 1)
    assert len(smaller) < len(whole)
    assert whole.startswith(smaller)
    assert make(tmp_path / "m.gz", plan) == whole


def test_the_seed_and_the_kind_matter(
    seeds: dict[str, Seed], training: ArcDataset, tmp_path: Path
) -> None:
    plans = [
        Plan.of(seeds, training, kind, seed)
        for kind, seed in ((Kind.SEEDS, 0), (Kind.SEEDS, 1), (Kind.MUTANTS, 0))
    ]
    drawn = []
    for number, plan in enumerate(plans):
        make(tmp_path / str(number), plan)
        drawn.append([mutant.program for mutant in read_mutants(tmp_path / str(number))])
    assert drawn[0] != drawn[1]
    assert drawn[0] != drawn[2]
    path = tmp_path / "0"
    content = path.read_bytes()
    for plan, message in ((plans[1], "seed 0, not 1"), (plans[2], "kind d1, not dm")):
        with pytest.raises(MutantFileError, match=message):
            MutantFile(path, plan.settings)
    assert path.read_bytes() == content


def test_the_file_is_json_lines(whole: bytes) -> None:
    lines = [json.loads(line) for line in gzip.decompress(whole).splitlines()]
    assert lines[0]["format"] == "mutated tasks, version 1"
    assert sum("tries" in line for line in lines) > 1
    assert all({"id", "task", "program", "outputs"} == set(x) for x in lines if "id" in x)


@pytest.mark.parametrize(
    "content", [b"", b"text", gzip.compress(b"text"), gzip.compress(b"[1]"), gzip.compress(b"\xff")]
)
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(MutantFileError, match="precious is not a file of mutated tasks"):
        MutantFile(path, {})
    with pytest.raises(MutantFileError, match="precious is not a file of mutated tasks"):
        list(read_mutants(path))
    assert path.read_bytes() == content


def test_missing_files_and_seeds_are_told(tmp_path: Path, training: ArcDataset) -> None:
    with pytest.raises(MutantFileError, match="nothing is not a file"):
        list(read_mutants(tmp_path / "nothing"))
    with pytest.raises(SeedError, match="none of the 0 seeds"):
        Plan.of({}, training, Kind.SEEDS, 0)


def test_exhausted_seeds_end_the_search(
    seeds: dict[str, Seed], training: ArcDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutate, "PATIENCE", 2)
    monkeypatch.setattr(mutate, "TRIES", 1)
    plan = Plan.of(dict(list(seeds.items())[:1]), training, Kind.SEEDS, 0)
    content = make(tmp_path / "m.gz", plan, 10**6)
    assert make(tmp_path / "m.gz", plan, 10**6) == content
