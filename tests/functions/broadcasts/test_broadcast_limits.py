from dataclasses import replace
from datetime import timedelta

import pytest

from broadcasts import api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.broadcasts.broadcast import BroadcastState
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.clients import store as clients
from longcode.message import MessageState as Text
from longcode.plans.plans import PlanChange
from sweeper import sweep_schedule
from tests.support import text_steps as single
from tests.support.broadcast_steps import (
    accounted,
    advance,
    hand_over,
    people,
    phone,
    send,
    skipped,
    stored,
    take,
    texts,
)
from tests.support.fakes import NOW, FakeCarrier, call, client, queued, studio

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),), people=4)

# The plan Starter stops at 100 units.


def use(account: Account, units: int) -> None:
    """Have so many units reserved."""
    client(account, "user", "+12125550123", tags=("user",))
    for index in range(0, units, 10):
        single.accept(account, f"use-{index}", client_id="user", body="a" * 160 * min(10, units - index))
    queued("send")


FOUR = {"all": True, "except_tags": ["user"]}


def test_all_that_fits_is_reserved_before_it_starts_and_what_is_not_used_is_free_again(account: Account) -> None:
    use(account, 96)
    take(account, audience=FOUR)

    advance(steps=1)
    planned = stored(account, take(account, audience=FOUR))
    clients.delete(account.id, "p0001")
    advance()

    done = stored(account, planned.id)
    assert (planned.state, planned.reserved, planned.texts) == (BroadcastState.SENDING, 4, 0)
    assert (done.state, done.reserved, done.texts) == (BroadcastState.DONE, 3, 3)
    assert accounted(account)


def test_all_or_nothing_is_nothing_when_one_unit_is_too_many(account: Account) -> None:
    use(account, 97)

    broadcast = send(account, audience=FOUR)

    assert (broadcast.state, broadcast.error) == (BroadcastState.REFUSED, "plan_limit_reached")
    assert "This needs 4 of the 100 units of the plan Starter for November 2026, of which 3 are left." in str(
        broadcast.detail
    )
    assert texts(account, broadcast.id) == []
    assert accounted(account)


def test_a_part_is_as_many_texts_as_fit_in_order_and_the_others_are_told(account: Account) -> None:
    use(account, 97)

    broadcast = send(account, audience=FOUR, limit="part")

    assert (broadcast.state, broadcast.planned_units, broadcast.reserved) == (BroadcastState.DONE, 4, 3)
    assert [one.phone for one in texts(account, broadcast.id)] == [phone(0), phone(1), phone(2)]
    assert skipped(account, broadcast.id) == [("p0003", phone(3), "limit")]
    assert accounted(account)


def test_a_part_of_nothing_is_refused(account: Account) -> None:
    use(account, 100)

    broadcast = send(account, audience=FOUR, limit="part")

    assert (broadcast.state, broadcast.error) == (BroadcastState.REFUSED, "plan_limit_reached")


def test_a_units_cap_of_a_day_is_held_too(account: Account) -> None:
    accounts.change_settings(account.id, {"units_a_day": 3})

    whole = send(account, "whole")
    part = send(account, "part", limit="part")

    assert (whole.state, whole.error) == (BroadcastState.REFUSED, "day_limit_reached")
    assert (part.state, part.texts) == (BroadcastState.DONE, 3)


def test_a_plan_that_charges_books_what_a_broadcast_comes_to_and_holds_it_to_nothing(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    people(account, 2)

    broadcast = send(account)

    shown = call(api, "GET", f"/broadcasts/{broadcast.id}", account=account.id).json
    assert (broadcast.reserved_in, broadcast.reserved, shown["reserved_units"]) == ("2026-11", 2, None)
    assert [one.reserved_in for one in texts(account, broadcast.id)] == ["2026-11", "2026-11"]
    assert accounted(account)


def test_a_text_that_failed_gives_its_own_unit_back(account: Account) -> None:
    use(account, 96)
    send(account, audience=FOUR)

    hand_over(carrier=FakeCarrier(answers=[Refused(RefusalReason.BAD_NUMBER, "21211")] * 3))

    assert accounted(account)
    assert send(account, "again", audience=FOUR, limit="part").texts == 3


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_cancelled_broadcast_gives_back_what_has_not_gone(account: Account, steps: int) -> None:
    broadcast_id = take(account, audience=FOUR)
    advance(steps=steps)

    call(api, "DELETE", f"/broadcasts/{broadcast_id}", account=account.id)
    advance(NOW)
    advance(NOW + timedelta(minutes=3))

    assert accounted(account)
    assert stored(account, broadcast_id).reserved in (0, 4)
    assert {one.state for one in texts(account, broadcast_id)} <= {Text.CANCELLED}
    assert send(account, "again", body="a" * 160 * 10, limit="part").texts == 4


def test_clients_who_come_after_the_plan_get_a_text_if_it_fits_what_is_reserved(account: Account) -> None:
    use(account, 96)
    broadcast_id = take(account, audience=FOUR)
    advance(steps=1)
    client(account, "q1", phone(20))

    advance()

    assert skipped(account, broadcast_id) == [("q1", phone(20), "limit")]
    assert accounted(account)


def test_a_plan_that_is_not_held_to_anything_sends_to_whoever_comes_meanwhile(account: Account) -> None:
    bigger = accounts.change_plan(account, PlanChange(NOW, "medium"))
    broadcast_id = take(replace(bigger), audience=FOUR)
    advance(steps=1)
    client(account, "q1", phone(20))

    advance()

    assert stored(account, broadcast_id).texts == 5


def test_a_part_that_is_stated_stays_so_when_a_bigger_plan_comes(account: Account) -> None:
    use(account, 97)
    broadcast_id = take(account, audience=FOUR, limit="part")
    advance(steps=1)

    accounts.change_plan(account, PlanChange(NOW, "small"))
    advance()

    assert stored(account, broadcast_id).texts == 3
    assert skipped(account, broadcast_id) == [("p0003", phone(3), "limit")]
    assert accounted(account)


def test_a_broadcast_for_later_is_held_against_the_plan_and_the_use_of_its_time(account: Account) -> None:
    small = accounts.change_plan(account, PlanChange(NOW, "small"))
    use(account, 99)
    then = NOW + timedelta(minutes=10)
    broadcast_id = take(account, audience=FOUR, send_at=then)
    accounts.change_plan(small, PlanChange(NOW + timedelta(minutes=5), "starter"))

    sweep_schedule.sweep(then + timedelta(minutes=1))
    advance(then + timedelta(minutes=1))

    refused = call(api, "GET", f"/broadcasts/{broadcast_id}", account=account.id).json
    assert (refused["state"], refused["code"]) == ("refused", "plan_limit_reached")
    assert "This needs 4 of the 100 units of the plan Starter" in refused["reason"]


def test_of_two_limits_the_narrower_counts_and_both_are_reserved(account: Account) -> None:
    accounts.change_settings(account.id, {"units_a_day": 99})
    use(account, 96)

    part = send(account, audience=FOUR, limit="part")

    assert (part.texts, part.reserved_of) == (3, ("used", "used_2026-11-22"))
    assert accounted(account)


def test_a_cap_of_a_day_holds_a_broadcast_on_a_plan_that_charges_too(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),), units_a_day=3)
    people(account, 4)

    part = send(account, limit="part")

    assert (part.texts, part.reserved, part.booked) == (3, 3, False)
    assert accounted(account)
