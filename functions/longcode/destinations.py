"""Where texts may go: the countries that an account may text, and the types of number that get no texts.

Countries are those of ISO 3166 (US, CA), because calling codes are too coarse: +1 is 25 countries.
"""

import re
from collections.abc import Collection, Iterable

from msgspec import Struct

from longcode.errors import CountryNotAllowed, NumberTypeNotAllowed, OurOwnNumber
from longcode.phone import is_of_texted_type, region_and_type, regions_of_code

_REGION = "[A-Z]{2}"
# The code 1 means these two only; a studio names the others that have it. Any other code means all its countries.
_MEANT_BY_CODE = {"1": ("US", "CA")}


class Destinations(Struct, frozen=True, kw_only=True):
    """Which phones get texts: those in `countries`, toll-free ones only if `toll_free`, and none of `ours`."""

    countries: frozenset[str]
    toll_free: bool
    ours: frozenset[str] = frozenset()

    def refusal(self, phone: str) -> str | None:
        """Return the code of the reason why an E.164 number gets no texts, or None."""
        if phone in self.ours:
            return OurOwnNumber.code
        region, number_type = region_and_type(phone)
        if region not in self.countries:
            return CountryNotAllowed.code
        is_texted = is_of_texted_type(phone, number_type, toll_free=self.toll_free)
        return None if is_texted else NumberTypeNotAllowed.code


def countries_of(country_code: str, allowed: Iterable[str], offered: Collection[str]) -> frozenset[str]:
    """Return the countries that an account may text: its own and the allowed ones, as far as they are offered.

    `allowed` are countries, or calling codes as older releases stored them.
    """
    return frozenset(allowed_regions((country_code, *allowed), offered))


def allowed_regions(allowed: Iterable[str], offered: Collection[str]) -> tuple[str, ...]:
    """Return the countries of a list that has countries and calling codes, without those that are not offered."""
    regions = (region for each in allowed for region in ((each,) if re.fullmatch(_REGION, each) else _of_code(each)))
    return tuple(dict.fromkeys(region for region in regions if region in offered))


def read_country(text: str, offered: Collection[str]) -> str:
    """Return a country as ISO 3166 spells it, or the calling code 1; raise `ValueError` if it is not offered.

    A calling code, such as 61 or +61, is accepted if exactly one of the offered countries has it. 1 still means the
    United States and Canada.
    """
    entered = text.strip().upper()
    code = entered.removeprefix("+")
    regions = (entered,) if re.fullmatch(_REGION, entered) else _of_code(code)
    if not regions:
        raise ValueError("is neither a country, such as US, nor a country's calling code, such as 61")
    meant = sorted(set(regions).intersection(offered))
    if not meant:
        raise ValueError(f"is not a country that this service texts; those are {', '.join(sorted(offered))}")
    if code in _MEANT_BY_CODE:
        return code
    if len(meant) > 1:
        raise ValueError(f"is the calling code of {', '.join(meant)}: name the countries")
    return meant[0]


def _of_code(code: str) -> tuple[str, ...]:
    return _MEANT_BY_CODE.get(code) or regions_of_code(code)
