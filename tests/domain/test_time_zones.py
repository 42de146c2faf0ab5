"""The clocks are those of the pinned tzdata, on a host with other zone files too."""

import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest

from longcode import months
from longcode.quiet_hours import file as quiet_file
from longcode.quiet_hours.quiet_hours import Opening, opening

FUNCTIONS = Path(months.__file__).parents[1]
QUIET_HOURS = FUNCTIONS.parent / "infra/quiet_hours.json"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Vancouver", "2026-12-02T16:00"),  # British Columbia keeps UTC-7 since November 2026
        ("America/Edmonton", "2026-12-02T15:00"),  # and Alberta UTC-6
        ("America/Chicago", "2026-12-02T15:00"),
    ],
)
def test_a_local_time_is_that_of_the_pinned_data(zone: str, expected: str) -> None:
    at = months.instant_of(date(2026, 12, 2), time(9), months.time_zone(zone))

    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_quiet_hours_in_vancouver_begin_at_nine_in_the_evening_there() -> None:
    rules = quiet_file.read(QUIET_HOURS.read_bytes())

    found = opening(rules, "+16045550123", datetime(2026, 11, 30, 4, 30, tzinfo=UTC))

    assert found == Opening(datetime(2026, 11, 30, 15, tzinfo=UTC), datetime(2026, 12, 1, 4, tzinfo=UTC))


def test_every_artifact_has_the_data_that_is_tested_and_it_knows_the_changes_of_2026() -> None:
    pinned = {
        line.split()[0]
        for path in FUNCTIONS.glob("requirements*.txt")
        for line in path.read_text().splitlines()
        if line.startswith("tzdata==")
    }

    assert pinned == {f"tzdata=={version('tzdata')}"}
    assert tuple(map(int, version("tzdata").split("."))) >= (2026, 6)  # 2026f


@pytest.mark.parametrize(
    "name", ["America", "America/Nowhere", "../etc/passwd", "/etc/localtime", "", "zone.tab", "a\0b"]
)
def test_a_name_that_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        months.time_zone(name)


ASK = """
from zoneinfo import ZoneInfo
before = ZoneInfo("America/Vancouver")
from datetime import UTC, date, datetime, time
from pathlib import Path
import sys
from longcode import months
from longcode.quiet_hours import file, quiet_hours
rules = file.read(Path(sys.argv[1]).read_bytes())
print(
    months.plan_cutoff("2026-06"),
    months.instant_of(date(2026, 12, 2), time(9), months.time_zone("America/Vancouver")),
    quiet_hours.opening(rules, "+12125550123", datetime(2026, 11, 30, 18, tzinfo=UTC)).opens_at,
    sep="\\n",
)
"""


@pytest.fixture
def lying_host(tmp_path: Path) -> Path:
    """A folder in which every zone of America has the clocks of Tokyo."""
    tokyo = files("tzdata").joinpath("zoneinfo/Asia/Tokyo").read_bytes()
    for name in ("Chicago", "New_York", "Vancouver"):
        (tmp_path / "America").mkdir(exist_ok=True)
        (tmp_path / "America" / name).write_bytes(tokyo)
    return tmp_path


def test_a_host_with_wrong_zone_files_changes_nothing(lying_host: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK, QUIET_HOURS],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(FUNCTIONS), "PYTHONTZPATH": str(lying_host), "TZ": "Asia/Tokyo"},
    )

    assert asked.stdout.splitlines() == [
        "2026-06-30 22:00:00+00:00",
        "2026-12-02 16:00:00+00:00",
        "2026-11-30 13:00:00+00:00",
    ]


def test_wrong_zone_files_that_are_found_later_change_nothing(lying_host: Path) -> None:
    zoneinfo.reset_tzpath(to=[lying_host])
    zoneinfo.ZoneInfo.clear_cache()

    vancouver = months.time_zone("America/Vancouver")

    assert datetime(2026, 12, 2, 16, tzinfo=UTC).astimezone(vancouver).hour == 9
