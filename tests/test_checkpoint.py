from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from exit_dsl import checkpoint
from exit_dsl.checkpoint import CheckpointError, load, save
from tests import strategies


class Part:
    """A stateful part that is nothing but its state."""

    def __init__(self, **state: Any) -> None:
        self.state: dict[str, Any] = state

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.state = dict(state)


def write(path: Path, generation: int) -> None:
    part = Part(generation=generation, array=np.full(100, generation), tensor=torch.ones(3))
    save(path, {"part": part}, generation=generation, metadata={"at": generation, "é": 1e-05})


def read(path: Path) -> int:
    """Load quietly and return the generation, after checking that everything belongs to it."""
    part = Part()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        metadata = load(path, {"part": part})
    generation: int = metadata["at"]
    assert part.state["generation"] == generation
    assert np.array_equal(part.state["array"], np.full(100, generation))
    return generation


def folders(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


@given(value=strategies.experiences())
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_states_and_metadata_come_back(tmp_path: Path, value: strategies.Experience) -> None:
    saved = {"one": Part(value=value, array=np.arange(3)), "two": Part()}
    save(tmp_path, saved, generation=3, metadata={"seed": 2**70, "rate": 0.1})
    one, two = Part(), Part(old=1)
    assert load(tmp_path, {"one": one, "two": two}) == {"seed": 2**70, "rate": 0.1}
    assert one.state["value"] == value
    assert one.state["array"].tolist() == [0, 1, 2]
    assert two.state == {}


def test_tensors_come_back_with_their_types_and_ties(tmp_path: Path) -> None:
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 2), "b": torch.nn.Linear(2, 2)})
    model["b"].weight = model["a"].weight
    model.to(torch.bfloat16)
    optimizer = torch.optim.AdamW(model.parameters())
    model["a"](torch.ones(1, 2, dtype=torch.bfloat16)).sum().backward()
    optimizer.step()
    base = torch.arange(12).reshape(3, 4)
    state: dict[str, Any] = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "views": [base, base.T, base[1], torch.tensor(2.5), torch.zeros(0, 2)],
        "array": np.arange(4).reshape(2, 2).T,
    }
    save(tmp_path, {"policy": Part(**state)}, generation=0, metadata={})
    back = Part()
    load(tmp_path, {"policy": back})
    for name, tensor in state["model"].items():
        assert back.state["model"][name].dtype is torch.bfloat16
        assert torch.equal(back.state["model"][name], tensor)
    assert back.state["model"]["a.weight"] is back.state["model"]["b.weight"]
    assert all(map(torch.equal, back.state["views"], state["views"]))
    assert np.array_equal(back.state["array"], state["array"])
    optimizer.load_state_dict(back.state["optimizer"])
    assert optimizer.state_dict()["param_groups"] == state["optimizer"]["param_groups"]


def test_only_the_newest_two_generations_are_kept(tmp_path: Path) -> None:
    for generation in (1, 4, 12):
        write(tmp_path, generation)
    assert folders(tmp_path) == ["generation-00000004", "generation-00000012"]
    assert read(tmp_path) == 12


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


FILES = ["manifest.json", "part.json", "part.numpy.safetensors", "part.torch.safetensors"]


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink])
@pytest.mark.parametrize("file", FILES)
def test_damage_is_named_and_the_generation_before_is_loaded(
    tmp_path: Path, file: str, damage: Callable[[Path], object]
) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    damage(tmp_path / "generation-00000002" / file)
    part = Part()
    with pytest.warns(UserWarning, match=rf"generation-00000002 is damaged \({file}"):
        assert load(tmp_path, {"part": part}) == {"at": 1, "é": 1e-05}
    assert part.state["generation"] == 1


