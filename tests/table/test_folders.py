from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longcode.message import Linkable, MessageKind, Reference
from longcode.messages import folders
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.messages.folders import Search
from tests.support.aws_calls import changed_response
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")
PHONE, OTHER = "+12125550123", "+12125550177"


def put(
    message_id: str, client_id: str | None = None, *, phone: str = PHONE, body: str = "Hello", seconds: int = 0
) -> None:
    made = draft(
        account="1",
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone=phone,
        number="+15555550100",
        body=body,
        now=NOW + timedelta(seconds=seconds),
    )
    messages.accept([made])
    if client_id:
        folders.link(made, client_id=client_id)


def walk(limit: int, client: str | None) -> list[str]:
    seen: list[str] = []
    cursor = None
    while True:
        page = folders.page(
            "1", "sent", limit=limit, cursor=cursor, search=Search(client_id=client) if client else None
        )
        seen += [message.id for message in page.messages]
        cursor = page.next_cursor
        if cursor is None:
            return seen


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 10), client=st.sampled_from([None, "c1", "c2"]))
def test_pages_of_any_size_list_each_message_once(limit: int, client: str | None) -> None:
    if not messages.get("1", "m0"):
        for index in range(8):
            put(f"m{index}", f"c{index % 4}" if index % 4 else None)
    expected = {None: "m7 m6 m5 m4 m3 m2 m1 m0", "c1": "m5 m1", "c2": "m6 m2"}

    assert walk(limit, client) == expected[client].split()


def test_an_empty_folder_has_no_next_page() -> None:
    page = folders.page("1", "unlinked", limit=5)

    assert (page.messages, page.next_cursor) == ([], None)


def pages(search: Search, *, limit: int = 2, max_examined: int = 5) -> list[list[str]]:
    """Return the ids of all pages, with at most `max_examined` messages examined for each."""
    walked: list[list[str]] = []
    cursor = None
    while not walked or cursor:
        page = folders.page("1", "all", limit=limit, cursor=cursor, search=search, max_examined=max_examined)
        walked.append([message.id for message in page.messages])
        cursor = page.next_cursor
    return walked


@pytest.mark.parametrize("since", [None, NOW - timedelta(minutes=1), NOW + timedelta(seconds=4)])
@pytest.mark.parametrize("max_calls", [1, 100])
@pytest.mark.parametrize("whole", [True, False])
def test_a_conversation_is_read_whole_in_any_number_of_parts(
    since: datetime | None, max_calls: int, whole: bool
) -> None:
    for index in range(17):
        put(
            f"m{index:02}", "c1" if index == 8 else None, phone=OTHER if index % 4 == 0 else PHONE, seconds=index // 3
        )

    walked: list[list[str]] = []
    cursor = None
    while not walked or cursor:
        page = folders.page(
            "1",
            "all",
            limit=3,
            cursor=cursor,
            search=Search(phone=OTHER),
            since=since,
            chunk=2,
            max_calls=max_calls,
            whole=whole,
        )
        walked.append([message.id for message in page.messages])
        cursor = page.next_cursor

    assert [message for page in walked for message in page] == ["m16", "m12", "m08", "m04", "m00"]
    assert len(walked) == 2 if max_calls == 100 else len(walked) > 2


def test_a_conversation_is_whole_when_it_is_read_again_after_changes() -> None:
    for index in range(40):
        put(f"m{index:02}", phone=OTHER if index % 4 == 0 else PHONE, seconds=index)

    def read() -> list[str]:
        found = folders.page(
            "1", "all", limit=50, search=Search(phone=OTHER), since=NOW - timedelta(hours=1), chunk=3, whole=True
        )
        assert found.next_cursor is None
        return [message.id for message in found.messages]

    before = [f"m{index:02}" for index in range(36, -1, -4)]
    assert [read(), read()] == [before, before]
    linked = messages.get("1", "m20")
    assert linked
    folders.link(linked, client_id="c1")
    for index in range(8):
        put(f"n{index}", phone=OTHER, seconds=100 + index)
    put("between", phone=OTHER, seconds=17)

    after = [*(f"n{index}" for index in range(7, -1, -1)), *before]
    after.insert(after.index("m16"), "between")
    assert [read(), read()] == [after, after]


