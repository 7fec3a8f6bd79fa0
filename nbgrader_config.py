"""nbgrader's configuration, for our own build and grading and for `nbgrader` itself."""

c = get_config()  # type: ignore[name-defined]

c.CourseDirectory.course_id = "pose"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"
# Sources are kept beside the notebooks that are generated from them; nbgrader copies none of them.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.py", "*.pyc", "__pycache__", ".*"]

# What learning platforms call files; `autograder collect` does more, see docs/collecting.md.
c.ZipCollectApp.collector_plugin = "autograder.collecting.nbgrader_plugin.PlatformCollector"

# --- The student's notebook -------------------------------------------------------------------

c.ClearSolutions.code_stub = {
    "python": '# TODO\nraise NotImplementedError("Write your solution here.")'
}
c.ClearSolutions.text_stub = "*Write your answer here.*"
# The cell of a question that is graded by hand may also contain a marking scheme.
c.ClearMarkScheme.enforce_metadata = False

# --- Grading ----------------------------------------------------------------------------------
# Students' code does not judge itself: GradedExecution sends it inputs, takes its outputs and
# scores them in the grader's process. It replaces nbgrader's Execute.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.GradedExecution",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
# Our repair restores locked cells and metadata, reports what it fixed, and runs before nbgrader
# sees a submission. nbgrader's own preprocessors would do it again, and take a third of the time
# that nbgrader spends on a submission. Outputs stay as they were handed in: GradedExecution shows
# them, and none of them is one that a score is taken from.
c.Autograde.sanitize_preprocessors = []
c.GradedExecution.runs = "grading/runs"
# What being late costs is said in course.toml, [course.late]; what is said here counts before it:
# c.LateSubmissionPlugin.penalty_method = "zero"
c.AssignLatePenalties.plugin_class = "autograder.reporting.late_penalty.CourseLatePenalty"
# Students' pages are the course's own, also where they are made by nbgrader: its stock page would
# show them the marking schemes.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_plugin.CourseFeedback"
c.GenerateFeedback.preprocessors = []
c.CourseFeedback.runs = "grading/runs"

# --- Students' work, in an instructor's browser --------------------------------------------------
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "ansi2html": "autograder.submissions.markup.ansi2html",
    "clean_html": "autograder.submissions.markup.clean_html",
    "highlight_code": "autograder.submissions.markup.highlight_code",
    "markdown2html": "autograder.submissions.markup.markdown2html",
}
