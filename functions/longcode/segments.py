"""The length of a text: its encoding, the segments that carriers count and the units that studios pay for."""

import re
import unicodedata
from functools import cache
from typing import Literal

from msgspec import Struct

MAX_CHARACTERS = 1600  # the longest body that Twilio and AWS take
UNIT_CHARACTERS = 160

Encoding = Literal["GSM-7", "UCS-2"]

# 3GPP TS 23.038, 6.2.1: the default alphabet without its escape, and the extension table (two septets each).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[]~|€\f")
_GSM_7 = _BASIC | _EXTENSION

_ESCAPE = "\x1b"
# A code unit is a septet in GSM-7 and two bytes in UCS-2. To count code units, a character that takes two is replaced
# by this pair; no normalised text contains an escape.
_PAIR = f"{_ESCAPE}-"
_TWO_SEPTETS = r"[\^{}\\\[\]~|€\f]"
_SURROGATE_PAIR = "[\U00010000-\U0010ffff]"
_CODE_UNITS: dict[Encoding, tuple[str, int, int]] = {
    "GSM-7": (_TWO_SEPTETS, 160, 153),
    "UCS-2": (_SURROGATE_PAIR, 70, 67),
}
"""For each encoding: the pattern of a character that takes two code units, how many code units fit into the only
segment of a text, and how many into each segment of a longer text.
"""

_CRLF = "\r+\n"  # all \r before a \n, so that normalising twice changes nothing

# What people paste, and what stands for it in GSM-7, by group. No letter is replaced by another one: ligatures and
# digits in full width are the same letters and digits in another form. The degree sign and the ring stay, because a
# temperature without them says something else.
_GROUPS = {
    # Single quotes and apostrophes; primes, in feet and minutes; accents that stand alone, which some keyboards have
    # where others have the apostrophe.
    "‘’‚‛‹›〈〉❛❜′‵ʹʼʽ´`｀ˊˋ΄᾽᾿῾": "'",
    # Double quotes, those of French and Japanese too, and double primes and accents.
    "“”„‟«»《》❝❞〝〞〟「」『』″‶ʺ¨˝": '"',
    "‴": "'''",
    # Hyphens, dashes and minus signs, and a macron that stands alone.
    "‐‑‒–—―−˗⸺⸻﹘─━¯ˉ": "-",
    # Bullets, of lists and between words ("Mon • 5 pm"); the last three are those of Word's symbol font.
    "•‣⁃∙⋅‧▪▫■□●○◦▸▹►◆◇・･\uf0b7\uf0a7\uf0d8": "-",
    # Dots, and the full stops of Chinese and Japanese.
    "…⋯": "...",
    "‥": "..",
    "․。｡˙": ".",
    "¸˛、､﹑": ",",
    "‼": "!!",
    "⁇": "??",
    "⁈": "?!",
    "⁉": "!?",
    "【〔〖": "[",
    "】〕〗": "]",
    # The circumflex, caron and breve that stand alone; the small tilde, the swung dash and the wave dash.
    "ˆˇ˘": "^",
    "˜∼⁓〜": "~",
    # Signs of mathematics in place of those of the keyboard ("8×10 prints", "1⁄4").
    "⁄∕⧸": "/",
    "×✕✖": "x",
    "∗✱": "*",
    "∶꞉": ":",
    "═": "=",
    "∣❘¦￤│┃": "|",
    "￡": "£",
    "￥": "¥",
    # The tab, every space of Unicode besides the plain one (category Zs), and characters that are drawn as a space.
    "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000": " ",
    "\u2800\u3164\uffa0\u115f\u1160": " ",
    # The separators of lines and paragraphs, and the line break within a cell or paragraph of an office program.
    "\u2028\u2029\v": "\n",
    # Windows-1252 that a program has read as Latin-1: the euro, quotes, ellipsis, dashes, bullet and tilde.
    "\x80": "€",
    "\x82\x8b\x91\x92\x9b": "'",
    "\x84\x93\x94": '"',
    "\x85": "...",
    "\x95\x96\x97": "-",
    "\x98": "~",
}