def test_a_conversation_that_fits_into_one_call_for_each_list_takes_no_more() -> None:
    for index in range(9):
        put(f"m{index}", phone=OTHER if index < 4 else PHONE)

    with recorded_calls() as calls:
        page = folders.page("1", "all", limit=50, search=Search(phone=OTHER), since=NOW - timedelta(days=300))

    assert [message.id for message in page.messages] == ["m3", "m2", "m1", "m0"]
    assert calls == ["Query"] * 4 + ["BatchGetItem"]


def test_the_newest_message_of_some_phones_is_found_among_all_messages() -> None:
    for index in range(12):
        put(f"m{index:02}", phone=f"+1212555010{index % 3}", seconds=index)

    def newest(**wanted: Any) -> list[str]:
        return [message.id for message in folders.newest_by_phone("1", "sent", limit=5, **wanted).messages]

    assert newest() == ["m11", "m10", "m09"]
    assert newest(among={"+12125550100"}, digits="50102") == ["m11", "m09"]
    assert newest(among={"+12125550101"}) == ["m10"]
    assert newest(among=set()) == []


def test_a_full_page_stops_before_it_has_looked_at_its_most_messages() -> None:
    for index in range(6):
        put(f"m{index}")

    assert pages(Search(phone=PHONE), max_examined=5) == [["m5", "m4"], ["m3", "m2"], ["m1", "m0"]]


def test_a_search_by_words_continues_from_page_to_page() -> None:
    for index in range(12):
        put(f"m{index:02}", body="The ÁLBUM is ready" if index % 4 == 0 else "Hello")

    assert pages(Search(words="album"), limit=1, max_examined=7) == [["m08"], ["m04"], ["m00"]]


def test_a_search_reads_only_messages_whose_index_entries_may_match() -> None:
    for index in range(30):
        put(f"m{index}", phone="+12125550177" if index == 7 else PHONE)

    with recorded_calls() as calls:
        found = folders.page("1", "all", limit=50, search=Search(phone="+12125550177", words="hello"))

    assert [message.id for message in found.messages] == ["m7"]
    assert calls == ["Query"] * 4 + ["BatchGetItem"] * 2  # the words first


@pytest.mark.parametrize(
    ("search", "reads"),
    [
        (Search(phone=PHONE, client_id="c1"), False),
        (Search(words="hello"), True),
        (Search(record=Reference(kind=Linkable.TASK, id="1")), True),
    ],
)
def test_only_searches_for_words_or_records_read_messages(search: Search, reads: bool) -> None:
    assert search.needs_messages is reads


def test_a_message_that_is_linked_while_a_page_is_read_is_listed_once() -> None:
    for index in range(3):
        put(f"m{index}")

    def note(parsed: dict[str, Any]) -> None:
        seen.extend(entry for entry in parsed["Items"] if entry["sk"]["S"].endswith("m1"))

    def seen_twice(parsed: dict[str, Any]) -> None:
        """Return what an index does that still has a message in its old list too."""
        parsed["Items"] = parsed["Items"] or list(seen)
        lists.append(parsed["Items"])

    seen: list[Any] = []
    lists: list[list[Any]] = []
    with changed_response("Query", note):
        folders.page("1", "all", limit=5)
    with changed_response("Query", seen_twice):
        page = folders.page("1", "all", limit=5)

    assert sorted(map(len, lists)) == [1, 1, 1, 3]
    assert [message.id for message in page.messages] == ["m2", "m1", "m0"]


def test_a_folder_lists_no_messages_of_another_account() -> None:
    put("m0")

    assert folders.page("2", "sent", limit=5).messages == []
