"""Where a phone may be: the countries and time zones of a number. Importing it costs 17 ms (shared with phone.py)."""

from dataclasses import dataclass
from itertools import chain

import phonenumbers
from phonenumbers import timezone
from phonenumbers.tzdata import TIMEZONE_DATA

_UNKNOWN = (timezone.UNKNOWN_TIMEZONE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """The zones that a number may be in; `anywhere` if its digits tell no more than its country code."""

    zones: tuple[str, ...]
    countries: tuple[str, ...]
    anywhere: bool


def of(phone: str) -> Likely:
    """Tell where a number in E.164 may be.

    A number that no plan assigns is taken to be where its digits would be. Of one that belongs to no country
    (satellites, +800) nobody knows, so it may be in any zone of the world.
    """
    number = phonenumbers.parse(phone)
    zones = timezone.time_zones_for_number(number)
    if zones == _UNKNOWN:
        zones = timezone.time_zones_for_geographical_number(number)
    code = number.country_code or 0
    national = TIMEZONE_DATA.get(str(code), ())
    if zones == _UNKNOWN:
        zones = national or tuple(sorted(set(chain.from_iterable(TIMEZONE_DATA.values()))))
    country = phonenumbers.region_code_for_number(number)
    every = phonenumbers.region_codes_for_country_code(code)
    return Likely(
        zones=tuple(zones),
        countries=(country,) if country else tuple(every),
        anywhere=not national or set(zones) == set(national),
    )
