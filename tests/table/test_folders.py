import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longcode.message import Kind
from longcode.outgoing import draft
from longcode.table import folders, hub, messages
from tests.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def put(message_id: str, client_id: str | None = None) -> None:
    made = draft(
        account="1",
        message_id=message_id,
        kind=Kind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        now=NOW,
    )
    messages.accept([made])
    if client_id:
        hub.link(made, client_id=client_id)


def walk(limit: int, client: str | None) -> list[str]:
    seen: list[str] = []
    cursor = None
    while True:
        page = folders.page("1", "sent", limit=limit, cursor=cursor, client=client, phone=None)
        seen += [message.id for message in page.messages]
        cursor = page.next_cursor
        if cursor is None:
            return seen


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 10), client=st.sampled_from([None, "c1", "c2"]))
def test_pages_of_any_size_give_each_once(limit: int, client: str | None) -> None:
    if not messages.get("1", "m0"):
        for index in range(8):
            put(f"m{index}", f"c{index % 4}" if index % 4 else None)
    expected = {None: "m7 m6 m5 m4 m3 m2 m1 m0", "c1": "m5 m1", "c2": "m6 m2"}

    assert walk(limit, client) == expected[client].split()


def test_an_empty_folder_has_no_next_page() -> None:
    page = folders.page("1", "unlinked", limit=5, cursor=None, client=None, phone=None)

    assert (page.messages, page.next_cursor) == ([], None)


def test_another_accounts_folder_is_not_seen() -> None:
    put("m0")

    assert folders.page("2", "sent", limit=5, cursor=None, client=None, phone=None).messages == []
