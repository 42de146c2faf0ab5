from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.errors import EmptyText, TextTooLong
from longcode.message import Direction, MessageKind, MessageState
from longcode.messages.compose import check_length, draft, fingerprint, request_id

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def test_the_same_key_of_the_same_account_has_the_same_request_id() -> None:
    assert request_id("10000001", "key") == "4e9234cead09f055bf6a52b8"


@given(st.text(), st.text())
def test_another_account_or_key_has_another_request_id(one: str, other: str) -> None:
    keys = {request_id("10000001", one), request_id("10000001", other), request_id("10000002", one)}

    assert len(keys) == (2 if one == other else 3)


@given(st.dictionaries(st.text(), st.text()))
def test_the_order_of_fields_does_not_change_the_fingerprint(body: dict[str, str]) -> None:
    assert fingerprint(dict(reversed(body.items()))) == fingerprint(body)


def test_another_body_has_another_fingerprint() -> None:
    assert fingerprint({"body": "Hello"}) != fingerprint({"body": "Hello "})


@pytest.mark.parametrize("text", ["a" * 1600, "中" * 1600, "."])
def test_a_text_of_up_to_1600_characters_is_allowed(text: str) -> None:
    assert check_length(text, "body") == text


def test_a_text_of_1601_characters_is_refused_with_the_field_and_the_count() -> None:
    with pytest.raises(TextTooLong) as refusal:
        check_length("a" * 1601, "template")

    assert refusal.value.field == "template"
    assert refusal.value.detail == "The text has 1,601 characters; a text has at most 1,600."


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_a_text_without_visible_characters_is_refused(text: str) -> None:
    with pytest.raises(EmptyText):
        check_length(text, "body")


def test_a_draft_is_measured_and_due_in_two_minutes() -> None:
    message = draft(
        account="10000001",
        message_id="m-0",
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="a" * 300,
        now=NOW,
    )

    assert (message.state, message.direction) == (MessageState.ACCEPTED, Direction.OUT)
    assert (message.encoding, message.segments, message.units) == ("GSM-7", 2, 2)
    assert message.due_at == datetime(2026, 11, 22, 15, 32, tzinfo=UTC)
