"""nbgrader's configuration, for our own build and grading and for `nbgrader` itself."""

c = get_config()  # type: ignore[name-defined]

c.CourseDirectory.course_id = "pose"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = "sqlite:///grading/gradebook.db"
# Sources stand beside the notebooks that are generated from them, and stay there.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.py", "*.pyc", "__pycache__", ".*"]

# --- The student's notebook -------------------------------------------------------------------

c.ClearSolutions.code_stub = {
    "python": '# TODO\nraise NotImplementedError("Write your solution here.")'
}
c.ClearSolutions.text_stub = "*Write your answer here.*"
# A marking scheme may also stand in the cell of a question that is graded by hand.
c.ClearMarkScheme.enforce_metadata = False

# --- Grading ----------------------------------------------------------------------------------
# Code that students wrote is not asked whether it is right: GradedExecution sends it inputs, takes
# its outputs and scores them in the grader's process. It stands where nbgrader's Execute stood.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.GradedExecution",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
# Our repair restores locked cells and metadata, names what it mended, and runs before nbgrader sees
# a submission; nbgrader's own would do it once more in a third of the time that a submission costs it.
c.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.ClearOutput"]
c.GradedExecution.runs = "grading/runs"

# --- What students wrote, in an instructor's browser ---------------------------------------------
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "autograder.submissions.markup.clean_html",
    "markdown2html": "autograder.submissions.markup.markdown2html",
}
