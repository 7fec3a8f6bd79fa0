"""What nbgrader calls of ours: in place of its own execution, and of its own feedback pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Unicode

from autograder.grading.notebook import NotebookEvaluator, cells_digest
from autograder.grading.presentation import add_marking_schemes
from autograder.grading.settings import Limits, fresh_seed
from autograder.manifest import load_manifest
from autograder.reporting.feedback import FeedbackWriter
from autograder.reporting.gradebook import GradebookWriter
from autograder.sandbox.choice import Sandbox, choose_sandbox


class GradedExecution(NbGraderPreprocessor):  # type: ignore[misc]
    """Hands nbgrader the executed and scored notebook.

    ``autograder grade`` runs submissions in parallel beforehand, and their results are taken from
    its folder. A submission that was not run yet, as when you press *autograde* in formgrader,
    is run now.
    """

    runs = Unicode("grading/runs", help="Where graded notebooks are kept.").tag(config=True)
    sandbox = Enum(
        ("bubblewrap", "none"), default_value="bubblewrap", help="The sandbox for student code."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace the submission by its graded copy."""
        about = resources["nbgrader"]
        assignment, notebook, student = (about[n] for n in ("assignment", "notebook", "student"))
        evaluator = _evaluator(assignment, notebook, Path(self.runs), self.sandbox)
        if evaluator is None:
            return nb, resources
        kept = evaluator.store.kept(student)
        if kept is None or kept.cells != cells_digest(nb):
            choose_sandbox(evaluator.sandbox, evaluator.folder, evaluator.manifest.root)
            evaluator.keep(student, evaluator.grade(evaluator.prepare_notebook(nb)))
        graded = evaluator.kept_notebook(student)
        # Not kept with the run: another scheme is no reason to run anything again.
        add_marking_schemes(graded, evaluator.marking_schemes())
        return graded, resources


class CourseFeedback(Exporter):
    """What ``nbgrader generate_feedback`` and the formgrader's button write: the course's pages.

    nbgrader's own would show students what is there for who marks: schemes, and reports.
    """

    runs = Unicode("grading/runs", help="Where graded notebooks are kept.").tag(config=True)
    file_extension = ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of one student's notebook, from the gradebook and the record of the run."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        about = resources["nbgrader"]
        manifest = load_manifest()
        # A folder that graded notebooks are kept in lies in the working folder.
        writer = GradebookWriter(manifest, Path(self.runs).parent, about["db_url"])
        feedback = FeedbackWriter(writer, manifest.assignment(about["assignment"]))
        return feedback.page(about["student"], about["notebook"], nb), resources


@lru_cache(maxsize=8)
def _evaluator(
    assignment_id: str, name: str, runs: Path, sandbox: Sandbox
) -> NotebookEvaluator | None:
    """A notebook's evaluator, which knows its suites; ``None`` where nothing is graded."""
    manifest = load_manifest()
    assignment = manifest.assignment(assignment_id)
    notebook = assignment.notebook(name)
    if not notebook.graded:
        return None
    seed = fresh_seed()
    return NotebookEvaluator(manifest, assignment, notebook, seed, Limits(), runs, sandbox)
