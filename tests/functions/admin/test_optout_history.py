"""The order optouts.export: the history of one phone or of all, with words, means, scope and who."""

import json
from datetime import timedelta
from typing import Any

import pytest

from admin import invoke
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, LambdaContext
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
