from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.message import MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.plans.plans import PlanChange
from longcode.table.store import transact
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from send import api
from tests.support.fakes import NOW, call, client, studio, take_queued
from tests.support.text_steps import accept

pytestmark = pytest.mark.usefixtures("aws")


def used(account: Account, counted: Usage) -> None:
    transact([quotas.count_write(account.id, "2026-11-10", "x", counted)])


def test_the_preview_shows_the_text_its_length_and_what_forces_ucs_2() -> None:
    account = studio()
    client(account)

    answer = call(api, "POST", "/messages/preview", {"client_id": "c1", "body": "Śmile 😀"}, account=account.id)

    assert answer.json == {
        "may_be_sent": True,
        "code": None,
        "reason": None,
        "frees_at": None,
        "subject": None,
        "text": "Śmile 😀",
        "encoding": "UCS-2",
        "forcing_ucs2": ["Ś", "😀"],
        "segments": 1,
        "units": 1,
        "phones": ["+12125550123"],
        "skipped": [],
        "held": [],
        "price_micros": 0,
    }
    assert take_queued("send") == []


@pytest.mark.parametrize("counted", [Usage(units_sent=999), Usage(units_sent=990, units_received=9)])
def test_a_preview_prices_units_beyond_the_plan_and_counts_replies_as_usage(counted: Usage) -> None:
    account = studio()
    client(account)
    used(account, counted)

    shown = api.preview(account.id, api.NewMessage(client_id="c1", body="a" * 300), NOW)

    assert shown.price_micros == 40_000


def test_replies_do_not_count_towards_the_limit_of_a_plan_that_stops() -> None:
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    client(account)
    used(account, Usage(units_sent=99, units_received=50))

    first = api.preview(account.id, api.NewMessage(client_id="c1", body="a"), NOW)
    second = api.preview(account.id, api.NewMessage(client_id="c1", body="a" * 161), NOW)

    assert (first.may_be_sent, first.price_micros) == (True, 0)
    assert (second.may_be_sent, second.code) == (False, "plan_limit_reached")


def test_a_message_is_shown_to_the_studio_that_sent_it() -> None:
    account = studio()
    client(account)
    message = accept(account)

    messages.end_unsent(message, MessageState.CANCELLED)

    assert messages.get(account.id, message.id) == replace(message, state=MessageState.CANCELLED, due_at=None)


def test_a_text_that_would_wait_is_shown_as_held_with_the_reason() -> None:
    account = studio(ceiling_units_a_day=3)
    client(account)
    form = api.NewMessage(client_id="c1", body="Hello")
    later = api.NewMessage(client_id="c1", body="Hello", send_at=NOW + timedelta(days=1))
    transact([quotas.count_write(account.id, "2026-11-22", "x", Usage(units_sent=3))])

    at_ceiling, tomorrow = api.preview(account.id, form, NOW), api.preview(account.id, later, NOW)
    numbers.dedicate(account, "+15555550177", NOW)
    numbers.park("+15555550177", "30034", NOW)
    parked = api.preview(account.id, form, NOW)

    assert (at_ceiling.may_be_sent, tomorrow.held) == (True, ())
    assert [(one.phone, one.code) for one in at_ceiling.held] == [("+12125550123", "ceiling")]
    assert [(one.phone, one.code) for one in parked.held] == [("+12125550123", "parked")]
