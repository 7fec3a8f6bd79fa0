"""The command `autograder`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from autograder.collecting.collection import Platform
from autograder.errors import DISK_FULL, CourseError
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from autograder.terminal import say

INCOMPLETE = 3
"""The exit status when some of a class could not be graded, or nobody can say whose a file is."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


class _OneSentence(TyperGroup):
    """Reports an error that a person can fix in one sentence, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            _leave(str(error), 1)
        except KeyboardInterrupt:
            _leave("Stopped; run the same command to resume.", INTERRUPTED)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            _leave(f"The disk is full ({error}); free some space, then run the same command.", 1)


def _leave(sentence: str, status: int) -> NoReturn:
    """Say why and exit: what is finished is on the disk."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status) from None


def main() -> None:
    """Run the command; if it fails or is stopped, drop the submissions that still run."""
    try:
        app()
    except SystemExit as end:
        threads = set(threading.enumerate()) - {threading.main_thread()}
        busy = not all(thread.daemon for thread in threads)
        if end.code == INTERRUPTED or (end.code and busy):
            from autograder.sandbox.warm_parent import close_all

            close_all()
            sys.stdout.flush()
            # Python would wait for threads and processes that may take minutes more.
            os._exit(int(end.code))
        raise


app = typer.Typer(
    cls=_OneSentence,
    help="Builds, checks, releases and grades the course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

new = typer.Typer(help="Write what a new part of the course starts from.", no_args_is_help=True)
app.add_typer(new, name="new")

student = typer.Typer(help="Change who is in a gradebook, and until when.", no_args_is_help=True)
app.add_typer(student, name="student")

CourseOption = Annotated[
    Path,
    typer.Option(
        "--course",
        help="The folder that holds course.toml.",
        show_default=False,
        resolve_path=True,
    ),
]


@app.command()
def build(
    draft: Annotated[
        bool, typer.Option("--draft", help="Run no notebook; name those that are out of date.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ASSIGNMENT/NOTEBOOK",
            help="Run no other notebook; may be given several times.",
            show_default="all that are out of date",
        ),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write every derived file: executed solutions, student notebooks, tables, profiles."""
    from autograder.authoring.pipeline import build_course, what_grading_runs

    chosen = only or ([] if draft else None)
    manifest = load_manifest(course)
    for line in chain(build_course(manifest, only=chosen), what_grading_runs(manifest)):
        typer.echo(line)


@app.command()
def check(course: CourseOption = COURSE_ROOT) -> None:
    """Prove that files are fresh, nothing leaks, solutions pass and untouched notebooks fail."""
    from autograder.authoring.freshness import check_course
    from autograder.quality.demands import check_exercises
    from autograder.quality.freshness import check_judging
    from autograder.quality.gate import prove
    from autograder.quality.matrix import check_matrix
    from autograder.quality.processes import processes

    manifest = load_manifest(course)
    with processes() as pool:
        files = pool.submit(check_course, manifest)
        exercises = pool.submit(check_exercises, manifest)
        # `autograder matrix` tries each wrong answer on several suites, which takes much longer.
        proofs = (
            check_judging(manifest, pool),
            prove(manifest, pool),
            check_matrix(manifest, pool, in_turn=True),
        )
        for line in chain([exercises.result()], files.result(), *proofs):
            typer.echo(line)


@new.command()
def exercise(
    assignment: Annotated[str, typer.Argument(help="The assignment's id in course.toml.")],
    name: Annotated[str, typer.Argument(help="The function or class that students write.")],
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write the folder of a new exercise from a template, and say what else to do."""
    from autograder.exercises.new import what_else, write_exercise

    manifest = load_manifest(course)
    for path in write_exercise(manifest, assignment, name):
        typer.echo(f"wrote {path}")
    typer.echo(what_else(manifest.assignment(assignment), name))


@app.command()
def matrix(
    seeds: Annotated[int, typer.Option(min=1, help="How many suites to try each answer on.")] = 5,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Try every known right and wrong answer on several suites, and print the totals."""
    from autograder.quality.matrix import check_matrix
    from autograder.quality.processes import processes

    with processes() as pool:
        for line in check_matrix(load_manifest(course), pool, range(seeds)):
            typer.echo(line)


OnlyArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="ASSIGNMENT", help="Of these only.", show_default="all"),
]


@app.command()
def tolerances(only: OnlyArgument = None, course: CourseOption = COURSE_ROOT) -> None:
    """Measure the gap around every tolerance, and write docs/tolerances/."""
    from autograder.quality.freshness import write_tolerances

    for path in write_tolerances(load_manifest(course), only or ()):
        typer.echo(f"wrote {path}")


@app.command()
def gallery(only: OnlyArgument = None, course: CourseOption = COURSE_ROOT) -> None:
    """Write docs/gallery/: known wrong answers, and what students are told about them."""
    from autograder.quality.freshness import write_galleries

    for path in write_galleries(load_manifest(course), only or ()):
        typer.echo(f"wrote {path}")


@app.command()
def release(
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder for the student repository; it must be empty or not exist.",
            show_default=False,
            resolve_path=True,
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            help="The folder for the course's pages, which any web server can serve; likewise.",
            show_default=False,
            resolve_path=True,
        ),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write the student repository, the course's pages, or both."""
    if out is None and site is None:
        raise CourseError("Name a folder: --out for the student repository, --site for the pages.")
    manifest = load_manifest(course)
    if out is not None:
        from autograder.authoring.release import write_release

        write_release(manifest, out)
        typer.echo(f"The student repository is in {out}.")
    if site is not None:
        from autograder.authoring.site import write_site

        write_site(manifest, site)
        typer.echo(f"The course's pages are in {site}; open index.html.")


@app.command()
def doctor() -> None:
    """Check whether this machine can grade untrusted code safely, and say what to do if not."""
    from autograder.sandbox.doctor import examine

    findings = examine()
    for finding in findings:
        advice = f" What to do: {finding.advice}." if finding.advice else ""
        typer.echo(f"{finding.state:>4}  {finding.topic}: {finding.sentence}{advice}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


@app.command()
def kernelspec(
    prefix: Annotated[
        Path,
        typer.Option(
            help="Where to install the kernel.",
            show_default="this environment",
            resolve_path=True,
        ),
    ] = Path(sys.prefix),
) -> None:
    """Register the sandboxed kernel with Jupyter, for nbgrader, nbval and JupyterLab."""
    from autograder.sandbox.specs import SANDBOXED, install_kernelspec

    where = install_kernelspec(prefix)
    typer.echo(f"The kernel {SANDBOXED} is in {where}.")


PROCESSORS = os.cpu_count() or 1


def _resolve_database(url: str | None) -> str | None:
    """A gradebook in a file is named by its whole path, as all other files are."""
    if url is None:
        return None
    from autograder.reporting.nbgrader_tools import absolute_url

    return absolute_url(url)


# Resolved before anything else happens: nbgrader, in a thread of its own, changes the working
# directory while submissions are being read.
SubmittedOption = Annotated[
    Path,
    typer.Option(help="Submissions, laid out STUDENT/ASSIGNMENT/FILE.", resolve_path=True),
]
SUBMITTED = Path("submitted")
AssignmentArgument = Annotated[str, typer.Argument(help="The assignment's id in course.toml.")]
WorkOption = Annotated[
    Path, typer.Option(help="The folder for everything that is written.", resolve_path=True)
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Submissions that run at the same time.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Run submissions again that did not change.")
]
SandboxOption = Annotated[
    Literal["bubblewrap", "none"],
    typer.Option(help="The sandbox for student code; `none` runs it with your privileges."),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(help="Run submissions on the workers of this Dask scheduler, tcp://HOST:PORT."),
]
ResultsOption = Annotated[
    Path | None,
    typer.Option(
        help="The results file.",
        show_default="WORK/results/ASSIGNMENT.json",
        resolve_path=True,
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db-url",
        help="The gradebook's URL.",
        show_default="WORK/gradebook.db",
        callback=_resolve_database,
    ),
]


PLATFORM_NAMES = Literal["canvas", "moodle", "blackboard", "brightspace", "csv"]
IntoOption = Annotated[
    Path | None,
    typer.Option(
        help="The platform's own export, of which one column is filled.",
        show_default=False,
        resolve_path=True,
    ),
]
ColumnOption = Annotated[
    str, typer.Option(help="The column's header on the platform, or its id there.")
]
OpenAsZeroOption = Annotated[
    bool, typer.Option("--open-as-zero", help="Count 0 for what a person has yet to mark.")
]


@app.command()
def collect(
    assignment: AssignmentArgument,
    downloads: Annotated[
        list[Path],
        typer.Argument(
            metavar="DOWNLOAD...",
            help="What the platform gives: zip files, or folders in which you unpacked them.",
            resolve_path=True,
        ),
    ],
    submitted: SubmittedOption = SUBMITTED,
    roster: Annotated[
        Path | None,
        typer.Option(
            help="The class list, as a platform exports it, or with the columns id,name,email.",
            resolve_path=True,
        ),
    ] = None,
    owners: Annotated[
        Path | None,
        typer.Option(
            help="A table file,student: whose files are, before all names.", resolve_path=True
        ),
    ] = None,
    platform: Annotated[
        Platform | None, typer.Option(help="Whose download it is.", show_default="recognised")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="The zone of times that name none, such as Europe/Berlin.",
            show_default="this machine's",
        ),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Collect a learning platform's download into STUDENT/ASSIGNMENT/FILE."""
    from autograder.collecting.collect import Wishes, as_zone
    from autograder.collecting.collect import collect as collect_downloads
    from autograder.collecting.collection import collection_file
    from autograder.collecting.summary import print_summary, write_summary
    from autograder.reporting.work_lock import only_run_in

    manifest = load_manifest(course)
    wishes = Wishes(roster, owners, platform, as_zone(zone))
    with only_run_in(collection_file(submitted, assignment).parent, "with --submitted"):
        outcome = collect_downloads(manifest, assignment, downloads, submitted, wishes)
        table = write_summary(outcome, submitted)
    console = _console()
    print_summary(outcome, console)
    _print_files(console, Submissions=submitted / "STUDENT" / assignment, Table=table)
    if not outcome.is_complete:
        raise typer.Exit(INCOMPLETE)


@app.command()
def grade(
    assignment: AssignmentArgument,
    submitted: SubmittedOption = SUBMITTED,
    results: ResultsOption = None,
    work: WorkOption = Path("grading"),
    workers: WorkersOption = PROCESSORS,
    force: ForceOption = False,
    students: Annotated[
        list[str] | None,
        typer.Option(
            "--student",
            help="Run this student's submission only, and again; may be given several times.",
            show_default="all that changed",
        ),
    ] = None,
    exercises: Annotated[
        list[str] | None,
        typer.Option(
            "--exercise",
            help="Run again, and keep what this exercise earns; may be given several times.",
            show_default="all",
        ),
    ] = None,
    what_runs: Annotated[
        Literal["needed", "all"],
        typer.Option("--run", help="The cells that run: those that grading needs, or all."),
    ] = "needed",
    sandbox: SandboxOption = "bubblewrap",
    cell_seconds: Annotated[
        float,
        typer.Option(min=1, help="Seconds allowed for a cell, or for the cases of an exercise."),
    ] = 120.0,
    total_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds allowed for a submission.")
    ] = 300.0,
    report: Annotated[
        bool, typer.Option("--report", help="Write the report on the class as well.")
    ] = False,
    scheduler: SchedulerOption = None,
    database: DatabaseOption = None,
    any_release: Annotated[
        bool,
        typer.Option("--any-release", help="Grade a class from another release of the course."),
    ] = False,
    export_to: Annotated[
        PLATFORM_NAMES | None,
        typer.Option("--export", help="Write the marks for this platform as well."),
    ] = None,
    into: IntoOption = None,
    column: ColumnOption = "",
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Grade a folder of submissions: results, gradebook, feedback pages and grades.csv."""
    from autograder.limited.calls import warm
    from autograder.reporting.work_lock import only_run_in
    from autograder.sandbox.warm_parent import start_warm_parent

    if export_to is None and (into or column):
        raise CourseError("--into and --column go with --export PLATFORM.")
    console = _console()
    manifest = load_manifest(course)
    with only_run_in(work):
        chosen = _choose_sandbox(sandbox, submitted, manifest.root, console, work, results or work)
        if chosen == "bubblewrap" and scheduler is None:
            start_warm_parent()
        for module in ("autograder.submissions.preparation", "autograder.reporting.pages"):
            warm(import_module, module)
        # Imported only now, because it takes as long as starting the parent, which goes on.
        from autograder.grading.settings import Limits, Settings
        from autograder.reporting.grade import grade_class
        from autograder.reporting.table import print_table

        results = results or work / "results" / f"{assignment}.json"
        limits = Limits(cell_seconds, total_seconds)
        settings = Settings(
            workers,
            force,
            chosen,
            limits,
            scheduler,
            database,
            what_runs,
            tuple(students or ()),
            tuple(exercises or ()),
            any_release,
        )
        outcome = grade_class(manifest, assignment, submitted, work, results, settings, console)
        print_table(outcome, manifest.assignment(assignment), console)
        files = {
            "Feedback": work / "feedback" / "STUDENT" / assignment,
            "Grades": work / "grades.csv",
            "Results": results,
        }
        exported = None
        if export_to is not None:
            from autograder.reporting.exports.export import ExportOptions, export_marks

            options = ExportOptions(into, column)
            exported = export_marks(
                manifest, assignment, export_to, submitted, work, database, options
            )
            files["Marks"] = exported.path
            say(console, exported.remarks)
        if report:
            _write_report(manifest, assignment, work, results, database, console)
    _print_files(console, **files)
    _say_what_failed(outcome.failures)
    # Before anybody has marked the questions there is no mark yet, and nothing wrong.
    if exported is not None and exported.settled and not exported.written:
        raise typer.Exit(INCOMPLETE)


@app.command()
def export(
    assignment: Annotated[
        str, typer.Argument(help="The assignment's name in the gradebook; a model's is A_model.")
    ],
    platform: Annotated[PLATFORM_NAMES, typer.Option("--to", help="Where the marks go.")],
    submitted: SubmittedOption = SUBMITTED,
    work: WorkOption = Path("grading"),
    into: IntoOption = None,
    column: ColumnOption = "",
    open_as_zero: OpenAsZeroOption = False,
    with_model: Annotated[
        bool, typer.Option("--with-model", help="Add the points of the submitted model.")
    ] = False,
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write an assignment's marks as the gradebook of a learning platform imports them."""
    from autograder.reporting.exports.export import ExportOptions, export_marks
    from autograder.reporting.work_lock import only_run_in

    options = ExportOptions(into, column, open_as_zero, with_model)
    with only_run_in(work):
        exported = export_marks(
            load_manifest(course), assignment, platform, submitted, work, database, options
        )
    console = _console()
    say(console, exported.remarks)
    _print_files(console, Marks=exported.path)
    if not exported.written:
        raise typer.Exit(INCOMPLETE)


StudentArgument = Annotated[str, typer.Argument(help="The id in grades.csv.")]


def _manifest_of(course: Path, work: Path) -> Manifest:
    """The course, unless the working folder is another term's."""
    from autograder.reporting.term import refuse_another_term

    manifest = load_manifest(course)
    refuse_another_term(work, manifest)
    return manifest


def _gradebook(work: Path, database: str | None, course: Path) -> Any:
    """The gradebook of a working folder, unless that is another term's."""
    from autograder.reporting.gradebook import GradebookWriter

    return GradebookWriter(_manifest_of(course, work), work, database)


@student.command()
def drop(
    student_id: StudentArgument,
    work: WorkOption = Path("grading"),
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Take a student who has left out of the gradebook; what there was is kept aside."""
    from autograder.reporting.leavers import drop_student
    from autograder.reporting.work_lock import only_run_in

    with only_run_in(work):
        aside = drop_student(_gradebook(work, database, course), student_id)
    typer.echo(
        f"{student_id} is out of the gradebook, also if the folder of submissions stays; what "
        f"there was is in {aside}. grades.csv is written anew; results and reports are by the next "
        "`autograder grade` and `report`."
    )


@student.command()
def restore(
    student_id: Annotated[str, typer.Argument(help="The id that was dropped.")],
    work: WorkOption = Path("grading"),
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Take back that a student was dropped; the next run of `grade` grades the folder again."""
    from autograder.reporting.leavers import restore_student
    from autograder.reporting.work_lock import only_run_in

    with only_run_in(work):
        restore_student(_gradebook(work, database, course), student_id)
    typer.echo(
        f"{student_id} counts again; grade again to enter what lies in the folder. What a person "
        f"had given is in {work / 'dropped' / student_id}."
    )


@student.command()
def rename(
    old: Annotated[str, typer.Argument(help="The id in grades.csv.")],
    new: Annotated[str, typer.Argument(help="The id from now on: the folder's name.")],
    work: WorkOption = Path("grading"),
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Give what a student has earned to the id that the student has now."""
    from autograder.reporting.leavers import rename_student
    from autograder.reporting.work_lock import only_run_in

    with only_run_in(work):
        rename_student(_gradebook(work, database, course), old, new)
    typer.echo(
        f"What {old} has earned is {new}'s now, and so is the folder {old}, or {new}. grades.csv "
        "is written anew; results and reports are by the next `autograder grade` and `report`."
    )


@student.command()
def extend(
    student_id: Annotated[str, typer.Argument(help="The student's folder, or the id.")],
    assignment: AssignmentArgument,
    due: Annotated[str, typer.Argument(help="When it is due: 2026-12-03T23:59:00+01:00.")],
    work: WorkOption = Path("grading"),
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Give a student another due date; the next run of `grade` takes it into account."""
    from autograder.reporting.due_dates import EXTENSIONS, grant_extension

    _manifest_of(course, work).assignment(assignment)
    grant_extension(work, student_id, assignment, due)
    typer.echo(
        f"{student_id}'s {assignment} is due on {due}; it is written in {work / EXTENSIONS}."
    )


@app.command()
def report(
    assignment: AssignmentArgument,
    results: ResultsOption = None,
    work: WorkOption = Path("grading"),
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write the report on a class that has been graded: one page, and every criterion as CSV."""
    from autograder.reporting.work_lock import only_run_in

    results = results or work / "results" / f"{assignment}.json"
    with only_run_in(work):
        manifest = _manifest_of(course, work)
        _write_report(manifest, assignment, work, results, database, _console())


def _write_report(
    manifest: Manifest,
    assignment: str,
    work: Path,
    results: Path,
    database: str | None,
    console: Any,
) -> None:
    from autograder.reporting.class_report import write_report

    about = manifest.assignment(assignment)
    with console.status("Writing the report"):
        written = write_report(manifest, about, work, results, database)
    say(console, written.remarks)
    _print_files(console, Report=written.page, Criteria=written.table)


@app.command()
def evaluate(
    assignment: AssignmentArgument,
    submitted: SubmittedOption = SUBMITTED,
    results: Annotated[
        Path | None,
        typer.Option(
            help="The results file.",
            show_default="WORK/results/ASSIGNMENT_model.json",
            resolve_path=True,
        ),
    ] = None,
    work: WorkOption = Path("grading"),
    workers: WorkersOption = PROCESSORS,
    force: ForceOption = False,
    sandbox: SandboxOption = "bubblewrap",
    scheduler: SchedulerOption = None,
    database: DatabaseOption = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Evaluate submitted models on held-out data: points, leaderboard and feedback pages."""
    from autograder.grading.model import gradebook_name
    from autograder.grading.settings import Settings
    from autograder.reporting.grade import evaluate_models
    from autograder.reporting.leaderboard import Leaderboard
    from autograder.reporting.table import print_models
    from autograder.reporting.work_lock import only_run_in

    console = _console()
    manifest = load_manifest(course)
    about = manifest.assignment(assignment)
    name = gradebook_name(about)
    results = results or work / "results" / f"{name}.json"
    with only_run_in(work):
        chosen = _choose_sandbox(sandbox, submitted, manifest.root, console, work, results)
        settings = Settings(workers, force, chosen, scheduler=scheduler, database=database)
        outcome = evaluate_models(manifest, assignment, submitted, work, results, settings, console)
        assert about.model is not None
        print_models(outcome, about.model, console)
    board = Leaderboard(work, about)
    _print_files(
        console,
        Feedback=work / "feedback" / "STUDENT" / name,
        Leaderboard=board.page,
        Names=board.table,
        Grades=work / "grades.csv",
        Results=results,
    )
    _say_what_failed(outcome.failures)


@app.command()
def feedback(
    assignment: AssignmentArgument,
    platform: Annotated[
        Platform, typer.Option("--for", help="The platform that the pages go back to.")
    ],
    submitted: SubmittedOption = SUBMITTED,
    work: WorkOption = Path("grading"),
    out: Annotated[
        Path | None,
        typer.Option(
            help="The archive to write.",
            show_default="WORK/feedback_ASSIGNMENT_PLATFORM.zip",
            resolve_path=True,
        ),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write students' pages into an archive that their platform takes back."""
    from autograder.collecting.collection import read_collection
    from autograder.reporting.return_pages import UPLOADS, write_archive
    from autograder.submissions.students import known_students

    _manifest_of(course, work).assignment(assignment)
    returned = write_archive(
        work / "feedback",
        read_collection(submitted, assignment),
        known_students(work / "runs"),
        platform,
        out or work / f"feedback_{assignment}_{platform}.zip",
    )
    typer.echo(
        f"{returned.pages} pages of {len(returned.students)} students are in {returned.path}."
    )
    typer.echo(f"Where they go: {UPLOADS[platform]}.")
    if returned.by_hand:
        typer.echo(
            f"Without a name by which {platform} knows them, and in the archive's folder by_hand: "
            f"{', '.join(returned.by_hand)}. Take them out before you upload it."
        )


@app.command()
def formgrade(
    work: WorkOption = Path("grading"),
    database: DatabaseOption = None,
    port: Annotated[
        int | None, typer.Option(help="Where it listens.", show_default="a free port")
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Open nbgrader's formgrader, to mark written questions and to change points, until Ctrl-C."""
    from autograder.reporting.formgrader import formgrader

    with formgrader(_gradebook(work, database, course), port) as running:
        typer.echo(f"The formgrader: {running.address}")
        typer.echo(
            "Press Ctrl-C to end it, then run `autograder grade` again: it writes the pages."
        )
        status = running.process.wait()
    if status:
        raise CourseError(f"The formgrader ended with exit status {status}; see above.")


def _say_what_failed(failures: Sequence[str]) -> None:
    """Say what our own side failed in, after everybody else's grades are written."""
    for sentence in failures:
        typer.echo(sentence, err=True)
    if failures:
        raise typer.Exit(INCOMPLETE)


def _console() -> Any:
    """A log's lines are not wrapped; a terminal's are as wide as the terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=120)


def _choose_sandbox(
    wanted: Literal["bubblewrap", "none"], submitted: Path, root: Path, console: Any, *written: Path
) -> Literal["bubblewrap", "none"]:
    from autograder.sandbox.choice import choose_sandbox

    chosen, remark = choose_sandbox(wanted, submitted, root, *written)
    if remark:
        console.print(remark, highlight=False, soft_wrap=True)
    return chosen


def _print_files(console: Any, **files: Path) -> None:
    for what, where in files.items():
        console.print(f"{what}: {where}", highlight=False, soft_wrap=True)
