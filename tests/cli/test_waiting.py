"""`longcode parked` and `longcode stuck`: what waits for the operator, why, and what would help."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from longcode.accounts.account import Account
from longcode.billing import store as invoices
from longcode.billing.adjustments import Findings
from longcode.carriers.carrier import RefusalReason, Refused, Uncertain
from longcode.message import MessageState
from longcode.numbers import store as numbers
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode_cli.deployment import Deployment
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.local_aws import SHARED_NUMBER
from tests.support.operator import Log, deployment, longcode
from tests.support.text_steps import accept, deliver, stored

MINE = "10000001"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOT_REGISTERED = Refused(RefusalReason.PARKED, "30034")


@pytest.fixture(autouse=True)
def account(aws: None) -> Account:
    """A studio with one client."""
    one = studio(MINE)
    client(one)
    return one


def test_parked_texts_are_counted_by_number_account_and_reason(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    deliver(FakeCarrier(answers=[NOT_REGISTERED, NOT_REGISTERED, Refused(RefusalReason.PARKED, "30002")]))

    printed = longcode("parked", "list", "--month", "2026-10", of=deployment(NOW + HOUR)).printed

    assert f"{SHARED_NUMBER} 10000001 2 the service's number is not registered (twilio:30034)" in printed
    assert f"{SHARED_NUMBER} 10000001 1 the service's account at the carrier is suspended (twilio:30002)" in printed
    assert "2026-11-22 15:30 2026-11-22 19:30" in printed
    assert "Parked texts: 3." in printed


def test_parked_numbers_and_invoices_are_listed_with_their_reason() -> None:
    numbers.park(SHARED_NUMBER, "30034", NOW)
    invoices.park(MINE, "2026-10", Findings(wrong="the lines do not add up"))

    printed = longcode("parked", "list", "--month", "2026-10", of=deployment(NOW + HOUR)).printed

    assert "No text is parked." in printed
    assert f"{SHARED_NUMBER} 2026-11-22 15:30 the service's number is not registered (30034)" in printed
    assert "2026-10 10000001" in printed


def test_no_phone_and_no_words_are_in_what_is_parked(account: Account) -> None:
    accept(account, body="Your album is ready.")
    deliver(FakeCarrier(answers=[NOT_REGISTERED]))

    ended = longcode("--json", "parked", "list", "--month", "2026-10")

    assert [group["texts"] for group in ended.answer["items"]] == [1]
    assert "album" not in ended.printed
    assert "2125550123" not in ended.printed


def test_a_dry_run_of_a_release_counts_and_a_release_asks(account: Account) -> None:
    parked = [accept(account, key) for key in "ab"]
    deliver(FakeCarrier(answers=[NOT_REGISTERED] * 2))
    later = deployment(NOW + HOUR)

    tried = longcode("parked", "release", "--dry-run", of=later)
    unasked = longcode("parked", "release", of=later)
    held = {stored(account, text.id).held for text in parked}
    one = longcode("parked", "release", "--at-most", "1", "--yes", of=later)
    rest = longcode("parked", "release", "--number", SHARED_NUMBER, typed="y\n", of=later)

    assert "Send 1 parked texts from +1" in rest.printed
    assert (tried.printed, unasked.exit_code, held) == ("2 texts would be sent again.", 2, {"parked"})
    assert one.printed == "1 texts are queued to be sent again."
    assert "1 texts are queued to be sent again." in rest.printed
    assert len(take_queued("send")) == 2


class Releasing(Deployment):
    """A deployment with 1,200 parked texts, each of which the carrier refuses again at once."""

    def __init__(self) -> None:
        super().__init__("longcode", None, "http://127.0.0.1:1")
        self.released: list[int] = []

    def order(self, do: str, **fields: Any) -> dict[str, Any]:
        assert do == "texts.release"
        if fields.get("dry_run"):
            return {"released": 1_200}
        self.released.append(fields["at_most"])
        return {"released": fields["at_most"]}


def test_many_texts_are_released_in_steps_each_once_though_the_carrier_refuses_them_again() -> None:
    releasing = Releasing()

    ended = longcode("--json", "parked", "release", "--yes", of=releasing)

    assert ended.answer == {"released": 1_200}
    assert releasing.released == [500, 500, 200]


@pytest.mark.parametrize("words", [("--number", "5550100"), ("--at-most", "0"), ("--at-most", "some")])
def test_a_release_with_a_wrong_option_is_refused(words: tuple[str, str]) -> None:
    ended = longcode("parked", "release", *words, "--yes")

    assert ended.exit_code in {1, 2}
    assert "number" in ended.printed or "at-most" in ended.printed


def test_parked_texts_are_named_beside_what_is_stuck(account: Account) -> None:
    accept(account, "a")
    deliver(FakeCarrier(answers=[NOT_REGISTERED]))

    ended = longcode("stuck", of=deployment(NOW + 2 * MINUTE))

    assert ended.exit_code == 0
    assert "Parked texts: 1. `longcode parked list` says why" in ended.printed


def test_texts_that_wait_for_the_carrier_are_named_beside_what_is_stuck(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    busy = Refused(RefusalReason.TRY_AGAIN, "20429")
    deliver(FakeCarrier(answers=[Uncertain("timeout"), busy, busy]))

    printed = longcode("stuck", of=deployment(NOW + MINUTE)).printed

    assert "Texts about which the carrier has not answered: 1. Each is looked up there." in printed
    assert "Texts that the carrier has not taken yet: 2. Each is tried again by itself." in printed
    assert "Parked" not in printed


def test_nothing_is_stuck_when_nothing_is_overdue(account: Account) -> None:
    accept(account)

    ended = longcode("stuck", of=deployment(NOW + 2 * MINUTE))

    assert (ended.exit_code, ended.printed) == (0, "Nothing has been due for more than 5 minutes.")


SWEPT = {"message": "swept", "items": 500, "failed": 0}


def stuck(*lines: Mapping[str, Any]) -> str:
    log = Log([(datetime.now(UTC) - MINUTE, line) for line in lines])
    ended = longcode("stuck", of=deployment(NOW + 2 * HOUR, logs=log))

    assert ended.exit_code == 1
    return ended.printed


def test_an_overdue_text_is_listed_with_how_long_it_waits_and_what_helps(account: Account) -> None:
    text = accept(account)

    printed = stuck(SWEPT)

    assert f"text accepted 10000001 {text.id} 118 min The last sweep," in printed
    assert "acted on 500 items, and not on this one. More is due than a sweep gets done. Look again" in printed
    assert "2125550123" not in printed


def test_a_text_on_which_the_sweeper_fails_is_listed_with_the_reason_in_its_log(account: Account) -> None:
    text = accept(account)

    printed = stuck(
        {"message": "not swept", "type": "message", "id": text.id, "reason": "EndpointConnectionError"}, SWEPT
    )

    assert "The sweeper fails on it every minute: EndpointConnectionError." in printed
    assert "`longcode logs account 10000001`" in printed


def test_a_sweeper_that_does_not_run_is_the_reason(account: Account) -> None:
    accept(account)

    assert "The sweeper has not run for a quarter of an hour. Look at its schedule" in stuck()


def test_what_is_overdue_is_listed_also_without_access_to_the_log(account: Account) -> None:
    text = accept(account)

    class Closed:
        def filter_log_events(self, **_arguments: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "FilterLogEvents")

    ended = longcode("stuck", of=deployment(NOW + 2 * HOUR, logs=Closed()))

    assert ended.exit_code == 1
    assert f"text accepted 10000001 {text.id} 118 min The log longcode-FunctionsLog cannot be read" in ended.printed


def test_an_item_that_cannot_be_read_says_so(account: Account) -> None:
    text = accept(account)
    store.write(Update(keys.message(MINE, text.id), changes={"state": "lost"}))

    assert f"text lost 10000001 {text.id} 118 min It cannot be read." in stuck()


def test_what_a_sweep_has_moved_on_is_not_stuck(account: Account) -> None:
    text = accept(account)
    store.write(Update(keys.message(MINE, text.id), changes={"due_at": NOW + 3 * HOUR, "state": MessageState.QUEUED}))

    overdue = deployment(NOW + 2 * HOUR).order("due.list_overdue")["items"]
    assert [item for item in overdue if item.get("id") == text.id] == []


def test_a_shard_with_more_than_is_listed_says_so() -> None:
    for index in range(3):
        account = f"2000000{index}"
        item = {"type": "broadcast", "account": account, "id": "b1", "due_shard": "due#0", "due_at": NOW}
        store.write(Update(keys.broadcast(account, "b1"), changes=item))
    order = deployment(NOW + HOUR).order

    few, all_of_them = order("due.list_overdue", limit=2), order("due.list_overdue", limit=4)

    assert (len(few["items"]), few["complete"]) == (2, False)
    assert (len(all_of_them["items"]), all_of_them["complete"]) == (3, True)
