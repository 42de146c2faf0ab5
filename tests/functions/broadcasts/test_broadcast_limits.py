"""A broadcast and the limits of its account: it reserves all its units, a part of them, or is refused."""

from datetime import timedelta

import pytest

from broadcasts import api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.clients import store as clients
from longcode.message import BroadcastState
from longcode.message import MessageState as Text
from longcode.plans.plans import PlanChange
from sweeper import sweep_schedule
from tests.support import text_steps as single
from tests.support.broadcast_steps import (
    advance,
    create_broadcast,
    deliver_bulk_texts,
    phone_number,
    reservations_add_up,
    send,
    skipped,
    stored,
    texts,
    write_clients,
)
from tests.support.fakes import ACTOR, NOW, FakeCarrier, call, client, studio, take_queued

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),), people=4)

# The plan Starter allows 100 units a month.


def use(account: Account, units: int) -> None:
    """Reserve units with texts to one client."""
    client(account, "user", "+12125550123", tags=("user",))
    for index in range(0, units, 10):
        single.accept(account, f"use-{index}", client_id="user", body="a" * 160 * min(10, units - index))
    take_queued("send")


FOUR = {"all": True, "except_tags": ["user"]}


def test_units_are_reserved_before_the_first_text_and_unused_ones_are_released(account: Account) -> None:
    use(account, 96)
    create_broadcast(account, audience=FOUR)

    advance(steps=1)
    planned = stored(account, create_broadcast(account, audience=FOUR))
    clients.delete(account.id, "p0001")
    advance()

    done = stored(account, planned.id)
    assert (planned.state, planned.reserved, planned.texts) == (BroadcastState.SENDING, 4, 0)
    assert (done.state, done.reserved, done.texts) == (BroadcastState.DONE, 3, 3)
    assert reservations_add_up(account)


def test_a_whole_broadcast_is_refused_when_one_unit_is_too_many(account: Account) -> None:
    use(account, 97)

    broadcast = send(account, audience=FOUR)

    assert (broadcast.state, broadcast.error) == (BroadcastState.REFUSED, "plan_limit_reached")
    assert "This needs 4 of the 100 units of the plan Starter for November 2026, of which 3 are left." in str(
        broadcast.detail
    )
    assert texts(account, broadcast.id) == []
    assert reservations_add_up(account)


@pytest.mark.long
def test_a_part_sends_the_texts_that_fit_in_order_and_skips_the_others(account: Account) -> None:
    use(account, 97)

    broadcast = send(account, audience=FOUR, limit="part")

    assert (broadcast.state, broadcast.planned_units, broadcast.reserved) == (BroadcastState.DONE, 4, 3)
    assert [text.phone for text in texts(account, broadcast.id)] == [
        phone_number(0),
        phone_number(1),
        phone_number(2),
    ]
    assert skipped(account, broadcast.id) == [("p0003", phone_number(3), "limit")]
    assert reservations_add_up(account)


def test_a_part_is_refused_when_no_unit_is_left(account: Account) -> None:
    use(account, 100)

    broadcast = send(account, audience=FOUR, limit="part")

    assert (broadcast.state, broadcast.error) == (BroadcastState.REFUSED, "plan_limit_reached")


def test_a_daily_limit_bounds_a_broadcast(account: Account) -> None:
    accounts.change_settings(account.id, {"units_a_day": 3})

    whole = send(account, "whole")
    part = send(account, "part", limit="part")

    assert (whole.state, whole.error) == (BroadcastState.REFUSED, "day_limit_reached")
    assert (part.state, part.texts) == (BroadcastState.DONE, 3)


