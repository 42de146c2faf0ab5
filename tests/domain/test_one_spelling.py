"""One phone can be written in several ways; one of them is stored and texted."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from longcode.one_spelling import one_spelling
from longcode.phone import to_e164, to_stored

_MOBILES = {
    region: mobile
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (mobile := phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE))
}


@pytest.mark.parametrize(
    ("other", "stored"),
    [
        ("+5215512345678", "+525512345678"),
        ("+5491123123456", "+541123123456"),
        ("+551171234567", "+5511971234567"),
        ("+22507123456", "+2250707123456"),
        ("+22545123456", "+2250545123456"),
        ("+22502123456", "+2250102123456"),
        ("+4407700900123", "+447700900123"),
        ("+5401123123456", "+541123123456"),
        ("+54091123123456", "+541123123456"),
    ],
)
def test_each_spelling_of_a_phone_is_stored_as_one(other: str, stored: str) -> None:
    assert one_spelling(other) == stored
    assert one_spelling(stored) == stored


@pytest.mark.parametrize(
    "e164",
    [
        "+12125550123",
        "+390612345678",  # in Italy the 0 belongs to the number
        "+2250707123456",  # in Ivory Coast too
        "+24106031234",
        "+551133334444",  # a landline of São Paulo
        "+521551234567",  # too short to be a mobile with its old 1
        "anonymous",
        "",
    ],
)
def test_any_other_number_stays_as_it_is(e164: str) -> None:
    assert one_spelling(e164) == e164


@pytest.mark.parametrize("region", _MOBILES)
def test_a_zero_kept_after_the_country_code_is_removed_as_phonenumbers_removes_it(region: str) -> None:
    mobile = _MOBILES[region]
    e164 = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
    with_zero = f"+{mobile.country_code}0{phonenumbers.national_significant_number(mobile)}"
    parsed = phonenumbers.format_number(phonenumbers.parse(with_zero), PhoneNumberFormat.E164)

    assert one_spelling(with_zero) == (one_spelling(e164) if parsed == e164 else with_zero)
    assert (one_spelling(e164) == e164) == (region != "AR")


@pytest.mark.parametrize(
    ("typed", "country_code", "stored"),
    [
        ("+52 1 55 1234 5678", "1", "+525512345678"),
        ("044 55 1234 5678", "52", "+525512345678"),
        ("045 55 1234 5678", "52", "+525512345678"),
        ("01 55 1234 5678", "52", "+525512345678"),
        ("521 55 1234 5678", "52", "+525512345678"),
        ("55 1234 5678", "52", "+525512345678"),
        ("+54 9 11 2312-3456", "1", "+541123123456"),
        ("011 15-2312-3456", "54", "+541123123456"),
        ("(11) 7123-4567", "55", "+5511971234567"),
        ("07 12 34 56", "225", "+2250707123456"),
        ("+225 07 12 34 56", "1", "+2250707123456"),
        ("07 07 12 34 56", "225", "+2250707123456"),
    ],
)
def test_people_may_type_either_spelling(typed: str, country_code: str, stored: str) -> None:
    assert to_stored(typed, country_code) == stored


@pytest.mark.parametrize("typed", ["+12125550123", "+525512345678", "+2250707123456", "+390612345678"])
def test_a_number_with_one_spelling_is_stored_in_e164(typed: str) -> None:
    assert to_stored(typed, "1") == to_e164(typed, "1") == typed
