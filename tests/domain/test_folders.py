"""Searching messages by words, whatever their case and accents, and by client, phone and record."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode import segments
from longcode.folded import fold
from longcode.message import Linkable, MessageKind, Reference
from longcode.messages.compose import draft
from longcode.messages.folders import Search, matches

MESSAGE = draft(
    account="1",
    message_id="m",
    kind=MessageKind.INDIVIDUAL,
    phone="+12125550123",
    number="+15555550100",
    body="Zoë's ÁLBUM from the Straße\r\nis ready 😀",
    now=datetime(2026, 11, 22, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "words",
    ["zoe", "ZOË", "zoe\u0308", "album", "lbu", "STRASSE is", "straße", "ready 😀", "😀", "s  album", "ｒｅａｄｙ"],
)
def test_words_are_found_anywhere_in_a_text(words: str) -> None:
    assert matches(Search(words=words), MESSAGE)


@pytest.mark.parametrize("words", ["albums", "Zoë ÁLBUM", "😎", "ready is"])
def test_other_words_are_not_found(words: str) -> None:
    assert not matches(Search(words=words), MESSAGE)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("I can’t come", "can't"),
        ("I can't come", "can’t"),
        ("I can´t come", "can't"),
        ("I can`t come", "can‘t"),
        ("I canʼt come", "can't"),
        ("Don't be late... it's \"mini day\" - 5 pm", "don’t be late"),
        ("Don't be late... it's \"mini day\" - 5 pm", "– 5 pm"),
        ("Don't be late... it's \"mini day\" - 5 pm", "late… it’s “mini"),
        ("it’s “picture” day 😀", 'it\'s "picture"'),
        ("„Mini“ morgen 😀", '"mini"'),
        ("les « minis » 😀", 'les " minis "'),
        ("5 — or 6?", "5 -- or"),
        ("5 -- or 6?", "5 — or"),
        ("Wait…… no", "wait.. no"),
        ("Søren, your proofs", "soren"),
        ("Soren, your proofs", "Søren"),
        ("Sören, your proofs", "Søren"),
        ("une œuvre", "oeuvre"),
        ("une oeuvre", "œuvre"),
        ("Æther", "aether"),
        ("Łukasz", "lukasz"),
        ("Đorđe", "Dorde"),
        ("Þóra Guðmundsdóttir", "thora gudmundsdottir"),
        ("Straße", "STRASSE"),
        ("Strasse", "straße"),
        ("Yıldız", "yildiz"),
        ("İstanbul", "istanbul"),
        ("Kaʻala", "ka'ala"),
        ("Gal·la", "galla"),
        ("ｆｕｌｌ ｗｉｄｔｈ！", "full width!"),
        ("５：００", "5:00"),
        ("a\tb\u2003c\u2028d", "a b c d"),
        ("pro\xadofs", "proofs"),
        ("pro\u200bofs", "proofs"),
        ("\u2066Ann\u2069 Smith", "ann smith"),
        ("ﬁnal proofs", "final"),
        ("• Bring shoes", "- bring"),
        ("6′2″ tall", "6'2\""),
        ("8×10 prints", "8x10"),
        ("1️⃣ Mini", "1 mini"),
        ("I ❤️ it", "❤ it"),
    ],
)
def test_look_alikes_are_found_on_both_sides(body: str, words: str) -> None:
    assert matches(Search(words=words), replace(MESSAGE, body=body))
    assert matches(Search(words=body), replace(MESSAGE, body=body))


@pytest.mark.parametrize(
    ("body", "words"), [("cant", "can't"), ("5 pm", "- 5 pm"), ("Soren", "sören b"), ("co-op", "coop")]
)
def test_a_search_for_signs_finds_no_text_without_them(body: str, words: str) -> None:
    assert not matches(Search(words=words), replace(MESSAGE, body=body))


@given(st.text(st.characters() | st.sampled_from("·lL’´…–œøŀ\u200b\u0301\u1ffd"), max_size=40))
def test_a_text_is_found_by_the_words_that_smart_encoding_has_made_plain(text: str) -> None:
    assert fold(segments.smart(text)) == fold(text)
    assert fold(fold(text)) == fold(text)


def test_hangul_is_found_by_syllables() -> None:
    text = replace(MESSAGE, body="사진이 준비되었습니다")

    assert matches(Search(words="사진"), text)
    assert not matches(Search(words="사지"), text)


@given(
    before=st.text(max_size=20), words=st.text("abcÀéßİ 中😀\n", min_size=1, max_size=10), after=st.text(max_size=20)
)
def test_a_word_between_spaces_is_found_in_any_spelling(before: str, words: str, after: str) -> None:
    text = replace(MESSAGE, body=f"{before} {words} {after}")

    assert matches(Search(words=words), text)
    assert matches(Search(words=words.upper()), text)
    assert matches(Search(words=fold(words)), text)


def test_a_message_must_meet_every_criterion() -> None:
    session = Reference(kind=Linkable.SESSION, id="s1")
    linked = replace(MESSAGE, client_id="c1", record=session)

    assert matches(Search(client_id="c1", phone="+12125550123", record=session, words="ready"), linked)
    assert not matches(Search(client_id="c2", record=session), linked)
    assert not matches(Search(record=Reference(kind=Linkable.TASK, id="s1")), linked)
    assert not matches(Search(phone="+12125550177"), linked)
    assert not matches(Search(record=session), MESSAGE)
