"""The command `autograder`."""

from __future__ import annotations

import os
import sys
import threading
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from autograder.errors import DISK_FULL, CourseError
from autograder.manifest import COURSE_ROOT, load_manifest

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


class _OneSentence(TyperGroup):
    """Reports what a person can put right in one sentence, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            _leave(str(error), 1)
        except KeyboardInterrupt:
            _leave("Stopped; the same command goes on from here.", INTERRUPTED)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            _leave(f"The disk is full ({error}); make room, and the same command goes on.", 1)


def _leave(sentence: str, status: int) -> NoReturn:
    """Say why and go: what is finished is on the disk."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status) from None


def main() -> None:
    """Run the command; where it failed or was stopped, submissions that still run are dropped."""
    try:
        app()
    except SystemExit as end:
        threads = set(threading.enumerate()) - {threading.main_thread()}
        busy = not all(thread.daemon for thread in threads)
        if end.code == INTERRUPTED or (end.code and busy):
            from autograder.sandbox.warm_parent import close_all

            close_all()
            sys.stdout.flush()
            # Python would wait for threads and processes that may have minutes to go.
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

CourseOption = Annotated[
    Path, typer.Option("--course", help="The folder that holds course.toml.", show_default=False)
]


@app.command()
def build(course: CourseOption = COURSE_ROOT) -> None:
    """Write every derived file: executed solutions, student notebooks, tables, profiles."""
    from autograder.authoring.pipeline import build_course

    for path in build_course(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def check(course: CourseOption = COURSE_ROOT) -> None:
    """Prove that all is fresh, nothing leaks, solutions pass and untouched notebooks fail."""
    from autograder.authoring.freshness import check_course
    from autograder.quality.freshness import check_judging
    from autograder.quality.gate import prove
    from autograder.quality.matrix import check_matrix

    manifest = load_manifest(course)
    checks = (check_course, check_judging, check_matrix, prove)
    for line in chain.from_iterable(holds(manifest) for holds in checks):
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
    seeds: Annotated[int, typer.Option(min=1, help="Papers to try the answers on.")] = 5,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Try every known wrong and right answer on many suites, and print the totals."""
    from autograder.quality.matrix import check_matrix

    for line in check_matrix(load_manifest(course), range(seeds)):
        typer.echo(line)


@app.command()
def tolerances(course: CourseOption = COURSE_ROOT) -> None:
    """Measure what lies on both sides of every tolerance, and write docs/tolerances/."""
    from autograder.quality.freshness import write_tolerances

    for path in write_tolerances(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def gallery(course: CourseOption = COURSE_ROOT) -> None:
    """Write docs/gallery/: wrong answers, and what students are told about them."""
    from autograder.quality.freshness import write_galleries

    for path in write_galleries(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def release(
    out: Annotated[Path, typer.Option(help="The folder to write; it must not exist or be empty.")],
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write the student repository."""
    from autograder.authoring.release import write_release

    write_release(load_manifest(course), out)
    typer.echo(f"The student repository is in {out}.")


@app.command()
def doctor() -> None:
    """Say what this machine offers for grading strangers' code, and what to do about the rest."""
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
        Path, typer.Option(help="Where Jupyter looks for kernels.", show_default="this environment")
    ] = Path(sys.prefix),
) -> None:
    """Make the sandboxed kernel known to Jupyter, for nbgrader, nbval and JupyterLab."""
    from autograder.sandbox.specs import SANDBOXED, install_kernelspec

    where = install_kernelspec(prefix)
    typer.echo(f"The kernel {SANDBOXED} is in {where}.")


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment's id in course.toml.")],
    submitted: Annotated[
        Path, typer.Option(help="Submissions, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb.")
    ],
    results: Annotated[
        Path | None,
        typer.Option(help="The results file.", show_default="WORK/results/ASSIGNMENT.json"),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Where gradebook, feedback and graded notebooks go.")
    ] = Path("grading"),
    workers: Annotated[
        int, typer.Option(min=1, help="Submissions that run at the same time.")
    ] = os.cpu_count() or 1,
    force: Annotated[
        bool, typer.Option("--force", help="Run submissions again that did not change.")
    ] = False,
    sandbox: Annotated[
        Literal["bubblewrap", "none"],
        typer.Option(
            help="What stands around submissions' code. With none it can do what you can."
        ),
    ] = "bubblewrap",
    cell_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds for one cell, or one exercise's questions.")
    ] = 120.0,
    total_seconds: Annotated[
        float, typer.Option(min=1, help="Seconds for one submission.")
    ] = 300.0,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="A Dask scheduler, as tcp://HOST:PORT, whose workers run the submissions."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--db-url", help="The gradebook.", show_default="WORK/gradebook.db"),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Grade a folder of submissions: results, gradebook, feedback pages and grades.csv."""
    from rich.console import Console

    from autograder.sandbox.choice import choose_sandbox
    from autograder.sandbox.warm_parent import start_warm_parent

    # Lines of a log are not folded; those of a terminal are as wide as it is.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    results = results or work / "results" / f"{assignment}.json"
    manifest = load_manifest(course)
    chosen, remark = choose_sandbox(sandbox, submitted, manifest.root)
    if remark:
        console.print(remark, highlight=False, soft_wrap=True)
    if chosen == "bubblewrap" and scheduler is None:
        start_warm_parent()
    # Only now, since it takes as long as the other.
    from autograder.grading.execution import Limits
    from autograder.grading.pipeline import Settings, grade_class
    from autograder.reporting.table import print_table

    settings = Settings(
        workers=workers,
        force=force,
        sandbox=chosen,
        limits=Limits(cell_seconds, total_seconds),
        scheduler=scheduler,
        database=database,
    )
    outcome = grade_class(manifest, assignment, submitted, work, results, settings, console)
    print_table(outcome, console)
    for what, where in (
        ("Feedback", work / "feedback" / "STUDENT" / assignment),
        ("Grades", work / "grades.csv"),
        ("Results", results),
    ):
        console.print(f"{what}: {where}", highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    assignment: Annotated[str, typer.Argument(help="The assignment's id in course.toml.")],
    submitted: Annotated[
        Path, typer.Option(help="Submissions, laid out STUDENT/ASSIGNMENT/my_model.onnx.")
    ],
    results: Annotated[
        Path | None,
        typer.Option(help="The results file.", show_default="WORK/results/ASSIGNMENT_model.json"),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Where gradebook, feedback and leaderboard go.")
    ] = Path("grading"),
    workers: Annotated[int, typer.Option(min=1, help="Models that run at the same time.")] = (
        os.cpu_count() or 1
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Run models again that did not change.")
    ] = False,
    sandbox: Annotated[
        Literal["bubblewrap", "none"],
        typer.Option(help="What stands around models. With none they run with your rights."),
    ] = "bubblewrap",
    database: Annotated[
        str | None,
        typer.Option("--db-url", help="The gradebook.", show_default="WORK/gradebook.db"),
    ] = None,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Evaluate handed-in models on held_out clips: points, leaderboard, feedback pages."""
    from rich.console import Console

    from autograder.model_grading.gradebook import gradebook_name
    from autograder.model_grading.pipeline import Settings, evaluate_models
    from autograder.model_grading.table import print_models
    from autograder.sandbox.choice import choose_sandbox

    console = Console() if sys.stdout.isatty() else Console(width=120)
    manifest = load_manifest(course)
    name = gradebook_name(manifest.assignment(assignment))
    results = results or work / "results" / f"{name}.json"
    chosen, remark = choose_sandbox(sandbox, submitted, manifest.root)
    if remark:
        console.print(remark, highlight=False, soft_wrap=True)
    settings = Settings(workers=workers, force=force, sandbox=chosen, database=database)
    outcome = evaluate_models(manifest, assignment, submitted, work, results, settings, console)
    print_models(outcome, console)
    for what, where in (
        ("Feedback", work / "feedback" / "STUDENT" / name),
        ("Leaderboard", work / "leaderboard.csv"),
        ("Grades", work / "grades.csv"),
        ("Results", results),
    ):
        console.print(f"{what}: {where}", highlight=False, soft_wrap=True)
