"""What being late costs: nbgrader's plug-in for late penalties, with the rule of `course.toml`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Enum, Float, Instance, Integer, default
from traitlets.config import Config

from autograder.manifest import LateRule, load_manifest
from autograder.reporting.entries import entered
from autograder.reporting.model_notebook import MODEL_CELL

_SECONDS = {"hour": 3600, "day": 86400}
_DECIMALS = 2


class CourseLatePenalty(LateSubmissionPlugin):  # type: ignore[misc]
    """Points or per cent for every day or hour that has begun; or nothing, or everything.

    What `nbgrader_config.py` does not say, `[course.late]` in `course.toml` says.
    """

    rule = Instance(LateRule)
    penalty_method = Enum(
        ("none", "zero", "points", "percent"), help="How being late is punished."
    ).tag(config=True)
    amount = Float(help="Points, or per cent of the points earned, for each unit.").tag(config=True)
    per = Enum(("day", "hour"), help="The unit; one that has begun counts.").tag(config=True)
    grace_minutes = Integer(help="Who is no later than that is not late.").tag(config=True)
    maximum = Float(None, allow_none=True, help="The most that is taken off.").tag(config=True)

    @default("rule")
    def _courses_rule(self) -> LateRule:
        return load_manifest().course.late

    @default("penalty_method")
    def _method(self) -> str:
        return self.rule.method

    @default("amount")
    def _amount(self) -> float:
        return self.rule.amount

    @default("per")
    def _per(self) -> str:
        return self.rule.per

    @default("grace_minutes")
    def _grace(self) -> int:
        return self.rule.grace_minutes

    @default("maximum")
    def _maximum(self) -> float | None:
        return self.rule.maximum

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The penalty of one notebook.

        Points are taken off the assignment once: off its first notebook, and what that has not, off
        the next. Off its model none are taken.

        Args:
            student_id: whose.
            score: what the notebook has earned.
            total_seconds_late: after the due date and any extension.

        Returns:
            Points; ``None`` for no penalty.
        """
        rule = LateRule.model_construct(
            method=self.penalty_method,
            amount=self.amount,
            per=self.per,
            grace_minutes=self.grace_minutes,
            maximum=self.maximum,
        )
        if rule.method == "points" and isinstance(self.parent, AssignLatePenalties):
            if self._is_of_models():
                return None
            scores = self._scores(student_id)
            here = self.parent.notebook_id
            before = sum(earned for name, earned in scores.items() if name < here)
            whole = penalty(rule, sum(scores.values()), total_seconds_late) or 0.0
            return max(0.0, min(whole - before, score)) or None
        return penalty(rule, score, total_seconds_late)

    def _is_of_models(self) -> bool:
        """Whether the assignment has models in place of notebooks."""
        notebooks = self.parent.gradebook.find_assignment(self.parent.assignment_id).notebooks
        return any(cell.name == MODEL_CELL for one in notebooks for cell in one.grade_cells)

    def _scores(self, student: str) -> Mapping[str, float]:
        """What each notebook of the assignment has earned."""
        submission = self.parent.gradebook.find_submission(self.parent.assignment_id, student)
        return {notebook.name: notebook.score for notebook in submission.notebooks}


def penalty(rule: LateRule, score: float, seconds: float) -> float | None:
    """What being late costs.

    Args:
        rule: the course's.
        score: what was earned; nobody loses more.
        seconds: after the due date.

    Returns:
        Points; ``None`` for no penalty. Who is later than the grace period is late from the due
        date on.
    """
    if rule.method == "none" or seconds <= 60 * rule.grace_minutes:
        return None
    if rule.method == "zero":
        return score
    taken = rule.amount * math.ceil(seconds / _SECONDS[rule.per])
    if rule.maximum is not None:
        taken = min(taken, rule.maximum)
    if rule.method == "percent":
        taken = score * min(taken, 100) / 100
    return round(min(taken, score), _DECIMALS) or None


def settle_penalties(
    gradebook: Gradebook, name: str, config: Config
) -> dict[str, tuple[float, float]]:
    """Work out everybody's penalty anew: from points, times and due dates as they are now.

    nbgrader does so only when a submission is entered, before anybody has marked it.

    Args:
        gradebook: is changed.
        name: the assignment's.
        config: nbgrader's configuration, which names the plug-in.

    Returns:
        By student, the penalty before and now, where it changed.
    """
    assigning = AssignLatePenalties(config=config)
    assigning.init_plugin()
    assigning.gradebook, assigning.assignment_id = gradebook, name
    changed = {}
    for student, one in entered(gradebook, name).items():
        if not one.late and not one.penalty:
            continue
        submission, now = gradebook.find_submission(name, student), 0.0
        for notebook in submission.notebooks:
            assigning.notebook_id = notebook.name
            found = None
            if one.late:
                found = assigning.plugin_inst.late_submission_penalty(
                    student, notebook.score, one.late
                )
            checked = None if found is None else assigning._check_late_penalty(notebook, found)
            notebook.late_submission_penalty = checked
            now += checked or 0.0
        if abs(now - one.penalty) > 10**-_DECIMALS / 2:
            changed[student] = (one.penalty, now)
    gradebook.db.commit()
    return changed
