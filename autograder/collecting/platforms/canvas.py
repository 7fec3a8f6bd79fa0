"""Canvas: one flat folder, `name_LATE_USERID_FILEID_file-1.ipynb`.

As `lib/content_zipper.rb` of Canvas names files: the name by which lists are sorted, in small
letters and without anything but letters, digits and underscores; a group's name in place of it;
`anon_` and five characters where students are anonymous. A further upload of the same name gets
`-1` from Canvas.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from autograder.collecting.archives import Entry, Refused
from autograder.collecting.platforms.scheme import (
    Context,
    Handed,
    Named,
    Owner,
    Reading,
    Scheme,
    with_files,
    without_common_folder,
)

_IDS = re.compile(r"(?:^|_)(\d+)_(?=(\d+)_(.+)|(text|link)\.html$)", re.DOTALL)
_ANONYMOUS = re.compile(
    r"(LATE_)?anon_(LATE_)?(?!LATE_)([A-Za-z0-9]+)_(LATE_)?(?:(\d+)_(.+)|(text|link)\.html)",
    re.DOTALL,
)
_AGAIN = re.compile(r"(.+?)-\d+((?:\.[A-Za-z][A-Za-z0-9]*)*\.[A-Za-z0-9]+)")
_TEST_STUDENT = "studenttest"
"""Whom Canvas adds to a course in which a teacher looks at the student's view."""


class Canvas(Scheme):
    """The scheme of Canvas."""

    platform = "canvas"
    title = "Canvas"
    marked = False

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says."""
        return next(_candidates(parts), None)

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """How many files are named as this platform names them."""
        return super().claims(without_common_folder(entries), context)

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in; of several ways to read a name the most likely counts."""
        inside = without_common_folder(entries)
        chosen = dict(zip(inside, _most_likely(inside, context), strict=True))
        reading = super().read([one for one in inside if chosen[one] is None], context)
        found = [(named, entry) for entry, named in chosen.items() if named is not None]
        handed = [_without_numbers(one) for one in self.grouped(found)]
        tests = [one for one in handed if one.owners[0].name.casefold() == _TEST_STUDENT]
        # Alone, it is a teacher who tries how this works.
        if len(tests) < len(handed):
            handed = [one for one in handed if one not in tests]
            for one in tests:
                reading.unread.append(
                    f"{one.label} is {self.title}'s Test Student, no member of the class, and was "
                    "not collected."
                )
                reason = f"{self.title}'s Test Student handed it in"
                reading.own += [Refused(entry.shown, reason) for _, entry in one.files]
        reading.handed = handed
        return reading


def _candidates(parts: tuple[str, ...]) -> Iterator[Named]:
    """Every way to read a name: one that ends in digits could go on with the id."""
    first, below = parts[0], parts[1:]
    if found := _ANONYMOUS.fullmatch(first):
        before, between, owner, after, number, file, entry = found.groups()
        label = first[: found.end(3)]
        rest = (file or f"{entry}.html", *below)
        yield Named(
            Owner("", (("anonymous id", f"anon_{owner}"),)),
            label,
            rest,
            "",
            None,
            bool(before or between or after),
            int(number or 0),
        )
        return
    for found in _IDS.finditer(first):
        who = first[: found.start()]
        late = who == "LATE" or who.endswith("_LATE")
        name = who.removesuffix("LATE").removesuffix("_") if late else who
        if not all(letter == "_" or unicodedata.category(letter)[0] in "LMN" for letter in name):
            return
        user, number, file, entry = found.groups()
        yield Named(
            Owner(name, (("canvas user id", user),)),
            first[: found.end(1)],
            (file or f"{entry}.html", *below),
            "",
            None,
            late,
            int(number or 0),
        )


def _most_likely(entries: Sequence[Entry], context: Context) -> list[Named | None]:
    """For each file the way to read its name that fits the roster, or else the other names."""
    ways = [list(_candidates(entry.parts)) for entry in entries]
    certain = [one[0] for one in ways if len(one) == 1 and one[0].sequence]
    usual = Counter(len(str(named.sequence)) for named in certain).most_common(1)
    digits = usual[0][0] if usual else 0

    def unlikely(named: Named) -> tuple[bool, int]:
        id_known = any(value.casefold() in context.known for _, value in named.owner.ids)
        return not id_known, abs(len(str(named.sequence)) - digits) if digits else 0

    return [min(one, key=unlikely, default=None) for one in ways]


def _without_numbers(handed: Handed) -> Handed:
    """Files as their author called them: Canvas numbers what has the name of an earlier upload."""
    names = [rest for rest, _ in handed.files]
    files = []
    for rest, entry in handed.files:
        again = _AGAIN.fullmatch(rest[0]) if len(rest) == 1 else None
        before = (again[1] + again[2],) if again else rest
        same = [name for name in names if _stripped(name) == before]
        files.append((before if len(same) == 1 else rest, entry))
    return with_files(handed, files)


def _stripped(rest: tuple[str, ...]) -> tuple[str, ...]:
    again = _AGAIN.fullmatch(rest[0]) if len(rest) == 1 else None
    return (again[1] + again[2],) if again else rest
