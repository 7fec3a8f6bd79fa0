"""The command `autograder`."""

from __future__ import annotations

import os
import sys
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from autograder.errors import CourseError
from autograder.manifest import COURSE_ROOT, load_manifest


class _OneSentence(TyperGroup):
    """Reports what a person can put right in one sentence, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CourseError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_OneSentence,
    help="Builds, checks, releases and grades the course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CourseOption = Annotated[
    Path, typer.Option("--course", help="The folder that holds course.toml.", show_default=False)
]


@app.command()
def build(course: CourseOption = COURSE_ROOT) -> None:
    """Write every derived file: executed solutions, student notebooks, tables, profiles."""
    from autograder.build.pipeline import build_course

    for path in build_course(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def check(course: CourseOption = COURSE_ROOT) -> None:
    """Prove that all is fresh, nothing leaks, solutions pass and untouched notebooks fail."""
    from autograder.build.freshness import check_course
    from autograder.grading.proof import prove
    from autograder.judging.freshness import check_judging
    from autograder.judging.matrix import check_matrix

    manifest = load_manifest(course)
    checks = (check_course, check_judging, check_matrix, prove)
    for line in chain.from_iterable(holds(manifest) for holds in checks):
        typer.echo(line)


@app.command()
def matrix(
    seeds: Annotated[int, typer.Option(min=1, help="Papers to try the answers on.")] = 5,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Try every known wrong and right answer on many papers, and print the totals."""
    from autograder.judging.matrix import check_matrix

    for line in check_matrix(load_manifest(course), range(seeds)):
        typer.echo(line)


@app.command()
def tolerances(course: CourseOption = COURSE_ROOT) -> None:
    """Measure what lies on both sides of every tolerance, and write docs/tolerances/."""
    from autograder.judging.freshness import write_tolerances

    for path in write_tolerances(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def gallery(course: CourseOption = COURSE_ROOT) -> None:
    """Write docs/gallery/: wrong answers, and what students are told about them."""
    from autograder.judging.freshness import write_galleries

    for path in write_galleries(load_manifest(course)):
        typer.echo(f"wrote {path}")


@app.command()
def release(
    out: Annotated[Path, typer.Option(help="The folder to write; it must not exist or be empty.")],
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Write the student repository."""
    from autograder.build.release import write_release

    write_release(load_manifest(course), out)
    typer.echo(f"The student repository is in {out}.")


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment's id in course.toml.")],
    submitted: Annotated[
        Path, typer.Option(help="Hand-ins, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb.")
    ],
    results: Annotated[
        Path | None,
        typer.Option(help="The results file.", show_default="WORK/results/ASSIGNMENT.json"),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="Where gradebook, feedback and graded notebooks go.")
    ] = Path("grading"),
    workers: Annotated[
        int, typer.Option(min=1, help="Hand-ins that run at the same time.")
    ] = os.cpu_count() or 1,
    force: Annotated[
        bool, typer.Option("--force", help="Run hand-ins again that did not change.")
    ] = False,
    course: CourseOption = COURSE_ROOT,
) -> None:
    """Grade a folder of hand-ins: results, gradebook, feedback pages and grades.csv."""
    from rich.console import Console

    from autograder.grading.batch import grade_class
    from autograder.grading.table import print_table

    # Lines of a log are not folded; those of a terminal are as wide as it is.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    results = results or work / "results" / f"{assignment}.json"
    outcome = grade_class(
        load_manifest(course),
        assignment,
        submitted,
        work,
        results,
        workers=workers,
        force=force,
        console=console,
    )
    print_table(outcome, console)
    for what, where in (
        ("Feedback", work / "feedback" / "STUDENT" / assignment),
        ("Grades", work / "grades.csv"),
        ("Results", results),
    ):
        console.print(f"{what}: {where}", highlight=False, soft_wrap=True)
