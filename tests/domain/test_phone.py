import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from longcode import phone
from longcode.errors import BadPhone


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("+61 123456789", "+61123456789"),
        ("+61 412 345 678", "+61412345678"),
        ("+61 0412 345 678", "+61412345678"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("(+44) 7700 900123", "+447700900123"),
        (" +1 (555) 010-2345 ", "+15550102345"),
        ("\u202a+1\u00a0555\u00a0010\u00a02345\u202c", "+15550102345"),
        ("＋１ ５５５ ０１０ ２３４５", "+15550102345"),
        ("+39 06 12345678", "+390612345678"),
    ],
)
@pytest.mark.parametrize("country_code", ["1", "61", "49"])
def test_a_number_with_a_plus_keeps_its_country_code(typed: str, expected: str, country_code: str) -> None:
    assert phone.to_e164(typed, country_code) == expected


def test_a_number_with_a_plus_needs_no_country_code() -> None:
    assert phone.to_e164("+61 123456789", "") == "+61123456789"


@pytest.mark.parametrize(
    "typed",
    [
        "5550102345",
        "555-010-2345",
        "555.010.2345",
        "555 010 2345",
        "(555) 010-2345",
        "(555)010-2345",
        "555/010-2345",
        "555–010—2345",
        "1 555 010 2345",
        "1-555-010-2345",
        "1 (555) 010-2345",
        "15550102345",
        "５５５０１０２３４５",
        "（５５５）０１０－２３４５",
        "555\u00a0010\u00a02345",
        "555\u202f010\u20112345",
        "\ufeff555 010 2345\u200b",
        "\t555 010 2345\n",
        "٥٥٥٠١٠٢٣٤٥",
        "011 1 555 010 2345",
        "001 555 010 2345",
    ],
)
def test_a_domestic_number_gets_the_country_code_in_any_spelling(typed: str) -> None:
    assert phone.to_e164(typed, "1") == "+15550102345"


@pytest.mark.parametrize(
    ("typed", "country_code", "expected"),
    [
        ("0412 345 678", "61", "+61412345678"),
        ("412 345 678", "61", "+61412345678"),
        ("61 412 345 678", "61", "+61412345678"),
        ("(02) 5550 1234", "61", "+61255501234"),
        ("020 7946 0018", "44", "+442079460018"),
        ("07700 900123", "44", "+447700900123"),
        ("0151 23456789", "49", "+4915123456789"),
        ("06 39 98 12 34", "33", "+33639981234"),
        ("06 12345678", "39", "+390612345678"),
        ("8 912 345-67-89", "7", "+79123456789"),
        ("011 15-1234-5678", "54", "+5491112345678"),
        ("555 010 2345", "+1", "+15550102345"),
        ("555 010 2345", " 1 ", "+15550102345"),
    ],
)
def test_a_national_prefix_is_dropped_where_the_country_has_one(typed: str, country_code: str, expected: str) -> None:
    assert phone.to_e164(typed, country_code) == expected


@pytest.mark.parametrize(
    ("typed", "country_code"),
    [
        ("011 61 412 345 678", "1"),
        ("00 61 412 345 678", "1"),
        ("0061412345678", "44"),
        ("0011 61 412 345 678", "61"),
        ("00 61 412 345 678", "61"),
        ("00 61 412 345 678", "49"),
    ],
)
def test_an_international_prefix_is_read_as_a_plus(typed: str, country_code: str) -> None:
    assert phone.to_e164(typed, country_code) == "+61412345678"


@pytest.mark.parametrize(
    ("typed", "country_code", "reason"),
    [
        ("", "1", "The phone number is empty."),
        (" \u00a0\u200b", "1", "The phone number is empty."),
        ("'", "1", "The phone number is empty."),
        ('=""', "1", "The phone number is empty."),
        ("call Anna", "1", "A phone number cannot contain letters."),
        ("1-800-FLOWERS", "1", "A phone number cannot contain letters."),
        ("tel:+15550102345", "1", "A phone number cannot contain letters."),
        ("555 010 2345 mobile", "1", "A phone number cannot contain letters."),
        ("555-010-2345 ext. 4", "1", "A text cannot be sent to an extension."),
        ("555-010-2345x4", "1", "A text cannot be sent to an extension."),
        ("555-010-2345 #4", "1", "A text cannot be sent to an extension."),
        ("+15550102345;ext=4", "1", "A text cannot be sent to an extension."),
        ("5550102345,,4", "1", "A text cannot be sent to an extension."),
        ("555*010*2345", "1", "This phone number contains characters that are not allowed."),
        ("+1+5550102345", "1", "This phone number contains characters that are not allowed."),
        ("555+0102345", "1", "This phone number contains characters that are not allowed."),
        ("+", "1", "This phone number contains characters that are not allowed."),
        ("()", "1", "This is not a phone number."),
        ("010-2345", "1", "This phone number lacks its area code."),
        ("12", "1", "This phone number is too short."),
        ("+1 555", "1", "This phone number is too short."),
        ("12345", "49", "This phone number is too short."),
        ("555 010 23456", "1", "This phone number is too long."),
        ("+61 1234567890123456", "1", "This phone number is too long."),
        ("1" + ";" * 100_000 + "x", "1", "This phone number is too long."),
        ("+999 12345678", "1", "This phone number does not begin with a country's calling code."),
        ("+0 12345678", "1", "This phone number does not begin with a country's calling code."),
        ("123-456-7890", "1", "No area code begins with 0 or 1."),
        ("0412 345 678", "1", "No area code begins with 0 or 1."),
        ("911", "1", "This is an emergency number."),
        ("9-1-1", "1", "This is an emergency number."),
        ("112", "49", "This is an emergency number."),
        ("000", "61", "This is an emergency number."),
        ("999", "44", "This is an emergency number."),
        ("0808676642", "375", "This phone number can be read in two ways."),
        ("22395", "1", "This is a short number, which long codes cannot reach."),
        ("311", "1", "This is a short number, which long codes cannot reach."),
    ],
)
def test_an_impossible_number_is_refused_with_the_reason(typed: str, country_code: str, reason: str) -> None:
    with pytest.raises(BadPhone) as refused:
        phone.to_e164(typed, country_code)

    assert refused.value.detail == reason


