"""The CSV of a month's charged texts: page by page, with the same units as the usage, of one studio."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from billing import usage_api
from longcode.clients import store as clients
from longcode.message import MessageKind, MessageState
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.usage import store as quotas
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, client, studio
from tests.support.reply_steps import receive
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LONG_AGO = datetime(2024, 2, 10, 12, tzinfo=UTC)


def rows(page: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page.removeprefix("\ufeff"))))


def sent(message_id: str, at: datetime, account: str = "10000001", *, ahead: timedelta = timedelta()) -> None:
    text = draft(
        account=account,
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="a" * 161,
        now=at - ahead,
        send_at=at if ahead else None,
    )
    messages.accept([text])
    if ahead:
        messages.reschedule(text, MessageState.QUEUED, at)
    taken = messages.claim(text, "claim", at, at + SECOND)
    assert taken
    messages.record(taken, MessageState.SENT)


def walked(size: int = 10) -> Iterator[str]:
    page, cursor = usage_api.csv_page("10000001", "2026-11", None, size)
    yield page
    while cursor:
        page, cursor = usage_api.csv_page("10000001", "2026-11", cursor, size)
        yield page


def get(month: str, account: str = "10000001", **query: str) -> ApiResponse:
    return call(usage_api, "GET", f"/usage/{month}/texts", account=account, query=query or None)


def test_each_text_and_reply_has_a_row_with_its_client_and_no_body() -> None:
    account = studio()
    client(account, first_name="=HYPERLINK(1)", last_name="Quill")
    accept(account, body="A secret " * 20)
    deliver(FakeCarrier())
    receive(at=NOW + SECOND)
    receive("SM2", "STOP", at=NOW + 2 * SECOND)

    (page,) = walked()

    first, second = rows(page)
    assert page.splitlines()[0] == "\ufefftime,direction,phone,units,client_id,client_name,message_id,not_charged"
    assert list(first.values())[:6] == [
        "2026-11-22T15:30:00Z",
        "out",
        "*******0123",
        "2",
        "c1",
        "'=HYPERLINK(1) Quill",
    ]
    assert (second["time"], second["direction"], second["units"]) == ("2026-11-22T15:30:01Z", "in", "1")
    assert "secret" not in page
    assert "2125550123" not in page


def test_the_units_of_the_rows_add_up_to_the_usage() -> None:
    studio()
    for index in range(5):
        sent(f"m{index}", NOW + index * SECOND)
    receive("SM1", "From a stranger")

    listed = [row for page in walked() for row in rows(page)]

    assert sum(int(row["units"]) for row in listed) == quotas.of_month("10000001", "2026-11").units == 10


def test_the_pages_of_a_long_month_make_one_file() -> None:
    studio()
    sent("ahead", NOW, ahead=100 * DAY)
    for index in range(3):
        sent(f"m{index}", NOW + index * SECOND)

    pages = list(walked(size=1))

    one_file = rows("".join(pages))
    assert len(pages) == 4
    assert [row["message_id"] for row in one_file] == ["ahead", "m0", "m1", "m2"]


def test_a_client_with_a_line_break_in_the_name_has_one_row() -> None:
    account = studio()
    client(account, first_name='Zoë "Z"\n', last_name="Quill, jr.")
    accept(account)
    deliver(FakeCarrier())

    (page,) = walked()

    assert [row["client_name"] for row in rows(page)] == ['Zoë "Z"\n Quill, jr.']


def test_a_deleted_client_is_shown_by_id() -> None:
    account = studio()
    client(account)
    accept(account)
    deliver(FakeCarrier())
    clients.delete(account.id, "c1")

    (page,) = walked()

    assert [(row["client_id"], row["client_name"]) for row in rows(page)] == [("c1", "")]


def test_an_unreadable_text_has_a_row() -> None:
    studio()
    sent("m0", NOW)
    sent("m1", NOW + SECOND)
    store.write(Update(keys.message("10000001", "m0"), changes={"state": "eaten"}))

    (page,) = walked()

    assert [(row["direction"], row["message_id"]) for row in rows(page)] == [("out", "m1"), ("unreadable", "m0")]


def test_a_studio_sees_its_own_texts_only() -> None:
    studio("10000001")
    studio("10000002")
    sent("m0", LONG_AGO, "10000002")

    mine, theirs = get("2024-02"), get("2024-02", "10000002")
    with_their_cursor = get("2024-02", cursor=keys.folder_place(LONG_AGO - SECOND, "m0"))

    assert (rows(mine.text), rows(with_their_cursor.text)) == ([], [])
    assert len(rows(theirs.text)) == 1


def test_the_response_is_a_file_with_a_link_to_the_next_page() -> None:
    headers = usage_api.csv_headers("2026-11", "2026-11-22T15:30:00.000Z#m0 é")

    studio()
    answer = get("2024-02")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="longcode-texts-2024-02.csv"'
    assert "Next-Cursor" not in answer.headers
    assert headers["Link"] == '<texts?cursor=2026-11-22T15%3A30%3A00.000Z%23m0%20%C3%A9>; rel="next"'
    assert unquote(headers["Next-Cursor"]) == "2026-11-22T15:30:00.000Z#m0 é"


@pytest.mark.parametrize("cursor", ["", "2", "account#10000002", "2026-11-22T15:30:00.000Z#" + "a" * 200])
def test_a_malformed_cursor_is_refused(cursor: str) -> None:
    studio()

    answer = get("2024-02", cursor=cursor)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_a_text_linked_later_is_shown_with_its_client() -> None:
    account = studio()
    client(account)
    sent("m0", NOW)
    found = messages.get(account.id, "m0")
    assert found
    folders.link(found, client_id="c1")

    (page,) = walked()

    assert [(row["client_id"], row["client_name"]) for row in rows(page)] == [("c1", "Zoë")]
