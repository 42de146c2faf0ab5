"""Where a phone may be: every zone of its area code counts, whatever exchange its number has."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from longcode import months
from longcode.quiet_hours import file as quiet_file
from longcode.quiet_hours import zones
from longcode.quiet_hours.area_codes import ELSEWHERE, NORTH_AMERICA
from longcode.quiet_hours.quiet_hours import opening

RULES = quiet_file.read((Path(__file__).parents[2] / "infra/quiet_hours.json").read_bytes())
SUMMER_DAY = datetime(2027, 7, 1, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TABLES = (NORTH_AMERICA, ELSEWHERE)
FLORIDA, OKLAHOMA = {"448", "689", "850"}, {"580"}  # the states among them that close at 20:00


def clocks(zone: str) -> tuple[timedelta | None, ...]:
    """Return a zone's offsets from UTC in January and in July of 2027."""
    return tuple(
        datetime(2027, month, 15, tzinfo=UTC).astimezone(months.time_zone(zone)).utcoffset() for month in (1, 7)
    )


def by_day(zone: str, at: datetime, closes: int = 21) -> bool:
    return 8 <= at.astimezone(months.time_zone(zone)).hour < closes


@pytest.mark.parametrize(
    ("area_code", "places"),
    [
        ("219", ["America/Chicago", "America/New_York"]),
        ("812", ["America/New_York", "America/Chicago"]),
        ("930", ["America/New_York", "America/Chicago"]),
        ("574", ["America/New_York", "America/Indiana/Knox"]),
        ("270", ["America/New_York", "America/Chicago"]),
        ("364", ["America/New_York", "America/Chicago"]),
        ("606", ["America/Kentucky/Monticello", "America/Chicago"]),
        ("448", ["America/New_York", "America/Chicago"]),
        ("850", ["America/New_York", "America/Chicago"]),
        ("334", ["America/New_York", "America/Chicago"]),
        ("906", ["America/Detroit", "America/Menominee"]),
        ("423", ["America/New_York", "America/Chicago"]),
        ("729", ["America/New_York", "America/Chicago"]),
        ("308", ["America/Chicago", "America/Denver"]),
        ("402", ["America/Chicago", "America/Denver"]),
        ("531", ["America/Chicago", "America/Denver"]),
        ("580", ["America/Chicago", "America/Denver"]),
        ("620", ["America/Chicago", "America/Denver"]),
        ("785", ["America/Chicago", "America/Denver"]),
        ("605", ["America/Chicago", "America/Denver"]),
        ("701", ["America/North_Dakota/Beulah", "America/Denver"]),
        ("541", ["America/Los_Angeles", "America/Boise"]),
        ("458", ["America/Los_Angeles", "America/Boise"]),
        ("208", ["America/Los_Angeles", "America/Boise"]),
        ("986", ["America/Los_Angeles", "America/Boise"]),
        ("775", ["America/Los_Angeles", "America/Denver"]),
        ("928", ["America/Phoenix", "America/Denver"]),
        ("907", ["America/Juneau", "America/Nome", "America/Metlakatla", "America/Adak"]),
        ("250", ["America/Vancouver", "America/Fort_Nelson", "America/Edmonton", "America/Creston"]),
        ("778", ["America/Vancouver", "America/Dawson_Creek", "America/Edmonton"]),
        ("257", ["America/Vancouver", "America/Dawson_Creek", "America/Edmonton"]),
        ("306", ["America/Regina", "America/Swift_Current", "America/Edmonton"]),
        ("474", ["America/Regina", "America/Swift_Current", "America/Edmonton"]),
        ("807", ["America/Toronto", "America/Winnipeg", "America/Atikokan"]),
        ("418", ["America/Toronto", "America/Halifax", "America/Blanc-Sablon"]),
        ("581", ["America/Toronto", "America/Halifax", "America/Blanc-Sablon"]),
        ("709", ["America/St_Johns", "America/Goose_Bay"]),
        ("879", ["America/St_Johns", "America/Goose_Bay"]),
        (
            "867",
            ["America/Dawson", "America/Yellowknife", "America/Toronto", "America/Rankin_Inlet", "America/Panama"],
        ),
        ("689", ["America/New_York"]),
    ],
)
def test_a_text_waits_until_it_is_day_in_every_zone_of_the_area_code(area_code: str, places: list[str]) -> None:
    found = opening(RULES, f"+1{area_code}5550123", SUMMER_DAY)

    closes = 20 if area_code in FLORIDA | OKLAHOMA else 21
    assert {clocks(place) for place in places} <= {clocks(zone) for zone in zones.of(f"+1{area_code}5550123").zones}
    for place in places:
        assert by_day(place, found.opens_at, closes)
        assert by_day(place, found.closes_at - MINUTE, closes)


