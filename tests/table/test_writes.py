from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError

from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.table.writes import attributes, from_wire, read, to_wire

instants = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
words = st.text(st.characters(codec="utf-8"))
messages = st.builds(
    Message,
    account=words,
    id=words,
    body=words,
    phone=words,
    number=words,
    encoding=words,
    template=st.none() | words,
    error=st.none() | words,
    client_id=st.none() | words,
    created_at=instants,
    due_at=st.none() | instants,
    lease_until=st.none() | instants,
    units=st.integers(0, 10**9),
    segments=st.integers(0, 10**9),
    candidates=st.lists(words).map(tuple),
    read=st.booleans(),
)


@given(messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert read(Message, from_wire(to_wire(attributes(message)))) == message


def test_attributes_that_equal_their_defaults_are_not_stored() -> None:
    message = Message(
        account="1",
        id="m",
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone="+12125550123",
        number="+15555550100",
        body="Hi",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        read=False,
    )

    assert attributes(message) == {
        "account": "1",
        "id": "m",
        "direction": "in",
        "kind": "reply",
        "state": "received",
        "phone": "+12125550123",
        "number": "+15555550100",
        "body": "Hi",
        "encoding": "GSM-7",
        "segments": 1,
        "units": 1,
        "created_at": "2026-11-22T15:30:00.000Z",
        "read": False,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"units": "many"},
        {"units": 1.5},
        {"created_at": "today"},
        {"created_at": "2026-11-22T15:30:00"},
        {"body": None},
    ],
)
def test_an_item_of_a_wrong_type_raises_a_validation_error(wrong: dict[str, Any]) -> None:
    whole = {"account": "1", "id": "m", "direction": "in", "kind": "reply", "state": "received", "phone": "+1"}
    whole |= {"number": "+1", "body": "Hi", "encoding": "GSM-7", "created_at": "2026-11-22T15:30:00Z"}

    with pytest.raises(ValidationError):
        read(Message, whole | {"segments": 1, "units": 1} | wrong)


def test_a_field_with_another_stored_name_is_written_and_read_under_that_name() -> None:
    class Renamed(msgspec.Struct, frozen=True, kw_only=True):
        quota: int = msgspec.field(name="allowance", default=0)

    assert attributes(Renamed(quota=7)) == {"allowance": 7}
    assert attributes(Renamed()) == {}
    assert read(Renamed, {"allowance": 7}) == Renamed(quota=7)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("Zoë", {"S": "Zoë"}),
        (MessageState.SENT, {"S": "sent"}),
        (True, {"BOOL": True}),
        (-7, {"N": "-7"}),
        (datetime(2026, 11, 30, 5, tzinfo=UTC), {"S": "2026-11-30T05:00:00.000Z"}),
        (["a", 1], {"L": [{"S": "a"}, {"N": "1"}]}),
        ({"a": {"b": None}}, {"M": {"a": {"M": {"b": {"NULL": True}}}}}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
    ],
)
def test_a_value_is_written_in_the_json_of_dynamodb(value: object, wire: dict[str, object]) -> None:
    assert to_wire({"a": value}) == {"a": wire}


@pytest.mark.parametrize("value", [1.5, b"a", set(), object()])
def test_a_value_of_another_type_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="stores no"):
        to_wire({"a": value})


def test_an_attribute_of_a_type_that_is_not_written_is_not_read() -> None:
    with pytest.raises(TypeError, match="type B"):
        from_wire({"a": {"B": b"a"}})


@pytest.mark.parametrize(("written", "found"), [("7", 7), ("-7", -7), ("0", 0), ("1.5", 1.5), ("1E+3", 1000.0)])
def test_a_number_is_read_as_an_integer_unless_it_has_a_fraction(written: str, found: float) -> None:
    assert from_wire({"n": {"N": written}}) == {"n": found}
