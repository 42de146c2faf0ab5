"""Where a phone may be: the countries and time zones of a number. Importing this module takes 17 ms."""

from itertools import chain

import phonenumbers
from msgspec import Struct
from phonenumbers import timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from longcode.quiet_hours.area_codes import ELSEWHERE, NORTH_AMERICA

_UNKNOWN = (timezone.UNKNOWN_TIMEZONE,)

ZONES_BY_PREFIX = {
    **{f"1{code}": zones for codes, zones, _ in NORTH_AMERICA for code in codes},
    **{code: zones for codes, zones, _ in ELSEWHERE for code in codes},
}
"""The zones of area codes in several zones, by country code and area code."""
_LENGTHS = sorted({len(prefix) for prefix in ZONES_BY_PREFIX}, reverse=True)


class LikelyZones(Struct, frozen=True, kw_only=True):
    """The zones where a number may be; `anywhere` if its digits show no more than its country code."""

    zones: tuple[str, ...]
    countries: tuple[str, ...]
    anywhere: bool


def of(phone: str) -> LikelyZones:
    """Return where an E.164 number may be: the zones that phonenumbers knows, and those of `area_codes.py`.

    A number that no national plan assigns is assumed to be where its digits would be. A number without a country
    (satellites, +800) may be in any zone of the world.
    """
    number = phonenumbers.parse(phone)
    zones = timezone.time_zones_for_number(number)
    if zones == _UNKNOWN:
        zones = timezone.time_zones_for_geographical_number(number)
    code = number.country_code or 0
    national = TIMEZONE_DATA.get(str(code), ())
    if zones == _UNKNOWN:
        zones = national or tuple(sorted(set(chain.from_iterable(TIMEZONE_DATA.values()))))
    digits = f"{code}{number.national_number}"
    area = next((ZONES_BY_PREFIX[digits[:length]] for length in _LENGTHS if digits[:length] in ZONES_BY_PREFIX), ())
    if area:
        # An area code that is too new for phonenumbers has all zones of the country code there.
        zones = area if set(zones) == set(national) else tuple(dict.fromkeys((*zones, *area)))
    country = phonenumbers.region_code_for_number(number)
    return LikelyZones(
        zones=tuple(zones),
        countries=(country,) if country else tuple(phonenumbers.region_codes_for_country_code(code)),
        anywhere=not national or set(zones) == set(national),
    )