@pytest.mark.parametrize("country_code", ["", "0", "999", "800", "one", "1234", "١", "-1", "+"])
def test_an_unknown_country_code_is_refused(country_code: str) -> None:
    with pytest.raises(BadPhone) as refused:
        phone.to_e164("555 010 2345", country_code)

    assert refused.value.detail == "The default country code is not a country's calling code, such as 1 or 61."


def test_reading_a_number_loads_no_tables_of_places_or_carriers() -> None:
    program = (
        "import sys; from longcode.phone import to_e164; print(to_e164('5550102345', '1'), *sorted(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(phone.__file__).parents[1])},
    )

    number, *modules = loaded.stdout.split()
    plans = [name for name in modules if name.startswith("phonenumbers.")]
    assert number == "+15550102345"
    assert plans
    assert [name for name in plans if "geo" in name or "carrier" in name] == []


codes = st.sampled_from(
    ["1", "7", "33", "34", "39", "44", "49", "52", "54", "55", "61", "64", "81", "86", "91", "225", "353"]
)
spellings = st.text("0123456789", min_size=3, max_size=17) | st.text("0123456789+ -().０１\u00a0x#,", max_size=22)


@given(spellings, st.booleans(), codes)
def test_an_e164_number_is_converted_to_itself(typed: str, plus: bool, country_code: str) -> None:
    try:
        once = phone.to_e164(f"+{typed}" if plus else typed, country_code)
    except BadPhone:
        return

    assert phone.to_e164(once, country_code) == once
    assert phone.to_e164(once, "1") == once
    assert once[0] == "+"
    assert once[1:].isdecimal()
    assert len(once) <= 16


@given(st.text(), st.text(max_size=4))
def test_any_typed_text_is_converted_or_refused(typed: str, country_code: str) -> None:
    with suppress(BadPhone):
        assert phone.to_e164(typed, country_code).startswith("+")


@given(st.integers(2_000_000_000, 9_999_999_999), st.text(" .-()\u00a0–", min_size=11, max_size=11))
def test_punctuation_never_changes_a_number(national: int, marks: str) -> None:
    typed = "".join(mark + digit for mark, digit in zip(marks, f"{national}", strict=False))

    assert phone.to_e164(typed, "1") == f"+1{national}"


@pytest.mark.parametrize(
    ("typed", "country_code", "expected"),
    [
        ("1701234567.0", "49", "+491701234567"),
        ("1701234567.00", "49", "+491701234567"),
        ("1701234567,0", "49", "+491701234567"),
        ("1701234567,00", "49", "+491701234567"),
        ("6641234567.0", "43", "+436641234567"),
        ("211234567.0", "64", "+64211234567"),
        ("211234567.00", "64", "+64211234567"),
        ("401234567.0", "358", "+358401234567"),
        ("9876543210.0", "91", "+919876543210"),
        ("81234567890.0", "62", "+6281234567890"),
        ("12125550123.0", "1", "+12125550123"),
        ("+491701234567.0", "1", "+491701234567"),
        ("4.47911123456E+11", "44", "+447911123456"),
        ("4,47911123456E+11", "44", "+447911123456"),
        ("2.125550123e9", "1", "+12125550123"),
        ("1.70123456700E+09", "49", "+491701234567"),
        ('="02125550123"', "44", "+442125550123"),
        ("'07911123456", "44", "+447911123456"),
        ("1.701.234.567", "49", "+491701234567"),
        ("01.42.68.53.00", "33", "+33142685300"),  # its last two digits are no decimals
        ("032.12.345.00", "261", "+261321234500"),
        ("212.555.0000", "1", "+12125550000"),
        ("2.1.2.5.5.5.0.1.2.0", "1", "+12125550120"),
    ],
)
def test_what_a_spreadsheet_adds_to_a_number_is_not_read_as_its_digits(
    typed: str, country_code: str, expected: str
) -> None:
    assert phone.to_e164(typed, country_code) == expected


