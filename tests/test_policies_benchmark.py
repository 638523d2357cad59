"""Each contestant does its own part of the search, and the table counts what it found."""

from __future__ import annotations

from benchmarks.policies import SOURCES, contestants, report


def test_each_leaves_the_others_out() -> None:
    presets = contestants(7.5)
    assert list(presets) == list(SOURCES)
    rounds = {name: preset.search.rounds for name, preset in presets.items()}
    assert rounds == {**dict.fromkeys(SOURCES, 0), "blind mutation": None}
    assert presets["evolution"].derivation.samples == 0
    assert presets["grammar policy"].breeding.children == 0
    for name in ("blind mutation", "network"):
        assert presets[name].breeding.generations == 0
    assert {preset.minutes for preset in presets.values()} == {7.5}


def test_what_no_other_solved_is_counted() -> None:
    summaries = {
        name: {
            "tasks": 9,
            "solved_ids": {"mutation": ["start"], source: ["start", name]},
            "programs": {source: 1000},
        }
        for name, source in SOURCES.items()
    }
    summaries["network"]["solved_ids"]["policy"].append("evolution")  # type: ignore[index]
    lines = [line.split() for line in report(summaries)]
    figures = {" ".join(words[:-3]): words[-3:] for words in lines[1:5]}
    assert figures["evolution"] == ["2", "0", "1,000"]
    assert figures["network"] == ["3", "1", "1,000"]
    assert lines[5][:3] == ["in", "all", "5"]
    assert lines[6] == ["by", "each", "1"]
