"""Texts and names as searches compare them: without case and accents, and with look-alikes equal."""

import re
import unicodedata

from longcode import segments

# Letters that Unicode does not decompose, as they are written on a keyboard without them; and apostrophes that are
# letters, such as the okina of Kaʻala.
_LETTERS = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n"}
    | {
        "ĸ": "k",
        "ƒ": "f",
        "ɨ": "i",
        "ʉ": "u",
        "ɓ": "b",
        "ɗ": "d",
        "ƙ": "k",
        "ə": "e",
        "ȷ": "j",
        "ʻ": "'",
        "ʾ": "'",
        "ʿ": "'",
    }
)
_CATALAN_DOT = "(?<=[lL])·(?=[lL])"
_RUNS = r"--+|\.\.+"
_MOST_REMEMBERED = 10_000  # characters


def fold(text: str) -> str:
    """Return a text for comparison, in which look-alikes are equal.

    Its case, accents and line breaks do not count, nor typographic characters, letters with a stroke, ligatures, full
    width, and what shows nothing.
    """
    folded = re.sub(_CATALAN_DOT, "", text).translate(_FOLDED)
    return " ".join(re.sub(_RUNS, _in_one_length, unicodedata.normalize("NFC", folded)).split())


class _Folded(dict[int, str]):
    """What each character is folded to. It is found out when a text first has the character."""

    def __missing__(self, point: int) -> str:
        character = unicodedata.normalize("NFC", chr(point))
        plain = unicodedata.normalize("NFKD", segments.with_look_alikes(character))
        decomposed = unicodedata.normalize("NFKD", plain.casefold())
        bare = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Me")
        # Once more, because decomposition yields look-alikes too.
        folded = segments.with_look_alikes(bare).translate(_LETTERS)
        if len(self) < _MOST_REMEMBERED:
            self[point] = folded
        return folded


_FOLDED = _Folded()


def _in_one_length(run: re.Match[str]) -> str:
    """Return one length for a run of hyphens or full stops: phones make a dash of two, people type any dots."""
    return "-" if run[0][0] == "-" else "..."
