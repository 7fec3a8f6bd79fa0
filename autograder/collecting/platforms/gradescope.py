"""Gradescope: `assignment_N_export/submission_N/FILE`, and whose they are in a list.

The list, `submission_metadata.yml`, is written by Ruby: keys are symbols (`:submitters`), and
times may be objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import yaml

from autograder.collecting.archives import Entry, Refused, text_of
from autograder.collecting.paths import RefusedError
from autograder.collecting.platforms.scheme import (
    Context,
    Handed,
    Named,
    Owner,
    Reading,
    Scheme,
)

_LIST = "submission_metadata.yml"
_FOLDER = "submission_"


class Gradescope(Scheme):
    """The scheme of Gradescope."""

    platform = "gradescope"
    title = "Gradescope"

    def named(self, parts: tuple[str, ...], zone: tzinfo) -> Named | None:
        """What a path says: the number of a submission, and not whose it is."""
        for depth, part in enumerate(parts[:-1]):
            if part.startswith(_FOLDER) and part.removeprefix(_FOLDER).isdigit():
                number = part.removeprefix(_FOLDER)
                owner = Owner("", (("submission", number),))
                return Named(owner, part, parts[depth + 1 :], sequence=int(number))
        return None

    def is_own(self, parts: tuple[str, ...]) -> bool:
        """Whether a file is the list."""
        return parts[-1] == _LIST

    def claims(self, entries: Sequence[Entry], context: Context) -> int:
        """All of them, if the list is there, which no other platform writes."""
        listed = any(self.is_own(one.parts) and len(one.parts) <= 2 for one in entries)
        return len(entries) if listed else super().claims(entries, context)

    def read(self, entries: Sequence[Entry], context: Context) -> Reading:
        """Make out what was handed in, from the list."""
        reading = Reading()
        listed, depth = _listed(entries, reading)
        found: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        for entry in entries:
            if self.is_own(entry.parts) and len(entry.parts) <= depth + 1:
                reading.own.append(Refused(entry.shown, f"{self.title} wrote it for itself"))
                continue
            inside = entry.parts[depth:]
            label = inside[0] if inside else ""
            if label in listed:
                # Scans are no folders, but files that have the key as their name.
                found.setdefault(label, []).append((inside[1:] or inside, entry))
            else:
                reading.left.append(Refused(entry.shown, f"{_LIST} does not say whose it is"))
        for label, files in found.items():
            about = listed[label]
            owners = tuple(dict.fromkeys(_owners(about)))
            if not owners:
                reason = f"{_LIST} names no submitter of {label}"
                reading.left += [Refused(entry.shown, reason) for _, entry in files]
                continue
            number = "".join(letter for letter in label if letter.isdigit())
            reading.handed.append(
                Handed(
                    self.platform,
                    owners,
                    label,
                    tuple(files),
                    _time(_get(about, "created_at")),
                    sequence=int(number or 0),
                )
            )
        return reading


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads objects of Ruby's as the mappings that they are written as."""


def _plain(loader: Any, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _plain)


def _listed(entries: Sequence[Entry], reading: Reading) -> tuple[dict[str, Any], int]:
    """What the list says, by label; and how deep it lies."""
    lists = [one for one in entries if one.parts[-1] == _LIST and len(one.parts) <= 2]
    if not lists:
        return {}, 0
    entry = min(lists, key=lambda one: len(one.parts))
    try:
        content = yaml.load(text_of(entry), Loader=_Loader)
    except (yaml.YAMLError, RefusedError, RecursionError, ValueError) as error:
        reading.unread.append(f"{entry.shown} cannot be read ({str(error).splitlines()[0]}).")
        content = {}
    listed = content if isinstance(content, dict) else {}
    return {str(key): about for key, about in listed.items()}, len(entry.parts) - 1


def _owners(about: Any) -> Iterable[Owner]:
    submitters = _get(about, "submitters")
    for one in submitters if isinstance(submitters, list) else []:
        told = [(word, str(_get(one, word) or "").strip()) for word in ("sid", "email")]
        ids = tuple((word, value) for word, value in told if value)
        name = str(_get(one, "name") or "").strip()
        if ids or name:
            yield Owner(name, ids, login=bool(ids))


def _get(about: Any, key: str) -> Any:
    """What stands under a key, be it a symbol or a word."""
    if not isinstance(about, dict):
        return None
    return about.get(f":{key}", about.get(key))


def _time(value: Any) -> datetime | None:
    """When something was created; times without a zone are in UTC."""
    if isinstance(value, dict):
        value = value.get("utc") or value.get("time")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
