"""Marks from a working folder to the file that a platform imports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config

from autograder.errors import CourseError
from autograder.manifest import Manifest
from autograder.reporting.exports.platforms import PLATFORMS, PlatformName
from autograder.reporting.exports.plugin import EXPORTERS, Exported
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.gradebook_check import opened, require_usable
from autograder.reporting.late_penalty import settle_penalties
from autograder.reporting.term import refuse_another_term


@dataclass(frozen=True)
class ExportOptions:
    """How marks are exported.

    Args:
        into: the platform's own export, of which one column is filled.
        column: that column's header on the platform, or its id there.
        open_as_zero: count 0 for what a person has yet to mark.
        with_model: add the points of the submitted model.
    """

    into: Path | None = None
    column: str = ""
    open_as_zero: bool = False
    with_model: bool = False


def export_marks(
    manifest: Manifest,
    name: str,
    platform: PlatformName,
    submitted: Path,
    work: Path,
    database: str | None = None,
    options: ExportOptions | None = None,
) -> Exported:
    """Write the marks of an assignment for a platform.

    Args:
        manifest: the course.
        name: the assignment in the gradebook; that of a model ends in ``_model``.
        platform: which.
        submitted: the folder of submissions, beside which lies what was collected.
        work: the working folder.
        database: the gradebook's address; else a file in the working folder.
        options: how.

    Returns:
        The file, and what is not in it.

    Raises:
        CourseError: there is nothing to export, or the file to fill does not fit.
    """
    options = options or ExportOptions()
    writer = GradebookWriter(manifest, work, database)
    if not require_usable(writer.database):
        raise CourseError(
            f"There is no gradebook in {work} yet; grade {name} first, or give --work, and "
            "--db-url where it is elsewhere."
        )
    suffix = options.into.suffix if options.into else PLATFORMS[platform].suffix
    models = f"{name}_model" if options.with_model else name
    path = work / "exports" / f"{name}_{platform}{suffix}"
    exporter = EXPORTERS[platform](config=Config())
    exporter.assignment, exporter.to = [name], str(path)
    exporter.manifest, exporter.runs = manifest, str(writer.runs)
    exporter.submitted = str(submitted)
    exporter.into = str(options.into or "")
    exporter.column = options.column
    exporter.open_as_zero, exporter.with_model = options.open_as_zero, options.with_model
    refuse_another_term(work, manifest)
    with opened(writer.database) as gradebook:
        # Since the last grading a person may have marked what a penalty is worked out of.
        for one in {assignment.name for assignment in gradebook.assignments} & {name, models}:
            settle_penalties(gradebook, one, writer.configuration())
        return exporter.write(gradebook)
