import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import keywords, own_words
from longcode.keywords import Keyword
from longcode.opt_out_words import dutch, english, french, german, italian, other_languages, portuguese, spanish

# expected: a keyword, `near` (a person decides) or nothing (an ordinary reply)
with (Path(__file__).parent / "messages.csv").open(newline="", encoding="utf-8") as table:
    MESSAGES = [(row["message"], row["expected"]) for row in csv.DictReader(table)]

# Real-looking messages by the class that is right: stop, near_stop or ordinary. The first batch was written before
# the rules, the others before the rules were tried on them.
with (Path(__file__).parent / "opt_outs.csv").open(newline="", encoding="utf-8") as table:
    OPT_OUT_TABLE = [(row["message"], row["expected"]) for row in csv.DictReader(table)]

OPT_OUTS = [
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT",
    "REMOVE", "ARRET", "TD", "ALTO", "PARAR", "NO MAS", "STOPP", "ABMELDEN",
]  # fmt: skip


def verdict(message: str) -> str:
    keyword = keywords.read(message)
    if keyword is not None:
        return str(keyword)
    return "near" if keywords.near_stop(message) else ""


def test_every_message_of_the_table_is_read_as_expected() -> None:
    misread = [
        (message, expected, verdict(message)) for message, expected in MESSAGES if verdict(message) != expected
    ]

    assert misread == []


def test_no_ordinary_message_of_the_table_is_taken_for_an_opt_out() -> None:
    ordinary = [message for message, expected in MESSAGES if expected == ""]

    assert [message for message in ordinary if keywords.detect(message)] == []
    assert len(ordinary) > 300


def test_no_opt_out_of_the_table_is_overlooked() -> None:
    asking = [message for message, expected in MESSAGES if expected in ("stop", "near")]

    assert [message for message in asking if keywords.detect(message) not in ("stop", "near_stop")] == []
    assert len(asking) > 350


def test_precision_and_recall_over_the_table_of_opt_outs_are_complete() -> None:
    asked = {message for message, expected in OPT_OUT_TABLE if expected != "ordinary"}
    found = {message for message, _ in OPT_OUT_TABLE if keywords.detect(message) in ("stop", "near_stop")}
    precision, recall = len(asked & found) / len(found), len(asked & found) / len(asked)

    print(f"{len(OPT_OUT_TABLE)} messages: precision {precision:.3f}, recall {recall:.3f}")
    assert (sorted(found - asked), sorted(asked - found)) == ([], [])
    assert len(OPT_OUT_TABLE) > 1900


def test_every_message_of_the_table_of_opt_outs_has_its_class() -> None:
    classes = {None: "ordinary", "stop": "stop", "near_stop": "near_stop"}
    read = [(message, expected, classes.get(keywords.detect(message))) for message, expected in OPT_OUT_TABLE]

    assert [row for row in read if row[1] != row[2]] == []


WORD_LISTS = {
    f"{language.__name__.rpartition('.')[2]}-{name}": getattr(language, name).strip().split(separator)
    for language in (english, german, french, spanish, portuguese, italian, dutch, other_languages)
    for name, separator in {"COURTESIES": None, "POLITE": None, "REPEATED": None, "ALONE": "\n"}.items()
}


@pytest.mark.parametrize("listed", WORD_LISTS.values(), ids=WORD_LISTS)
def test_no_word_list_has_an_entry_twice(listed: list[str]) -> None:
    folded = Counter(keywords.fold(entry) for entry in listed)

    assert [entry for entry in listed if folded[keywords.fold(entry)] > 1] == []


@pytest.mark.parametrize("listed", WORD_LISTS.values(), ids=WORD_LISTS)
def test_no_listed_word_mixes_scripts(listed: list[str]) -> None:
    words = " ".join(listed).split()

    assert [word for word in words if len({script(letter) for letter in word if letter.isalpha()}) > 1] == []


