from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from broadcasts import api, forms
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from tests.support import text_steps
from tests.support.broadcast_steps import people, phone, send, skipped
from tests.support.broadcast_steps import texts as texts_of
from tests.support.fakes import NOW, call, client, queued, studio

pytestmark = pytest.mark.account(client=False)

EVENING = datetime(2026, 11, 23, 2, 30, tzinfo=NOW.tzinfo)  # 21:30 in New York


def try_dry(account: Account, now: datetime = NOW, start: int = 0, most: int = 50, **fields: Any) -> forms.DryRun:
    form = forms.NewBroadcast.model_validate({"audience": {"all": True}, "body": "Hello", "dry_run": True} | fields)
    return api.dry_run(account.id, form, start, most, now)


def test_it_tells_for_every_client_and_phone_what_would_happen_and_does_nothing(account: Account) -> None:
    client(account, "ann", phone(1), phone(2), first_name="Ann")
    client(account, "bob", phone(2), first_name="Bob")
    client(account, "cyn", phone(3), first_name="")
    client(account, "dan", phone(4), allow_text_marketing=False)

    body = {"audience": {"all": True}, "body": "Hi {{client.first_name}}", "dry_run": True}
    answer = call(api, "POST", "/broadcasts", body, account=account.id)

    assert answer.status == 200
    assert [(one["client_id"], one["phone"], one["text"], one["code"]) for one in answer.json["items"]] == [
        ("ann", phone(1), "Hi Ann", None),
        ("ann", phone(2), "Hi Ann", None),
        ("bob", phone(2), None, "duplicate"),
        ("cyn", None, None, "empty_field"),
        ("dan", None, None, "no_permission"),
    ]
    assert list(store.query(keys.broadcast(account.id))) == []
    assert queued("broadcast") == []


def test_the_totals_are_over_the_whole_audience_on_every_page(account: Account) -> None:
    people(account, 5)

    pages = [try_dry(account, start=start, most=2, body="a" * 161) for start in (0, 2, 4)]

    assert [[one.client_id for one in page.items] for page in pages] == [
        ["p0000", "p0001"],
        ["p0002", "p0003"],
        ["p0004"],
    ]
    assert [page.next_cursor for page in pages] == ["2", "4", None]
    assert {page.totals.model_dump_json() for page in pages} == {
        '{"clients":5,"needed_units":10,"texts":5,"units":10,"segments":10,"held":0,"skipped":{},"price_micros":0}'
    }


def test_the_price_is_of_the_units_beyond_the_plan(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    people(account, 110)

    told = try_dry(account, body="a" * 1600)

    assert told.totals.units == 1100
    assert told.totals.price_micros == 100 * 40_000


def test_what_does_not_fit_the_limit_is_told_whole_or_in_part(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    people(account, 3)
    client(account, "user", "+12125550123", tags=("user",))
    for index in range(98):
        text_steps.accept(account, f"use-{index}", client_id="user")
    audience = {"all": True, "except_tags": ["user"]}

    whole = try_dry(account, audience=audience)
    part = try_dry(account, audience=audience, limit="part")
    sent = send(account, audience=audience, limit="part")

    assert [one.code for one in whole.items] == ["limit"] * 3
    assert (whole.code, whole.totals.texts, whole.totals.price_micros) == ("plan_limit_reached", 0, 0)
    assert [one.code for one in part.items] == [None, None, "limit"]
    assert (part.code, part.totals.skipped, part.totals.needed_units) == (None, {"limit": 1}, 3)
    assert [one.client_id for one in texts_of(account, sent.id)] == ["p0000", "p0001"]


def test_it_says_what_then_happens(account: Account) -> None:
    client(account, "ann", phone(1), phone(2))
    client(account, "bob", phone(2), "+61491570156")
    client(account, "cyn", phone(3), allow_text_marketing=False)

    told = try_dry(account)
    broadcast = send(account)

    assert [(one.client_id, one.phone, one.code) for one in told.items if one.code] == skipped(account, broadcast.id)
    assert [one.phone for one in told.items if not one.code] == [one.phone for one in texts_of(account, broadcast.id)]
    assert (told.totals.texts, told.totals.units) == (broadcast.texts, broadcast.units)


def test_a_text_in_quiet_hours_is_told_as_held_until_the_morning(account: Account) -> None:
    client(account, "ann", phone(1))

    told = try_dry(account, EVENING)
    on_time = try_dry(account, EVENING, send_at=EVENING + timedelta(hours=12))

    [one] = told.items
    assert (one.would_be_sent, one.held_until) == (True, datetime(2026, 11, 23, 13, 0, tzinfo=NOW.tzinfo))
    assert (told.totals.held, on_time.totals.held) == (1, 0)


def test_a_studio_without_quiet_hours_holds_nothing(account: Account) -> None:
    client(account, "ann", phone(1))
    accounts.change_settings(account.id, {"quiet_hours": False})

    told = try_dry(replace(account), EVENING)

    assert [one.held_until for one in told.items] == [None]


def test_another_studio_sees_nothing_of_it(account: Account) -> None:
    client(account, "ann", phone(1))
    other = studio("10000002")
    client(other, "theirs", phone(2))

    told = try_dry(other)

    assert [one.client_id for one in told.items] == ["theirs"]
