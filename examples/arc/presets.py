"""Settings of whole runs, with the source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exit_dsl.types import Budget

BUDGET = Budget(seconds=1.0, max_steps=3_000, max_size=2_000)
"""Every seed program passes with room to spare on each pair of its task, as
``python -m benchmarks.margins`` shows; nearly all that takes more solves nothing."""


class PresetError(ValueError):
    """There is no such preset; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class SmallNetwork:
    """A T5 from nothing: its dimensions and how it is trained.

    ``source_tokens`` and ``target_tokens`` are the most tokens of a task's grids and of a program;
    with ``features``, those of a task come first. ``factored`` makes the vector of a source token
    the sum of those of its kind, place and colour. ``lines`` tells the decoder of which call the
    next token is which argument, and what made each variable.
    """

    d_model: int = 128
    layers: int = 2
    heads: int = 4
    d_ff: int = 512
    dropout: float = 0.0
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    batch_size: int = 32
    source_tokens: int = 256
    target_tokens: int = 72
    features: bool = True
    factored: bool = True
    lines: bool = True

    def __post_init__(self) -> None:
        if not (self.features or self.source_tokens):
            raise PresetError("a network that is shown no features needs source_tokens")


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A CodeT5 or CodeT5+ checkpoint, by hub name or local folder, and how it is tuned.

    Source: the paper's settings (AdamW, constant learning rate 5e-5, effective batch 512, at most
    512 tokens each of inputs, outputs and program).
    """

    name: str = "Salesforce/codet5p-220m"
    learning_rate: float = 5e-5
    batch_size: int = 512
    target_tokens: int = 512


@dataclass(frozen=True, slots=True)
class Search:
    """The blind search by mutation before the first meta-iteration.

    ``mutants`` of one round are tried on every task, after one round of the bare seeds; rounds go
    on until ``rounds`` are done or ``share`` of the minutes is spent. ``depth`` is the most edits
    of a mutant. ``lessons`` counts, for each task, the mutants whose outputs are kept for
    training, on the tasks of the run and on the training tasks alike.
    """

    mutants: int = 1000
    rounds: int | None = None
    share: float = 0.2
    depth: int = 2
    lessons: int = 40


@dataclass(frozen=True, slots=True)
class Breeding:
    """Evolution after the blind search, on tasks whose demonstrations no program solves yet.

    Each generation breeds ``children`` for each task from the ``population`` of programs that
    came nearest; generations go on until ``generations`` are done or ``share`` of the minutes
    (the blind search and the grammar policy's turns included) is spent. 0 children leave
    evolution out, and 0 generations the grammar policy's turns as well. ``alongside`` counts the
    turns of both that are taken while the network trains in a meta-iteration.
    """

    children: int = 64
    population: int = 32
    generations: int | None = None
    share: float = 0.8
    alongside: int = 0


@dataclass(frozen=True, slots=True)
class Derivation:
    """The grammar policy, which takes turns with evolution.

    At each turn it is fitted to ``draws`` from the buffer, by partition, and derives ``samples``
    programs for each task whose demonstrations no program solves yet. 0 samples leave it out.
    """

    samples: int = 64
    draws: Mapping[str, int] = field(
        default_factory=lambda: {
            "seed": 4000,
            "mutation": 3000,
            "evolution": 1500,
            "grammar": 1500,
        }
    )


@dataclass(frozen=True, slots=True)
class Pretraining:
    """What the network learns before the first meta-iteration: lessons made by the run itself.

    It trains on ``chunk`` lessons at a time, after the search, until there were ``lessons`` or
    ``share`` of the minutes is spent. 0 lessons leave it out. ``ahead`` counts the blocks of some
    hundreds that are made ahead: twice the number of cores is good. ``alongside`` counts the
    chunks that it trains on during each stage of the search already, as far as there are lessons.
    With each lesson go, on average, ``seeds`` seed programs with the tasks that they solve.
    """

    lessons: int = 100_000
    chunk: int = 1_000
    ahead: int = 4
    share: float = 0.92
    alongside: int = 0
    seeds: float = 0.25


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole run. ``minutes`` and ``iterations`` end it, whichever comes first.

    A meta-iteration samples ``samples`` programs a task: ``solved_samples`` of them for tasks whose
    demonstrations are solved, and what that leaves for the others.
    """

    about: str
    network: SmallNetwork | Pretrained = field(default_factory=SmallNetwork)
    search: Search = field(default_factory=Search)
    breeding: Breeding = field(default_factory=Breeding)
    derivation: Derivation = field(default_factory=Derivation)
    pretraining: Pretraining = field(default_factory=Pretraining)
    minutes: float | None = 15.0
    iterations: int | None = None
    samples: int = 8
    solved_samples: int = 2
    temperature: float = 0.95
    draws: Mapping[str, int] = field(
        default_factory=lambda: {
            "policy": 1500,
            "mutation": 1000,
            "evolution": 1000,
            "grammar": 1000,
            "seed": 1000,
        }
    )
    budget: Budget = BUDGET

    def __post_init__(self) -> None:
        if self.minutes is None and (
            self.iterations is None
            or self.search.rounds is None
            or self.breeding.generations is None
        ):
            raise PresetError(
                "a preset without minutes needs iterations, search.rounds and breeding.generations"
            )

    @property
    def training_cores(self) -> int | None:
        """The cores that the network trains on; None for all.

        One where others are at work meanwhile: from more, a small network gains little.
        """
        return 1 if self.pretraining.alongside or self.breeding.alongside else None


NETWORKS: Mapping[str, SmallNetwork] = {
    # The best by python -m benchmarks.ablation after minutes of one core.
    "tiny": SmallNetwork(layers=1, dropout=0.2, source_tokens=0, learning_rate=5e-4, batch_size=16),
    "small": SmallNetwork(
        d_model=256,
        layers=4,
        d_ff=1024,
        dropout=0.1,
        learning_rate=1e-3,
        warmup_steps=200,
        batch_size=128,
        source_tokens=512,
        target_tokens=128,
    ),
    "base": SmallNetwork(
        d_model=512,
        layers=6,
        heads=8,
        d_ff=2048,
        dropout=0.1,
        learning_rate=5e-4,
        warmup_steps=500,
        batch_size=512,
        source_tokens=512,
        target_tokens=128,
    ),
}
"""Networks from nothing: for a laptop, for more time than that, and for one GPU."""

PRESETS: Mapping[str, Preset] = {
    "laptop": Preset(
        "half an hour on two cores, with a small network from nothing",
        network=NETWORKS["tiny"],
        search=Search(share=0.1),
        breeding=Breeding(share=0.5, alongside=1),
        pretraining=Pretraining(share=0.7, alongside=2),
        minutes=30.0,
        samples=32,
        temperature=0.7,  # chosen on the validation split, see docs/explanation/network.rst
    ),
    "search": Preset(
        "half an hour on two cores, by mutation, evolution and the grammar policy alone",
        network=NETWORKS["tiny"],  # never asked
        search=Search(share=0.1),
        breeding=Breeding(share=1.0),
        pretraining=Pretraining(lessons=0),
        minutes=30.0,
        iterations=0,
    ),
    "gpu": Preset(
        "half an hour on one GPU, with a larger network from nothing",
        network=NETWORKS["base"],
        search=Search(mutants=4000, share=0.15, lessons=400),
        breeding=Breeding(children=256, population=64, share=0.3, alongside=1),
        pretraining=Pretraining(lessons=2_000_000, chunk=20_000, ahead=32, share=0.4, alongside=1),
        minutes=30.0,
        samples=24,
        solved_samples=4,
        draws={
            "policy": 90_000,
            "mutation": 60_000,
            "evolution": 20_000,
            "grammar": 20_000,
            "seed": 10_000,
        },
    ),
    "rehearsal": Preset(
        "every stage of the gpu preset within two minutes of a CPU",
        network=NETWORKS["tiny"],
        search=Search(mutants=100, share=0.3, lessons=5),
        breeding=Breeding(children=8, population=8, share=0.5, alongside=1),
        derivation=Derivation(samples=8),
        pretraining=Pretraining(lessons=1_000, chunk=200, share=0.6, alongside=1),
        minutes=2.0,
        samples=2,
        solved_samples=1,
        draws={"policy": 100, "mutation": 100, "evolution": 100, "grammar": 100, "seed": 100},
    ),
    "paper": Preset(
        "the paper's settings with CodeT5+ 220M",
        network=Pretrained(),
        # Source: 19,200 mutations of depth one before the first meta-iteration.
        search=Search(mutants=19_200, rounds=1, share=1.0, depth=1, lessons=48),
        breeding=Breeding(generations=0),
        derivation=Derivation(samples=0),
        pretraining=Pretraining(lessons=0),
        minutes=None,
        iterations=100,
        samples=24,
        solved_samples=24,
        temperature=0.95,
        # Source: 90,000 policy and 10,000 seed or mutated experiences a meta-iteration.
        draws={"policy": 90_000, "mutation": 5_000, "seed": 5_000},
        # Source: 0.25 s a program line; containers of at most 1,000 elements lose correct
        # programs, so the size is this example's own.
        budget=Budget(seconds=5.0, max_steps=200_000, max_size=20_000),
    ),
}


def find_preset(name: str) -> Preset:
    """Return a preset by name.

    Raises:
        PresetError: there is none of that name.
    """
    if name not in PRESETS:
        raise PresetError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


def from_settings(settings: Mapping[str, Any]) -> Preset:
    """Return the preset whose ``dataclasses.asdict`` is ``settings``.

    Raises:
        PresetError: these are not the settings of a preset.
    """
    try:
        parts = {
            "network": _network(settings["network"]),
            "search": Search(**settings["search"]),
            "breeding": Breeding(**settings["breeding"]),
            "derivation": Derivation(**settings["derivation"]),
            "pretraining": Pretraining(**settings["pretraining"]),
            "budget": Budget(**settings["budget"]),
        }
        return Preset(**{**settings, **parts})
    except (TypeError, KeyError) as error:
        raise PresetError(
            f"the settings of the run are of another version of this example ({error}); "
            "start a new run"
        ) from None


def _network(settings: Mapping[str, Any]) -> SmallNetwork | Pretrained:
    if "name" in settings:
        return Pretrained(**settings)
    return SmallNetwork(**{"lines": False, **settings})  # Older runs knew nothing of lines.


def override(
    preset: Preset,
    *,
    minutes: float | None = None,
    iterations: int | None = None,
    samples: int | None = None,
    temperature: float | None = None,
    model: str | None = None,
) -> Preset:
    """Return ``preset`` with what is given in place of its own values.

    Raises:
        PresetError: a number is not positive.
    """
    numbers: dict[str, Any] = {
        "minutes": minutes,
        "iterations": iterations,
        "samples": samples,
        "temperature": temperature,
    }
    given = {name: value for name, value in numbers.items() if value is not None}
    for name, value in given.items():
        if not value > 0:
            raise PresetError(f"--{name} must be positive, not {value}")
    network = preset.network if model is None else Pretrained(name=model)
    return replace(preset, network=network, **given)
