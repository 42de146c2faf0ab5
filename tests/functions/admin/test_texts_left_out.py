"""The texts that a phone did not get because none was made, and who got that of a broadcast."""

from datetime import timedelta
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.broadcast_steps import deliver_bulk_texts, send
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.trigger_steps import fire_all, report_event, write_trigger
from triggers import staff_actions
from triggers.forms import CancelForm

pytestmark = pytest.mark.usefixtures("aws")

PHONE, OTHER = "+12125550123", "+12125550124"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def account() -> Account:
    return studio(created_at=NOW - DAY, edition="professional")


def left_out(phone: str = PHONE, *, at: Any = NOW + HOUR, **order: Any) -> list[tuple[str, str, str]]:
    found = send_accepted_order("texts.find", at, what=phone, **order)["left_out"]
    return [(one["account"], one["by"], one["why"]) for one in found]


def test_a_broadcast_that_left_a_phone_out_is_named_with_the_reason(account: Account) -> None:
    client(account, allow_text_marketing=False)
    client(account, "c2", OTHER)
    client(studio("10000002", created_at=NOW - DAY), "z1")
    broadcast = send(account)

    [(whose, by, why)] = left_out()

    assert (whose, by) == ("10000001", f"broadcast {broadcast.id}")
    assert "Allow Text Marketing" in why
    assert left_out(OTHER) == []


def test_a_phone_that_got_the_text_for_another_client_was_not_left_out(account: Account) -> None:
    client(account)
    client(account, "c2", PHONE)
    send(account)

    assert left_out() == []


def test_a_text_that_a_trigger_dropped_is_named_with_the_reason(account: Account) -> None:
    client(account)
    client(account, "c2", OTHER)
    write_trigger()
    report_event(account)
    cancelled = CancelForm.model_validate(
        {"kind": "session", "record_id": "s1", "trigger": "reminder", "date": "2026-12-03"}
    )
    staff_actions.cancel_planned(account.id, cancelled, NOW, "Bo")
    due = NOW + 11 * DAY

    assert left_out(at=due) == [("10000001", "trigger reminder, for the session s1", "Bo cancelled it.")]
    assert left_out() == []  # its time has not come
    assert left_out(OTHER, at=due) == []


def test_a_span_bounds_what_was_left_out_and_without_one_it_is_thirty_days(account: Account) -> None:
    client(account, allow_text_marketing=False)
    send(account)
    later = NOW + 31 * DAY

    assert left_out(at=later) == []
    assert len(left_out(at=later, since="2026-11-22T00:00:00Z")) == 1
    assert left_out(at=later, since="2026-11-01T00:00:00Z", until="2026-11-22T00:00:00Z") == []


def pages(do: str, **order: Any) -> list[dict[str, Any]]:
    """Return the items of all pages of an order about a broadcast, each page of one."""
    found, cursor = [], None
    while True:
        page = send_accepted_order(do, account="10000001", limit=1, cursor=cursor, **order)
        found += page["items"]
        if not (cursor := page["next_cursor"]):
            return found


def test_a_broadcast_has_its_texts_and_those_whom_it_left_out_page_by_page(account: Account) -> None:
    client(account, "c1", PHONE)
    client(account, "c2", OTHER)
    for index in range(3):
        client(account, f"d{index}", f"+1212555020{index}", allow_text_marketing=False)
    broadcast = send(account).id
    deliver_bulk_texts()

    texts, out = (
        pages("broadcasts.recipients", broadcast=broadcast),
        pages("broadcasts.left_out", broadcast=broadcast),
    )

    assert sorted((text["client_id"], text["phone"], text["state"]) for text in texts) == [
        ("c1", PHONE, "sent"),
        ("c2", OTHER, "sent"),
    ]
    assert [one["client_id"] for one in out] == ["d0", "d1", "d2"]
    assert "Allow Text Marketing" in out[0]["why"]


def test_only_the_texts_that_did_not_arrive_are_listed_on_request(account: Account) -> None:
    client(account, "c1", PHONE)
    client(account, "c2", OTHER)
    broadcast = send(account).id
    deliver_bulk_texts(carrier=FakeCarrier(answers=[Refused(RefusalReason.NOT_MOBILE, "30006")]))

    [text] = pages("broadcasts.recipients", broadcast=broadcast, not_reached=True)

    assert (text["state"], "landline" in text["why"]) == ("failed", True)


@pytest.mark.parametrize("do", ["broadcasts.recipients", "broadcasts.left_out"])
def test_a_cursor_of_another_list_is_refused(account: Account, do: str) -> None:
    client(account)

    answer = send_order(do, account="10000001", broadcast=send(account).id, cursor="b1-0")

    assert answer["field"] == "cursor"


def test_a_broadcast_of_another_account_has_no_recipients_here(account: Account) -> None:
    client(account)
    broadcast = send(account)
    studio("10000002")

    for do in ("broadcasts.recipients", "broadcasts.left_out"):
        answer = send_order(do, account="10000002", broadcast=broadcast.id)
        assert (answer["code"], answer["field"]) == ("not_found", "broadcast")
    assert send_accepted_order("broadcasts.list", account="10000002")["items"] == []
    assert [one["texts"] for one in send_accepted_order("broadcasts.list", account="10000001")["items"]] == [1]


def test_what_is_left_of_a_triggers_text_that_was_sent_is_the_text(account: Account) -> None:
    client(account)
    write_trigger(timing=None)
    report_event(account)
    fire_all(NOW)

    answer = send_accepted_order("texts.find", NOW + HOUR, what=PHONE)

    assert (len(answer["items"]), answer["left_out"]) == (1, [])
