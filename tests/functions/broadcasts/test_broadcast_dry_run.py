"""The dry run of a broadcast: what each client would get, the totals and the price, with nothing written."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from broadcasts import api, forms
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from tests.support import text_steps
from tests.support.broadcast_steps import phone_number, send, skipped, write_clients
from tests.support.broadcast_steps import texts as texts_of
from tests.support.fakes import NOW, call, client, studio, take_queued

pytestmark = pytest.mark.account(client=False)

EVENING = datetime(2026, 11, 23, 2, 30, tzinfo=NOW.tzinfo)  # 21:30 in New York


def try_dry(account: Account, now: datetime = NOW, start: int = 0, most: int = 50, **fields: Any) -> forms.DryRun:
    form = forms.NewBroadcast.model_validate({"audience": {"all": True}, "body": "Hello", "dry_run": True} | fields)
    return api.dry_run(account.id, form, start, most, now)


def test_a_dry_run_shows_what_each_client_and_phone_would_get_and_writes_nothing(account: Account) -> None:
    client(account, "ann", phone_number(1), phone_number(2), first_name="Ann")
    client(account, "bob", phone_number(2), first_name="Bob")
    client(account, "cyn", phone_number(3), first_name="")
    client(account, "dan", phone_number(4), allow_text_marketing=False)

    body = {"audience": {"all": True}, "body": "Hi {{client.first_name}}", "dry_run": True}
    answer = call(api, "POST", "/broadcasts", body, account=account.id)

    assert answer.status == 200
    assert [(item["client_id"], item["phone"], item["text"], item["code"]) for item in answer.json["items"]] == [
        ("ann", phone_number(1), "Hi Ann", None),
        ("ann", phone_number(2), "Hi Ann", None),
        ("bob", phone_number(2), None, "duplicate"),
        ("cyn", None, None, "empty_field"),
        ("dan", None, None, "no_permission"),
    ]
    assert list(store.query(keys.broadcast(account.id))) == []
    assert take_queued("broadcast") == []


def test_the_totals_are_over_the_whole_audience_on_every_page(account: Account) -> None:
    write_clients(account, 5)

    pages = [try_dry(account, start=start, most=2, body="a" * 161) for start in (0, 2, 4)]

    assert [[item.client_id for item in page.items] for page in pages] == [
        ["p0000", "p0001"],
        ["p0002", "p0003"],
        ["p0004"],
    ]
    assert [page.next_cursor for page in pages] == ["2", "4", None]
    assert {page.totals.model_dump_json() for page in pages} == {
        '{"clients":5,"needed_units":10,"texts":5,"units":10,"segments":10,"held":0,"skipped":{},"price_micros":0}'
    }


def test_the_price_is_for_the_units_beyond_the_plan(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    write_clients(account, 110)

    dry = try_dry(account, body="a" * 1600)

    assert dry.totals.units == 1100
    assert dry.totals.price_micros == 100 * 40_000


@pytest.mark.long
def test_a_dry_run_over_the_limit_shows_what_all_or_part_would_send(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    write_clients(account, 3)
    client(account, "user", "+12125550123", tags=("user",))
    for index in range(98):
        text_steps.accept(account, f"use-{index}", client_id="user")
    audience = {"all": True, "except_tags": ["user"]}

    whole = try_dry(account, audience=audience)
    part = try_dry(account, audience=audience, limit="part")
    sent = send(account, audience=audience, limit="part")

    assert [item.code for item in whole.items] == ["limit"] * 3
    assert (whole.code, whole.totals.texts, whole.totals.price_micros) == ("plan_limit_reached", 0, 0)
    assert [item.code for item in part.items] == [None, None, "limit"]
    assert (part.code, part.totals.skipped, part.totals.needed_units) == (None, {"limit": 1}, 3)
    assert [text.client_id for text in texts_of(account, sent.id)] == ["p0000", "p0001"]


def test_a_broadcast_does_what_its_dry_run_shows(account: Account) -> None:
    client(account, "ann", phone_number(1), phone_number(2))
    client(account, "bob", phone_number(2), "+61491570156")
    client(account, "cyn", phone_number(3), allow_text_marketing=False)

    dry = try_dry(account)
    broadcast = send(account)

    assert [(item.client_id, item.phone, item.code) for item in dry.items if item.code] == skipped(
        account, broadcast.id
    )
    assert [item.phone for item in dry.items if not item.code] == [
        text.phone for text in texts_of(account, broadcast.id)
    ]
    assert (dry.totals.texts, dry.totals.units) == (broadcast.texts, broadcast.units)


def test_a_text_in_quiet_hours_is_shown_as_held_until_the_morning(account: Account) -> None:
    client(account, "ann", phone_number(1))

    dry = try_dry(account, EVENING)
    on_time = try_dry(account, EVENING, send_at=EVENING + timedelta(hours=12))

    [item] = dry.items
    assert (item.would_be_sent, item.held_until) == (True, datetime(2026, 11, 23, 13, 0, tzinfo=NOW.tzinfo))
    assert (dry.totals.held, on_time.totals.held) == (1, 0)


def test_a_studio_without_quiet_hours_holds_nothing(account: Account) -> None:
    client(account, "ann", phone_number(1))
    accounts.change_settings(account.id, {"quiet_hours": False})

    dry = try_dry(account, EVENING)

    assert [item.held_until for item in dry.items] == [None]


def test_a_dry_run_shows_no_clients_of_another_studio(account: Account) -> None:
    client(account, "ann", phone_number(1))
    other = studio("10000002")
    client(other, "theirs", phone_number(2))

    dry = try_dry(other)

    assert [item.client_id for item in dry.items] == ["theirs"]
