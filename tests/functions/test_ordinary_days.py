"""No rule against hostile studios refuses anything of ordinary ones. `ORDINARY_DAYS=90` plays random months."""

import os
from collections.abc import Iterator
from random import Random

import pytest

from longcode.aws.settings import settings
from longcode.usage.call_limits import MOST
from tests.support.fakes import PASSWORD, client
from tests.support.ordinary_days import MINUTE, SECOND, Days, day_of

DAYS = int(os.environ.get("ORDINARY_DAYS", "5"))
SEED = 1

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def days(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    """Ordinary days on three shared numbers, whose throughput is high: these days are not about waiting."""
    numbers = ",".join(f"+1555555010{number}" for number in range(3))
    for name, value in {"SHARED_NUMBERS": numbers, "SEGMENTS_A_SECOND": "1000"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield Days(Random(SEED))
    settings.cache_clear()


@pytest.mark.long
def test_no_rule_refuses_anything_of_ordinary_studios(days: Days) -> None:
    days.play(DAYS)

    assert days.done.keys() >= {
        "sign-up",
        "right password",
        "wrong password",
        "GET inbox",
        "PUT clients",
        "text to a",
    }
    assert days.done["day"] == 3 * DAYS
    assert days.refused == {}


def test_the_days_count_what_each_rule_refuses(days: Days) -> None:
    """In the same simulation, each rule refuses something of hostile studios, so the count above can fail."""
    days.play(0)
    (old, other, new), at = days.studios, days.begun
    for who, phone in {"premium": "+19005550123", "far": "+5511961234567", "ours": "+15555550100"}.items():
        client(old, who, phone)
        days.text(old, who, at)
    for _ in range(21):
        days.text(old, "c0", at)
    days.count(new, at, day_of(50))
    days.text(new, "c0", at)
    for number in range(3 * MOST):
        days.call(other, "GET", "/clients", at + number * SECOND / 1_000)
    for number in range(7):
        days.sign_in(old, at + number * MINUTE, f"guess{number}")
    days.sign_in(old, at + 8 * MINUTE, PASSWORD)
    days.sign_ups(31, at)
    days.count(other, at, day_of(6_001))
    days.check_habit(other, at)

    assert days.refused.keys() == {
        "number_type_not_allowed",
        "country_not_allowed",
        "our_own_number",
        "too_many_to_phone",
        "day_limit_reached",
        "too_many_requests",
        "unauthorized",
        "too_many_forms",
        "suspended",
    }
