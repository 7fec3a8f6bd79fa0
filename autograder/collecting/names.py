"""People's names, as platforms and rosters write them: now one way, now another."""

from __future__ import annotations

import unicodedata

_UNDECOMPOSED = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
    }
)
_SUFFIXES = {"jr", "sr", "jnr", "snr", "ii", "iii", "iv", "phd", "md", "esq"}
"""What follows a last name, after a comma."""
_ACCENTS = range(0x300, 0x370)
_APOSTROPHES = "'`\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{ACUTE ACCENT}"


def name_key(name: str) -> str:
    """A name without case, accents, punctuation and the order of its parts."""
    return " ".join(sorted(words_of(name)))


def spelled_words_of(name: str) -> list[str]:
    """The words of a name in small letters, with their accents."""
    composed = unicodedata.normalize("NFC", name).casefold()
    return "".join(c if _is_letter(c) else " " for c in composed).split()


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, without accents and apostrophes."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_UNDECOMPOSED))
    bare = "".join(c for c in decomposed if ord(c) not in _ACCENTS and c not in _APOSTROPHES)
    return "".join(c if _is_letter(c) else " " for c in bare).split()


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"


def letters_of(name: str) -> str:
    """A name in small letters, without anything between them."""
    return "".join(words_of(name))


def split_name(name: str) -> tuple[str, str]:
    """First and last name: ``Last, First``, or the last word is the last name.

    What may follow a last name belongs to it, be it ``Smith, Jr., Robert`` or ``Robert Smith, Jr.``
    """
    pieces = [piece.strip() for piece in name.split(",")]
    pieces = [piece for piece in pieces if piece]
    suffixes = [piece for piece in pieces[1:] if letters_of(piece) in _SUFFIXES]
    parts = [piece for piece in pieces if piece not in suffixes]
    if len(parts) > 1:
        first, last = parts[-1], ", ".join(parts[:-1])
    else:
        first, _, last = "".join(parts).rpartition(" ")
    return first.strip(), ", ".join(filter(None, [last.strip(), *suffixes]))
