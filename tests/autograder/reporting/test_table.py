"""The table keeps its numbers however narrow the terminal is; a large class fills one screen."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.grading.records import ExerciseRecord, ModelRecord, SubmissionRecord
from autograder.manifest import load_manifest
from autograder.reporting.entries import Entered, Entry
from autograder.reporting.results import Results
from autograder.reporting.table import MOST_LINES, MOST_NOTES, print_models, print_table, shortened

NAMES = ["plain", "[bold]x", "[/]", "Maximiliane Mustermann_2001_assignsubmission_file", "a" * 200]


def submissions(assignment: str, status: str = "graded") -> list[SubmissionRecord]:
    exercises = tuple(
        ExerciseRecord(id=e.id, score=e.points - 0.5, max_score=e.points, criteria=())
        for e in load_manifest().assignment(assignment).exercises
    )
    about = {"status": status, "score": 17.5, "max_score": 21, "exercises": exercises}
    return [SubmissionRecord(student=name, notes=("[x] said.",), **about) for name in NAMES]


@pytest.mark.parametrize("assignment", load_manifest().assignments)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_number_is_there(assignment: str, width: int) -> None:
    text = io.StringIO()
    records = submissions(assignment, "out_of_memory")
    about = load_manifest().assignment(assignment)
    print_table(Results(assignment, 1, records), about, Console(file=text, width=width))
    table = text.getvalue().splitlines()
    assert sum("17.5" in line and "│" in line for line in table) == len(NAMES)
    assert all(len(line) <= width for line in table)
    tasks = [task for notebook in about.graded_notebooks for task in notebook.tasks]
    shown = {line.count("│") - 4 for line in table if "17.5" in line and "│" in line}
    assert shown == {len(tasks)} or (shown == {0} and width == 80)
    assert any("[bold]x" in line for line in table)
    assert "[bold]x: [x] said." in text.getvalue()


def test_names_are_cut_in_the_middle() -> None:
    assert shortened("short", 12) == "short"
    assert shortened("Maximiliane_2001_file", 12) == "Maxim…1_file"
    assert len(shortened("a" * 99, 12)) == 12


REPORTED = "Reported to the instructor: the code changed `torch.equal`, which the grader uses."


def one(student: str, status: str, *notes: str, score: float = 10.0) -> SubmissionRecord:
    about = {"status": status, "score": score, "max_score": 25, "exercises": ()}
    return SubmissionRecord(student=student, notes=notes, **about)


def printed(records: list[SubmissionRecord], width: int = 100, **more: object) -> list[str]:
    text = io.StringIO()
    results = Results("heatmap_2d", 1, records, **more)  # type: ignore[arg-type]
    about = load_manifest().assignment("heatmap_2d")
    print_table(results, about, Console(file=text, width=width))
    return text.getvalue().splitlines()


def test_a_large_class_is_summed_up_on_one_screen() -> None:
    records = [one(f"s{n:03}", "graded", "A remark.", score=n % 21) for n in range(480)]
    records += [one(f"t{n:03}", "repaired", "A label was lost. " * 20) for n in range(60)]
    records += [one("gone", "missing", "No notebook was handed in.", score=0.0)]
    records += [one(f"cheat{n}", "graded", f"{REPORTED} {n} " * 3) for n in range(5)]
    open_entry = Entry("heatmap_2d", "compare_methods", None, None, 0.0, 4.0, True)
    entered = {
        record.student: Entered({("heatmap_2d", "compare_methods"): open_entry})
        for record in records[:7]
    }
    lines = printed(records, entered=entered, absent=[f"a{n}" for n in range(200)])
    text = "\n".join(lines)
    assert len(lines) < MOST_LINES + 20 and all(len(line) <= 1100 for line in lines)
    assert "heatmap_2d: 546 students: 485 graded, 60 repaired, 1 missing." in text
    assert "over 545 submissions that could be graded." in text
    assert "To be marked by hand: 7 answers: compare_methods (7)." in text
    assert "To be looked at: 5 reported, 60 repaired." in text
    first = [line for line in lines if line.startswith("  reported: ")]
    assert len(first) == 5 and text.index("cheat4") < text.index("t000")
    for number in range(5):  # in full, though it takes more than a line
        assert " ".join(text.split()).count(f"the grader uses. {number}") == 3
    assert "more, which the results have." in text
    assert "s000" not in text and "a29" not in text


def test_mean_and_median_count_what_could_be_graded() -> None:
    records = [
        one("a", "graded", score=3),
        one("b", "graded", score=4),
        one("c", "repaired", score=8),
    ]
    records += [one("d", "missing", score=0), one("e", "unreadable", score=0)]
    most = load_manifest().assignment("heatmap_2d").points
    said = f"Mean 5, median 4 of {most:g} points, over 3 submissions"
    assert any(said in line for line in printed(records))
    only = printed([one("d", "missing", score=0)])
    assert not any("Mean" in line for line in only)
    assert "heatmap_2d: 1 student: 1 missing." in only
    assert "heatmap_2d: 0 students." in printed([])


def test_what_is_reported_comes_first_in_a_small_class() -> None:
    lines = printed([one("anna", "repaired", "A label was lost."), one("ben", "graded", REPORTED)])
    text = "\n".join(lines)
    assert text.index(f"ben: {REPORTED[:40]}") < text.index("anna: A label")


@pytest.mark.parametrize(("count", "shown"), [(5, 5), (200, 10)])
def test_of_many_models_the_best_are_shown(count: int, shown: int) -> None:
    text = io.StringIO()
    model = load_manifest().assignment("rnn_video").model
    assert model is not None
    records = [
        ModelRecord(
            key="k", notes=(), student=f"s{n:03}", status="graded", score=1.0, max_score=6.0,
            metrics=({"name": "error_px", "value": float(n), "score": 1.0},),  # type: ignore[arg-type]
        )
        for n in range(count)
    ]  # fmt: skip
    given = Entry("my_model", "model", 1.0, 4.5, 0, 6, False)
    entered = {"s001": Entered({("my_model", "model"): given})}
    outcome = Results("rnn_video", 1, records, entered=entered)
    print_models(outcome, model, Console(file=text, width=100))
    lines = text.getvalue().splitlines()
    score = {
        line.split("│")[2].strip(): line.split("│")[4].strip() for line in lines if "│" in line
    }
    assert (score["s001"], score["s002"]) == ("4.5", "1")
    assert sum(line.startswith("│") for line in lines) == shown
    assert f"rnn_video: {count} students: {count} graded." in lines


def test_remarks_are_no_flood() -> None:
    lost = [f"The cell `c{n}` had lost its label." for n in range(14)]
    records = [
        one("anna", "repaired", *lost, REPORTED),
        one("ben", "missing", "No notebook was handed in: ben/a/a.ipynb is missing."),
        one("cem", "missing", "No notebook was handed in: cem/a/a.ipynb is missing."),
        one("dea", "missing", "No a.ipynb was found: it is missing; there is only b.pdf."),
    ]
    said = printed(records)
    assert f"anna: {REPORTED}"[:60] in "\n".join(said)
    assert sum(line.startswith("anna: ") for line in said) == MOST_NOTES + 2
    assert "anna: ... and 9 more remarks, which the results have." in said
    assert "Handed in nothing (2): ben, cem." in said
    assert any(line.startswith("dea: ") for line in said)


def test_an_appeal_prints_the_remarks_on_those_who_were_asked_for() -> None:
    said = printed([one("anna", "graded", "A."), one("ben", "graded", "B.")], judged=["ben"])
    assert "ben: B." in said and "anna: A." not in said
