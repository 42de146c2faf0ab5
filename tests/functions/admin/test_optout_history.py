"""The order optouts.export: the history of one phone or of all, with words, means, scope and who."""

import json
from datetime import timedelta
from typing import Any

import pytest

from admin import invoke
from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from tests.support import local_aws
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.fakes import NOW, LambdaContext, client, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

PHONE, OTHER = "+12125550123", "+12125550199"


def said(minute: int, phone: str = PHONE, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "id": f"e{minute}",
        "phone": phone,
        "scope": SHARED,
        "out": True,
        "at": NOW + timedelta(minutes=minute),
        "means": Means.TEXT,
        "words": "STOP",
        "account": "10000001",
    }
    optouts.record(OptOutEvent(**(fields | changes)))


def exported(days: int = 0, **order: Any) -> tuple[list[dict[str, Any]], str | None]:
    answer = send_accepted_order("optouts.export", NOW + timedelta(days=days), **order)
    return [json.loads(line) for line in (answer["lines"] or "").splitlines()], answer["next_cursor"]


def test_each_event_is_a_line_with_words_means_scope_and_who() -> None:
    said(0, words=' Stop "now"!\n🛑')
    said(
        1,
        OTHER,
        scope=account_scope("10000002"),
        means=Means.STAFF,
        words="At the desk",
        by="Kim",
        account="10000002",
    )

    lines, next_cursor = exported()

    assert lines == [
        {
            "id": "e0",
            "phone": PHONE,
            "scope": "shared",
            "out": True,
            "at": "2026-11-22T15:30:00Z",
            "means": "text",
            "words": ' Stop "now"!\n🛑',
            "number": None,
            "account": "10000001",
            "asks": False,
            "by": None,
            "channel": None,
            "asked_on": None,
        },
        {
            "id": "e1",
            "phone": OTHER,
            "scope": "account-10000002",
            "out": True,
            "at": "2026-11-22T15:31:00Z",
            "means": "staff",
            "words": "At the desk",
            "number": None,
            "account": "10000002",
            "asks": False,
            "by": "Kim",
            "channel": None,
            "asked_on": None,
        },
    ]
    assert next_cursor is None


def test_all_events_are_exported_page_by_page_each_once() -> None:
    for minute in range(5):
        said(minute, f"+1212555010{minute}")
    said(5, scope=SHARED, out=False)
    said(5, scope=account_scope("10000001"), out=False)  # a START that opens two scopes

    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        lines, cursor = exported(limit=2, cursor=cursor)
        seen += [(one["id"], one["scope"]) for one in lines]
        pages += 1

    assert seen == [*((f"e{minute}", "shared") for minute in range(5)), ("e5", "account-10000001"), ("e5", "shared")]
    assert pages == 4


def test_one_phones_history_has_all_scopes_in_order_of_time() -> None:
    said(2, scope=account_scope("10000001"))
    said(0)
    said(1, OTHER)
    said(3, scope=account_scope("10000002"), asks=True, out=False)

    lines, next_cursor = exported(phone=PHONE)

    assert [one["id"] for one in lines] == ["e0", "e2", "e3"]
    assert next_cursor is None


def test_an_event_recorded_again_is_one_line() -> None:
    for _ in range(3):
        said(0)

    assert len(exported()[0]) == 1


def test_an_event_older_than_five_years_is_not_exported() -> None:
    said(0)

    assert len(exported(days=5 * 365 + 2)[0]) == 1
    assert (exported(days=5 * 366)[0], exported(days=5 * 366, phone=PHONE)[0]) == ([], [])


def test_the_largest_page_fits_what_lambda_answers(capsys: pytest.CaptureFixture[str]) -> None:
    for minute in range(3):
        said(minute, words='"\n' * 400 + "😀" * 800)

    answer = json.dumps(
        invoke.handler(sample_event("admin_optouts_export"), LambdaContext()), ensure_ascii=False
    ).encode()

    assert len(answer) / 3 * 400 < 6_000_000
    assert "5550123" not in "".join(capsys.readouterr())


def imported(lines: list[dict[str, Any]]) -> int:
    answer = send_accepted_order("optouts.import", lines="".join(json.dumps(line) + "\n" for line in lines))
    return int(answer["imported"])


def test_events_that_a_restored_table_has_lost_are_imported_once_and_the_latest_counts() -> None:
    before = local_aws.snapshot()
    said(1, words="Stop it")
    said(2, OTHER)
    said(3, OTHER, out=False, words="START")
    said(4, scope=account_scope("10000001"), means=Means.STAFF, words="At the desk", by="Kim")
    said(5, asks=True, out=False, words="please stop")
    lines, _ = exported()
    local_aws.restore(before)
    client(studio())
    said(1, words="Stop it")

    counts = [imported(lines), imported(lines)]

    assert counts == [3, 0]
    assert [one["id"] for one in exported()[0]] == ["e1", "e2", "e3", "e4"]
    assert optouts.blocked([("10000001", PHONE), ("10000001", OTHER), ("10000002", PHONE)]) == {
        ("10000001", PHONE),
        ("10000002", PHONE),
    }
    stored = clients.get("10000001", "c1")
    assert stored
    assert stored.heard_stop == {PHONE}


LINE = {"id": "e1", "phone": PHONE, "scope": "shared", "out": True, "at": "2026-11-20T00:00:00Z", "means": "text"}
LINE["words"] = "STOP"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": ""},
        {"id": "x" * 2000},
        {"phone": ""},
        {"phone": "(212) 555-0123"},
        {"phone": "2125550123"},
        {"phone": "+1" * 600},
        {"scope": "shard"},
        {"scope": "account-"},
        {"scope": "account-1#2"},
        {"at": "2026-11-21T00:00:00"},
        {"at": "0001-01-01T00:00:00+05:00"},
        {"at": "9999-12-31T23:59:59Z"},
        {"words": "x" * 500_000},
        {"means": "fax"},
        {"words": None},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_a_line_that_is_not_of_an_export_is_refused_and_nothing_is_recorded(wrong: dict[str, Any]) -> None:
    lines = "\n".join(json.dumps(line) for line in (LINE, LINE | {"id": "e2"} | wrong))

    answer = send_order("optouts.import", lines=lines)

    assert (answer["code"], answer["field"]) == ("invalid", "lines")
    assert answer["detail"].startswith("Line 2 is not one of an export: ")
    assert exported()[0] == []


@pytest.mark.parametrize("phone", ["26666", "AMAZON", "+266696687"])
def test_a_stop_of_a_sender_that_is_no_phone_is_imported(phone: str) -> None:
    assert imported([LINE | {"phone": phone}, LINE]) == 2
    assert {line["phone"] for line in exported()[0]} == {phone, PHONE}


def test_an_imported_stop_blocks_the_phone_in_the_spelling_to_which_texts_go() -> None:
    assert imported([LINE | {"phone": "+5215512345678"}]) == 1
    assert optouts.blocked([("10000001", "+525512345678")]) == {("10000001", "+525512345678")}


def test_the_history_of_a_phone_is_found_by_either_spelling() -> None:
    said(0, "+525512345678")

    lines, _ = exported(phone="+5215512345678")

    assert [line["phone"] for line in lines] == ["+525512345678"]