@pytest.mark.parametrize(
    ("typed", "country_code", "reason"),
    [
        ("4.479E+11", "44", "A spreadsheet has rounded"),
        ("4,479E+11", "44", "A spreadsheet has rounded"),
        ("1.23457E+12", "1", "A spreadsheet has rounded"),
        ("2.1255501235E+09", "1", "A spreadsheet has rounded"),
        ("1701234567.5", "49", "seems to have decimals"),
        ("2125550123.25", "1", "seems to have decimals"),
        ("0170 1234567.0", "49", "seems to have decimals"),
        ("+49 170 1234567.0", "49", "seems to have decimals"),
        ("0170/1234567.0", "49", "seems to have decimals"),
        ("(212) 555-0123.0", "1", "seems to have decimals"),
        ("170 1234567,00", "49", "seems to have decimals"),
        ("2,125,550,123", "1", "separators of thousands"),
        ("2,125,550,123.00", "1", "separators of thousands"),
        ("1.701.234.567,00", "49", "separators of thousands"),
        # With the country code but without +, or domestic without its 0: both are valid numbers.
        ("491701234567.0", "49", "read in two ways"),
        ("4915123456789", "49", "read in two ways"),
        ("62812345678", "62", "read in two ways"),
        ("468123456", "46", "read in two ways"),
    ],
)
def test_a_number_that_a_spreadsheet_has_made_uncertain_is_refused_by_name(
    typed: str, country_code: str, reason: str
) -> None:
    with pytest.raises(BadPhone, match=reason):
        phone.to_e164(typed, country_code)


MOBILES = {
    region: phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
}


@pytest.mark.parametrize("region", [region for region, number in MOBILES.items() if number])
def test_a_countrys_mobile_as_a_number_of_a_spreadsheet_is_the_same_mobile_or_refused(region: str) -> None:
    mobile = MOBILES[region]
    assert mobile is not None
    e164 = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
    whole = str(mobile.national_number)

    for written in (f"{whole}.0", f"{whole}.00", f"{whole},00", f"{whole[0]}.{whole[1:]}E+{len(whole) - 1}"):
        with suppress(BadPhone):
            assert phone.to_e164(written, str(mobile.country_code)) == phone.to_e164(whole, str(mobile.country_code))
    assert phone.to_e164(f"{e164}.0", "") == e164
    with suppress(BadPhone):  # without its +
        assert phone.to_e164(f"{e164[1:]}.0", str(mobile.country_code)) == e164


@pytest.mark.parametrize(
    "typed",
    [
        "2125550123, 2125550199",
        "2125550123; 2125550199",
        "2125550123,2125550199",
        "2125550123 / 2125550199",
        "2125550123/2125550199",
        "212 555 0123 / 212 555 0199",
        "212-555-0123 or 212-555-0199",
        "212-555-0123 & 212-555-0199",
        "2125550123\n2125550199",
        "2125550123 2125550199",
        "(212) 555-0123 (212) 555-0199",
        "2125550123|2125550199",
        "H: 212-555-0123 C: 212-555-0199",
        "212-555-0123 (home) 212-555-0199 (cell)",
        "+12125550123,+12125550199",
        "+12125550123 +12125550199",
        "+49 170 1234567/+49 171 1234567",
        "0170 1234567 oder 0171 1234567",
        "040 1234567 / 0170 1234567",
    ],
)
def test_two_numbers_are_refused_as_two(typed: str) -> None:
    with pytest.raises(BadPhone, match="more than one phone number; two numbers"):
        phone.to_e164(typed, "1")


@pytest.mark.parametrize(
    ("typed", "country_code", "expected"),
    [
        ("0043 664/1234567", "49", "+436641234567"),
        ("0664 / 123 45 67", "43", "+436641234567"),
        ("030/123456-0", "49", "+49301234560"),
        ("555/010-2345", "1", "+15550102345"),
    ],
)
def test_a_slash_within_a_number_does_not_make_it_two(typed: str, country_code: str, expected: str) -> None:
    assert phone.to_e164(typed, country_code) == expected


@pytest.mark.parametrize(
    ("typed", "country_code"),
    [
        ("+52 1 55 1234 5678", "1"),
        ("044 55 1234 5678", "52"),
        ("045 55 1234 5678", "52"),
        ("01 55 1234 5678", "52"),
        ("521 55 1234 5678", "52"),
        ("+52 044 55 1234 5678", "1"),
        ("+52 045 55 1234 5678", "52"),
        ("+52 01 55 1234 5678", "1"),
        ("011 52 1 55 1234 5678", "1"),
        ("00 52 1 55 1234 5678", "49"),
        ("55 1234 5678", "52"),
        ("5512345678.0", "52"),
    ],
)
def test_mexicos_old_prefixes_are_dropped(typed: str, country_code: str) -> None:
    assert phone.to_e164(typed, country_code) == "+525512345678"
