"""The length of a text: its encoding, the segments a carrier carries and the units a studio pays for."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

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
_PAIR = f"{_ESCAPE}-"  # what takes two places; no normalised text holds an escape
_TWO_SEPTETS = re.compile(r"[\^{}\\\[\]~|€\f]")
_SURROGATE_PAIR = re.compile("[\U00010000-\U0010ffff]")
_PLACES: dict[Encoding, tuple[re.Pattern[str], int, int]] = {
    "GSM-7": (_TWO_SEPTETS, 160, 153),
    "UCS-2": (_SURROGATE_PAIR, 70, 67),
}

_CRLF = re.compile("\r+\n")  # so that no CRLF is left, and normalising twice changes nothing

_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("‘’‚‛", "'")
    | dict.fromkeys("“”„‟", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"…": "..."}
    | dict.fromkeys("\u00a0\u2007\u202f", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text takes. `forcing`: the distinct characters that force UCS-2, as they appear."""

    encoding: Encoding
    segments: int
    units: int
    forcing: tuple[str, ...]


def measure(text: str) -> Measure:
    """Measure a text as it is sent, without smart encoding. An empty one takes 0 segments and 0 units."""
    sent = normalise(text)
    forcing = tuple(c for c in dict.fromkeys(sent) if c not in _GSM_7)
    encoding: Encoding = "UCS-2" if forcing else "GSM-7"
    return Measure(encoding, _segments(sent, encoding), -(-len(sent) // UNIT_CHARACTERS), forcing)


def normalise(text: str) -> str:
    """Turn a text into what is sent and counted: no U+001B, LF for CRLF, NFC."""
    return unicodedata.normalize("NFC", _CRLF.sub("\n", text.replace(_ESCAPE, "")))


def smart(text: str) -> str:
    """Replace typographic signs by their GSM-7 look-alikes if that alone brings the text back to GSM-7.

    Otherwise the text comes back normalised only: a replacement that saves nothing is not worth it.
    """
    sent = normalise(text)
    plain = normalise(sent.translate(_LOOK_ALIKES))
    return plain if _GSM_7.issuperset(plain) else sent


def _segments(sent: str, encoding: Encoding) -> int:
    """Pack, as a carrier does: a pair that does not fit moves whole into the next segment."""
    wide, alone, each = _PLACES[encoding]
    places = wide.sub(_PAIR, sent)
    if len(places) <= alone:
        return 1 if places else 0
    segments, start = 0, 0
    while start < len(places):
        end = start + each
        start = end - 1 if places[end - 1 : end] == _ESCAPE else end
        segments += 1
    return segments