# What shows nothing in a text, and is left out, as first and last character.
_NOTHING = (
    # Control characters, for which phones show nothing or a box. A group above goes before this.
    *((0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x9F)),
    (0xAD, 0xAD),  # the soft hyphen of web pages and PDFs
    (0x34F, 0x34F),  # the grapheme joiner
    *((0x61C, 0x61C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069)),  # marks of direction, isolates
    (0x180B, 0x180F),  # selectors and the vowel separator of Mongolian
    *((0x200B, 0x200D), (0x2060, 0x2065), (0xFEFF, 0xFEFF)),  # zero-width spaces and joiners, the byte order mark
    *((0x206A, 0x206F), (0xFFF9, 0xFFFC)),  # old format characters; what is left of a pasted picture
    *((0xFE00, 0xFE0F), (0xE0100, 0xE01EF)),  # variation selectors
    (0xE0000, 0xE007F),  # tags
)

# The middle dot is a bullet too, but a letter of Catalan between two l (Gal·la).
_MIDDLE_DOT = "(?<![lL])·|·(?![lL])"


class Measure(Struct, frozen=True):
    """The length of a text. `forcing` lists the distinct characters that force UCS-2, in order of appearance."""

    encoding: Encoding
    segments: int
    units: int
    forcing: tuple[str, ...]


def measure(text: str) -> Measure:
    """Return the length of a text as it is sent, without smart encoding. An empty text has 0 segments and 0 units."""
    sent = normalise(text)
    forcing = tuple(c for c in dict.fromkeys(sent) if c not in _GSM_7)
    encoding: Encoding = "UCS-2" if forcing else "GSM-7"
    return Measure(encoding, _segments(sent, encoding), -(-len(sent) // UNIT_CHARACTERS), forcing)


def normalise(text: str) -> str:
    """Return a text as it is sent and counted: without U+001B, with LF for CRLF, in NFC."""
    return unicodedata.normalize("NFC", re.sub(_CRLF, "\n", text.replace(_ESCAPE, "")))


def smart(text: str) -> str:
    """Return a normalised text, with typographic signs replaced by GSM-7 look-alikes if the text then fits GSM-7.

    If other characters force UCS-2 anyway, the signs stay: replacing them would save nothing.
    """
    sent = normalise(text)
    if _GSM_7.issuperset(sent):
        return sent
    plain = normalise(with_look_alikes(sent))
    return plain if _GSM_7.issuperset(plain) else sent


def with_look_alikes(text: str) -> str:
    """Return a text with plain characters for typographic ones, and without those that show nothing."""
    return re.sub(_MIDDLE_DOT, "-", text).translate(look_alikes())


@cache
def look_alikes() -> dict[int, str]:
    """Return what stands for a character where GSM-7 is wanted, or where look-alikes are equal, by code point."""
    # Punctuation, digits and signs in full width and in small forms, as Asian keyboards write them; and the ligatures
    # that PDFs have for ff, fi, fl, ffi, ffl and st.
    forms = [chr(point) for point in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE6C), *range(0xFB00, 0xFB07))]
    plain = {ord(form): unicodedata.normalize("NFKC", form) for form in forms}
    return {
        **{point: "" for first, last in _NOTHING for point in range(first, last + 1)},
        **{point: text for point, text in plain.items() if text.isascii() and (len(text) > 1 or not text.isalpha())},
        **{ord(character): text for characters, text in _GROUPS.items() for character in characters},
    }


def _segments(sent: str, encoding: Encoding) -> int:
    """Return the number of segments, packed as by a carrier: a pair that does not fit moves to the next segment."""
    takes_two, single, per_segment = _CODE_UNITS[encoding]
    code_units = re.sub(takes_two, _PAIR, sent)
    if len(code_units) <= single:
        return 1 if code_units else 0
    segments, start = 0, 0
    while start < len(code_units):
        end = start + per_segment
        start = end - 1 if code_units[end - 1 : end] == _ESCAPE else end
        segments += 1
    return segments
