"""What being late costs, by each rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from autograder.manifest import LateRule
from autograder.reporting.late_penalty import CourseLatePenalty, penalty

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("rule", "seconds", "taken"),
    [
        ({}, 9 * DAY, None),
        ({"method": "zero"}, 1, 20),
        ({"method": "zero", "grace_minutes": 1}, 60, None),
        ({"method": "zero", "grace_minutes": 1}, 61, 20),
        ({"method": "points", "amount": 2}, 1, 2),
        ({"method": "points", "amount": 2}, DAY, 2),
        ({"method": "points", "amount": 2}, DAY + 1, 4),
        ({"method": "points", "amount": 2, "maximum": 5}, 9 * DAY, 5),
        ({"method": "points", "amount": 30}, 1, 20),
        ({"method": "percent", "amount": 10}, 2 * DAY, 4),
        ({"method": "percent", "amount": 1, "per": "hour"}, 3 * HOUR + 1, 0.8),
        ({"method": "percent", "amount": 10, "maximum": 30}, 9 * DAY, 6),
        ({"method": "percent", "amount": 40}, 9 * DAY, 20),
    ],
)
def test_rules(rule: dict[str, object], seconds: float, taken: float | None) -> None:
    assert penalty(LateRule.model_validate(rule), 20, seconds) == taken


@given(
    st.sampled_from(["zero", "points", "percent"]),
    st.floats(0, 100),
    st.floats(0, 1e7),
    st.floats(0, 1e7),
)
def test_later_is_never_cheaper_and_nobody_loses_more_than_there_is(
    method: str, score: float, first: float, second: float
) -> None:
    rule = LateRule.model_construct(method=method, amount=3.0)  # type: ignore[arg-type]
    less, more = sorted((first, second))
    taken = [penalty(rule, score, seconds) or 0.0 for seconds in (less, more)]
    assert 0 <= taken[0] <= taken[1] <= score + 0.005


def test_nbgraders_configuration_counts_before_the_course() -> None:
    rule = LateRule(method="points", amount=2)
    assert CourseLatePenalty(rule=rule).late_submission_penalty("a", 20, DAY) == 2
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    assert CourseLatePenalty(rule=rule, config=config).late_submission_penalty("a", 20, DAY) == 20
