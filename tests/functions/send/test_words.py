"""The final text: merge fields in any body, and the studio's name at the start of a conversation."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import settings_api
from longcode.accounts.account import Account
from longcode.table import keys, store
from longcode.table.writes import Update
from send import api
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, client, studio
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.account(sender_name="Foxglove")


def preview(account: Account, **form: Any) -> ApiResponse:
    return call(api, "POST", "/messages/preview", {"client_id": "c1"} | form, account=account.id)


def test_a_conversations_first_text_has_the_studios_name_in_front_and_its_next_has_not(
    account: Account,
) -> None:
    accept(account, "first", body="Your proofs are ready.")
    carrier = FakeCarrier()
    deliver(carrier)
    accept(account, "second", body="Did you see them?", now=NOW + timedelta(days=29))
    deliver(carrier, NOW + timedelta(days=29))

    assert [text.body for text in carrier.texts] == ["Foxglove: Your proofs are ready.", "Did you see them?"]


def test_a_conversation_begins_again_after_thirty_days(account: Account) -> None:
    accept(account, "first")
    deliver(FakeCarrier())

    assert accept(account, "second", now=NOW + timedelta(days=30)).body == "Foxglove: Hello"


def test_another_studios_texts_to_the_phone_do_not_continue_a_conversation(account: Account) -> None:
    other = studio("10000002")
    client(other)
    before = preview(account, body="Hello").text

    accept(other)
    deliver(FakeCarrier())

    assert preview(account, body="Hello").text == before


def test_the_studios_name_counts_towards_the_texts_length(account: Account) -> None:
    phones = ["+12125550124", "+12125550125"]
    client(account, "c2", *phones)
    accept(account, "first", client_id=None, to=phones[0])
    deliver(FakeCarrier())

    units = [accept(account, phone, client_id="c2", to=phone, body="a" * 155).units for phone in phones]

    assert units == [1, 2]


def test_a_body_without_a_template_may_have_merge_fields(account: Account) -> None:
    answer = preview(account, body="Hi {{client.first_name}}, {{session.date}}", values={"session.date": "Friday"})

    assert answer.json["text"] == "Foxglove: Hi Zoë, Friday"


@pytest.mark.parametrize("name", ["\u200b", "\u3164", "\u0301", "null", "N/A"])
def test_a_client_whose_name_says_nothing_gets_the_templates_default(account: Account, name: str) -> None:
    client(account, "c2", "+12125550124", first_name=name)

    answer = preview(account, client_id="c2", body="Hi {{client.first_name|there}}, see you at 5")

    assert answer.json["text"] == "Foxglove: Hi there, see you at 5"


def test_a_studio_whose_name_shows_nothing_has_it_before_no_text(account: Account) -> None:
    store.write(Update(keys.account(account.id), changes={"sender_name": "\u200b"}))

    assert preview(account, body="Hello").json["text"] == "Hello"


def test_the_preview_shows_the_subject_which_is_never_sent(account: Account) -> None:
    call(settings_api, "PUT", "/templates/t", {"subject": "Spring", "body": "Hi"}, account=account.id)

    answer = preview(account, template="t").json

    assert (answer["subject"], answer["text"]) == ("Spring", "Foxglove: Hi")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("Hi {{client.nickname}}", "bad_template", "body"),
        ("Hi {{client.last_name}}", "empty_field", "client.last_name"),
        ("{% for x in y %}", "bad_template", "body"),
        ("a" * 100_000, "invalid", "body"),
    ],
)
def test_a_body_that_cannot_be_merged_is_refused_with_the_field(
    account: Account, body: str, code: str, field: str
) -> None:
    answer = call(api, "POST", "/messages", {"client_id": "c1", "body": body}, account=account.id)

    assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (422, code, field)


def test_a_client_whose_name_is_a_merge_field_gets_no_text(account: Account) -> None:
    client(account, "c9", first_name="{{studio.name}}")

    answer = call(
        api, "POST", "/messages", {"client_id": "c9", "body": "Hi {{client.first_name}}"}, account=account.id
    )

    assert (answer.status, answer.json["code"]) == (422, "bad_value")
    assert answer.json["errors"][0]["field"] == "client.first_name"
