import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.errors import PlanLimitReached
from longcode.message import MessageState
from longcode.messages import accept
from longcode.messages import store as messages
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage, limits_at
from send import api
from tests.support.fakes import ACTOR, NOW, FakeCarrier, call, client, studio
from tests.support.local_aws import load_plans
from tests.support.text_steps import accept as text_steps_accept
from tests.support.text_steps import deliver, stored

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),))

# The plan Starter stops at 100 units.


def use(account: Account, units: int, now: datetime = NOW) -> None:
    """Reserve this many units."""
    for index in range(0, units, 10):
        text_steps_accept(account, f"use-{index}", now=now, body="a" * 160 * min(10, units - index))


def try_to_send(account: Account, key: str) -> bool:
    try:
        api.accept(account.id, api.NewMessage(client_id="c1", body="Hello"), key, NOW)
    except PlanLimitReached:
        return False
    return True


def at_once(account: Account, texts: int, key: str) -> list[bool]:
    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(lambda index: try_to_send(account, f"{key}-{index}"), range(texts)))


def reserved(account: Account) -> int:
    held = limits_at(account, accept.plan_at(accounts.get_or_raise(account.id), NOW), NOW)
    return quotas.reserved(held)["used"]


def test_the_last_unit_is_accepted_and_the_next_is_refused(account: Account) -> None:
    use(account, 99)

    assert try_to_send(account, "the last one")
    assert refusal(account).code == "plan_limit_reached"


def refusal(account: Account, *, units: int = 1, now: datetime = NOW) -> PlanLimitReached:
    with pytest.raises(PlanLimitReached) as refused:
        api.accept(account.id, api.NewMessage(client_id="c1", body="a" * 160 * units), "k", now)
    return refused.value


def test_the_plan_limits_refusal_says_until_when_and_which_plans_would_allow_the_text(account: Account) -> None:
    use(account, 100)

    refused = refusal(account)

    assert refused.detail == (
        "This needs 1 of the 100 units of the plan Starter for November 2026, of which none is left."
        " All are free again at 00:00 Central Time on 1 December 2026. The plan Small would allow it at once."
    )
    assert refused.frees_at == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert refused.plans_that_allow == ("small", "medium", "large", "volume")


def test_the_problem_document_has_the_plan_limits_facts_as_fields(account: Account) -> None:
    now = clients.now()  # a request uses the real clock
    use(account, 100, now)

    answer = call(api, "POST", "/messages", {"client_id": "c1", "body": "Hi"}, account=account.id)

    assert (answer.status, answer.json["code"]) == (409, "plan_limit_reached")
    assert answer.json["frees_at"] == months.instant(months.bounds(months.month_of(now))[1])
    assert isinstance(answer.json["plans_that_allow"], list)  # none on the last evening of a month


def test_the_refusal_names_no_plan_that_would_not_allow_the_text_either(account: Account) -> None:
    """The plan Small allows 300 units, but 295 were sent on a bigger plan before, and the text has 6."""
    store.write(quotas.count_write(account.id, "2026-11-10", "m1", Usage(units_sent=295)))

    refused = refusal(account, units=6)

    assert refused.plans_that_allow == ("medium", "large", "volume")
    assert "The plan Medium would allow it at once." in refused.detail


def test_the_refusal_names_no_plan_after_the_cut_off(account: Account) -> None:
    use(account, 100)
    evening = datetime(2026, 11, 30, 23, 0, 1, tzinfo=UTC)

    refused = refusal(account, now=evening)

    assert refused.plans_that_allow == ()
    assert refused.detail == (
        "This needs 1 of the 100 units of the plan Starter for November 2026, of which none is left."
        " All are free again at 00:00 Central Time on 1 December 2026."
    )
    assert refusal(account, now=evening - timedelta(seconds=1)).plans_that_allow[0] == "small"


def test_the_refusal_names_no_plan_that_is_off_offer(account: Account) -> None:
    use(account, 100)
    file = json.loads((Path(__file__).parents[3] / "infra/plans.json").read_text())
    versions = file["plans"][1]["versions"]
    versions.append(versions[0] | {"version": 2, "from_month": "2026-11", "on_offer": False})
    load_plans(json.dumps(file))

    assert refusal(account).plans_that_allow == ("medium", "large", "volume")


@pytest.mark.long
def test_200_texts_at_once_never_exceed_a_limit_of_100(account: Account) -> None:
    sent = at_once(account, 200, "race")

    assert (sent.count(True), sent.count(False)) == (100, 100)
    assert reserved(account) == 100


@pytest.mark.long
def test_a_bigger_plan_during_200_texts_allows_exactly_its_units(account: Account) -> None:
    def change() -> bool:
        accounts.change_plan(account, PlanChange(NOW, "small"), ACTOR)
        return True

    with ThreadPoolExecutor(40) as pool:
        first = [pool.submit(try_to_send, account, f"a-{index}") for index in range(150)]
        changed = pool.submit(change)
        then = [pool.submit(try_to_send, account, f"b-{index}") for index in range(150)]
    sent = [attempt.result() for attempt in [*first, *then]].count(True)
    more = at_once(account, 310 - sent, "c")

    assert changed.result()
    assert 100 < sent <= 300
    assert (sent + more.count(True), reserved(account)) == (300, 300)


def test_many_first_texts_of_a_month_at_once_begin_one_quota(account: Account) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda index: try_to_send(account, f"first-{index}"), range(8)))
    use(account, 92)

    assert sum(sent) == 8
    assert not try_to_send(account, "one more")


@pytest.mark.long
@pytest.mark.parametrize(
    "answer", [Refused(RefusalReason.BAD_NUMBER, "21211"), Refused(RefusalReason.OPTED_OUT, "21610")]
)
def test_a_failed_text_releases_its_unit(account: Account, answer: Refused) -> None:
    use(account, 90)
    text_steps_accept(account, "last", body="a" * 1600)
    deliver(FakeCarrier(answers=[answer] * 10))

    assert try_to_send(account, "again")


def test_an_uncertain_text_releases_its_units_only_when_it_fails(account: Account) -> None:
    use(account, 99)
    message = text_steps_accept(account, "last")
    claimed = messages.claim(message, "a", NOW, NOW + timedelta(seconds=60))
    assert claimed
    messages.reschedule(claimed, MessageState.UNCERTAIN, NOW)
    waiting = try_to_send(account, "too early")

    messages.end_unsent(stored(account, message.id), MessageState.FAILED)

    assert not waiting
    assert try_to_send(account, "later")


def test_a_request_with_more_units_than_are_left_is_refused_as_a_whole(account: Account) -> None:
    use(account, 98)
    client(account, "c3", "+12125550171", "+12125550172", "+12125550173")

    with pytest.raises(PlanLimitReached):
        api.accept(account.id, api.NewMessage(client_id="c3", body="Hi"), "three", NOW)

    assert try_to_send(account, "one")


def test_a_new_month_has_its_full_quota(account: Account) -> None:
    use(account, 100)
    december = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)

    text_steps_accept(account, "december", now=december)

    assert not try_to_send(account, "november")


def test_a_plan_that_charges_refuses_no_text(aws: None) -> None:
    account = studio(plan_changes=(PlanChange(NOW, "medium"),))
    client(account)

    message = text_steps_accept(account)

    assert message.reserved_in is None
