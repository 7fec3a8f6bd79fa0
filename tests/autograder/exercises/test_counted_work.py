"""How large a counted call is follows from the seed."""

from __future__ import annotations

import torch

from autograder.exercises.suite_builder import LEAST_LONGER, SuiteBuilder


def test_sizes_are_others_with_every_seed() -> None:
    drawn = set()
    for seed in range(20):
        sizes = SuiteBuilder("f", ("x",), seed).sizes(samples=2, rows=4)
        (name, base), *grown = sizes
        assert name == ""
        assert all(low <= length <= low + 2 for low, length in zip((2, 4), base, strict=True))
        assert [axis for axis, _ in grown] == ["samples", "rows"]
        for place, (_, lengths) in enumerate(grown):
            more = [after - before for before, after in zip(base, lengths, strict=True)]
            assert more.pop(place) >= LEAST_LONGER
            assert not any(more)
        drawn.add((base, *(lengths for _, lengths in grown)))
    assert len(drawn) == 20


def test_the_message_says_by_how_much_an_axis_is_longer() -> None:
    suite = SuiteBuilder("f", ("x", "size"), 0)
    suite.count("vectorised", "", torch.zeros(2, 3), (4, 5))
    suite.count("vectorised", "samples", torch.zeros(37, 3), (4, 5))
    suite.count("vectorised", "columns", torch.zeros(2, 3), (4, 45))
    assert [case.longer for case in suite.cases] == [0, 35, 40]
    assert suite.cases[2].given == "`x` of shape (2, 3) (40 more columns)"
