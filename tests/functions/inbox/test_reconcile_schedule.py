"""Texts whose webhooks were lost are fetched from the carrier's list, each once: Twilio does not repeat a webhook."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters

from inbox import reconcile_schedule, worker
from infra.local.carrier.carrier import Carrier as Simulated
from infra.local.carrier.faults import Fault, FaultSet
from infra.local.carrier.server import serving
from infra.local.carrier.texts import Text
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.aws.clients import client
from longcode.aws.settings import settings
from longcode.carriers.carrier import ReceivedText, ReceivedTexts
from longcode.carriers.twilio import Twilio
from longcode.jobs import Receive
from longcode.message import Message
from longcode.messages import replies as messages_replies
from longcode.months import month_of
from longcode.numbers import store as numbers
from longcode.usage import store as quotas
from tests.support.fakes import NOW, LambdaContext, sqs_event, take_queued
from tests.support.reply_steps import NUMBER, PHONE, post

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.account(texted=NOW - 60 * MINUTE)


@dataclass
class Archive:
    """A carrier whose list is set by the test."""

    name: str = "twilio"
    texts: list[ReceivedText] = field(default_factory=list)
    media: dict[str, list[str]] = field(default_factory=dict)
    complete: bool = True
    lists: bool = True
    asked_for: list[tuple[str, datetime]] = field(default_factory=list)

    def received(self, number: str, since: datetime) -> ReceivedTexts | None:
        self.asked_for.append((number, since))
        texts = [text for text in self.texts if text.at >= since]
        return ReceivedTexts(texts=texts, complete=self.complete) if self.lists else None

    def pictures(self, carrier_id: str) -> list[str] | None:
        return self.media.get(carrier_id)


def arrived(sid: str, at: datetime, *, pictures: int = 0) -> ReceivedText:
    form = {"MessageSid": sid, "From": PHONE, "To": NUMBER, "Body": f"words of {sid}", "NumMedia": str(pictures)}
    return ReceivedText(carrier_id=sid, form=form, at=at, pictures=pictures)


def run(archive: Archive, now: datetime) -> int:
    return reconcile_schedule.reconcile([NUMBER], archive, now - reconcile_schedule.WINDOW, now)


def work() -> None:
    """Run the worker on the queued texts."""
    if bodies := take_queued("inbound"):
        assert worker.handler(sqs_event(*bodies), LambdaContext()) == {"batchItemFailures": []}


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 200)]


def received_units(account: Account) -> int:
    """Return the units of all replies: a text of the list counts in its own month, one of the webhook in today's."""
    return sum(quotas.of_month(account.id, month).units_received for month in {"2026-11", month_of(clients.now())})


def test_a_text_whose_webhook_was_lost_is_written_with_the_carriers_time(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW - 3 * MINUTE)])

    queued_jobs = run(archive, NOW)
    work()

    assert queued_jobs == 1
    assert archive.asked_for == [(NUMBER, NOW - 30 * MINUTE)]
    [reply] = replies(account)
    assert (reply.body, reply.created_at, reply.client_id) == ("words of SM1", NOW - 3 * MINUTE, "c1")
    assert reply.charged_units == 1


def test_known_replies_are_not_queued_again_attributed_or_not(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW - 3 * MINUTE), arrived("SM2", NOW - 3 * MINUTE)])
    archive.texts[1].form["From"] = "+12125550777"
    run(archive, NOW)
    work()

    assert run(archive, NOW + 5 * MINUTE) == 0

    assert len(replies(account)) == 1
    assert len(messages_replies.unattributed_page(NOW, limit=10, cursor=None)[0]) == 1


def test_a_text_of_the_last_minute_is_left_to_the_next_run(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW)])

    assert run(archive, NOW + MINUTE / 2) == 0
    assert run(archive, NOW + 5 * MINUTE) == 1


@pytest.mark.long
def test_a_text_from_the_webhook_and_two_concurrent_runs_is_one_reply(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW - 3 * MINUTE)])
    post(archive.texts[0].form)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: run(archive, NOW), range(2)))
    bodies = take_queued("inbound")

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda body: worker.handler(sqs_event(body), LambdaContext()), bodies))

    assert answers == [{"batchItemFailures": []}] * 3
    assert len(replies(account)) == 1
    assert received_units(account) == 1


@pytest.mark.long
def test_texts_of_lost_webhooks_arrive_once_and_within_fifteen_minutes(account: Account) -> None:
    """For an hour every other webhook is lost, and the carrier does not answer every third run."""
    archive = Archive()
    arrived_at: dict[str, datetime] = {}
    for minute in range(90):
        now = NOW + minute * MINUTE
        if minute < 60:
            archive.texts.append(text := arrived(f"SM{minute}", now))
            if minute % 2:
                post(text.form)
        if minute % 5 == 4:
            archive.complete = minute % 3 > 0
            listed, archive.texts = archive.texts, archive.texts if archive.complete else []
            with suppress(reconcile_schedule.NotListed):
                run(archive, now)
            archive.texts = listed
        work()
        for reply in replies(account):
            arrived_at.setdefault(str(reply.carrier_id), now)

    assert sorted(reply.carrier_id or "" for reply in replies(account)) == sorted(
        f"SM{minute}" for minute in range(60)
    )
    assert max(arrived_at[f"SM{minute}"] - (NOW + minute * MINUTE) for minute in range(60)) <= 15 * MINUTE
    assert received_units(account) == 60


def test_a_stop_whose_webhook_was_lost_is_queued_with_the_carriers_time(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW - 3 * MINUTE)])
    archive.texts[0].form["Body"] = "STOP"

    run(archive, NOW)
    work()

    [job] = take_queued("opt_out")
    assert '"at":"2026-11-22T15:27:00Z"' in job


