"""A broadcast from its first step to the sent texts: who gets one, who is skipped, and when."""

from datetime import datetime, timedelta

import pytest

from broadcasts import worker
from longcode.accounts.account import Account
from longcode.broadcasts import store as broadcasts
from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.message import BroadcastState, HoldReason, MessageKind
from longcode.message import MessageState as Text
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.template import Template
from longcode.templates import store as template_store
from sweeper import sweep_schedule
from tests.support.aws_calls import failing
from tests.support.broadcast_steps import (
    advance,
    create_broadcast,
    deliver_bulk_texts,
    phone_number,
    send,
    skipped,
    stored,
    texts,
    write_clients,
)
from tests.support.fakes import NOW, LambdaContext, client, sqs_event, take_queued

pytestmark = pytest.mark.account(client=False)

EVENING = datetime(2026, 11, 23, 2, 30, tzinfo=NOW.tzinfo)  # 21:30 in New York
MORNING = datetime(2026, 11, 23, 13, 0, tzinfo=NOW.tzinfo)  # 8:00 there


def opt_out(number: str) -> None:
    optouts.record(
        OptOutEvent(id=number, phone=number, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="stop")
    )
    for of_account, client_id in clients.with_phone_in_all_accounts(number):
        clients.mark_phone(of_account, client_id, number)


def test_every_client_gets_a_text_with_their_own_values(account: Account) -> None:
    client(account, "ann", phone_number(1), first_name="Ann")
    client(account, "bob", phone_number(2), first_name="Bob")

    broadcast = send(account, body="Hello {{client.first_name}} of {{studio.name}}")

    carrier = deliver_bulk_texts()
    assert sorted((text.to, text.body) for text in carrier.texts) == [
        (phone_number(1), "Hello Ann of Foxglove Portraits"),
        (phone_number(2), "Hello Bob of Foxglove Portraits"),
    ]
    assert (broadcast.state, broadcast.planned_clients, broadcast.planned_texts, broadcast.texts) == ("done", 2, 2, 2)


def test_a_text_of_a_broadcast_names_its_client_template_and_broadcast(account: Account) -> None:
    client(account, "ann", phone_number(1))
    template_store.put_template(Template(account=account.id, name="sale", subject="Sale", body="Sale!"))

    broadcast = send(account, body=None, template="sale")

    [text] = texts(account, broadcast.id)
    assert (text.kind, text.client_id, text.template, text.subject) == (MessageKind.BULK, "ann", "sale", "Sale")
    assert (text.broadcast, text.valid_until) == (broadcast.id, NOW + timedelta(hours=24))


def test_each_ticked_number_gets_one_text_even_if_two_clients_share_it(account: Account) -> None:
    client(account, "ann", phone_number(1), phone_number(2))
    client(account, "bob", phone_number(2), phone_number(3))

    broadcast = send(account)

    assert [(text.phone, text.client_id) for text in texts(account, broadcast.id)] == [
        (phone_number(1), "ann"),
        (phone_number(2), "ann"),
        (phone_number(3), "bob"),
    ]
    assert skipped(account, broadcast.id) == [("bob", phone_number(2), "duplicate")]


@pytest.mark.long
def test_a_number_shared_by_clients_of_two_steps_gets_one_text(account: Account) -> None:
    write_clients(account, 250)
    client(account, "z1", phone_number(0))

    broadcast = send(account)

    assert (broadcast.texts, broadcast.planned_texts, broadcast.skipped) == (250, 250, {"duplicate": 1})
    assert skipped(account, broadcast.id) == [("z1", phone_number(0), "duplicate")]
    assert len(take_queued("bulk")) == 250


def test_each_skipped_client_is_stored_with_the_reason(account: Account) -> None:
    client(account, "a-no", phone_number(1), allow_text_marketing=False)
    client(account, "b-none", phone_number(2), phones=())
    client(account, "c-stop", phone_number(3), phone_number(4))
    client(account, "d-nameless", phone_number(5), first_name=" ")
    client(account, "e-abroad", "+61491570156")
    opt_out(phone_number(3))

    broadcast = send(account, body="Hi {{client.first_name}}")

    assert skipped(account, broadcast.id) == [
        ("a-no", None, "no_permission"),
        ("b-none", None, "no_number_ticked"),
        ("c-stop", phone_number(3), "opted_out"),
        ("d-nameless", None, "empty_field"),
        ("e-abroad", "+61491570156", "country_not_allowed"),
    ]
    assert [text.phone for text in texts(account, broadcast.id)] == [phone_number(4)]
    assert broadcast.skipped == {
        "no_permission": 1,
        "no_number_ticked": 1,
        "opted_out": 1,
        "empty_field": 1,
        "country_not_allowed": 1,
    }


