"""Which stage comes when, by numbers and by the clock."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from examples.arc.presets import PRESETS, Breeding, Derivation, Preset, Pretraining, Search
from examples.arc.progress import Progress
from examples.arc.schedule import Schedule

COUNTED = Preset(
    "for tests",
    search=Search(rounds=2),
    breeding=Breeding(generations=3),
    pretraining=Pretraining(lessons=50),
    minutes=None,
    iterations=4,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def stages(preset: Preset, seconds: float, clock: Clock) -> list[str]:
    """Do what the schedule says, at ``seconds`` a stage."""
    progress = Progress()
    schedule = Schedule(preset, progress, clock)
    done: list[str] = []
    while len(done) < 1000:
        if schedule.may_search():
            progress.rounds += 1
            done.append("search")
        elif schedule.may_breed():
            if schedule.grammar_has_turn():
                progress.derivations += 1
                done.append("grammar")
            else:
                progress.generations += 1
                done.append("evolution")
        elif schedule.may_study():
            progress.lessons += 20
            done.append("study")
        elif schedule.may_iterate(ahead=0.0):
            progress.iterations += 1
            done.append("iterate")
        else:
            break
        clock.now += seconds
    return done


def test_numbers_alone_decide_without_minutes() -> None:
    done = stages(COUNTED, 1e6, Clock())
    # The first round tries the bare seeds.
    assert done == (["search"] * 3 + ["evolution", "grammar"] * 3 + ["study"] * 3 + ["iterate"] * 4)


def test_each_of_the_two_may_be_left_out() -> None:
    for left_out, breeding, derivation in (
        ("grammar", Breeding(), Derivation(samples=0)),
        ("evolution", Breeding(children=0), Derivation()),
    ):
        preset = replace(PRESETS["laptop"], breeding=breeding, derivation=derivation)
        done = stages(preset, 30.0, Clock())
        assert left_out not in done
        assert {"evolution", "grammar"} - {left_out} <= {*done}


def test_the_search_alone_never_asks_the_network() -> None:
    done = stages(PRESETS["search"], 10.0, Clock())
    assert {*done} == {"search", "evolution", "grammar"}
    assert len(done) * 10.0 >= 60 * 30.0


@given(st.floats(1.0, 60.0), st.sampled_from(["laptop", "search", "gpu"]))
def test_every_stage_ends_by_its_share_of_the_minutes(seconds: float, name: str) -> None:
    preset = PRESETS[name]
    done = stages(preset, seconds, Clock())
    assert preset.minutes is not None
    total = 60 * preset.minutes
    ends = {stage: (len(done) - done[::-1].index(stage)) * seconds for stage in done}
    for stage, share in (
        ("search", preset.search.share),
        ("evolution", preset.breeding.share),
        ("grammar", preset.breeding.share),
        ("study", preset.pretraining.share),
        ("iterate", 1.0),
    ):
        assert ends.get(stage, 0.0) <= share * total + seconds + 1e-6


def test_the_bare_seeds_are_tried_however_little_time_is_left() -> None:
    clock, progress = Clock(), Progress()
    schedule = Schedule(PRESETS["laptop"], progress, clock)
    clock.now += 1e6
    assert schedule.may_search()
    progress.rounds += 1
    assert not schedule.may_search()


def test_minutes_count_from_the_beginning_of_a_run_that_was_stopped() -> None:
    preset = PRESETS["laptop"]
    assert preset.minutes is not None
    clock, progress = Clock(), Progress(elapsed=60 * preset.minutes - 10.0, rounds=1)
    schedule = Schedule(preset, progress, clock)
    schedule.go_on()
    assert schedule.may_iterate(ahead=0.0)
    assert not schedule.may_search()
    clock.now += 11.0
    assert schedule.is_over(1.0)
    assert not schedule.may_iterate(ahead=0.0)


def test_what_comes_later_ends_what_comes_before() -> None:
    progress = Progress(iterations=1)
    schedule = Schedule(COUNTED, progress, Clock())
    assert not schedule.may_search()
    assert not schedule.may_breed()
    assert not schedule.may_study()
