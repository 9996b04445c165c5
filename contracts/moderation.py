"""What may be asked for: the input check, and the blocklist that is its simple default.

A blocklist finds words, and no meaning: other words for the same, letters of other alphabets that look alike,
letters with spaces between them, digits in the place of letters, and characters of zero width both within words
and between them go through. Who needs more plugs another check in.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

InputCheck: TypeAlias = Callable[[str], bool]
"""Whether this text may be asked for. Several threads can call it at once, for one request more than once."""

CHECKED_FIELDS = ("prompt", "negative_prompt")
MARKS = {"Mn", "Me"}
"""The categories of what is written on a letter: accents once they are taken off it, and strokes through it."""
FILLERS = "\u115f\u1160"
"""Letters by their category, of no width: what U+3164 and U+FFA0 decompose to, too."""


def allow_everything(_: str) -> bool:
    """The check of who has none."""
    return True


def blocked_field(check: InputCheck, request: Mapping[str, Any]) -> str | None:
    """The first field whose text may not be asked for. What is not there, or is empty, asks for nothing."""
    return next((name for name in CHECKED_FIELDS if request.get(name) and not check(request[name])), None)


class Blocklist:
    """An input check by words and phrases, each found as whole words, whatever stands between them."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Raises `ValueError` for a phrase without a word: it would be found nowhere, or everywhere."""
        self._phrases = [self._phrase(phrase) for phrase in phrases]

    def __call__(self, text: str) -> bool:
        """Whether none of them is in the text."""
        return not any(
            f" {phrase} " in f" {words} "
            for words in {words_of(text, invisible=""), words_of(text, invisible=" ")}
            for phrase in self._phrases
        )

    @staticmethod
    def _phrase(phrase: str) -> str:
        words = words_of(phrase, invisible="")
        if not words:
            msg = f"a blocklist's phrase has at least one word, and {phrase!r} has none"
            raise ValueError(msg)
        return words


def parse_blocklist(text: str) -> Blocklist:
    """Read one: a phrase on each line; `#` begins a comment. Raises `ValueError`."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return Blocklist(line for line in lines if line)


def words_of(text: str, *, invisible: str) -> str:
    """A text's words, with single spaces between them, so that what reads alike is alike.

    Full-width and other compatible forms become the usual ones (NFKD), case is folded, accents and strokes go.

    Args:
        text: as it was written.
        invisible: what to put where characters are that cannot be seen: nothing, as they can stand within a word,
            or a space, as they can stand between two.

    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(_as_read(character, invisible) for character in folded).split())


def _as_read(character: str, invisible: str) -> str:
    category = unicodedata.category(character)
    if character in FILLERS or (category[0] == "C" and not character.isspace()):
        return invisible
    if category in MARKS:
        return ""
    return character if category[0] in "LNM" else " "
