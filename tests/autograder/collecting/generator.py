"""Downloads as platforms write them: after their documentation and code, not after our parser."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = datetime(2024, 3, 1, 9, 0, 0, tzinfo=UTC)
NOTEBOOK = "heatmap_2d.ipynb"


@dataclass(frozen=True)
class Student:
    """Somebody in a class; ``number`` is the platform's, ``login`` the university's."""

    first: str
    last: str
    login: str
    number: int

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}" if self.first else self.last

    @property
    def work(self) -> bytes:
        return json.dumps({"whose": self.login}).encode()

    @property
    def when(self) -> datetime:
        return FIRST + timedelta(minutes=self.number % 5000, seconds=self.number % 60)


_NAMES = """
Anna|Schmidt
Jürgen|Müller
Björn|Ångström
Zoë|O'Brien
Seán|Ó Súilleabháin
Jean-Luc|d'Arc-Dupont
María José|García López
Ana Sofía|de la Cruz y Ramos
Đặng|Thị Ngọc
Łukasz|Żółć
İpek|Y\u0131ld\u0131z
Søren|Kierkegård
Þóra|Æsirsdóttir
Weiß|Strauß
Nguyễn|Văn A
王|小明
李|小龙
田中|太郎
김|민준
Алексей|Ёлкин
Ольга|Щербакова
Ελένη|Παπαδοπούλου
محمد|الأحمد
فاطمة|بنت علي
דוד|בן־גוריון
हिमांशु|त्रिपाठी
กมล|ศรีสุข
அருண்|குமார்
Late|Late
LATE|Comer
Anon|Ymous
Attempt|Attempt
Text|Link
Copy|Of
Participant|Seven
Null|None
Con|Nul
Jane|Doe
Jane|Doe
Jane Mary|Doe
Doe|Jane
J.|R. R. Tolkien
X Æ A-12|Musk
Agent|007
Seven 7|Eleven 11
2Pac|Shakur
Anna-Maria|Schmidt-Rottluff
Mary_Jane|Under_Score
Trailing|Dot.
Ampers|And & Sons
Percent|100%
Hash|#1
Plus|C++
Paren|Theses (Jr)
Emoji|Smile 😀
😀|🎉
A|B
Wolfeschlegelsteinhausenbergerdorff|Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Senior
Comma|Sep, Jr
|Mononym
"""

CLASS = [
    Student(first, last, f"user{number:02d}", 70000 + 37 * number)
    for number, line in enumerate(_NAMES.strip("\n").splitlines())
    for first, _, last in [line.partition("|")]
]
assert len(CLASS) == 60


Files = Iterable[tuple[str, bytes]]


def write_zip(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def unpack(path: Path) -> Path:
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


# --- Canvas: lib/content_zipper.rb ----------------------------------------------------------------


def canvas_prefix(student: Student, late: bool = False) -> str:
    # sanitize_user_name, get_filename, sanitize_file_name; [[:word:]] has marks, too
    name = re.sub(r"_(\d+)_", r"\1", student.sortable).lower()
    parts = [name, "LATE" if late else None, str(student.number)]
    return re.sub(
        r"[^\w\u0300-\u036f\u0900-\u0eff]", "", "_".join(p for p in parts if p is not None)
    )


def canvas(students: Sequence[Student], name: str = NOTEBOOK) -> Files:
    for order, one in enumerate(students):
        file = re.sub(r'[\x00/\\:*?"<>|]+', "_", name)
        yield f"{canvas_prefix(one, order % 7 == 3)}_{900100 + 11 * order}_{file}", one.work


def canvas_anonymous(students: Sequence[Student]) -> Files:
    for order, one in enumerate(students):
        late = "LATE_" if order % 7 == 3 else ""
        yield f"{late}anon_{one.number % 100000:05d}_{900100 + order}_{NOTEBOOK}", one.work


# --- Moodle: mod/assign ---------------------------------------------------------------------------


def _clean_filename(name: str) -> str:
    # PARAM_FILE
    return re.sub(r'[\x00-\x1f&<>"`|\':\\/]', "", re.sub(r"\.\.+", "", name))


def moodle_prefix(student: Student, group: str = "") -> str:
    name = f"{group}{student.full}".replace("_", " ")
    return _clean_filename(f"{name}_{student.number}")


def moodle(students: Sequence[Student], ending: str = "_", group: str = "") -> Files:
    for one in students:
        yield f"{moodle_prefix(one, group)}_assignsubmission_file{ending}/{NOTEBOOK}", one.work


def moodle_flat(students: Sequence[Student]) -> Files:
    for one in students:
        yield f"{moodle_prefix(one)}_assignsubmission_file_{NOTEBOOK}", one.work


def moodle_blind(students: Sequence[Student]) -> Files:
    for one in students:
        yield f"Participant_{one.number}_assignsubmission_file_/{NOTEBOOK}", one.work


# --- Brightspace ----------------------------------------------------------------------------------


def brightspace_date(when: datetime) -> str:
    hour = when.hour % 12 or 12
    half = "AM" if when.hour < 12 else "PM"
    return f"{when:%b} {when.day}, {when.year} {hour}{when:%M} {half}"


def _windows_name(name: str) -> str:
    return re.sub(r'[<>:"/\\|?*]', "_", name).rstrip(". ")


def brightspace(students: Sequence[Student]) -> Files:
    yield "index.html", b"<html></html>"
    for one in students:
        folder = f"{one.number}-4711 - {_windows_name(one.full)} - {brightspace_date(one.when)}"
        yield f"{folder}/{NOTEBOOK}", one.work


def brightspace_flat(students: Sequence[Student]) -> Files:
    for one in students:
        prefix = f"{one.number}-4711 - {_windows_name(one.full)} - {brightspace_date(one.when)}"
        yield f"{prefix} - {NOTEBOOK}", one.work


# --- Blackboard -----------------------------------------------------------------------------------


def blackboard_text(student: Student, assignment: str, when: datetime, stored: str) -> str:
    return (
        f"Name: {student.full} ({student.login})\nAssignment: {assignment}\n"
        f"Date Submitted: {when:%A, %B %d, %Y %I:%M:%S %p} UTC\nCurrent Grade: Needs Grading\n\n"
        "Submission Field:\nThere is no student submission text data for this assignment.\n\n"
        "Comments:\nThere are no student comments for this assignment.\n\n"
        f"Files:\n\tOriginal filename: {NOTEBOOK}\n\tFilename: {stored}\n"
    )


def blackboard(
    students: Sequence[Student], assignment: str = "Lab 1_pose_est", texts: bool = True
) -> Files:
    for one in students:
        prefix = f"{assignment}_{one.login}_attempt_{one.when:%Y-%m-%d-%H-%M-%S}"
        stored = f"{prefix}_{NOTEBOOK}"
        yield stored, one.work
        if texts:
            yield f"{prefix}.txt", blackboard_text(one, assignment, one.when, stored).encode()


# --- Gradescope -----------------------------------------------------------------------------------


def gradescope(students: Sequence[Student]) -> Files:
    root, listed = "assignment_4711_export", ["---"]
    for one in students:
        name = one.full.replace("'", "''")
        listed += [
            f"submission_{one.number}:",
            "  :submitters:",
            f"  - :name: '{name}'",
            f"    :sid: '{one.login}'",
            f"    :email: {one.login}@example.org",
            "  :created_at: !ruby/object:ActiveSupport::TimeWithZone",
            f"    utc: {one.when:%Y-%m-%d %H:%M:%S}.123456000 Z",
            "    zone: !ruby/object:ActiveSupport::TimeZone",
            "      name: America/Los_Angeles",
            f"    time: {one.when - timedelta(hours=8):%Y-%m-%d %H:%M:%S}.123456000 Z",
            "  :score: 0.0",
            "  :history: []",
        ]
        yield f"{root}/submission_{one.number}/{NOTEBOOK}", one.work
    yield f"{root}/submission_metadata.yml", "\n".join(listed).encode()


# --- Sakai ----------------------------------------------------------------------------------------


def sakai(students: Sequence[Student], attachments: str = "Submission attachment(s)") -> Files:
    root = "Pose estimation"
    rows = [
        f'"{root}","Points"',
        "",
        "Display ID,ID,Last Name,First Name,grade,Submission date,Late submission",
    ]
    for order, one in enumerate(students):
        folder = f"{root}/{_windows_name(one.sortable)}({one.login})"
        yield f"{folder}/{attachments}/{NOTEBOOK}", one.work
        yield f"{folder}/timestamp.txt", f"{one.when:%Y%m%d%H%M%S}123".encode()
        yield f"{folder}/comments.txt", b""
        late = "Late" if order % 7 == 3 else "On time"
        rows.append(f'"{one.login}","{one.login}","{one.last}","{one.first}","","",{late}')
    yield f"{root}/grades.csv", "\n".join(rows).encode("utf-8-sig")


# --- Google Classroom, and folders ----------------------------------------------------------------


def classroom(students: Sequence[Student]) -> Files:
    for one in students:
        yield f"{one.full.replace('/', '_')} - {NOTEBOOK}", one.work


def folders(students: Sequence[Student]) -> Files:
    for one in students:
        yield f"class/{one.login}/{NOTEBOOK}", one.work


PLATFORMS: dict[str, Callable[[Sequence[Student]], Files]] = {
    "canvas": canvas,
    "canvas anonymous": canvas_anonymous,
    "moodle": moodle,
    "moodle 4": lambda students: moodle(students, ending=""),
    "moodle flat": moodle_flat,
    "moodle blind": moodle_blind,
    "moodle groups": lambda students: moodle(students, group="Lab-A 1-"),
    "brightspace": brightspace,
    "brightspace flat": brightspace_flat,
    "blackboard": blackboard,
    "blackboard without texts": lambda students: blackboard(students, texts=False),
    "gradescope": gradescope,
    "sakai": sakai,
    "sakai in Japanese": lambda students: sakai(students, "提出物の添付"),
    "folders": folders,
}
"""By name, the downloads in which everybody can be told apart."""