def script(letter: str) -> str:
    """Return the script of a letter; Japanese writes Chinese characters among its own."""
    name = unicodedata.name(letter).split()[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name


@pytest.mark.parametrize("word", OPT_OUTS)
def test_every_opt_out_keyword_is_read_as_stop(word: str) -> None:
    assert keywords.read(word) is Keyword.STOP
    assert keywords.read(word.lower()) is Keyword.STOP
    assert keywords.read(word.title()) is Keyword.STOP


@pytest.mark.parametrize("word", OPT_OUTS)
def test_an_opt_out_word_inside_a_sentence_is_no_keyword(word: str) -> None:
    assert keywords.read(f"{word} by at 5?") is None
    assert keywords.read(f"Is it {word}") is None


@pytest.mark.parametrize(
    "message",
    [
        "n\u200do mas",
        "\u202astop\u202c",
        "st\u00adop",
        "STOP\ufe0f",
        "\x00stop\x00",
        "s\u0301top",
        "ⓢⓣⓞⓟ",
        "stop\n\n",
    ],
)
def test_invisible_characters_and_look_alikes_do_not_hide_a_stop(message: str) -> None:
    assert keywords.read(message) is Keyword.STOP


@pytest.mark.parametrize("message", ["", " ", "\n", "👍", "?!", "\u200b", "İ", "ß"])
def test_a_message_without_words_is_no_keyword(message: str) -> None:
    assert verdict(message) == ""


@given(
    st.sampled_from(OPT_OUTS), st.text("!.,?\"' \t\n👋🏽🛑\u200b\ufeff*_#-"), st.text("!.,?\"' \t\n🙏\u200d\ufe0f*_)")
)
def test_punctuation_around_a_keyword_is_ignored(word: str, before: str, after: str) -> None:
    assert keywords.read(before + word + after) is Keyword.STOP


@given(st.text())
def test_a_stop_is_never_also_a_possible_opt_out(text: str) -> None:
    assert not (keywords.read(text) is Keyword.STOP and keywords.near_stop(text))


ODD_OPT_OUTS = [
    ("STOP" + "\u200b" * 100_000, "stop"),
    ("S" + "\u0301\u0323" * 500 + "TOP", "stop"),
    ("\u202eSTOP\u202c", "stop"),
    ("\u200fSTOP\u200f\nSent from my iPhone", "stop"),
    ("STOP\n" + "\n" * 100_000 + "Sent from my iPhone", "stop"),
    ("STOP \U0001f44b\U0001f3fd\u200d\u2642\ufe0f -Ann", "stop"),
    ("\u2066Stop\u2069, Ann Smith", "near_stop"),
    ("\U0001f6d1\ufe0f", "near_stop"),
    ("\U0001f590\U0001f3fd\U0001f6d1\U0001f590\U0001f3fd", "near_stop"),
    ("\U0001f645\U0001f3fd\u200d\u2640\ufe0f", "near_stop"),
    ("s\u0336t\u0336o\u0336p\u0336 txt", "near_stop"),
    ("Thanks! " * 20_000 + "\nPlease stop texting me.", "near_stop"),
    ("\ufdfa" * 100_000, None),
    ("\u0301" * 100_000, None),
    ("bus stop " * 100_000, None),
    ("\u200a\u200b\U0001f44d\u200b to \u201c\u200a" + "Reply STOP to end. " * 10_000 + "\u200a\u201d\u200a", None),
]


@pytest.mark.parametrize(("message", "expected"), ODD_OPT_OUTS)
def test_marks_modifiers_and_length_change_nothing_about_a_message(message: str, expected: str | None) -> None:
    assert keywords.detect(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("START\nSent from my iPhone", "start"),
        ("HELP Sent from my iPhone", "help"),
        ("Yes\n\nGet Outlook for iOS", "yes"),
    ],
)
def test_the_line_of_a_phone_is_no_part_of_any_keyword(message: str, expected: str) -> None:
    assert keywords.read(message) == expected


@pytest.mark.parametrize("message", ["START -Ann", "YES -Ann", "HELP to end", "Start, Ann", "Yes to end"])
def test_only_an_opt_out_may_be_signed(message: str) -> None:
    assert keywords.read(message) is None


@pytest.mark.parametrize(
    "message",
    [
        "Cancel - Tuesday",
        "END -June",
        "Cancel\nTuesday",
        "Stop-Motion",
        "end to end",
        "Cancel\nSession",
        "END\nTable",
    ],
)
def test_what_can_be_the_thing_to_cancel_is_no_signature(message: str) -> None:
    assert keywords.read(message) is None


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_message_and_any_text_of_ours_are_read(message: str, ours: str) -> None:
    assert keywords.detect(message, ours) in (None, "near_stop", *Keyword)
    assert isinstance(own_words.of(message, ours), str)


@given(st.text("stop please dont sending me list .\"' ", max_size=80))
def test_a_long_message_is_read_without_delay(muddle: str) -> None:
    keywords.near_stop((muddle * 200)[:1600])
