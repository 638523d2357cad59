from __future__ import annotations

from pathlib import Path

import pytest

from examples.arc.dsl import arc
from examples.arc.seeds import Seed, SeedError, load_seeds, read_seed
from examples.arc.tasks import ArcDataset, load_dataset
from examples.arc.workbench import try_program
from exit_dsl.language.programs import normalize
from exit_dsl.types import Program


@pytest.fixture(scope="module")
def training() -> ArcDataset:
    return load_dataset("arc1-training")


@pytest.fixture(scope="module")
def seeds() -> dict[str, Seed]:
    return dict(load_seeds())


def test_every_seed_solves_all_pairs_of_its_task(
    training: ArcDataset, seeds: dict[str, Seed]
) -> None:
    wrong = {
        f"{seed.task_id}, {verdict.name}": verdict.complaint
        for seed in seeds.values()
        for verdict in try_program(seed.program, training, seed.task_id)
        if not verdict.solved
    }
    assert wrong == {}


def test_all_training_tasks_but_one_have_a_seed(
    training: ArcDataset, seeds: dict[str, Seed]
) -> None:
    """The pairs of e5062a87 disagree about where its pattern is to be completed."""
    assert {task.id for task in training.tasks} - set(seeds) == {"e5062a87"}


def test_seeds_are_in_normal_form(seeds: dict[str, Seed]) -> None:
    """No dead line, no line twice, variables x1, x2, ... in order."""
    odd = [
        seed.task_id
        for seed in seeds.values()
        if arc.format(arc.parse(seed.program)) != seed.program
    ] + [
        seed.task_id
        for seed in seeds.values()
        if normalize(arc.parse(seed.program)) != arc.parse(seed.program)
    ]
    assert odd == []


def test_every_seed_states_its_rule_in_one_line(seeds: dict[str, Seed]) -> None:
    for seed in seeds.values():
        assert 10 <= len(seed.rule) <= 140, seed.task_id
        assert seed.rule[0].islower() or not seed.rule[0].isalpha(), seed.task_id


def test_together_the_seeds_use_every_primitive(seeds: dict[str, Seed]) -> None:
    used = {
        atom
        for seed in seeds.values()
        for call in arc.parse(seed.program)
        for atom in call.atoms
        if isinstance(atom, str)
    }
    assert set(arc.primitives) - used == set()


def test_one_program_states_one_rule(seeds: dict[str, Seed]) -> None:
    """Tasks that ask for the same thing share the program, and the words for it."""
    rules: dict[str, set[str]] = {}
    for seed in seeds.values():
        rules.setdefault(str(seed.program), set()).add(seed.rule)
    assert [each for each in rules.values() if len(each) > 1] == []


def test_a_program_that_is_wrong_is_told_so(training: ArcDataset) -> None:
    verdicts = try_program(Program("O = hmirror(I)"), training, "67a3c6ac")
    assert not any(verdict.solved for verdict in verdicts)
    assert "cells are wrong" in verdicts[0].complaint
    (failed, *_) = try_program(Program("O = hmirror("), training, "67a3c6ac")
    assert failed.complaint.startswith("syntax")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("O = hmirror(I)\n", "the first line must state the rule"),
        ("# a rule\nO = nosuch(I)\n", "not known here"),
        ("# a rule\nO = hmirror(I\n", "not of the form"),
        ("# a rule\nO = shift(ONE, I)\n", "refused"),
    ],
)
def test_bad_seed_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "00d62c1b.txt"
    file.write_text(text)
    with pytest.raises(SeedError, match=message) as caught:
        read_seed(file)
    assert str(file) in str(caught.value)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="holds no seed programs"):
        load_seeds(tmp_path)
