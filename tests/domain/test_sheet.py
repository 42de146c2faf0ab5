"""The rows of the list of charged texts: no whole phone, no body of a text, and no formulas."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from longcode.billing import sheet
from longcode.message import Direction, Message, MessageKind, MessageState


def text(**fields: object) -> Message:
    defaults: dict[str, object] = {
        "account": "10000001",
        "id": "m0",
        "direction": Direction.OUT,
        "kind": MessageKind.INDIVIDUAL,
        "state": MessageState.SENT,
        "phone": "+12125550123",
        "number": "+15555550100",
        "body": "A secret",
        "encoding": "GSM-7",
        "segments": 3,
        "units": 2,
        "charged_units": 2,
        "created_at": datetime(2026, 11, 1, 4, 59, 59, 999_000, tzinfo=UTC),
    }
    return Message(**(defaults | fields))  # type: ignore[arg-type]  # a test gives what it is about


def test_a_row_has_the_time_of_the_claim_or_of_a_replys_arrival() -> None:
    at = datetime(2026, 11, 1, 6, 30, tzinfo=timezone(timedelta(hours=1)))

    sent = sheet.text_row(text(sent_at=at, client_id="c1"), {"c1": "Zoë Quill"})
    came = sheet.text_row(text(direction=Direction.IN), {})

    assert sent == ("2026-11-01T05:30:00Z", "out", "*******0123", "2", "c1", "Zoë Quill", "m0", "")
    assert came == ("2026-11-01T04:59:59Z", "in", "*******0123", "2", "", "", "m0", "")


def test_a_deleted_client_has_an_id_and_no_name() -> None:
    assert sheet.text_row(text(client_id="c9"), {})[4:6] == ("c9", "")


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        ("tel-12125550123", "tel-*******0123"),
        ("+12125550123", "'+*******0123"),
        ("2125550123", "******0123"),
        ("5550123", "***0123"),
        ("(212) 555-0123", "(******0123"),
        ("Ann, 1-212-555.0123", "Ann, *******0123"),
        ("212 and 555-0123", "212 and ***0123"),
        ("2125550 1 555 0124", "2125550 1 555 0124"),
        ("0123", "0123"),
        ("+13105550177", "'+13105550177"),
    ],
)
def test_a_phone_in_a_clients_name_or_id_is_masked(client: str, shown: str) -> None:
    assert sheet.text_row(text(client_id=client), {client: client})[4:6] == (shown, shown)


@pytest.mark.parametrize(
    "written", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"]
)
def test_a_formula_is_written_as_text(written: str) -> None:
    row = sheet.text_row(text(client_id=written), {written: written})

    assert row[4:6] == (f"'{written}", f"'{written}")


@pytest.mark.parametrize("written", ["Zoë", "O'Hara", "a=1", "", "12", "'quoted"])
def test_other_text_is_written_unchanged(written: str) -> None:
    assert sheet.cell(written) == written


def test_a_text_that_cannot_be_read_has_a_row_that_says_so() -> None:
    assert sheet.unreadable_row("m7") == ("", "unreadable", "", "", "", "", "m7", "")
