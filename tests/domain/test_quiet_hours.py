"""Open hours: by the wall clocks of the places where a phone may be, also on days when clocks change."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.quiet_hours import file as quiet_file
from longcode.quiet_hours.quiet_hours import Opening, Rules, opening

RULES = quiet_file.read((Path(__file__).parents[2] / "infra/quiet_hours.json").read_bytes())
LONDON, MIAMI, NEW_YORK, TOLL_FREE = "+442079460000", "+13055550123", "+12125550123", "+18005550123"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = sorted(available_timezones())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(opens: str, closes: str) -> Opening:
    return Opening(utc(opens), utc(closes))


def everywhere(*windows: tuple[str, str, str]) -> Rules:
    listed = [{"days": days, "opens": opens, "closes": closes} for days, opens, closes in windows]
    always = {"windows": listed, "source": "a test"}
    return quiet_file.read(msgspec.json.encode({"as_of": "2026-11-24", "everywhere": always, "countries": []}))


@pytest.mark.parametrize(
    ("phone", "days", "opens", "closes"),
    [
        (NEW_YORK, range(23, 30), 13, 26),
        (MIAMI, range(23, 30), 13, 25),
        ("+14055550123", range(23, 30), 14, 26),  # Oklahoma
        ("+13015550123", range(23, 30), 13, 25),  # Maryland
        ("+12015550123", range(23, 30), 13, 25),  # New Jersey
        ("+16015550123", range(23, 30), 14, 26),  # Mississippi
        ("+12035550123", range(23, 30), 14, 25),  # Connecticut
        ("+12145550123", range(23, 29), 15, 27),  # Texas
        ("+12145550123", [29], 18, 27),
        ("+19155550123", range(23, 29), 16, 28),  # El Paso, an hour behind
        ("+19155550123", [29], 19, 28),
        ("+14015550123", range(23, 28), 14, 23),  # Rhode Island
        ("+14015550123", [28, 29], 15, 22),
        ("+16025550123", range(23, 30), 15, 28),  # Phoenix
        ("+18085550123", range(23, 30), 18, 31),  # Honolulu
        (LONDON, range(23, 30), 8, 21),
        ("+14165550123", range(23, 30), 13, 26),  # Toronto
    ],
)
def test_each_state_and_country_has_its_hours_on_every_day_of_the_week(
    phone: str, days: list[int], opens: int, closes: int
) -> None:
    for day in days:
        midnight = datetime(2026, 11, day, tzinfo=UTC)
        whole = Opening(midnight + opens * HOUR, midnight + closes * HOUR)

        assert opening(RULES, phone, midnight + (opens * 60 - 1) * MINUTE) == whole
        assert opening(RULES, phone, midnight + opens * HOUR) == whole
        assert opening(RULES, phone, midnight + closes * HOUR - timedelta(microseconds=1)) == whole
        assert opening(RULES, phone, midnight + closes * HOUR).opens_at > midnight + closes * HOUR


@pytest.mark.parametrize(
    ("zone", "opens", "closes"),
    [
        ("America/New_York", "2026-03-07T13:00", "2026-03-08T02:00"),
        ("America/New_York", "2026-03-08T12:00", "2026-03-09T01:00"),
        ("America/New_York", "2026-10-31T12:00", "2026-11-01T01:00"),
        ("America/New_York", "2026-11-01T13:00", "2026-11-02T02:00"),
        ("America/Chicago", "2026-03-07T14:00", "2026-03-08T03:00"),
        ("America/Chicago", "2026-03-08T13:00", "2026-03-09T02:00"),
        ("America/Chicago", "2026-10-31T13:00", "2026-11-01T02:00"),
        ("America/Chicago", "2026-11-01T14:00", "2026-11-02T03:00"),
        ("Europe/London", "2026-03-28T08:00", "2026-03-28T21:00"),
        ("Europe/London", "2026-03-29T07:00", "2026-03-29T20:00"),
        ("Europe/London", "2026-10-24T07:00", "2026-10-24T20:00"),
        ("Europe/London", "2026-10-25T08:00", "2026-10-25T21:00"),
        ("Australia/Lord_Howe", "2026-04-03T21:00", "2026-04-04T10:00"),
        ("Australia/Lord_Howe", "2026-04-04T21:30", "2026-04-05T10:30"),
        ("Australia/Lord_Howe", "2026-10-02T21:30", "2026-10-03T10:30"),
        ("Australia/Lord_Howe", "2026-10-03T21:00", "2026-10-04T10:00"),
        ("America/Phoenix", "2026-03-08T15:00", "2026-03-09T04:00"),
        ("America/Phoenix", "2026-11-01T15:00", "2026-11-02T04:00"),
        ("Pacific/Honolulu", "2026-03-08T18:00", "2026-03-09T07:00"),
        ("Pacific/Honolulu", "2026-11-01T18:00", "2026-11-02T07:00"),
    ],
)
def test_hours_around_a_clock_change_are_those_of_the_wall_clock(zone: str, opens: str, closes: str) -> None:
    assert opening(RULES, LONDON, utc(opens) - MINUTE, zone=zone) == hours(opens, closes)


def test_hours_over_a_clock_change_are_longer_or_shorter() -> None:
    night = everywhere(("mon-sun", "00:00", "08:00"))
    spring, autumn = utc("2026-03-08T05:00"), utc("2026-11-01T04:00")

    assert opening(night, LONDON, spring, zone="America/New_York") == hours("2026-03-08T05:00", "2026-03-08T12:00")
    assert opening(night, LONDON, autumn, zone="America/New_York") == hours("2026-11-01T04:00", "2026-11-01T13:00")


def test_hours_that_begin_in_a_gap_begin_after_it() -> None:
    early = everywhere(("mon-sun", "00:30", "08:00"))

    skipped = opening(early, LONDON, utc("2026-04-23T12:00"), zone="Africa/Cairo")

    assert skipped == hours("2026-04-23T22:00", "2026-04-24T05:00")


def test_hours_within_a_gap_do_not_occur() -> None:
    short = everywhere(("mon-sun", "02:10", "02:50"))

    after = opening(short, LONDON, utc("2026-03-07T08:00"), zone="America/New_York")

    assert after == hours("2026-03-09T06:10", "2026-03-09T06:50")


def test_repeated_hours_occur_twice() -> None:
    short = everywhere(("mon-sun", "01:15", "01:45"))

    first = opening(short, LONDON, utc("2026-11-01T00:00"), zone="America/New_York")
    second = opening(short, LONDON, first.closes_at, zone="America/New_York")

    assert first == hours("2026-11-01T05:15", "2026-11-01T05:45")
    assert second == hours("2026-11-01T06:15", "2026-11-01T06:45")


def test_hours_that_continue_over_midnight_and_over_a_week_are_one_span() -> None:
    late = everywhere(("mon-sun", "00:00", "06:00"), ("mon-sun", "22:00", "24:00"))

    assert opening(late, LONDON, utc("2026-11-23T00:00")) == hours("2026-11-22T22:00", "2026-11-23T06:00")


def test_a_place_without_quiet_hours_is_always_open() -> None:
    at = utc("2026-11-24T03:00")

    found = opening(everywhere(("mon-sun", "00:00", "24:00")), LONDON, at)

    assert found.opens_at <= at
    assert found.closes_at >= at + 14 * DAY


def test_a_rule_holds_from_its_first_day() -> None:
    before, after = utc("2025-08-31T12:00"), utc("2025-09-07T12:00")  # two Sundays in Dallas

    assert opening(RULES, "+12145550123", before) == hours("2025-08-31T13:00", "2025-09-01T02:00")
    assert opening(RULES, "+12145550123", after) == hours("2025-09-07T17:00", "2025-09-08T02:00")


def test_a_known_zone_is_combined_with_the_rules_of_the_area_codes_state() -> None:
    moved = opening(RULES, MIAMI, utc("2026-11-24T12:00"), zone="America/Los_Angeles")

    assert moved == hours("2026-11-24T16:00", "2026-11-25T04:00")


def test_a_known_zone_decides_the_hours_of_a_toll_free_number() -> None:
    assert opening(RULES, TOLL_FREE, utc("2026-11-24T12:00"), zone="America/New_York") == hours(
        "2026-11-24T13:00", "2026-11-25T02:00"
    )


@pytest.mark.parametrize("phone", [TOLL_FREE, "+15555550123", "+15005550006"])
def test_a_number_without_a_place_has_the_hours_open_in_all_zones_and_states_of_its_country_code(phone: str) -> None:
    # From 8:00 in Guam to 18:00 in Rhode Island, which on weekends closes before Guam opens.
    monday, friday_night = utc("2026-11-23T00:00"), utc("2026-11-27T23:00")

    assert opening(RULES, phone, monday) == hours("2026-11-23T22:00", "2026-11-23T23:00")
    assert opening(RULES, phone, friday_night) == hours("2026-11-30T22:00", "2026-11-30T23:00")


@pytest.mark.parametrize("day", range(6, 13))
def test_in_a_week_without_common_hours_the_hours_of_the_most_places_count(day: int) -> None:
    # In summer Rhode Island closes at 22:00 UTC, as Guam opens; Newfoundland closes at 23:30.
    midnight = datetime(2026, 7, day, tzinfo=UTC)

    found = opening(RULES, TOLL_FREE, midnight)

    assert found == Opening(midnight + 22 * HOUR, midnight + 23.5 * HOUR)


def test_the_hours_of_the_most_places_do_not_depend_on_the_instant() -> None:
    last_friday_of_winter = utc("2026-03-06T23:00")

    assert opening(RULES, TOLL_FREE, last_friday_of_winter) == hours("2026-03-09T22:00", "2026-03-09T23:30")


@pytest.mark.parametrize(
    ("phone", "opens", "closes"),
    [
        ("+79161234567", "2026-11-24T06:00", "2026-11-24T09:00"),  # a mobile, from Kaliningrad's zone to Kamchatka
        ("+12425550123", "2026-11-24T13:00", "2026-11-25T02:00"),  # of no plan; where the Bahamas would be
        ("+16215550123", "2026-11-24T16:00", "2026-11-25T03:00"),  # new in Texas: the zones of the state
        ("+80012345678", "2026-11-24T14:00", "2026-11-24T14:30"),  # of no country: most zones of the world
    ],
)
def test_a_number_with_a_less_certain_place_has_narrower_hours(phone: str, opens: str, closes: str) -> None:
    assert opening(RULES, phone, utc("2026-11-24T05:00")) == hours(opens, closes)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        opening(RULES, LONDON, datetime(2026, 11, 24))  # noqa: DTZ001 the refused one


# Each zone on each day on which its clock is changed, minute by minute

ODD = (
    ("mon-sat", "00:00", "00:30"),
    ("mon-sat", "01:15", "02:45"),
    ("mon-sat", "03:10", "08:00"),
    ("mon-sat", "21:05", "24:00"),
    ("sun", "00:10", "01:50"),
    ("sun", "02:20", "23:50"),
)
ODD_RULES = everywhere(*ODD)


def is_open(zone: ZoneInfo, instant: datetime) -> bool:
    """Return the same by looking at the clock on the wall."""
    local = instant.astimezone(zone)
    clock = local.time().isoformat("minutes")
    group = "sun" if local.weekday() == 6 else "mon-sat"
    return any(days == group and opens <= clock < closes for days, opens, closes in ODD)


def changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Find the minutes of 2026 and 2027 at which a zone's clock is changed."""
    at, end = utc("2026-01-01T00:00"), utc("2028-01-01T00:00")
    before = at.astimezone(zone).utcoffset() or timedelta()
    while at < end:
        at += 12 * HOUR
        after = at.astimezone(zone).utcoffset() or timedelta()
        if after != before:
            minutes = [at - minute * MINUTE for minute in range(721)]
            yield min(one for one in minutes if one.astimezone(zone).utcoffset() == after), before, after
        before = after


