import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from longcode import segments
from longcode.segments import Measure

# 3GPP TS 23.038, written out a second time, so that a mistake in one of the copies is found.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "^{}\\[~]|€\f"

texts = st.text(
    st.sampled_from("aé@\n\r€][^\x1b") | st.sampled_from("a]中😎👩🏽\u0301e’“ç`\u200d") | st.characters(),
    max_size=700,
)


def pack_slowly(text: str) -> int:
    """Count segments one character at a time."""
    gsm = all(c in BASIC or c in EXTENSION for c in text)
    widths = [2 if (c in EXTENSION if gsm else ord(c) > 0xFFFF) else 1 for c in text]
    alone, each = (160, 153) if gsm else (70, 67)
    if sum(widths) <= alone:
        return 1 if widths else 0
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("]" * 80, 1),
        ("]" * 81, 2),
        ("]" * 152, 2),
        ("]" * 153, 3),
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("😎" * 35, 1),
        ("😎" * 66, 2),
        ("😎" * 67, 3),
        ("]" * 85 + "😘", 2),
        ("e\u0301" * 70, 1),
        ("a" * 80 + "\r\n" + "a" * 79, 1),
        ("a" * 1600, 11),
        ("", 0),
    ],
)
def test_a_pair_is_never_split_between_segments(text: str, expected: int) -> None:
    assert segments.measure(text).segments == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 300, 2),
        ("😎" * 160, 1),
        ("]" * 160, 1),
        ("a" * 1600, 10),
    ],
)
def test_every_160_characters_begun_are_a_unit(text: str, expected: int) -> None:
    assert segments.measure(text).units == expected


def test_gsm_7_has_127_basic_characters_without_the_escape_and_10_of_the_extension() -> None:
    in_the_plane = [
        chr(point) for point in range(0xD800) if chr(point) != "\x1b" and unicodedata.is_normalized("NFC", chr(point))
    ]

    gsm = [c for c in in_the_plane if segments.measure(c).encoding == "GSM-7"]

    assert sorted(gsm) == sorted(BASIC + EXTENSION)
    assert len(gsm) == 127 + 10


@pytest.mark.parametrize("character", "ç`‘’“”áíóú中😎")
def test_a_character_outside_gsm_7_forces_ucs_2(character: str) -> None:
    assert segments.measure(f"a{character}") == Measure("UCS-2", 1, 1, (character,))


def test_the_forcing_characters_are_listed_once_each_in_order() -> None:
    assert segments.measure("Your “proofs” — “ready” 😎 à ç").forcing == ("“", "”", "—", "😎", "ç")


def test_the_escape_character_is_removed_before_counting() -> None:
    assert segments.measure("\x1b" * 500 + "a\r\x1b\ne\x1b\u0301") == Measure("GSM-7", 1, 1, ())
    assert segments.normalise("a\r\x1b\ne\x1b\u0301") == "a\né"


def test_a_lone_surrogate_is_measured() -> None:
    assert segments.measure("\ud83d") == Measure("UCS-2", 1, 1, ("\ud83d",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It’s “ready” – see you…", 'It\'s "ready" - see you...'),
        ("5:00\u202fPM\u00a0sharp\u200b!", "5:00 PM sharp!"),
        ("‚a‘ „b“ ‛c‟ ‐‑‒–—―−", "'a' \"b\" 'c\" -------"),
        ("e\u200d\u0301", "é"),
        ("\u200b", ""),
        ("plain", "plain"),
        ("Ангелина’s", "Ангелина’s"),
        ("It’s ready 😎", "It’s ready 😎"),
        ("François’ proofs…", "François’ proofs…"),
        ("a\r\nb\x1b 😎", "a\nb 😎"),
    ],
)
def test_smart_encoding_replaces_only_where_that_alone_brings_back_gsm_7(text: str, expected: str) -> None:
    assert segments.smart(text) == expected


