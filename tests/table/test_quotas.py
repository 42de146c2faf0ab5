"""Quotas: a limit is never passed, and released units are free again."""

import pytest

from longcode.table import store
from longcode.table.store import ConditionFailed
from longcode.usage import store as quotas
from longcode.usage.usage import Limits
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import NOW
from tests.table.test_usage import add, claimed

pytestmark = pytest.mark.usefixtures("aws")


def limits(units_a_month: int | None = 10, units_a_day: int | None = None) -> Limits:
    return Limits(
        account="10000001",
        month="2026-11",
        changes=1,
        day="2026-11-22",
        units_a_month=units_a_month,
        units_a_day=units_a_day,
    )


def reserve(limited: Limits, units: int) -> bool:
    try:
        store.transact(quotas.reserve_writes(limited, units, NOW))
    except ConditionFailed:
        return False
    return True


def test_a_limit_is_reserved_up_to_its_last_unit_and_not_past_it() -> None:
    add("2026-11-22")
    quotas.begin_counters(limits(), NOW)
    quotas.begin_counters(limits(), NOW)

    assert [reserve(limits(), units) for units in (7, 2, 1)] == [True, False, True]


def test_without_a_limit_nothing_is_reserved() -> None:
    assert quotas.reserve_writes(limits(None), 1, NOW) == []


def test_a_days_counter_begins_with_the_units_sent_and_has_a_limit_of_its_own() -> None:
    add("2026-11-21")
    add("2026-11-22")
    limited = limits(10, 5)
    quotas.begin_counters(limited, NOW)

    assert quotas.reserved(limited) == {"used": 4, "used_2026-11-22": 2}
    assert [reserve(limited, units) for units in (4, 3)] == [False, True]
    assert quotas.reserved(limited) == {"used": 7, "used_2026-11-22": 5}


def test_units_sent_count_as_used_before_anything_is_reserved() -> None:
    add("2026-11-22")

    assert quotas.reserved(limits()) == {"used": 2}


def test_parallel_reservations_do_not_pass_the_limit() -> None:
    quotas.begin_counters(limits(), NOW)

    with parallel_calls() as threads:
        reserved = list(threads.map(lambda _: reserve(limits(), 3), range(8)))

    assert sum(reserved) == 3


def test_released_units_can_be_reserved_again() -> None:
    limited = limits(2, 2)
    quotas.begin_counters(limited, NOW)
    reserve(limited, 2)
    message = limited.with_reservation(claimed("m1"))

    (release,) = quotas.release_writes(message)
    store.write(release)

    assert quotas.reserved(limited) == {"used": 0, "used_2026-11-22": 0}
    assert reserve(limited, 2)
    assert quotas.release_writes(claimed("m2")) == []
