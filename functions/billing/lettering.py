"""Which font draws which characters of a PDF: one of ours, or one that readers have for Chinese, Japanese and Korean.

What none of them has is drawn as a box; nothing that a studio may be called keeps it from its invoice.
"""

import unicodedata
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

from billing.paper import TTFont, UnicodeCIDFont, pdfmetrics

REGULAR, BOLD = "SourceSansPro-Regular", "SourceSansPro-Bold"
_FONTS = resources.files("font_source_sans_pro") / "files"
_BOX = "\u25a1"
_JAPANESE, _CHINESE, _TAIWANESE, _KOREAN = "HeiseiKakuGo-W5", "STSong-Light", "MSung-Light", "HYGothic-Medium"
# The encodings that tell whether a font has a character: Adobe's collections hold what these hold.
_COLLECTIONS = {_JAPANESE: "shift_jis", _CHINESE: "gbk", _TAIWANESE: "big5", _KOREAN: "euc_kr"}
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")

Run = tuple[str, str]


def runs(text: str, font: str) -> list[Run]:
    """Cut a text into pieces of one font each: the font's name, and what it draws."""
    clean = "".join(char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char)[0] != "C")
    own = _own(font)
    east_asian = "" if all(ord(char) in own for char in clean) else _east_asian(clean)
    letters = [_letter(char, font, east_asian) for char in clean]
    return [(name, "".join(char for _, char in piece)) for name, piece in groupby(letters, key=lambda one: one[0])]


def width(text: str, font: str, size: float) -> float:
    """Tell how wide a text is, in points."""
    return sum(float(pdfmetrics.stringWidth(piece, name, size)) for name, piece in runs(text, font))


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Cut a text into lines that have room: at spaces, and in a word that is longer than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, font, size) <= room:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if width(lines[-1] + char, font, size) > room:
                lines.append("")
            lines[-1] += char
    return lines


def _letter(char: str, font: str, east_asian: str) -> Run:
    if ord(char) in _own(font):
        return font, char
    return (east_asian, char) if _has(east_asian, char) else (font, _BOX)


def _east_asian(text: str) -> str:
    """Choose the font for the East Asian part of a text: the first that has all of it, or else most."""
    foreign = [char for char in text if unicodedata.name(char, "").startswith(_EAST_ASIAN)]
    fonts = [_KOREAN, *_COLLECTIONS] if any("HANGUL" in unicodedata.name(char) for char in foreign) else _COLLECTIONS
    return max(fonts, key=lambda font: sum(_has(font, char) for char in foreign))


def _has(font: str, char: str) -> bool:
    try:
        char.encode(_COLLECTIONS[font])
    except UnicodeEncodeError:
        return False
    _registered(font)
    return unicodedata.name(char, "").startswith(_EAST_ASIAN)


@cache
def _own(font: str) -> Any:
    loaded = TTFont(font, str(_FONTS / f"{font}.ttf"))
    pdfmetrics.registerFont(loaded)
    return loaded.face.charToGlyph


@cache
def _registered(font: str) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(font))