@given(
    st.sampled_from(sorted(code for codes, _, _ in NORTH_AMERICA for code in codes)),
    st.integers(2_000_000, 9_999_999),
    st.datetimes(datetime(2026, 11, 30), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_number_of_a_split_area_code_is_texted_by_day_only_in_all_its_zones(
    area_code: str, subscriber: int, at: datetime
) -> None:
    found = opening(RULES, f"+1{area_code}{subscriber}", at)

    for zone in zones.ZONES_BY_PREFIX[f"1{area_code}"]:
        assert by_day(zone, found.opens_at)
        assert by_day(zone, found.closes_at - MINUTE)


@pytest.mark.parametrize(
    ("phone", "places"),
    [
        ("+12125550123", ("America/New_York",)),
        ("+13125550123", ("America/Chicago",)),
        ("+17655550123", ("America/New_York",)),  # Indiana from Lafayette to Richmond
        ("+19315550123", ("America/Chicago",)),  # Tennessee: Clarksville, Cookeville
        ("+12515550123", ("America/Chicago",)),  # Mobile
        ("+12295550123", ("America/New_York",)),  # Albany, Georgia
        ("+12315550123", ("America/New_York",)),  # Traverse City
        ("+17155550123", ("America/Chicago",)),  # northern Wisconsin
        ("+15755550123", ("America/Denver",)),  # New Mexico
        ("+19155550123", ("America/Denver",)),  # El Paso
        ("+14325550123", ("America/Chicago",)),  # Midland
        ("+16045550123", ("America/Vancouver",)),
        ("+14035550123", ("America/Edmonton",)),
        ("+12045550123", ("America/Winnipeg",)),
        ("+19025550123", ("America/Halifax",)),
        ("+442079460000", ("Europe/London",)),
    ],
)
def test_other_numbers_are_where_phonenumbers_puts_them(phone: str, places: tuple[str, ...]) -> None:
    assert zones.of(phone).zones == places


@pytest.mark.parametrize(
    ("phone", "places"),
    [
        ("+526141234567", ["America/Chihuahua"]),
        ("+526361234567", ["America/Chihuahua", "America/Ciudad_Juarez"]),
        ("+528681234567", ["America/Matamoros"]),
        ("+5581991234567", ["America/Recife", "America/Noronha"]),
        ("+5591991234567", ["America/Belem"]),
        ("+5598991234567", ["America/Fortaleza"]),
        ("+5597991234567", ["America/Manaus", "America/Eirunepe"]),
        ("+56912345678", ["America/Santiago", "America/Punta_Arenas", "Pacific/Easter"]),
        ("+6281234567890", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
        ("+61755361234", ["Australia/Brisbane", "Australia/Sydney"]),
        ("+61412345678", ["Australia/Perth", "Australia/Darwin", "Australia/Sydney"]),
        ("+34612345678", ["Europe/Madrid", "Atlantic/Canary"]),
    ],
)
def test_outside_north_america_too_a_text_waits_until_it_is_day_everywhere_it_may_be(
    phone: str, places: list[str]
) -> None:
    for at in (SUMMER_DAY, SUMMER_DAY + timedelta(days=180)):
        found = opening(RULES, phone, at)

        for place in places:
            assert by_day(place, found.opens_at)
            assert by_day(place, found.closes_at - MINUTE)


def test_a_number_whose_exchange_is_known_counts_in_the_other_zones_too() -> None:
    assert zones.of("+12192261234").zones == ("America/Chicago", "America/New_York")


def test_the_table_names_zones_of_the_pinned_data_and_each_area_code_once() -> None:
    codes = [code for table in TABLES for codes, _, _ in table for code in codes]

    assert len(codes) == len(set(codes))
    assert all(months.time_zone(zone) for table in TABLES for _, names, _ in table for zone in names)
    assert all(places for table in TABLES for _, _, places in table)


def test_an_area_code_for_which_phonenumbers_knows_two_clocks_is_in_the_table() -> None:
    known: dict[str, set[tuple[timedelta | None, ...]]] = {}
    for prefix, names in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            known.setdefault(prefix[1:4], set()).update(map(clocks, names))

    assert [code for code, found in known.items() if len(found) > 1 and f"1{code}" not in zones.ZONES_BY_PREFIX] == []
