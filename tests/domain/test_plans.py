"""Which change of plan counts for a month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import months
from longcode.plans import plans
from longcode.plans.plans import PlanChange

# A few months with many changes near an edge, told in the zone that is hardest to sort: Chicago's own.
EDGES = [
    edge
    for month in ("2026-02", "2026-10", "2026-11")
    for edge in (months.plan_cutoff(month), months.bounds(month)[1])
]
NEAR_AN_EDGE = st.builds(
    lambda edge, seconds: edge + timedelta(seconds=seconds), st.sampled_from(EDGES), st.integers(-2, 2)
)
ANY_TIME = st.builds(
    lambda seconds: datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(seconds=seconds),
    st.integers(0, 364 * 86_400),
)
CHANGES = st.lists(
    st.builds(
        PlanChange,
        st.one_of(NEAR_AN_EDGE, ANY_TIME).map(lambda at: at.astimezone(months.CHICAGO)),
        st.sampled_from(["starter", "small", "medium", "large"]),
    ),
    max_size=5,
)
MONTHS = st.builds("2026-{:02}".format, st.integers(1, 12))


def test_changes_can_be_listed_in_any_order() -> None:
    joined = PlanChange(datetime(2026, 6, 2, 15, tzinfo=UTC), "starter")
    bigger = PlanChange(datetime(2026, 6, 10, 15, tzinfo=UTC), "medium")

    assert plans.plan_name_in("2026-06", [bigger, joined]) == "medium"


def test_the_later_listed_of_two_changes_at_one_instant_counts() -> None:
    at = datetime(2026, 6, 2, 15, tzinfo=UTC)

    assert plans.plan_name_in("2026-06", [PlanChange(at, "starter"), PlanChange(at, "medium")]) == "medium"


def test_changes_in_the_repeated_hour_are_ordered() -> None:
    first = datetime(2026, 11, 1, 1, 40, tzinfo=months.CHICAGO)
    second = datetime(2026, 11, 1, 1, 20, tzinfo=months.CHICAGO, fold=1)

    assert plans.plan_name_in("2026-11", [PlanChange(second, "medium"), PlanChange(first, "starter")]) == "medium"


def test_a_studio_that_never_joined_has_no_plan() -> None:
    assert plans.plan_name_in("2026-06", []) is None


def test_a_change_a_microsecond_after_the_cut_off_counts_from_the_next_month() -> None:
    assert plans.first_month_of_change(datetime(2026, 6, 30, 22, 0, 0, 0, tzinfo=UTC)) == "2026-06"
    assert plans.first_month_of_change(datetime(2026, 6, 30, 22, 0, 0, 1, tzinfo=UTC)) == "2026-07"


def test_a_malformed_month_and_a_change_without_a_zone_are_refused() -> None:
    naive = PlanChange(datetime(2026, 6, 2), "starter")  # noqa: DTZ001 the refused one

    with pytest.raises(ValueError, match="'2026-6' is not a month"):
        plans.plan_name_in("2026-6", [])
    with pytest.raises(ValueError, match="has no time zone"):
        plans.plan_name_in("2026-06", [naive])


@given(CHANGES, MONTHS)
def test_the_plan_of_a_month_is_the_last_by_the_cut_off_or_else_the_first(
    changes: list[PlanChange], month: str
) -> None:
    in_time: list[tuple[datetime, int, str]] = []
    joining: list[tuple[datetime, int, str]] = []
    joined = min((change.at.astimezone(UTC) for change in changes), default=None)
    for place, change in enumerate(changes):
        at = change.at.astimezone(UTC)
        if at <= months.plan_cutoff(month):
            in_time.append((at, place, change.plan))
        elif at == joined and at < months.bounds(month)[1]:
            joining.append((at, place, change.plan))
    expected = max(in_time or joining, default=None)

    assert plans.plan_name_in(month, changes) == (expected and expected[2])


@given(CHANGES)
def test_a_studio_has_a_plan_in_each_month_after_it_joined(changes: list[PlanChange]) -> None:
    joined = min((months.month_of(change.at) for change in changes), default="2027-01")

    for number in range(1, 13):
        month = f"2026-{number:02}"
        assert (plans.plan_name_in(month, changes) is not None) == (month >= joined)


@given(st.one_of(NEAR_AN_EDGE, ANY_TIME))
def test_a_change_counts_from_its_own_month_or_the_next_and_stays(at: datetime) -> None:
    long_ago = PlanChange(datetime(2025, 1, 1, tzinfo=UTC), "starter")
    changes = [long_ago, PlanChange(at, "large")]

    first = plans.first_month_of_change(at)

    assert first in {months.month_of(at), months.following(months.month_of(at))}
    assert plans.plan_name_in(months.previous(first), changes) == "starter"
    assert plans.plan_name_in(first, changes) == "large"
