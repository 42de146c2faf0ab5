"""Clients in the table: each phone links to its clients, and no opt-out is missed, whatever the order of writes."""

import pytest
from msgspec.structs import replace

from longcode.clients import store as clients
from longcode.clients.client import Client, Phone
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.fakes import NOW, client, studio

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"


def opt_out() -> None:
    """Record an opt-out as the worker does."""
    optouts.record(
        OptOutEvent(
            id="e1", phone=PHONE, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="STOP", account=None
        )
    )
    for account, client_id in clients.with_phone_in_all_accounts(PHONE):
        clients.mark_phone(account, client_id, PHONE)


def marked() -> set[str]:
    stored = clients.get("10000001", "c1")
    assert stored
    return set(stored.heard_stop)


def test_a_client_is_read_back_as_it_was_written() -> None:
    written = Client(
        account="10000001",
        id="c1",
        updated_at=NOW,
        first_name="Zoë",
        phones=(Phone(number=PHONE, entered="212-555-0123", sms=False, label="home"),),
        tags=("family", "vip"),
        status="active",
    )

    assert clients.put(written) is True
    assert clients.put(written) is False

    stored = clients.get("10000001", "c1")
    assert stored
    assert replace(stored, updated_at=NOW) == written


def test_a_client_whose_phone_opted_out_stays_marked_when_written_again() -> None:
    account = studio()
    opt_out()

    for _ in range(3):
        client(account)

    assert marked() == {PHONE}


def test_an_opt_out_just_before_the_write_marks_the_client() -> None:
    account = studio()

    with meanwhile("TransactWriteItems", opt_out):
        client(account)

    assert marked() == {PHONE}


def test_an_opt_out_just_after_the_write_marks_the_client() -> None:
    account = studio()

    with meanwhile("BatchGetItem", opt_out):
        client(account)

    assert marked() == {PHONE}


def test_an_opt_out_while_a_client_is_written_again_is_kept() -> None:
    account = studio()
    client(account)

    with meanwhile("TransactWriteItems", opt_out):
        client(account)

    assert marked() == {PHONE}


def test_an_opt_out_of_a_client_deleted_meanwhile_creates_no_client() -> None:
    client(studio())

    with meanwhile("UpdateItem", lambda: clients.delete("10000001", "c1")):
        opt_out()

    assert clients.get("10000001", "c1") is None


def test_writes_of_one_instant_leave_no_old_link() -> None:
    account = studio()
    numbers = [f"+1212555010{last}" for last in range(6)]

    with parallel_calls() as threads:
        list(threads.map(lambda number: client(account, "c1", number), numbers))

    stored = clients.get("10000001", "c1")
    assert stored
    assert [number for number in numbers if clients.with_phone("10000001", number)] == [stored.phones[0].number]


def test_a_write_and_a_deletion_at_once_leave_a_client_with_its_link_or_neither() -> None:
    account = studio()

    for number in range(4):
        with parallel_calls() as threads:
            client(account, "c1", PHONE)
            written = threads.submit(client, account, "c1", "+12125550199")
            deleted = threads.submit(clients.delete, "10000001", "c1")
            assert written.result().id == "c1"
            assert deleted.result()

        stored = clients.get("10000001", "c1")
        assert clients.with_phone("10000001", PHONE) == {}
        assert bool(clients.with_phone("10000001", "+12125550199")) == bool(stored), number


def test_the_clients_of_all_studios_with_a_phone_are_found() -> None:
    client(studio("10000001"), "a:b", PHONE)
    client(studio("10000002"), "c2", PHONE, allow_text_marketing=False)

    assert sorted(clients.with_phone_in_all_accounts(PHONE)) == [("10000001", "a:b"), ("10000002", "c2")]
    assert clients.with_phone("10000001", PHONE) == {"a:b": True}
    assert clients.with_phone("10000002", PHONE) == {"c2": False}