def test_a_plan_without_a_limit_counts_the_units_and_does_not_bound_them(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    write_clients(account, 2)

    broadcast = send(account)

    shown = call(api, "GET", f"/broadcasts/{broadcast.id}", account=account.id).json
    assert (broadcast.reserved_in, broadcast.reserved, shown["reserved_units"]) == ("2026-11", 2, None)
    assert [text.reserved_in for text in texts(account, broadcast.id)] == ["2026-11", "2026-11"]
    assert reservations_add_up(account)


@pytest.mark.long
def test_a_failed_text_releases_its_unit(account: Account) -> None:
    use(account, 96)
    send(account, audience=FOUR)

    deliver_bulk_texts(carrier=FakeCarrier(answers=[Refused(RefusalReason.BAD_NUMBER, "21211")] * 3))

    assert reservations_add_up(account)
    assert send(account, "again", audience=FOUR, limit="part").texts == 3


@pytest.mark.long
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_cancelled_broadcast_releases_the_units_of_unsent_texts(account: Account, steps: int) -> None:
    broadcast_id = create_broadcast(account, audience=FOUR)
    advance(steps=steps)

    call(api, "DELETE", f"/broadcasts/{broadcast_id}", account=account.id)
    advance(NOW)
    advance(NOW + timedelta(minutes=3))

    assert reservations_add_up(account)
    assert stored(account, broadcast_id).reserved in (0, 4)
    assert {text.state for text in texts(account, broadcast_id)} <= {Text.CANCELLED}
    assert send(account, "again", body="a" * 160 * 10, limit="part").texts == 4


def test_a_client_added_after_planning_gets_no_text_beyond_the_reserved_units(account: Account) -> None:
    use(account, 96)
    broadcast_id = create_broadcast(account, audience=FOUR)
    advance(steps=1)
    client(account, "q1", phone_number(20))

    advance()

    assert skipped(account, broadcast_id) == [("q1", phone_number(20), "limit")]
    assert reservations_add_up(account)


def test_a_plan_without_a_limit_sends_to_a_client_added_after_planning(account: Account) -> None:
    accounts.change_plan(account, PlanChange(NOW, "medium"), ACTOR)
    broadcast_id = create_broadcast(account, audience=FOUR)
    advance(steps=1)
    client(account, "q1", phone_number(20))

    advance()

    assert stored(account, broadcast_id).texts == 5


def test_a_planned_part_stays_the_same_after_a_change_to_a_bigger_plan(account: Account) -> None:
    use(account, 97)
    broadcast_id = create_broadcast(account, audience=FOUR, limit="part")
    advance(steps=1)

    accounts.change_plan(account, PlanChange(NOW, "small"), ACTOR)
    advance()

    assert stored(account, broadcast_id).texts == 3
    assert skipped(account, broadcast_id) == [("p0003", phone_number(3), "limit")]
    assert reservations_add_up(account)


def test_a_scheduled_broadcast_is_held_against_the_plan_and_the_usage_at_its_time(account: Account) -> None:
    small = accounts.change_plan(account, PlanChange(NOW, "small"), ACTOR)
    use(account, 99)
    then = NOW + timedelta(minutes=10)
    broadcast_id = create_broadcast(account, audience=FOUR, send_at=then)
    accounts.change_plan(small, PlanChange(NOW + timedelta(minutes=5), "starter"), ACTOR)

    sweep_schedule.sweep(then + timedelta(minutes=1))
    advance(then + timedelta(minutes=1))

    refused = call(api, "GET", f"/broadcasts/{broadcast_id}", account=account.id).json
    assert (refused["state"], refused["code"]) == ("refused", "plan_limit_reached")
    assert "This needs 4 of the 100 units of the plan Starter" in refused["reason"]


def test_the_narrower_of_two_limits_counts_and_both_are_reserved(account: Account) -> None:
    accounts.change_settings(account.id, {"units_a_day": 99})
    use(account, 96)

    part = send(account, audience=FOUR, limit="part")

    assert (part.texts, part.reserved_of) == (3, ("used", "used_2026-11-22"))
    assert reservations_add_up(account)


def test_a_daily_limit_bounds_a_broadcast_on_a_plan_without_a_limit(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),), units_a_day=3)
    write_clients(account, 4)

    part = send(account, limit="part")

    assert (part.texts, part.reserved, part.booked) == (3, 3, False)
    assert reservations_add_up(account)
