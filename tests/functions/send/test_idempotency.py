from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from send import api
from tests.support.aws_calls import failing
from tests.support.fakes import NOW, ApiResponse, call, client, studio, take_queued

PHONES = ("+12125550123", "+12125550124", "+12125550125")
HELLO = {"client_id": "c1", "body": "Hello"}

pytestmark = pytest.mark.account(client=False)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio with a client who has three phones, and another client."""
    client(account, "c1", *PHONES)
    client(account, "c2", "+12125550177")
    return account


def post(account: Account, body: object = HELLO, key: str = "key") -> ApiResponse:
    return call(api, "POST", "/messages", body, account=account.id, headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_same_response_and_sends_nothing_more(account: Account) -> None:
    first = post(account)
    sent = take_queued("send")

    second = post(account)

    assert second == first
    assert len(first.json["messages"]) == 3
    assert len(sent) == 3
    assert take_queued("send") == []


def test_a_repeated_request_gets_the_same_response_after_phones_and_opt_outs_changed(account: Account) -> None:
    first = post(account)
    client(account, "c1", "+12125550199", allow_text_marketing=False)
    optouts.record(
        OptOutEvent(id="e", phone="+12125550199", scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="stop")
    )
    clients.mark_phone(account.id, "c1", "+12125550199")

    second = post(account)

    assert second == first


def test_a_repeated_request_lists_twelve_phones_in_the_same_order(account: Account) -> None:
    client(account, "c3", *(f"+121255502{index:02}" for index in range(12)))

    first = post(account, {"client_id": "c3", "body": "Hello"})
    second = post(account, {"client_id": "c3", "body": "Hello"})

    assert second == first


def test_a_repeated_request_with_microseconds_in_another_time_zone_gets_the_same_response(account: Account) -> None:
    at = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=123456).astimezone(timezone(timedelta(hours=5)))

    first = post(account, HELLO | {"send_at": at.isoformat()})
    second = post(account, HELLO | {"send_at": at.astimezone(UTC).isoformat()})

    assert first.status == 202
    assert second == first


def test_a_repeated_key_with_another_body_is_a_conflict(account: Account) -> None:
    post(account)
    take_queued("send")

    answer = post(account, {"client_id": "c1", "body": "Goodbye"})

    assert (answer.status, answer.json["code"]) == (409, "idempotency_conflict")
    assert answer.json["errors"] == [
        {"field": "Idempotency-Key", "message": "This Idempotency-Key was used before with another body."}
    ]
    assert take_queued("send") == []


@pytest.mark.parametrize("operation", ["BatchGetItem", "TransactWriteItems"])
def test_after_a_fault_of_ours_the_same_key_sends_each_text_once(account: Account, operation: str) -> None:
    with failing("dynamodb", operation, "InternalServerError", times=99):
        broken = post(account)

    again = post(account)

    assert (broken.status, broken.json["code"]) == (500, "broken")
    assert "with the same one; if you did not, check first whether it took effect" in broken.json["detail"]
    assert again.status == 202
    assert len(take_queued("send")) == 3


def test_another_accounts_request_with_the_same_key_is_separate(account: Account) -> None:
    other = studio("10000002")
    client(other)

    first, second = post(account), post(other)

    assert first.json["messages"][0]["id"] != second.json["messages"][0]["id"]


def test_requests_without_a_key_are_separate(account: Account) -> None:
    first = call(api, "POST", "/messages", HELLO, account=account.id)
    second = call(api, "POST", "/messages", HELLO, account=account.id)

    assert first.json["messages"][0]["id"] != second.json["messages"][0]["id"]


def test_a_key_that_is_too_long_is_refused(account: Account) -> None:
    answer = post(account, key="k" * 256)

    assert (answer.status, answer.json["code"]) == (422, "invalid")


@pytest.mark.long
@pytest.mark.parametrize(("client_id", "phones"), [("c1", PHONES), ("c2", ("+12125550177",))])
def test_fifty_copies_of_a_request_at_once_make_one_message_for_each_phone_and_get_one_response(
    account: Account, client_id: str, phones: tuple[str, ...]
) -> None:
    form = api.NewMessage(client_id=client_id, body="Hello")

    # Not through the handler: Lambda never has one resolver answer two requests at once.
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: api.accept(account.id, form, "key", NOW), range(50)))

    assert all(answer == answers[0] for answer in answers)
    made = messages.of_request(account.id, compose.request_id(account.id, "key"))
    assert [message.phone for message in made] == [*phones]


def test_a_refused_request_may_be_repeated_with_its_key(account: Account) -> None:
    refused = client(account, "c4", "+12125550166", allow_text_marketing=False)
    before = post(account, {"client_id": "c4", "body": "Hello"})
    clients.put(replace(refused, allow_text_marketing=True))

    after = post(account, {"client_id": "c4", "body": "Hello"})

    assert (before.status, after.status) == (409, 202)
