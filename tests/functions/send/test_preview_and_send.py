"""The preview answers as the send does, in many states of an account; what is refused later could not be known."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.clients import store as clients
from longcode.clients.client import Phone
from longcode.errors import RequestError
from longcode.jobs import Means
from longcode.message import MessageState
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from send import api
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.local_aws import local_aws
from tests.support.text_steps import deliver, stored

HOME, WORK, ABROAD = PHONES = ("+12125550123", "+12125550124", "+61491570156")
SHARED_NUMBER, OWN, THEIRS = "+15555550100", "+15555550177", "+15555550188"
MINUTE = timedelta(minutes=1)


class World(Struct, frozen=True, kw_only=True):
    """A state of an account; `sent` texts went to HOME at the minute `sent_at`, as did one of each of `others`."""

    settings: dict[str, Any] = {}
    status: AccountStatus = AccountStatus.ACTIVE
    has_own_number: bool = False
    allows: bool = True
    ticked: tuple[bool, bool, bool] = (True, False, False)
    name: str = "Zoë"
    out: dict[str, str] = {}
    used: int = 0
    sent: int = 0
    sent_at: int = -10
    others: int = 0


worlds = st.builds(
    World,
    settings=st.fixed_dictionaries(
        {},
        optional={
            "plan_changes": st.just((PlanChange(NOW, "starter"),)),
            "texts_an_hour": st.integers(1, 3),
            "units_a_day": st.integers(1, 5),
            "trial_units_a_day": st.integers(1, 5),
            "sender_name": st.sampled_from(["Foxglove", "\u200b"]),
            "allowed_countries": st.just(("AU",)),
            "create_clients": st.booleans(),
            "smart_encoding": st.booleans(),
        },
    ),
    status=st.sampled_from([*[AccountStatus.ACTIVE] * 8, AccountStatus.SUSPENDED, AccountStatus.CLOSED]),
    has_own_number=st.booleans(),
    allows=st.sampled_from([True] * 5 + [False]),
    ticked=st.tuples(st.sampled_from([True] * 4 + [False]), st.booleans(), st.booleans()),
    name=st.sampled_from(["Zoë", "", "\u200b", "null"]),
    out=st.dictionaries(st.sampled_from(PHONES), st.sampled_from([SHARED, account_scope("10000001")]), max_size=1),
    used=st.sampled_from([0, 0, 96, 99, 100]),
    sent=st.integers(0, 4),
    sent_at=st.integers(-70, 0),
    others=st.sampled_from([0, 0, 0, 4]),
)
texts = st.sampled_from(
    [
        *({"body": "Hello"}, {"body": "Hello"}, {"body": "a" * 161}, {"body": "a" * 1601}, {"body": "…" * 600}),
        *({"body": "\u200b"}, {"body": "Hi {{client.first_name}}"}, {"body": "Hi {{session.date}}"}),
        *({"body": "Hi {{nobody}}"}, {"template": "hi"}, {"template": "none"}),
    ]
)
recipients = st.sampled_from(
    [
        *({"client_id": "c1"}, {"client_id": "c1"}, {"client_id": "nobody"}, {"client_id": "c1", "to": WORK}),
        *({"to": HOME}, {"to": HOME}, {"to": "212 555 0124"}, {"to": "+12125550199"}, {"to": ABROAD}, {"to": OWN}),
        *({"to": THEIRS}, {"to": SHARED_NUMBER}, {"to": "+12"}, {"to": "911"}, {"to": "+19005550123"}),
    ]
)
others = st.fixed_dictionaries(
    {},
    optional={
        "send_at": st.sampled_from([0, 1, 50, 20 * 24 * 60, 400 * 24 * 60]).map(
            lambda minutes: NOW + minutes * MINUTE
        ),
        "values": st.sampled_from([{"session.date": "Friday"}, {"client.cat": "x"}, {"session.date": "{{x}}"}]),
    },
)
forms = st.builds(lambda *parts: api.NewMessage(**parts[0], **parts[1], **parts[2]), texts, recipients, others)


@contextmanager
def lived_in(world: World) -> Iterator[Account]:
    """Yield an account in this state."""
    with local_aws():
        account = studio(**world.settings)
        if world.used:
            store.write(quotas.count_write(account.id, "2026-11-10", "x", Usage(units_sent=world.used)))
        if world.has_own_number:
            numbers.dedicate(account, OWN, NOW - timedelta(days=40))
        client(account)
        for index in range(world.sent):
            send(account.id, "c1", index, world.sent_at)
        for index in range(world.others):
            other = studio(f"1000001{index}")
            client(other)
            send(other.id, "c1", 0, world.sent_at)
        if world.others:
            numbers.dedicate(other, THEIRS, NOW)
        phones = [
            Phone(number=phone, entered=phone, sms=sms) for phone, sms in zip(PHONES, world.ticked, strict=True)
        ]
        client(account, phones=tuple(phones), allow_text_marketing=world.allows, first_name=world.name)
        template_store.put_template(
            Template(account=account.id, name="hi", subject="", body="Hi {{client.first_name|you}}")
        )
        for phone, scope in world.out.items():
            optouts.record(
                OptOutEvent(id=phone, phone=phone, scope=scope, out=True, at=NOW, means=Means.TEXT, words="Stop")
            )
            clients.mark_phone(account.id, "c1", phone)
        store.write(Update(keys.account(account.id), changes={"standing": world.status}))
        yield accounts.get_or_raise(account.id)


def send(account: str, client_id: str, index: int, minute: int) -> None:
    """Send a text, if the account may send it."""
    at = NOW + minute * MINUTE + timedelta(seconds=index)
    try:
        api.accept(account, api.NewMessage(client_id=client_id, body="Hello"), f"earlier-{index}", at)
    except RequestError:
        return
    deliver(FakeCarrier(), at)


@pytest.mark.long
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(worlds, forms)
@example(World(settings={"texts_an_hour": 3}, sent=3), api.NewMessage(client_id="c1", body="Hello"))
@example(World(settings={"texts_an_hour": 3}, sent=4, has_own_number=True), api.NewMessage(to=HOME, body="Hello"))
@example(World(settings={"texts_an_hour": 1}, sent=1), api.NewMessage(to=HOME, body="Hello", send_at=NOW + MINUTE))
@example(World(others=4), api.NewMessage(client_id="c1", body="Hello"))
def test_the_preview_has_the_code_of_the_send(world: World, form: api.NewMessage) -> None:
    with lived_in(world) as account:
        shown = api.preview(account.id, form, NOW)
        refused, accepted = None, None
        try:
            accepted = api.accept(account.id, form, "k", NOW)
        except RequestError as refusal:
            refused = refusal
        event(refused.code if refused else "accepted")

        assert (shown.may_be_sent, shown.code) == (refused is None, refused and refused.code)
        assert shown.reason == (refused and refused.detail)
        if accepted is None:
            return
        assert [text.phone for text in accepted.messages] == list(shown.phones)
        assert accepted.messages[0].body == shown.text
        assert accepted.skipped == list(shown.skipped)

        at = (form.send_at or NOW) + timedelta(seconds=1)
        if form.send_at:
            sweep_schedule.sweep(at)
        deliver(FakeCarrier(), at)

        # Whether other accounts have the shared numbers for a phone is told to no account before it sends.
        ended = [stored(account, text.id) for text in accepted.messages]
        event("/".join(sorted(text.error or text.state for text in ended)))
        allowed = {"no_shared_number"} if world.others else set()
        assert {text.error for text in ended if text.state is MessageState.REFUSED} <= allowed
        assert all(text.state in {MessageState.SENT, MessageState.REFUSED} for text in ended)
