"""`longcode phones`: who texts a phone, and its consent, with phone and words only when they are asked for."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.clients import consents
from longcode.clients import store as clients
from longcode.clients.permission import Consent, ConsentMeans, Via, Writer, permission_by
from longcode.jobs import Means
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.table import store
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.operator import longcode
from tests.support.text_steps import accept, deliver

PHONE = "+12125550123"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def talk(aws: None) -> None:
    """A phone that a studio texts, and that another has as a client's."""
    account = studio(name="Foxglove Photo")
    client(account)
    client(studio("10000002", name="Büro Zoë"), "z1")
    accept(account)
    deliver(FakeCarrier())
    numbers.note_reply(PHONE, account.id, "+15555550100", NOW + 2 * DAY)


def stopped(scope: str = SHARED, *, out: bool = True, words: str = "STOP please", at: int = 2) -> None:
    event = OptOutEvent(
        id=f"e{at}", phone=PHONE, scope=scope, out=out, at=NOW + at * MINUTE, means=Means.TEXT, words=words
    )
    optouts.record(event)


def test_a_phone_has_its_accounts_with_their_last_texts_and_numbers_and_whether_they_are_live() -> None:
    ended = longcode("phones", "show", "(212) 555-0123")

    assert "phone +1212…0123" in ended.printed
    assert (
        "10000001 Foxglove Photo: last text 2026-11-22 15:30 over +15555550100, last reply noted 2026-11-24 15:30"
        " (live); client c1" in ended.printed
    )
    assert "10000002 Büro Zoë: client z1" in ended.printed
    assert "opted out never" in ended.printed


def test_a_phone_has_its_state_by_scope_and_its_whole_history() -> None:
    stopped()
    stopped(account_scope("10000001"), out=False, words="START now", at=3)
    numbers.block_pair(PHONE, "+15555550100", "+15555550101", NOW)

    ended = longcode("phones", "show", PHONE)
    asked = longcode("phones", "show", PHONE, "--words", "--phones")

    assert "all studios on the shared numbers: out since 2026-11-22 15:32" in ended.printed
    assert "2026-11-22 15:33 account 10000001: in (text)" in ended.printed
    assert "would not go now: The client had opted out." in ended.printed
    assert "blocked at the carrier +15555550100" in ended.printed
    assert "STOP please" not in ended.printed
    assert PHONE not in ended.printed
    assert "in (text): “START now”" in asked.printed
    assert PHONE in asked.printed


def test_a_phone_has_the_consents_of_its_clients_with_means_and_person() -> None:
    paper = Consent(means=ConsentMeans.PAPER, given_on=date(2026, 11, 3), taken_by="Kim")
    writer = Writer(via=Via.HUB, person="Ann")
    account = accounts.get_or_raise("10000001")
    before = clients.get(account.id, "c1")
    assert before
    after = replace(before, updated_at=NOW, permission=permission_by(writer, NOW, paper))
    store.write(*consents.event_writes(before, after, paper))

    printed = longcode("phones", "show", PHONE).printed

    assert (
        "2026-11-22 15:30 account 10000001, client c1: texts allowed (paper) on 2026-11-03, heard by Kim, by Ann"
        in printed
    )


def test_an_unknown_phone_is_known_to_none_and_a_wrong_one_is_refused() -> None:
    unknown, wrong = longcode("phones", "show", "+12125550199"), longcode("phones", "show", "12")

    assert "accounts none knows it" in unknown.printed
    assert (wrong.exit_code, "(PHONE)" in wrong.printed) == (1, True)


def test_blocked_phones_are_listed() -> None:
    before = longcode("phones", "blocked")
    numbers.block_pair(PHONE, "+15555550100", "+15555550101", NOW)

    assert before.printed == "No phone is blocked."
    assert "+1212…0123 +15555550100 +15555550101" in longcode("phones", "blocked").printed
    assert PHONE in longcode("phones", "blocked", "--phones").printed


def test_the_hash_of_a_phone_is_printed_alone() -> None:
    ended = longcode("phones", "hash", PHONE)

    assert ended.printed == longcode("--json", "phones", "show", PHONE).answer["phone_hash"]


def test_a_phone_without_its_country_code_is_refused_with_an_example() -> None:
    hashed, exported = longcode("phones", "hash", "12"), longcode("optouts", "export", "--phone", "12")

    assert (hashed.exit_code, exported.exit_code) == (2, 2)
    assert all("is no phone with its country code" in ended.printed for ended in (hashed, exported))