def test_an_unreadable_client_is_skipped_and_the_others_get_a_text(account: Account) -> None:
    write_clients(account, 2)
    store.write(Update(keys.client(account.id, "p0000"), changes={"phones": "none"}))

    broadcast = send(account)

    assert skipped(account, broadcast.id) == [("p0000", None, "unreadable")]
    assert [text.phone for text in texts(account, broadcast.id)] == [phone_number(1)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("audience", "client_ids"),
    [
        ({"client_ids": ["p0002", "p0000", "nobody"]}, ["p0000", "p0002"]),
        ({"tags": ["vip"]}, ["t1", "t2"]),
        ({"status": "lead"}, ["t2"]),
        ({"tags": ["vip"], "status": "lead"}, ["t2"]),
        ({"all": True}, ["p0000", "p0001", "p0002", "t1", "t2"]),
        ({"all": True, "except_tags": ["vip"], "except_client_ids": ["p0001"]}, ["p0000", "p0002"]),
    ],
)
def test_an_audience_is_chosen_by_ids_tags_status_or_all_without_exclusions(
    account: Account, audience: dict[str, object], client_ids: list[str]
) -> None:
    write_clients(account, 3)
    client(account, "t1", phone_number(11), tags=("vip", "old"))
    client(account, "t2", phone_number(12), tags=("vip",), status="lead")

    broadcast = send(account, audience=audience)

    assert [text.client_id for text in texts(account, broadcast.id)] == client_ids


def test_an_unknown_id_is_skipped(account: Account) -> None:
    write_clients(account, 1)

    broadcast = send(account, audience={"client_ids": ["p0000", "nobody"]})

    assert skipped(account, broadcast.id) == [("nobody", None, "not_found")]


@pytest.mark.long
def test_many_ids_take_several_steps(account: Account) -> None:
    write_clients(account, 300)

    broadcast = send(account, audience={"client_ids": [f"p{index:04}" for index in range(300)]})

    assert (broadcast.state, broadcast.texts, broadcast.step) == (BroadcastState.DONE, 300, 3)


def test_a_scheduled_broadcast_is_sent_at_its_time_to_the_clients_of_then(account: Account) -> None:
    write_clients(account, 1)
    at = NOW + timedelta(days=2)
    broadcast_id = create_broadcast(account, send_at=at)
    advance(NOW)
    early = (stored(account, broadcast_id).state, sweep_schedule.sweep(at))
    write_clients(account, 2)

    sweep_schedule.sweep(at + timedelta(seconds=1))
    advance(at + timedelta(seconds=1))

    assert early == (BroadcastState.SCHEDULED, 0)
    assert stored(account, broadcast_id).state is BroadcastState.DONE
    assert [text.phone for text in texts(account, broadcast_id)] == [phone_number(0), phone_number(1)]


def test_in_quiet_hours_texts_are_held_for_the_morning(account: Account) -> None:
    client(account, "ann", phone_number(1))

    broadcast = send(account, now=EVENING)

    [held] = texts(account, broadcast.id)
    assert (held.state, held.held, held.due_at) == (Text.SCHEDULED, HoldReason.QUIET_HOURS, MORNING)
    assert take_queued("bulk") == []
    assert broadcasts.is_waiting(broadcast, MORNING)
    sweep_schedule.sweep(MORNING + timedelta(seconds=1))
    assert len(deliver_bulk_texts(MORNING + timedelta(seconds=1)).texts) == 1
    assert not broadcasts.is_waiting(broadcast, MORNING + timedelta(seconds=2))


def test_a_broadcast_of_last_week_is_not_read_again_for_texts_that_wait(account: Account) -> None:
    client(account, "ann", phone_number(1))

    broadcast = send(account)

    assert broadcasts.is_waiting(broadcast, NOW + timedelta(days=4))
    assert not broadcasts.is_waiting(broadcast, NOW + timedelta(days=6))


def test_an_opt_out_after_a_text_is_written_stops_it(account: Account) -> None:
    write_clients(account, 2)
    broadcast = send(account)
    opt_out(phone_number(0))

    carrier = deliver_bulk_texts()

    assert [text.to for text in carrier.texts] == [phone_number(1)]
    assert [text.state for text in texts(account, broadcast.id)] == [Text.REFUSED, Text.SENT]


def test_the_sweeper_enqueues_steps_and_texts_whose_jobs_were_lost(account: Account) -> None:
    write_clients(account, 1)
    broadcast_id = create_broadcast(account)
    sent = []

    for minute in (0, 3, 6, 9, 12):
        at = NOW + timedelta(minutes=minute)
        sweep_schedule.sweep(at)
        with failing("sqs", "SendMessageBatch", "ServiceUnavailable", times=100):
            advance(at)
        sent += take_queued("bulk")

    assert stored(account, broadcast_id).state is BroadcastState.DONE
    assert len(sent) >= 1


def test_an_outdated_job_and_a_job_of_an_unknown_broadcast_do_nothing(account: Account) -> None:
    write_clients(account, 1)
    broadcast_id = create_broadcast(account)
    jobs = take_queued("broadcast")
    first = worker.handler(sqs_event(*jobs), LambdaContext())
    before = stored(account, broadcast_id)

    again = worker.handler(sqs_event(*jobs, '{"account":"1","broadcast_id":"b","step":0}'), LambdaContext())

    assert first == again == {"batchItemFailures": []}
    assert stored(account, broadcast_id) == before