def test_a_text_waits_five_minutes_for_the_addresses_of_its_pictures(account: Account) -> None:
    archive = Archive(texts=[arrived("MM1", NOW, pictures=1), arrived("MM2", NOW + 4 * MINUTE, pictures=1)])

    first = run(archive, NOW + 2 * MINUTE)
    second = run(archive, NOW + 7 * MINUTE)
    work()
    archive.media = {"MM2": ["https://api.example/ME2"]}
    third = run(archive, NOW + 12 * MINUTE)
    work()

    assert (first, second, third) == (0, 1, 1)
    assert [(reply.carrier_id, reply.media) for reply in replies(account)] == [
        ("MM1", ()),
        ("MM2", ("https://api.example/ME2",)),
    ]


def test_an_incomplete_list_is_queued_and_then_raises(account: Account) -> None:
    archive = Archive(texts=[arrived("SM1", NOW - 3 * MINUTE)], complete=False)

    with pytest.raises(reconcile_schedule.NotListed):
        run(archive, NOW)

    [body] = take_queued("inbound")
    assert queues.read(Receive, body).form["MessageSid"] == "SM1"


def test_a_carrier_without_a_list_is_no_failure(account: Account) -> None:
    assert run(Archive(name="aws", lists=False), NOW) == 0


@dataclass
class Clock:
    now: datetime


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Simulated, Clock, Twilio]]:
    """Start the simulated carrier, which loses every webhook; yield it with its clock and a client.

    The functions are configured to use it.
    """
    clock = Clock(NOW)
    carrier = Simulated(
        "AC0123456789abcdef0123456789abcdef", "test-token", "http://127.0.0.1:9/inbound", clock=lambda: clock.now
    )
    carrier.network.put_faults("all", FaultSet(lose_inbound=Fault()))
    with serving(carrier) as server:
        monkeypatch.setenv("CARRIER_API_BASE", server.url)
        settings.cache_clear()
        yield (
            carrier,
            clock,
            Twilio(
                account_sid="AC0123456789abcdef0123456789abcdef",
                auth_token="test-token",
                callback_base="",
                api_base=server.url,
            ),
        )
    settings.cache_clear()


def test_texts_are_fetched_from_the_simulated_carrier_with_their_pictures(
    account: Account, simulated: tuple[Simulated, Clock, Twilio]
) -> None:
    carrier, clock, twilio = simulated
    sent: list[Text] = []
    for minute in range(7):
        clock.now = NOW + minute * MINUTE
        media = ("https://pictures.example/1", "https://pictures.example/2") if minute == 3 else ()
        sent.append(carrier.reply(PHONE, NUMBER, f"words {minute}", media))

    now = NOW + 10 * MINUTE
    reconcile_schedule.reconcile([NUMBER], twilio, now - reconcile_schedule.WINDOW, now)
    work()

    assert {reply.carrier_id: reply.body for reply in replies(account)} == {text.sid: text.body for text in sent}
    assert [reply.created_at for reply in replies(account) if reply.body == "words 6"] == [NOW + 6 * MINUTE]
    [picture] = [reply for reply in replies(account) if reply.media]
    assert [url.rpartition("/")[0].rpartition("/")[2] for url in picture.media] == ["Media", "Media"]


def test_shared_and_dedicated_numbers_are_both_reconciled(
    account: Account, simulated: tuple[Simulated, Clock, Twilio]
) -> None:
    carrier, _, _ = simulated
    numbers.dedicate(account, "+15555550177", NOW)
    carrier.reply("+12125550777", "+15555550177", "To your own number")
    carrier.reply(PHONE, NUMBER, "To the shared one")

    queued_jobs = reconcile_schedule.handler({"reconcile_at": (NOW + 5 * MINUTE).isoformat()}, LambdaContext())
    work()

    assert queued_jobs == {"queued": 2}
    assert sorted(one.body for one in replies(account)) == ["To the shared one", "To your own number"]


def test_the_schedules_event_and_an_operators_order_are_accepted(account: Account) -> None:
    assert timedelta(minutes=30) == reconcile_schedule.WINDOW
    with pytest.raises(reconcile_schedule.NotListed):
        reconcile_schedule.handler({}, LambdaContext())
    with pytest.raises(reconcile_schedule.NotListed):
        reconcile_schedule.handler({"since": datetime(2026, 11, 22, tzinfo=UTC).isoformat()}, LambdaContext())


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-22T10:00:00"}, "since"),
        ({"since": 5}, "since"),
        ({"sinc": "2026-11-22T10:00:00Z"}, "sinc"),
        ({"reconcile_at": "10000-01-01T00:00:00Z"}, "reconcile_at"),
    ],
)
def test_an_invalid_order_is_refused_with_its_field(account: Account, order: dict[str, Any], field: str) -> None:
    answer = reconcile_schedule.handler(order, LambdaContext())

    assert (answer["code"], answer["field"]) == ("invalid", field)


def test_until_the_carrier_has_credentials_nothing_is_listed_and_nothing_fails(account: Account) -> None:
    as_deployed = '{"account_sid": "", "auth_token": "generated"}'
    client("secretsmanager").put_secret_value(SecretId="carrier", SecretString=as_deployed)
    parameters.clear_caches()  # type: ignore[no-untyped-call]

    queued_jobs = reconcile_schedule.handler({}, LambdaContext())

    parameters.clear_caches()  # type: ignore[no-untyped-call]
    assert queued_jobs == {"queued": 0}
