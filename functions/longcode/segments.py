"""The length of a text: its encoding, the segments that carriers count and the units that studios pay for."""

import re
import unicodedata
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
_TWO_SEPTETS = re.compile(r"[\^{}\\\[\]~|€\f]")
_SURROGATE_PAIR = re.compile("[\U00010000-\U0010ffff]")
_CODE_UNITS: dict[Encoding, tuple[re.Pattern[str], int, int]] = {
    "GSM-7": (_TWO_SEPTETS, 160, 153),
    "UCS-2": (_SURROGATE_PAIR, 70, 67),
}
"""For each encoding: the pattern of a character that takes two code units, how many code units fit into the only
segment of a text, and how many into each segment of a longer text.
"""

_CRLF = re.compile("\r+\n")  # all \r before a \n, so that normalising twice changes nothing

_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("‘’‚‛", "'")
    | dict.fromkeys("“”„‟", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"…": "..."}
    | dict.fromkeys("\u00a0\u2007\u202f", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")
)


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
    return unicodedata.normalize("NFC", _CRLF.sub("\n", text.replace(_ESCAPE, "")))


def smart(text: str) -> str:
    """Return a normalised text, with typographic signs replaced by GSM-7 look-alikes if the text then fits GSM-7.

    If other characters force UCS-2 anyway, the signs stay: replacing them would save nothing.
    """
    sent = normalise(text)
    plain = normalise(sent.translate(_LOOK_ALIKES))
    return plain if _GSM_7.issuperset(plain) else sent


def _segments(sent: str, encoding: Encoding) -> int:
    """Return the number of segments, packed as by a carrier: a pair that does not fit moves to the next segment."""
    takes_two, single, per_segment = _CODE_UNITS[encoding]
    code_units = takes_two.sub(_PAIR, sent)
    if len(code_units) <= single:
        return 1 if code_units else 0
    segments, start = 0, 0
    while start < len(code_units):
        end = start + per_segment
        start = end - 1 if code_units[end - 1 : end] == _ESCAPE else end
        segments += 1
    return segments
