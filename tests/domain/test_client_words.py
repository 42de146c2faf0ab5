"""Cells of clients: yes and no in many languages, names that show something, ids that a spreadsheet changed."""

import pytest

from longcode.clients.words import doubt_about_name, is_error, is_uncertain_id, one_line, plain_id, yes_or_no

YES = """1 1.0 1,0 -1 -1.0 yes Yes YES. y t true TRUE on ok checked ticked x X ✓ ✔️ ☑ ✅ opt-in Subscribed
WAHR ja J VRAI oui Oui! VERDADERO sí si S VERO sì VERDADEIRO sim WAAR SANT SAND TOSI kyllä PRAWDA tak ИСТИНА да DOĞRU
evet はい 是 예 ναι"""
NO = """0 0.0 0,0 -0 no No NO. n f false FALSE off unchecked ✗ ✘ ❌ ☐ opt-out Unsubscribed
FALSCH nein FAUX non FALSO FALSO não nao ONWAAR nee FALSKT nej nei EPÄTOSI ei FAŁSZ nie ЛОЖЬ нет YANLIŞ hayır
いいえ 否"""
NEITHER = [
    "maybe",
    "2",
    "10",
    "-",
    "?",
    "n/a",
    "null",
    "none",
    "o",
    "yes/no",
    "yes no",
    "ask",
    "0.5",
    "1.5",
    "²",
    "1e0",
]


@pytest.mark.parametrize("cell", YES.split())
def test_a_cell_says_yes(cell: str) -> None:
    assert yes_or_no(cell) is True


@pytest.mark.parametrize("cell", NO.split())
def test_a_cell_says_no(cell: str) -> None:
    assert yes_or_no(cell) is False


@pytest.mark.parametrize("cell", NEITHER)
def test_a_cell_says_neither(cell: str) -> None:
    assert yes_or_no(cell) is None


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  Ann \t Lee ", "Ann Lee"),
        ("Ann\r\nLee", "Ann Lee"),
        ("Ann\x00\x07\x1b", "Ann"),
        ("A\u2028n\x85n", "A n n"),
        ("\u200bAnn\ufeff", "Ann"),
        ("\u202eAnn\u202c", "Ann"),
        ("Zo\u00adë", "Zoë"),
        ("Ann\u00a0Lee", "Ann Lee"),
        ("👩\u200d👧 Lee", "👩\u200d👧 Lee"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("\u200b\u2060\u00ad", ""),
        ("\u3164", ""),
        ("\u2800", ""),
        ("\u200d", ""),
        ("\u0301", ""),
        (" \u3000\u00a0", ""),
    ],
)
def test_a_name_is_one_line_of_what_shows(typed: str, line: str) -> None:
    assert one_line(typed) == line


@pytest.mark.parametrize(
    "name",
    [
        "null",
        "NULL",
        "N/A",
        "n/a",
        "None",
        "nan",
        "undefined",
        "-",
        "??",
        ".",
        "12",
        "(blank)",
        "JosÃ©",
        "Dâ€™Arcy",
        "{{first_name}}",
        "FirstName",
    ],
)
def test_a_name_that_is_none_is_doubted(name: str) -> None:
    assert doubt_about_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ann",
        "Ng",
        "O",
        "José",
        "D’Arcy",
        "Ørsted",
        "Łukasz",
        "Ã",
        "Sørén",
        "田中",
        "🌸",
        "Nguyễn",
        "Null-Lee",
        "T.J.",
    ],
)
def test_a_name_is_not_doubted(name: str) -> None:
    assert doubt_about_name(name) is None


@pytest.mark.parametrize(
    ("cell", "client_id"),
    [
        ("17.0", "17"),
        ("17,0", "17"),
        ("017.00", "017"),
        ("１７", "17"),
        ("\u200b17", "17"),
        ("17", "17"),
        ("1.1", "1.1"),
        ("17.0a", "17.0a"),
        ("v1.0", "v1.0"),
        ("Zoë", "Zoë"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_an_id_is_read_without_what_a_spreadsheet_added(cell: str, client_id: str) -> None:
    assert plain_id(cell) == client_id


def test_rounded_numbers_and_errors_of_spreadsheets_are_recognised() -> None:
    assert [
        cell
        for cell in ("1.7E+09", "1,7E+09", "4E+11", "17,000", "17.000", "1E5", "A1E+5", "1.5", "17")
        if is_uncertain_id(cell)
    ] == [
        "1.7E+09",
        "1,7E+09",
        "4E+11",
        "17,000",
        "17.000",
    ]
    assert [cell for cell in ("#N/A", "#REF!", "#NAME?", "#DIV/0!", "########", "#1", "#hash") if is_error(cell)] == [
        "#N/A",
        "#REF!",
        "#NAME?",
        "#DIV/0!",
        "########",
    ]
