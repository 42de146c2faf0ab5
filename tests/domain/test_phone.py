import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("555 010 2345 / 555 010 2346", "1", "This phone number is too long."),
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


def test_importing_phone_loads_no_tables_of_places_or_carriers() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, longcode.phone; print([m for m in sys.modules if 'geo' in m or 'carrier' in m])",
        ],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(phone.__file__).parents[1])},
    )

    assert "phonenumbers" not in loaded.stdout


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
        ("6641234567.0", "43", "+436641234567"),
        ("211234567.00", "64", "+64211234567"),
        ("+491701234567.0", "1", "+491701234567"),
    ],
)
def test_the_decimals_of_a_spreadsheet_are_not_digits_of_the_number(
    typed: str, country_code: str, expected: str
) -> None:
    assert phone.to_e164(typed, country_code) == expected


@pytest.mark.parametrize("typed", ["2125550123, 2125550199", "2125550123; 2125550199", "+12125550123,+12125550199"])
def test_two_numbers_are_refused_as_two(typed: str) -> None:
    with pytest.raises(BadPhone, match="more than one phone number"):
        phone.to_e164(typed, "1")
