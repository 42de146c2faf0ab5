from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from longcode.months import instant
from longcode.table import keys

instants = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_an_instant_is_written_in_utc_to_the_millisecond() -> None:
    central = timezone(timedelta(hours=-6))

    assert instant(datetime(2026, 11, 22, 9, 30, 0, 123999, central)) == "2026-11-22T15:30:00.123Z"


@given(instants, instants)
def test_instants_sort_by_time(one: datetime, other: datetime) -> None:
    if one - other >= timedelta(milliseconds=1):
        assert instant(one) > instant(other)


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_replies_sort_by_their_sequence_numbers(one: int, other: int) -> None:
    assert (keys.inbox_entry("1", one) < keys.inbox_entry("1", other)) == (one < other)


@given(st.text())
def test_every_due_item_is_on_a_shard_that_the_sweeper_reads(item_id: str) -> None:
    assert keys.due(item_id, datetime(2026, 11, 22, tzinfo=UTC))["due_shard"] in keys.due_shards()


def test_keys_of_an_account_begin_with_the_account() -> None:
    assert keys.message("10000001", "m").pk == "account#10000001"
    assert keys.inbox_entry("10000001", 1).pk == "account#10000001"
    assert keys.folder("10000001", "in", linked=False) == "account#10000001#in-unlinked"


def test_the_list_of_an_account_does_not_begin_like_the_list_of_a_longer_account_number() -> None:
    assert not keys.folder("10000001", "in", linked=True).startswith(keys.folder("1000000", "in", linked=True))