@pytest.mark.parametrize(
    ("pasted", "plain"),
    [
        ("\t", " "),
        ("\u2003", " "),
        ("\u2009", " "),
        ("\u3000", " "),
        ("\u1680", " "),
        ("\u205f", " "),
        ("\u2800", " "),
        ("\u2028", "\n"),
        ("\u2029", "\n"),
        ("\v", "\n"),
        ("\u200e", ""),
        ("\u200f", ""),
        ("\u202a", ""),
        ("\u202c", ""),
        ("\u2066", ""),
        ("\u2069", ""),
        ("\u061c", ""),
        ("\xad", ""),
        ("\u2060", ""),
        ("\ufe0f", ""),
        ("\ufffc", ""),
        ("\x07", ""),
        ("\x7f", ""),
        ("´", "'"),
        ("`", "'"),
        ("｀", "'"),
        ("¨", '"'),
        ("¸", ","),
        ("ˆ", "^"),
        ("˜", "~"),
        ("′", "'"),
        ("″", '"'),
        ("‴", "'''"),
        ("•", "-"),
        ("‣", "-"),
        ("◦", "-"),
        ("·", "-"),
        ("▪", "-"),
        ("\uf0b7", "-"),
        ("‼", "!!"),
        ("【", "["),
        ("《", '"'),
        ("─", "-"),
        ("¦", "|"),
        ("΄", "'"),
        ("！", "!"),
        ("？", "?"),
        ("（", "("),
        ("：", ":"),
        ("，", ","),
        ("。", "."),
        ("、", ","),
        ("～", "~"),
        ("［", "["),
        ("５", "5"),
        ("￥", "¥"),
        ("«", '"'),
        ("»", '"'),
        ("‹", "'"),
        ("「", '"'),
        ("⁄", "/"),
        ("×", "x"),
        ("ﬁ", "fi"),
        ("\x92", "'"),
        ("\x93", '"'),
        ("\x96", "-"),
        ("\x85", "..."),
    ],
)
def test_what_people_paste_becomes_plain_and_stays_where_ucs_2_is_needed_anyway(pasted: str, plain: str) -> None:
    assert segments.smart(f"Hi Ann{pasted}ok") == f"Hi Ann{plain}ok"
    assert segments.measure(segments.smart(f"Hi Ann{pasted}ok")).encoding == "GSM-7"
    assert segments.smart(f"Hi Ann{pasted}ok 中") == f"Hi Ann{pasted}ok 中"


@pytest.mark.parametrize(
    "text", ["Gal·la", "20°C", "20˚C", "Ａｎｎ", "Łukasz", "Kaʻala", "Ανδρέας", "Ann™", "½", "à la carte"]
)
def test_letters_and_signs_that_mean_something_stay(text: str) -> None:
    assert segments.smart(text) == text


def test_every_blank_and_line_separator_of_unicode_comes_back_to_gsm_7() -> None:
    blanks = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) in {"Zs", "Zl", "Zp", "Cc"}]

    assert [blank for blank in blanks if segments.measure(segments.smart(f"a{blank}b")).encoding != "GSM-7"] == []


def test_every_look_alike_is_in_gsm_7() -> None:
    forcing = {chr(point) for point, plain in segments.look_alikes().items() if segments.measure(plain).forcing}

    assert forcing == set()


def test_a_text_of_110_characters_with_a_tab_is_one_segment() -> None:
    assert segments.measure(segments.smart("a" * 54 + "\t" + "b" * 55)) == Measure("GSM-7", 1, 1, ())


def test_a_look_alike_of_the_extension_table_counts_twice() -> None:
    assert segments.measure(segments.smart("˜" * 80)).segments == 1
    assert segments.measure(segments.smart("［" * 81)).segments == 2


@given(texts)
@example("]" * 76 + "a" + "]" * 76)
@example("a" * 152 + "]" + "a" * 153)
@example("中" * 66 + "😎" + "中" * 5)
def test_segments_agree_with_a_slow_packer(text: str) -> None:
    assert segments.measure(text).segments == pack_slowly(segments.normalise(text))


@given(texts)
def test_units_are_counted_on_the_text_as_sent(text: str) -> None:
    sent = segments.normalise(text)

    assert segments.measure(text).units == len(range(0, len(sent), 160))


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = segments.normalise(text)

    assert segments.normalise(once) == once
    assert segments.measure(once) == segments.measure(text)


@given(texts)
def test_smart_encoding_twice_changes_nothing_and_never_adds_forcing_characters(text: str) -> None:
    once = segments.smart(text)

    assert segments.smart(once) == once
    assert segments.measure(once).forcing in ((), segments.measure(text).forcing)
