"""nbgrader's export plug-ins: `nbgrader export --exporter=MODULE.CanvasExport`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Instance, Unicode, default

from autograder.collecting.collection import read_collection
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.grading.model import gradebook_name
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from autograder.reporting.exports.marks import Marks, marks_of
from autograder.reporting.exports.merge import merge
from autograder.reporting.exports.platforms import PLATFORMS, Platform, PlatformName
from autograder.reporting.exports.table import Table, harmless, looks_like_formula, read_table
from autograder.submissions.students import dropped_students, known_students, listed
from poselab.checks.report import points

_MOST_NAMED = 20


@dataclass(frozen=True)
class Exported:
    """A file of marks.

    Args:
        path: where it is.
        written: how many students' marks are in it.
        settled: how many students have a mark.
        remarks: that, and what is not in it, in sentences.
    """

    path: Path
    written: int
    settled: int
    remarks: list[str]


class MarksExport(ExportPlugin):  # type: ignore[misc]
    """Writes the marks of one assignment for one platform. Subclasses name the platform."""

    platform: PlatformName = "csv"

    manifest = Instance(Manifest)
    course = Unicode(str(COURSE_ROOT), help="The folder that holds course.toml.").tag(config=True)
    runs = Unicode("grading/runs", help="Where it is kept which id stands for whom.").tag(
        config=True
    )
    submitted = Unicode(
        "submitted", help="The folder of submissions; what was collected lies beside it."
    ).tag(config=True)
    into = Unicode("", help="The platform's own export, of which one column is filled.").tag(
        config=True
    )
    column = Unicode("", help="The column's header on the platform, or its id there.").tag(
        config=True
    )
    open_as_zero = Bool(False, help="Count 0 for what a person has yet to mark.").tag(config=True)
    with_model = Bool(False, help="Add the points of the submitted model.").tag(config=True)

    @default("manifest")
    def _read_manifest(self) -> Manifest:
        return load_manifest(Path(self.course))

    def export(self, gradebook: Gradebook) -> None:
        """Write the file.

        Args:
            gradebook: is read.

        Raises:
            CourseError: it is not said which assignment, or it cannot be written for the platform.
        """
        for remark in self.write(gradebook).remarks:
            self.log.warning(remark)

    def write(self, gradebook: Gradebook) -> Exported:
        """Write the file, and say in sentences what is not in it.

        Args:
            gradebook: is read.

        Returns:
            What is in it.

        Raises:
            CourseError: it is not said which assignment, or it cannot be written for the platform.
        """
        platform = PLATFORMS[self.platform]
        marks = self._marks(gradebook)
        given = read_table(Path(self.into)) if self.into else None
        remarks: list[str] = []
        refused: list[str] = []
        if given is not None:
            merged = merge(platform, marks, given, self.column)
            table, strangers = merged.table, merged.strangers
            where = f"in {self.into}"
            left = "Left blank"
            remarks += [
                f"Left as it is, because its ids are those of different people: {one}."
                for one in merged.refused
            ]
            if merged.most is not None and merged.most != marks.most:
                remarks.append(
                    f"'{merged.column}' has {points(merged.most)} points on the platform, not "
                    f"{points(marks.most)} as here: change that there before you import the file."
                )
            if merged.others:
                remarks.append(
                    f"Left as they are, being unknown here: {listed(merged.others, _MOST_NAMED)}."
                )
        else:
            table, strangers = platform.new_table(marks, self.column)
            table, refused = _without_formulas(table, platform)
            where = f"for {self.platform}"
            left = "Not in the file"
            remarks += [f"Left out, because an id looks like a formula: {one}." for one in refused]
        write_atomically(Path(self.destination), table.as_bytes())
        if strangers:
            remarks.append(
                f"Not in the file, because no id {where} is known to be theirs: "
                f"{listed((f'{one.name} ({one.id})' for one in strangers), _MOST_NAMED)}."
            )
        blank: dict[str, list[str]] = {}
        for mark in marks.marks:
            if mark.points is None:
                blank.setdefault(mark.why, []).append(f"{mark.person.name} ({mark.person.id})")
        remarks += [
            f"{left}, {why} ({len(names)}): {listed(names, _MOST_NAMED)}."
            for why, names in blank.items()
        ]
        with_points = sum(mark.points is not None for mark in marks.marks)
        written = with_points - len(strangers) - len(refused)
        everybody = len(marks.marks)
        said = f"{written or 'None'} of {everybody} students' marks are in the file."
        return Exported(Path(self.destination), written, with_points, [said, *remarks])

    @property
    def destination(self) -> str:
        """The file that is written."""
        suffix = Path(self.into).suffix or PLATFORMS[self.platform].suffix
        return self.to or f"{'+'.join(self.assignment)}_{self.platform}{suffix}"

    def _marks(self, gradebook: Gradebook) -> Marks:
        if len(self.assignment) != 1:
            raise CourseError(
                "Marks are exported for one assignment at a time; name it with "
                "--assignment \"['NAME']\"."
            )
        name = str(self.assignment[0])
        about = self.manifest.assignments.get(name.removesuffix("_model"))
        title = name if about is None else about.title
        if about is not None and name != about.id:
            title = f"{title}: model"
        names = [name]
        if self.with_model:
            if about is None or about.model is None or not about.model.max_points:
                raise CourseError(f"{name} has no model that earns points; leave out --with-model.")
            names.append(gradebook_name(about))
        known = known_students(Path(self.runs))
        found = read_collection(Path(self.submitted), name.removesuffix("_model")).people
        left = dropped_students(Path(self.runs))
        people = {
            known.id_of(folder): person
            for folder, person in found.items()
            if known.id_of(folder) not in left
        }
        marks = marks_of(gradebook, names, title, people, self.open_as_zero)
        if self.student:
            wanted = {str(student) for student in self.student}
            chosen = [mark for mark in marks.marks if mark.person.id in wanted]
            marks = Marks(marks.assignment, marks.title, marks.most, chosen)
        return Marks(name, marks.title, marks.most, marks.marks)


class CanvasExport(MarksExport):
    """For Canvas: Grades, Import."""

    platform = "canvas"


class MoodleExport(MarksExport):
    """For Moodle: the assignment's offline grading worksheet, or the gradebook's import."""

    platform = "moodle"


class BlackboardExport(MarksExport):
    """For Blackboard: Work Offline, Upload."""

    platform = "blackboard"


class BrightspaceExport(MarksExport):
    """For Brightspace: Enter Grades, Import."""

    platform = "brightspace"


class TableExport(MarksExport):
    """For anything else that reads CSV."""

    platform = "csv"


EXPORTERS: dict[PlatformName, type[MarksExport]] = {
    exporter.platform: exporter
    for exporter in (CanvasExport, MoodleExport, BlackboardExport, BrightspaceExport, TableExport)
}
"""By platform, its plug-in."""


def _without_formulas(table: Table, platform: Platform) -> tuple[Table, list[str]]:
    """Names that look like formulas get an apostrophe; whose id does is left out, and named.

    An apostrophe before an id would make it nobody's.
    """
    ids = [i for i, name in enumerate(table.header) if platform.is_id(name)]
    rows, refused = [], []
    for row in table.rows:
        if any(looks_like_formula(row[i]) for i in ids):
            refused.append(" ".join(harmless(cell) for cell in row))
        else:
            rows.append([harmless(cell) for cell in row])
    return Table([harmless(name) for name in table.header], rows, table.layout), refused
