"""Where texts may go: countries of ISO 3166, types of number, and the spellings of a country in the settings."""

import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from longcode import destinations
from longcode.destinations import Destinations, allowed_regions, countries_of, read_country
from longcode.phone import region_of
from tests.support.local_aws import read_template

OFFERED = ("US", "CA", "AU", "GB", "JM", "RU", "KZ")
HERE = Destinations(countries=frozenset({"US", "CA"}), toll_free=False, ours=frozenset({"+12135550100"}))
EVERYWHERE = Destinations(countries=frozenset(phonenumbers.SUPPORTED_REGIONS), toll_free=False)
REFUSED_TYPES = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
    PhoneNumberType.TOLL_FREE,
)


def examples(*types: int) -> list[str]:
    """Return the library's example of each type in each country that has one."""
    numbers = [
        number
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in types
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]
    return [phonenumbers.format_number(number, PhoneNumberFormat.E164) for number in numbers]


@pytest.mark.parametrize(
    ("phone", "region"),
    [
        ("+12125550123", "US"),
        ("+14165550123", "CA"),
        ("+18765550123", "JM"),
        ("+16585550123", "JM"),
        ("+18095550123", "DO"),
        ("+12425550123", "BS"),
        ("+17875550123", "PR"),
        ("+447911123456", "GG"),
        ("+447700900123", "GB"),  # for use in drama: no plan assigns it
        ("+61123456789", "AU"),  # the product's own example, which no plan assigns either
        ("+15555550123", "US"),  # 555 is no area code
        ("+77011234567", "KZ"),
        ("+870773111632", "001"),
        ("+979123456789", "001"),
        ("72345", "ZZ"),
        ("+0", "ZZ"),
    ],
)
def test_a_number_is_in_a_country_and_not_only_behind_a_calling_code(phone: str, region: str) -> None:
    assert region_of(phone) == region


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+12125550123", None),
        ("+14165550123", None),
        ("+15555550123", None),
        ("+18765550123", "country_not_allowed"),
        ("+12425550123", "country_not_allowed"),
        ("+17875550123", "country_not_allowed"),
        ("+61491570156", "country_not_allowed"),
        ("+870773111632", "country_not_allowed"),
        ("+80012345678", "country_not_allowed"),
        ("+19005550123", "number_type_not_allowed"),
        ("+15005550006", "number_type_not_allowed"),
        ("+18005550123", "number_type_not_allowed"),
        ("+12135550100", "our_own_number"),
    ],
)
def test_a_refusal_names_the_rule(phone: str, code: str | None) -> None:
    assert HERE.refusal(phone) == code


def test_toll_free_numbers_are_texted_if_the_operator_allows_it() -> None:
    allowing = Destinations(countries=frozenset({"US"}), toll_free=True)

    assert (allowing.refusal("+18005550123"), allowing.refusal("+19005550123")) == (None, "number_type_not_allowed")


def test_no_premium_shared_cost_personal_pager_company_voicemail_or_toll_free_number_of_any_country_is_texted() -> (
    None
):
    phones = examples(*REFUSED_TYPES)

    assert len(phones) > 500
    assert {EVERYWHERE.refusal(phone) for phone in phones} == {"number_type_not_allowed"}


def test_every_mobile_is_texted_if_its_country_is_allowed_and_no_other_is() -> None:
    mobiles = examples(PhoneNumberType.MOBILE)

    texted = [phone for phone in mobiles if HERE.refusal(phone) is None]

    assert {EVERYWHERE.refusal(phone) for phone in mobiles} == {None}
    assert {region_of(phone) for phone in texted} == {"US", "CA"}


@pytest.mark.parametrize("phone", ["+44118500", "+33118218", "+49115"])
def test_a_short_number_behind_a_calling_code_is_not_texted(phone: str) -> None:
    assert EVERYWHERE.refusal(phone) == "number_type_not_allowed"


@given(st.text("0123456789", min_size=7, max_size=10), st.sampled_from(["1", "44", "61", "7", "876", "870", "979"]))
def test_any_number_with_a_known_calling_code_gets_an_answer(digits: str, code: str) -> None:
    assert HERE.refusal(f"+{code}{digits}") in (None, "country_not_allowed", "number_type_not_allowed")


@pytest.mark.parametrize(
    ("country_code", "allowed", "countries"),
    [
        ("1", (), {"US", "CA"}),
        ("1", ("JM",), {"US", "CA", "JM"}),
        ("44", (), {"GB"}),  # as the others with 44 are not offered
        ("61", ("1",), {"AU", "US", "CA"}),  # as older releases stored it
        ("7", (), {"RU", "KZ"}),
        ("1", ("FR",), {"US", "CA"}),  # no longer offered
        ("225", (), set()),
    ],
)
def test_an_account_texts_its_own_country_and_those_it_allows_of_those_offered(
    country_code: str, allowed: tuple[str, ...], countries: set[str]
) -> None:
    assert countries_of(country_code, allowed, OFFERED) == countries


@pytest.mark.parametrize(
    ("entered", "country"),
    [("AU", "AU"), (" au ", "AU"), ("61", "AU"), ("+61", "AU"), ("44", "GB"), ("JM", "JM"), ("1", "1"), ("+1", "1")],
)
def test_a_country_can_be_entered_in_iso_3166_or_as_its_calling_code(entered: str, country: str) -> None:
    assert read_country(entered, OFFERED) == country


@pytest.mark.parametrize(
    ("entered", "why"),
    [
        ("7", "is the calling code of KZ, RU: name the countries"),
        ("FR", "is not a country that this service texts; those are AU, CA, GB, JM, KZ, RU, US"),
        ("33", "is not a country that this service texts; those are AU, CA, GB, JM, KZ, RU, US"),
        ("999", "is neither a country, such as US, nor a country's calling code, such as 61"),
        ("870", "is neither a country, such as US, nor a country's calling code, such as 61"),
        ("USA", "is neither a country, such as US, nor a country's calling code, such as 61"),
        ("", "is neither a country, such as US, nor a country's calling code, such as 61"),
        ("+", "is neither a country, such as US, nor a country's calling code, such as 61"),
    ],
)
def test_a_country_that_is_not_offered_or_unclear_is_refused_with_what_would_be_right(entered: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        read_country(entered, OFFERED)

    assert str(refused.value) == why


def test_calling_codes_of_older_releases_are_shown_as_countries() -> None:
    assert allowed_regions(("1", "AU", "61"), OFFERED) == ("US", "CA", "AU")


def test_the_default_of_the_template_has_only_countries_of_the_library() -> None:
    offered = read_template()["Parameters"]["AllowedCountries"]["Default"].split(",")

    assert set(offered) <= phonenumbers.SUPPORTED_REGIONS


def test_importing_the_module_loads_no_phonenumbers() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, longcode.destinations; print('phonenumbers' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(destinations.__file__).parents[1])},
    )

    assert loaded.stdout == "False\n"
