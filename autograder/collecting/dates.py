"""Times as platforms write them into names: in the site's language, and mostly without a zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = (
    ("jan", "janv", "ene", "gen", "oca", "sty", "ocak"),
    ("feb", "fev", "febr", "sub", "lut"),
    ("mar", "mrt", "maa", "mrz", "marz", "maerz"),
    ("apr", "avr", "abr", "nis", "kwi"),
    ("may", "mai", "mei", "maj", "mag", "maio"),
    ("jun", "juin", "giu", "haz", "cze"),
    ("jul", "juil", "lug", "tem", "lip"),
    ("aug", "aou", "ago", "agu", "sie"),
    ("sep", "set", "eyl", "wrz"),
    ("oct", "okt", "out", "ott", "eki", "paz"),
    ("nov", "kas", "lis"),
    ("dec", "dez", "dic", "des", "ara", "gru"),
)
"""How months begin in the languages of the platforms, without accents."""

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_AFTERNOON = re.compile(r"(?<![a-z])(p)\.?\s?m\b|下午|오후|午後|μμ", re.IGNORECASE)
_MORNING = re.compile(r"(?<![a-z])(a)\.?\s?m\b|上午|오전|午前|πμ", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?:[:.h]|\s(?=\d\d(?!\d))|(?=\d\d(?!\d)))(\d\d)(?:[:.](\d\d))?(?!\d)"
)
_IDEOGRAPHIC = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_ISO = re.compile(r"(?<!\d)(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_ZONES = {
    **{"UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3},
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{
        "AKST": -9,
        "AKDT": -8,
        "HST": -10,
        "AEST": 10,
        "AEDT": 11,
        "AWST": 8,
        "NZST": 12,
        "NZDT": 13,
    },
}
"""Hours ahead of UTC, of zones that only have a short name; as universities' platforms use them."""


def looks_like_date(text: str) -> bool:
    """Whether a text names a year and something else with digits."""
    found = _YEAR.search(text)
    return found is not None and bool(re.search(r"\d", text[: found.start()] + text[found.end() :]))


def localised(text: str, zone: tzinfo) -> datetime | None:
    """A time in words, such as ``Oct 3, 2023 1159 PM`` or ``3 oct. 2023 23 59``.

    Args:
        text: day, month, year and time of the day, in any order that platforms use.
        zone: the zone it is in.

    Returns:
        The time; ``None`` if it cannot be told for certain.
    """
    if found := _IDEOGRAPHIC.search(text) or _ISO.search(text):
        year, month, day = map(int, found.groups())
        rest = text[: found.start()] + " " + text[found.end() :]
    elif named := _named_month(text):
        year, month, day, rest = named
    else:
        return None
    clock = _CLOCK.search(rest)
    if clock is None:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if _AFTERNOON.search(rest) and hour < 12:
        hour += 12
    elif _MORNING.search(rest) and hour == 12:
        hour = 0
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _named_month(text: str) -> tuple[int, int, int, str] | None:
    """Year, month, day and the rest of a text that names its month."""
    year = _YEAR.search(text)
    if year is None:
        return None
    rest = text[: year.start()] + " ~ " + text[year.end() :]
    plain = "".join(c for c in unicodedata.normalize("NFKD", rest) if not unicodedata.combining(c))
    for word in re.findall(r"[^\W\d_]+", plain.casefold()):
        found = [
            number
            for number, names in enumerate(_MONTHS, start=1)
            if any(word == name or (len(name) >= 3 and word.startswith(name)) for name in names)
        ]
        if len(found) != 1:
            continue
        before, _, after = rest.partition("~")
        day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", before)
        if day is None:
            continue
        return int(year[1]), found[0], int(day[1]), before[: day.start()] + " " + after
    return None


def in_digits(text: str, zone: tzinfo) -> datetime | None:
    """A time as ``2024-03-01-23-59-00`` or ``20240301235900123``.

    Args:
        text: the digits, with anything or nothing between them.
        zone: the zone it is in.

    Returns:
        The time, to the second; ``None`` if there is none like that.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) < 14:
        return None
    try:
        return datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None


def short_zone(text: str) -> tzinfo | None:
    """The zone that stands at the end of a time, as `EDT` or `CET`; ``None`` if it is not known."""
    words = re.findall(r"\b[A-Z]{3,4}\b", text)
    hours = _ZONES.get(words[-1]) if words else None
    if hours is None:
        return None
    return UTC if hours == 0 else timezone(timedelta(hours=hours), words[-1])