def test_any_flipped_bit_of_the_manifest_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    manifest = tmp_path / "generation-00000002" / "manifest.json"
    content = manifest.read_bytes()
    # Among them two that mean nothing to JSON: the case of the letters in \u00e9 and in 1e-05.
    cases = [8 * content.index(text) + 8 * text.index(b"e") + 5 for text in (b"00e9", b"1e-05")]
    for bit in (*cases, *range(0, 8 * len(content), 13)):
        broken = bytearray(content)
        broken[bit // 8] ^= 1 << bit % 8
        manifest.write_bytes(broken)
        assert read(tmp_path) == 1
    manifest.write_bytes(content)
    assert read(tmp_path) == 2


def test_a_damaged_generation_can_be_written_again(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 5)
    truncate(tmp_path / "generation-00000005" / "part.json")
    write(tmp_path, 3)
    assert folders(tmp_path) == ["generation-00000001", "generation-00000003"]
    write(tmp_path, 3)
    assert read(tmp_path) == 3


def test_a_generation_that_was_replaced_counts_only_if_the_new_one_is_missing(
    tmp_path: Path,
) -> None:
    write(tmp_path, 2)
    new, old = tmp_path / "generation-00000002", tmp_path / "generation-00000002.old"
    shutil.copytree(new, old)
    truncate(old / "part.json")
    load(tmp_path, {"part": Part()})  # a look at the old one would warn
    shutil.rmtree(old)
    new.rename(old)
    assert load(tmp_path, {"part": Part()}) == {"at": 2, "é": 1e-05}


def test_nothing_intact_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="absent"):
        load(tmp_path / "absent", {})
    write(tmp_path, 1)
    truncate(tmp_path / "generation-00000001" / "part.json")
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(CheckpointError, match=f"{tmp_path} holds no intact"),
    ):
        load(tmp_path, {"part": Part()})


def test_a_newer_format_is_refused_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 1)
    newer = checkpoint.FORMAT + 1
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", newer)
        write(tmp_path, 2)
    with pytest.raises(CheckpointError, match=rf"format {newer}.*upgrade"):
        load(tmp_path, {"part": Part()})


def test_a_part_that_was_not_saved_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, 1)
    part = Part(untouched=True)
    with pytest.raises(CheckpointError, match="'buffer'"):
        load(tmp_path, {"part": part, "buffer": Part()})
    assert part.state == {"untouched": True}
    assert load(tmp_path, {}) == {"at": 1, "é": 1e-05}


def test_going_back_in_a_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 8)
    with pytest.raises(CheckpointError, match="holds generation 8"):
        write(tmp_path, 5)
    assert read(tmp_path) == 8


@pytest.mark.parametrize("name", ["", "a/b", "manifest", "part.numpy", ".."])
def test_part_names_must_be_file_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a part"):
        save(tmp_path, {name: Part()}, generation=0, metadata={})


def test_a_state_that_cannot_be_saved_leaves_the_old_generation(tmp_path: Path) -> None:
    write(tmp_path, 1)
    with pytest.raises(TypeError, match=r"builtins\.set at 'key'"):
        save(tmp_path, {"part": Part(key={1})}, generation=2, metadata={})
    assert read(tmp_path) == 1
    write(tmp_path, 2)
    assert folders(tmp_path) == ["generation-00000001", "generation-00000002"]


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("again", [2, 3])
def test_a_save_interrupted_anywhere_leaves_an_intact_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    """Stop before the n-th of the calls that change the disk, for every n."""
    calls = 0

    def stopping(real: Callable[..., Any], at: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise Interrupted
            return real(*args, **kwargs)

        return call

    for at in range(1, 40):
        path = tmp_path / str(at)
        write(path, 2)
        calls = 0
        with monkeypatch.context() as patch:
            for owner, name in (
                (os, "fsync"),
                (Path, "rename"),
                (Path, "mkdir"),
                (Path, "write_text"),
                (shutil, "rmtree"),
            ):
                patch.setattr(owner, name, stopping(getattr(owner, name), at))
            try:
                write(path, again)
            except Interrupted:
                pass
            else:
                break
        assert read(path) in (2, again)
        write(path, again)
        assert read(path) == again
    else:
        pytest.fail("the save was never let through")
    assert at > 10


def test_states_without_tensors_do_not_import_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from exit_dsl.checkpoint import load, save\n"
        "class Part:\n"
        "    def state_dict(self): return {'x': np.ones(3)}\n"
        "    def load_state_dict(self, state): assert state['x'].sum() == 3\n"
        "save(Path(sys.argv[1]), {'p': Part()}, generation=0, metadata={})\n"
        "load(Path(sys.argv[1]), {'p': Part()})\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_manifest_is_readable(tmp_path: Path) -> None:
    write(tmp_path, 1)
    manifest = json.loads((tmp_path / "generation-00000001" / "manifest.json").read_text())
    assert manifest["format"] == checkpoint.FORMAT
    assert sorted(manifest["files"]) == FILES[1:]
