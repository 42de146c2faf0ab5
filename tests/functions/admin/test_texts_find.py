"""The order texts.find: by each id, by a phone in any spelling and by time, with few calls whatever the table has."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from admin.texts import find
from inbox import worker as inbox_worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.carriers.carrier import CarrierText, Inbound, SentText
from longcode.errors import NotFound
from longcode.message import Message, MessageKind, MessageState
from longcode.messages import compose, folders, replies
from longcode.messages import store as messages
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.aws_calls import noted_calls
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.readers import log_lines
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

PHONE, NUMBER = "+12125550123", "+15555550100"
SID = "SM" + "0" * 32
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass
class FakeRegister:
    """A carrier that knows one text by its id."""

    text: SentText | None
    asked: list[str] = field(default_factory=list)

    def sent(self, carrier_id: str) -> SentText | None:
        self.asked.append(carrier_id)
        return self.text


@pytest.fixture
def account() -> Account:
    account = studio(created_at=NOW - DAY)
    client(account)
    return account


def found(**order: Any) -> list[str]:
    return [item["message_id"] for item in send_accepted_order("texts.find", **order)["items"]]


def written(
    account: Account, message_id: str, *, at: timedelta = MINUTE, phone: str = PHONE, **changes: Any
) -> Message:
    """Write a text as it was accepted so long ago."""
    text = compose.draft(
        account=account.id,
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone=phone,
        body="Hello",
        number=NUMBER,
        now=NOW - at,
    )
    return messages.write_new(replace(text, **changes))


def test_a_text_is_found_by_its_id_whichever_account_has_it(account: Account) -> None:
    for index in range(250):
        studio(f"2{index:07}")
    text = written(accounts.get_or_raise("20000201"), "c0ffee-0")

    [item] = send_accepted_order("texts.find", what="c0ffee-0")["items"]

    assert (item["account"], item["message_id"], item["at"]) == (text.account, "c0ffee-0", "2026-11-22T15:29:00.000Z")


def test_a_text_is_found_by_the_reference_that_receipts_have(account: Account) -> None:
    written(account, "c0ffee-0")

    with noted_calls() as made:
        assert found(what="10000001.c0ffee-0") == ["c0ffee-0"]
    assert made.count("GetItem") + made.count("BatchGetItem") < 5


@pytest.mark.parametrize("spelled", [PHONE, "(212) 555-0123", "212.555.0123", " 1 212 555 0123 "])
def test_the_texts_to_a_phone_are_found_in_any_spelling_newest_first(account: Account, spelled: str) -> None:
    other = studio("10000002", created_at=NOW - DAY)
    client(other)
    written(account, "older", at=2 * MINUTE)
    written(other, "newer")
    written(other, "other-phone", phone="+12125550124")

    assert found(what=spelled) == ["newer", "older"]
    assert found(what=spelled, account="10000001") == ["older"]


def test_a_time_bounds_the_texts_to_a_phone_and_those_of_an_account(account: Account) -> None:
    for days in (1, 2, 3):
        written(account, f"m{days}", at=days * DAY)

    between = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-20T23:59:59.999Z"}

    assert found(what=PHONE, **between) == ["m2"]
    assert found(account=account.id, **between) == ["m2"]
    assert found(account=account.id) == ["m1", "m2", "m3"]


def test_a_time_alone_finds_the_texts_of_all_accounts_page_by_page(account: Account) -> None:
    for index in range(100):
        studio(f"2{index:07}")
    other = studio("30000000", created_at=NOW - DAY)
    written(account, "mine", at=2 * MINUTE)
    written(other, "theirs", phone="+12125550124")
    written(other, "before", at=2 * DAY)
    since = "2026-11-22T00:00:00Z"

    first = send_accepted_order("texts.find", since=since)
    second = send_accepted_order("texts.find", since=since, after=first["next_cursor"])

    assert [[item["message_id"] for item in page["items"]] for page in (first, second)] == [["mine"], ["theirs"]]
    assert (first["next_cursor"], second["next_cursor"]) == ("20000098", None)


def test_a_page_says_that_there_may_be_older_ones(account: Account) -> None:
    for minutes in range(1, 5):
        written(account, f"m{minutes}", at=minutes * MINUTE)

    answer = send_accepted_order("texts.find", what=PHONE, limit=3)
    older = send_accepted_order("texts.find", what=PHONE, until="2026-11-22T15:26:59.999Z")

    assert [item["message_id"] for item in answer["items"]] == ["m1", "m2", "m3"]
    assert answer["looked_back_to"] == "2026-11-22T15:27:00.000Z"
    assert [item["message_id"] for item in older["items"]] == ["m4"]
    assert older["looked_back_to"] is None


def inbound(carrier_id: str = SID) -> Inbound:
    return Inbound(carrier="twilio", carrier_id=carrier_id, phone=PHONE, number=NUMBER, body="Thanks!")


def test_a_reply_is_found_by_the_id_of_the_carrier_with_its_rule(account: Account) -> None:
    accept(account)
    deliver(FakeCarrier())
    inbox_worker.receive(inbound(), NOW + MINUTE)

    [item] = send_accepted_order("texts.find", what=SID)["items"]

    assert (item["account"], item["direction"]) == ("10000001", "in")
    assert "no other account can be meant" in item["why"]


def test_an_unattributed_reply_is_said_to_be_one() -> None:
    replies.keep_unattributed(inbound(), NOW)

    answer = send_accepted_order("texts.find", what=SID)

    assert (answer["items"], answer["is_unattributed"]) == ([], True)
    assert "unattributed list" in send_order("texts.show", id=SID)["detail"]


def at_carrier(carrier_id: str = SID) -> FakeRegister:
    text = CarrierText(carrier_id=carrier_id, body="Hello", created_at=NOW, state=MessageState.SENT)
    return FakeRegister(SentText(phone=PHONE, number=NUMBER, text=text))


def test_a_text_is_found_by_the_id_of_the_carrier_which_is_asked_for_its_phone(account: Account) -> None:
    written(account, "other", carrier_id="SM2", carrier="twilio")
    written(account, "wanted", carrier_id=SID, carrier="twilio")
    written(account, "given-back", carrier="twilio", returned=(SID,))
    carrier = at_carrier()

    answer = find.find_with(find.FindTexts(what=SID), lambda: carrier, NOW)

    assert sorted(item["message_id"] for item in answer["items"]) == ["given-back", "wanted"]
    assert carrier.asked == [SID]


def test_a_text_with_an_id_of_the_carrier_is_found_behind_a_hundred_later_ones(account: Account) -> None:
    written(account, "wanted", carrier_id=SID, carrier="twilio")
    later = NOW + DAY
    for index in range(101):
        messages.write_new(replace(written(account, f"m{index}"), id=f"l{index}", created_at=later))

    answer = find.find_with(find.FindTexts(what=SID), at_carrier, later + MINUTE)

    assert [item["message_id"] for item in answer["items"]] == ["wanted"]


@pytest.mark.parametrize(
    ("carrier", "detail"),
    [
        (FakeRegister(None), "No account has a text"),
        (None, "No account has a text"),
        (at_carrier(), "The carrier has this text, and no account has it"),
    ],
)
def test_an_id_that_nobody_has_is_refused_with_what_would_find_it(
    account: Account, carrier: FakeRegister | None, detail: str
) -> None:
    with pytest.raises(NotFound, match=detail) as refused:
        find.find_with(find.FindTexts(what=SID), lambda: carrier, NOW)
    assert refused.value.field == "what"


def test_a_text_of_another_account_than_the_named_one_is_not_shown(account: Account) -> None:
    studio("10000002")
    accept(account)
    deliver(FakeCarrier())
    inbox_worker.receive(inbound(), NOW + MINUTE)

    answer = send_order("texts.find", what=SID, account="10000002")

    assert (answer["code"], answer["field"]) == ("not_found", "account")


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "what"),
        ({"what": "  "}, "what"),
        ({"what": "123"}, "what"),
        ({"what": PHONE, "account": "99999999"}, "account"),
        ({"account": "99999999"}, "account"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_field(order: dict[str, Any], field: str) -> None:
    answer = send_order("texts.find", **order)

    assert answer["field"] == field


def test_no_log_line_has_a_phone_or_words(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    written(account, "c0ffee-0")

    send_accepted_order("texts.find", what=PHONE)
    send_accepted_order("texts.show", id="10000001.c0ffee-0")
    send_accepted_order("phones.show", phone=PHONE)

    assert PHONE not in log_lines(caplog)
    assert "Hello" not in log_lines(caplog)


def calls_of(search: Callable[[], object]) -> int:
    with noted_calls() as made:
        search()
    assert "Scan" not in made
    return len(made)


def test_the_calls_of_a_search_are_few_however_many_texts_there_are(account: Account) -> None:
    """A further call passes over a megabyte of the account's index, some 5,000 texts; decision 110 has the sums."""
    client(account, "c2", "+12125550124")
    written(account, "wanted-0", carrier="twilio", carrier_id=SID)
    searches: list[Callable[[], object]] = [
        lambda: send_accepted_order("texts.find", what="wanted-0"),
        lambda: send_accepted_order("texts.show", id="wanted-0"),
        lambda: send_accepted_order("phones.show", phone=PHONE),
        lambda: send_accepted_order("texts.find", what=PHONE),
        lambda: find.find_with(find.FindTexts(what=SID), at_carrier, NOW),
    ]
    for search in searches:  # what a process reads once: the price list, the key of the hashes
        search()
    before = [calls_of(search) for search in searches]

    for index in range(400):
        written(account, f"m{index}", at=timedelta(seconds=index + 120), phone="+12125550124")
    after = [calls_of(search) for search in searches]

    assert after[:3] == before[:3]
    assert [calls < 30 for calls in after] == [True] * 5


def test_the_calls_that_pass_over_an_account_have_an_end_however_long_its_lists_are(account: Account) -> None:
    for index in range(100):
        written(account, f"m{index}", at=timedelta(seconds=index), phone="+12125550124")
    search = folders.Search(phone=PHONE)

    with noted_calls() as made:
        page = folders.page(account.id, "all", limit=20, search=search, since=NOW - DAY, chunk=5, max_calls=8)

    assert (page.messages, page.next_cursor is not None) == ([], True)
    assert len(made) < 20
