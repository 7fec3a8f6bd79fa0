"""Whose download it is: the platform by whose names most of its files can be told apart."""

from __future__ import annotations

from autograder.collecting.collection import Platform
from autograder.collecting.downloads import Download
from autograder.collecting.platforms.blackboard import Blackboard
from autograder.collecting.platforms.brightspace import Brightspace
from autograder.collecting.platforms.canvas import Canvas
from autograder.collecting.platforms.classroom import Classroom
from autograder.collecting.platforms.folders import Folders, crowded
from autograder.collecting.platforms.gradescope import Gradescope
from autograder.collecting.platforms.moodle import Moodle
from autograder.collecting.platforms.sakai import Sakai
from autograder.collecting.platforms.scheme import Context, Scheme
from autograder.errors import CourseError
from autograder.submissions.students import readable

SCHEMES: dict[Platform, Scheme] = {
    scheme.platform: scheme
    for scheme in (
        Gradescope(),
        Moodle(),
        Blackboard(),
        Brightspace(),
        Sakai(),
        Canvas(),
        Classroom(),
        Folders(),
    )
}
"""By platform; those whose names cannot be mistaken come first."""


def recognise(download: Download, context: Context) -> Scheme:
    """The scheme by which a download names its files.

    A scheme fits that can read at least half of the names. Those that hold a mark of the platform
    come before Canvas's, which holds only numbers, and those before flat files and plain folders.

    Args:
        download: the download.
        context: what helps to understand names.

    Returns:
        The scheme.

    Raises:
        CourseError: none fits, several fit, or a folder may be several people's.
    """
    entries = [one for one in download.entries if one.parts[-1].casefold() != "index.html"]
    if not entries:
        refused = f"; {download.refused[0].reason}" if download.refused else ""
        raise CourseError(f"{download.name} holds no file that can be collected{refused}.")
    fitting = [
        scheme for scheme in SCHEMES.values() if 2 * scheme.claims(entries, context) >= len(entries)
    ]
    marked = [scheme for scheme in fitting if scheme.marked]
    if len(marked) > 1:
        raise CourseError(
            f"The names in {download.name} fit {' and '.join(one.title for one in marked)}; say "
            f"which it is, --platform {' or '.join(one.platform for one in marked)}, or collect "
            "the two apart."
        )
    if not fitting:
        raise CourseError(
            f"The names in {download.name}, such as {entries[0].shown}, are those of no platform "
            "that is known here; say whose they are with --platform, or make a folder for each "
            "student."
        )
    scheme = (marked or fitting)[0]
    if isinstance(scheme, Folders) and (shared := crowded(entries, context)):
        folder, names = shared
        raise CourseError(
            f"The folder {readable(folder)} in {download.name} may hold the work of several "
            f"people, such as {names}; say --platform classroom if it does, and --platform folders "
            "if it is one student's."
        )
    return scheme