def runs(zone: ZoneInfo, start: datetime, end: datetime) -> list[Opening]:
    """List the runs of open minutes of some days; the first and the last may be cut."""
    found: list[Opening] = []
    for number in range((end - start) // MINUTE):
        minute = start + number * MINUTE
        if is_open(zone, minute):
            joined = found.pop() if found and found[-1].closes_at == minute else Opening(minute, minute)
            found.append(Opening(joined.opens_at, minute + MINUTE))
    return found


@pytest.mark.long
def test_the_hours_of_every_zone_agree_with_its_wall_clock_on_days_of_clock_changes() -> None:
    alike = defaultdict(list)
    for name in ZONES:
        for change in changes(ZoneInfo(name)):
            alike[change].append(name)

    for (at, _, _), names in alike.items():
        expected = runs(ZoneInfo(names[0]), at - 2 * DAY, at + 2 * DAY)[1:]
        ends = [run.closes_at for run in expected]
        for place, name in enumerate(names):
            step = 37 if place == 0 else 720
            asked = [at + minute * MINUTE for minute in (-1, 0, 1, *range(-1440, 1440, step))]
            wrong = [
                (name, one)
                for one in asked
                if opening(ODD_RULES, LONDON, one, zone=name) != expected[bisect_right(ends, one)]
            ]

            assert wrong == []

    assert len({name for names in alike.values() for name in names}) > 150
    assert {"Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Antarctica/Troll"} <= {
        name for names in alike.values() for name in names
    }


INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PHONES = st.sampled_from([LONDON, MIAMI, NEW_YORK, TOLL_FREE, "+12145550123", "+14015550123", "+79161234567"])
ASKED = st.tuples(PHONES, st.none() | st.sampled_from(ZONES))


@given(ASKED, INSTANTS)
def test_an_opening_holds_until_its_end(asked: tuple[str, str | None], at: datetime) -> None:
    phone, zone = asked

    found = opening(RULES, phone, at, zone=zone)

    start = max(found.opens_at, at)
    assert found.opens_at < found.closes_at
    assert start < found.closes_at <= at + 9 * DAY
    assert opening(RULES, phone, start, zone=zone) == found
    assert opening(RULES, phone, found.closes_at - timedelta(microseconds=1), zone=zone) == found
    assert opening(RULES, phone, found.closes_at, zone=zone).opens_at > found.closes_at


@given(ASKED, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_a_later_instant_has_no_earlier_opening(
    asked: tuple[str, str | None], at: datetime, later: timedelta
) -> None:
    phone, zone = asked

    first = opening(RULES, phone, at, zone=zone)
    second = opening(RULES, phone, at + later, zone=zone)

    assert first.opens_at <= second.opens_at
    assert first.closes_at <= second.closes_at


@given(st.sampled_from(ZONES), INSTANTS)
def test_open_hours_are_open_by_the_wall_clock(zone: str, at: datetime) -> None:
    found = opening(ODD_RULES, LONDON, at, zone=zone)

    assert is_open(ZoneInfo(zone), at) == (found.opens_at <= at < found.closes_at)
    assert is_open(ZoneInfo(zone), found.opens_at)
    assert not is_open(ZoneInfo(zone), found.closes_at)


RUSSIA = [
    *("Europe/Bucharest", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk"),
    *("Asia/Almaty", "Asia/Aqtobe", "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok"),
    *("Asia/Magadan", "Asia/Sakhalin", "Asia/Kamchatka", "Asia/Anadyr"),
]


@given(INSTANTS)
def test_the_hours_of_a_number_without_a_place_are_daytime_in_every_zone(at: datetime) -> None:
    found = opening(RULES, "+79161234567", at)

    def by_day(instant: datetime) -> bool:
        return all(8 <= instant.astimezone(ZoneInfo(zone)).hour < 21 for zone in RUSSIA)

    assert by_day(at) == (found.opens_at <= at < found.closes_at)
    assert by_day(found.opens_at)
    assert by_day(found.closes_at - MINUTE)
    assert not by_day(found.opens_at - MINUTE)
    assert not by_day(found.closes_at)
