"""Phone numbers: any spelling that people type, converted to E.164; the country and type of a number."""

import re
import unicodedata
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

from longcode.errors import BadPhone
from longcode.one_spelling import one_spelling

_NORTH_AMERICA = 1
_E164_NORTH_AMERICA = r"\+1[2-9][0-9]{9}"
_FEWEST_DIGITS = 7  # digits after the country code, unless a national plan assigns a shorter number
_MOST_CHARACTERS = 100  # a limit, because the patterns below take quadratic time at worst
_MOST_DIGITS = 15  # digits with the country code (ITU-T E.164 §6)
_NON_GEOGRAPHIC = "001"  # phonenumbers' region of +800, +870 and similar codes

# The patterns are compiled on their first use: most starts of a function need none of them.
# Checked before parsing: phonenumbers turns letters (1-800-FLOWERS) into digits, and finds numbers inside sentences.
_SPELLING = r"[\s(]*\+?[\d\s()./\-‐‒–—―−·•]+"
# What stands between two numbers in one field. Slashes and spaces also stand within a number, so they count only if
# there are more digits than one number can have.
_MARKS = r"().\-‐‒–—―−·•+"
_BETWEEN_NUMBERS = (rf"[^\d {_MARKS}/]+|/ *(?=[+(0])|(?=\+)",)
_BETWEEN_LONG_NUMBERS = (rf"[^\d {_MARKS}]+|(?=\+)", rf"[^\d{_MARKS}]+")
# What spreadsheets make of a number: a formula or an apostrophe keep it as text, otherwise it gets decimals, an
# exponent or separators of thousands.
_KEPT_AS_TEXT = r"""=\s*"([^"]*)"|'(.*)"""
_DECIMALS = r"(\+?\d{7,})[.,]0+"
_UNCERTAIN_DECIMALS = r"\+?\d{7,}\.\d{1,2}|[^.]*\d{3}\.00?|.*\d{3},00?"  # 032.12.345.00 has none
_EXPONENT = r"(\+?\d+)(?:[.,](\d+))?[Ee]\+?(\d{1,2})"
_THOUSANDS = r"\d{1,3}(?:,\d{3}){2,}(?:\.\d*)?|\d{1,3}(?:\.\d{3}){2,},\d*"
# Prefixes that Mexico dropped in 2019: the trunk's 01, the mobiles' 044, 045, and the 1 after the country code.
_OLD_MEXICAN = r"(?:01|04[45]|521)(\d{10})"
_OLD_MEXICAN_FROM_ABROAD = r"(?:00|011)?52(?:1|01|04[45])(\d{10})"
_OLD_IVORIAN = r"(?:225)?([04-9]\d{7})"  # a mobile before its operator's two digits of 2021
_EXTENSION = r"(?i)\d\D*(?:\bext|\bx|(?<=\d)x|#|;|,)\D*\d+\s*$"

_TOO_SHORT, _TOO_LONG = "This phone number is too short.", "This phone number is too long."
_NO_CALLING_CODE = "This phone number does not begin with a country's calling code."


def to_e164(text: str, country_code: str) -> str:
    """Return a typed number in E.164; for a number that begins with '+', the country code is ignored (facts S20-S22).

    A possible number is accepted even if no national plan assigns it: +61 123456789 is the product's own example.
    Raise `BadPhone` for an impossible number, or for a text that is no number.
    """
    typed = _renumbered(_clean(text), country_code)
    if typed.lstrip("( ").startswith("+"):
        number = _parse(typed, None)
    else:
        number = _parse_domestic(typed, _region(country_code))
    _refuse_impossible(number)
    e164 = str(_plans().format_number(number, _plans().PhoneNumberFormat.E164))
    # Each parse removes one domestic prefix. Where two can follow each other (8 and 80 in Belarus), a second parse
    # would give another number.
    if _parse(e164, None).national_number != number.national_number:
        raise BadPhone("This phone number can be read in two ways.")
    return e164


def to_stored(text: str, country_code: str) -> str:
    """Return a typed number in E.164, and of a phone's several spellings the one that is stored and texted."""
    return one_spelling(to_e164(text, country_code))


def check_country_code(country_code: str) -> str:
    """Return a default country code; raise `ValueError` if no country has it."""
    try:
        _region(country_code)
    except BadPhone as error:
        raise ValueError("is not a country's calling code, such as 1 or 61") from error
    return country_code


def region_of(phone: str) -> str:
    """Return the country of an E.164 number: see `region_and_type`."""
    return region_and_type(phone)[0]


@lru_cache(maxsize=1024)
def region_and_type(phone: str) -> tuple[str, int]:
    """Return the country of an E.164 number, and its type, a constant of phonenumbers' `PhoneNumberType`.

    A number that no plan assigns (a new area code, or one of examples such as +1 555) counts as one of the main
    country with its calling code. A number without a country, such as a satellite phone's, has the region "001", and
    one without a calling code, such as a short number that texts us, has "ZZ".
    """
    plans = _plans()
    try:
        number = _read(phone)
    except plans.NumberParseException:
        return plans.UNKNOWN_REGION, plans.PhoneNumberType.UNKNOWN
    assigned = plans.region_code_for_number(number)
    region = str(assigned or plans.region_code_for_country_code(number.country_code or 0))
    return region, plans.number_type(number)


def is_of_texted_type(phone: str, number_type: int, *, toll_free: bool) -> bool:
    """Return whether texts go to numbers of this type; to those of unknown type, unless they are short numbers."""
    types = _plans().PhoneNumberType
    match number_type:
        case (
            types.PREMIUM_RATE | types.SHARED_COST | types.PERSONAL_NUMBER | types.PAGER | types.UAN | types.VOICEMAIL
        ):
            return False
        case types.TOLL_FREE:
            return toll_free
        case types.UNKNOWN:
            return not _plans().is_valid_short_number(_read(phone))
        case _:
            return True


def in_words(phone: str, country_code: str) -> str:
    """Return an E.164 number as people of a country write it: their own numbers without the country code."""
    plans = _plans()
    try:
        number = _read(phone)
    except plans.NumberParseException:
        return phone
    is_domestic = str(number.country_code) == country_code
    form = plans.PhoneNumberFormat.NATIONAL if is_domestic else plans.PhoneNumberFormat.INTERNATIONAL
    return str(plans.format_number(number, form))


@cache
def _plans() -> ModuleType:
    """Return phonenumbers, which has the numbering plans of all countries; it is loaded when first asked for."""
    import phonenumbers  # noqa: PLC0415 - it takes a tenth of a start, and many starts read no number

    return phonenumbers


def _read(phone: str) -> Any:
    """Return an E.164 number as phonenumbers parses it; for North America that takes a fifth of the time."""
    if re.fullmatch(_E164_NORTH_AMERICA, phone):
        return _plans().PhoneNumber(country_code=_NORTH_AMERICA, national_number=int(phone[2:]))
    return _plans().parse(phone)


def regions_of_code(country_code: str) -> tuple[str, ...]:
    """Return the countries with a calling code, the main one first; none for one that belongs to no country."""
    is_code = re.fullmatch("[1-9][0-9]{0,2}", country_code)
    regions = _plans().region_codes_for_country_code(int(country_code)) if is_code else ()
    return tuple(str(region) for region in regions if region != _NON_GEOGRAPHIC)


def _clean(text: str) -> str:
    """Return the text with plain digits and spaces, without the direction marks that address books copy along."""
    if len(text) > _MOST_CHARACTERS:
        raise BadPhone(_TOO_LONG)
    folded = unicodedata.normalize("NFKC", text)
    typed = "".join(c for c in folded if unicodedata.category(c) != "Cf").strip()
    typed = _of_spreadsheet(typed)
    if not typed:
        raise BadPhone("The phone number is empty.")
    if _is_several(typed):
        raise BadPhone("This is more than one phone number; two numbers need two fields.")
    if re.search(_EXTENSION, typed):
        raise BadPhone("A text cannot be sent to an extension.")
    if any(c.isalpha() for c in typed):
        raise BadPhone("A phone number cannot contain letters.")
    if not re.fullmatch(_SPELLING, typed):
        raise BadPhone("This phone number contains characters that are not allowed.")
    return typed


def _of_spreadsheet(typed: str) -> str:
    """Return a number as it was before a spreadsheet wrote it; raise `BadPhone` if that is not certain."""
    if kept := re.fullmatch(_KEPT_AS_TEXT, typed):
        typed = (kept[1] or kept[2] or "").strip()
    if decimals := re.fullmatch(_DECIMALS, typed):
        return decimals[1]
    if exponent := re.fullmatch(_EXPONENT, typed):
        return _without_exponent(exponent[1], exponent[2] or "", int(exponent[3]))
    if re.fullmatch(_THOUSANDS, typed):
        raise BadPhone("This phone number is written as an amount, with separators of thousands.")
    if re.fullmatch(_UNCERTAIN_DECIMALS, typed):
        raise BadPhone("This phone number seems to have decimals; enter it without them.")
    return typed


def _without_exponent(whole: str, decimals: str, exponent: int) -> str:
    digits, rest = decimals[:exponent], decimals[exponent:]
    if len(digits) < exponent or rest.strip("0"):
        raise BadPhone("A spreadsheet has rounded this phone number; format its column as text and enter it again.")
    return whole + digits


def _is_several(typed: str) -> bool:
    """Return whether a text has several numbers, each of at least seven digits."""
    digits = _count_digits(typed)
    if digits < 2 * _FEWEST_DIGITS:
        return False
    patterns = _BETWEEN_LONG_NUMBERS if digits > _MOST_DIGITS else _BETWEEN_NUMBERS
    return any(
        sum(_count_digits(part) >= _FEWEST_DIGITS for part in re.split(pattern, typed)) > 1 for pattern in patterns
    )


def _count_digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _renumbered(typed: str, country_code: str) -> str:
    """Return a number that its country has renumbered as it is now, and any other one as it is."""
    digits = "".join(str(unicodedata.digit(c)) for c in typed if c.isdigit())
    has_plus = typed.lstrip("( ").startswith("+")
    code = digits[:3] if has_plus else country_code.strip().removeprefix("+")
    mexican = re.fullmatch(_OLD_MEXICAN, digits) if code == "52" else None
    if has_plus or digits.startswith("0"):
        mexican = mexican or re.fullmatch(_OLD_MEXICAN_FROM_ABROAD, digits)
    if mexican:
        return f"+52{mexican[1]}"
    if code == "225" and (ivorian := re.fullmatch(_OLD_IVORIAN, digits)):
        return one_spelling(f"+225{ivorian[1]}")
    return typed


def _region(country_code: str) -> str:
    code = country_code.strip().removeprefix("+")
    regions = regions_of_code(code)
    if not regions:
        raise BadPhone("The default country code is not a country's calling code, such as 1 or 61.")
    return regions[0]


def _parse(typed: str, region: str | None) -> Any:
    """Return a number as phonenumbers reads it; raise `BadPhone` with the reason."""
    unreadable = _plans().NumberParseException
    try:
        return _plans().parse(typed, region, keep_raw_input=True)
    except unreadable as error:
        match error.error_type:
            case unreadable.INVALID_COUNTRY_CODE:
                reason = _NO_CALLING_CODE
            case unreadable.TOO_SHORT_NSN | unreadable.TOO_SHORT_AFTER_IDD:
                reason = _TOO_SHORT
            case unreadable.TOO_LONG:
                reason = _TOO_LONG
            case _:
                reason = "This is not a phone number."
        raise BadPhone(reason) from None


def _parse_domestic(typed: str, region: str) -> Any:
    plans = _plans()
    digits = "".join(str(unicodedata.digit(c)) for c in typed if c.isdigit())
    if plans.is_emergency_number(digits, region):
        raise BadPhone("This is an emergency number.")
    number = _parse(typed, region)
    # 00 is the international prefix in most countries, so it is accepted where the country itself uses 011 or 0011.
    is_international = number.country_code_source == plans.CountryCodeSource.FROM_NUMBER_WITH_IDD
    if digits.startswith("00") and not is_international:
        return _parse(f"+{digits[2:]}", None)
    if not is_international and plans.is_valid_short_number_for_region(number, region):
        raise BadPhone("This is a short number, which long codes cannot reach.")
    if digits == str(number.national_number) and _is_valid_abroad(digits, number):
        raise BadPhone("This phone number can be read in two ways: enter it with + or with its domestic prefix.")
    return number


def _is_valid_abroad(digits: str, number: Any) -> bool:
    """Return whether a valid domestic number would be valid too if its first digits were the country code.

    In a German studio's file, 4915123456789 is a mobile without its +, or one of Leer (0491) without its 0.
    """
    plans = _plans()
    if not digits.startswith(str(number.country_code)) or not plans.is_valid_number(number):
        return False
    try:
        return bool(plans.is_valid_number(plans.parse(f"+{digits}")))
    except plans.NumberParseException:
        return False


def _refuse_impossible(number: Any) -> None:
    plans = _plans()
    possible = plans.ValidationResult
    match plans.is_possible_number_with_reason(number):
        case possible.IS_POSSIBLE:
            pass
        case possible.TOO_SHORT:
            raise BadPhone(_TOO_SHORT)
        case possible.TOO_LONG:
            raise BadPhone(_TOO_LONG)
        case possible.INVALID_LENGTH:
            raise BadPhone("This phone number has a length that no number of its country has.")
        case possible.IS_POSSIBLE_LOCAL_ONLY:
            raise BadPhone("This phone number lacks its area code.")
        case _:
            raise BadPhone(_NO_CALLING_CODE)
    significant = plans.national_significant_number(number)
    if len(f"{number.country_code}{significant}") > _MOST_DIGITS:
        raise BadPhone(_TOO_LONG)
    if number.country_code == _NORTH_AMERICA and significant[0] in "01":
        raise BadPhone("No area code begins with 0 or 1.")
    # A remaining leading zero means a number of another country, unless it is a part of the number, as in Italy.
    assigned = plans.is_valid_number(number)
    if len(significant) < _FEWEST_DIGITS and not assigned:
        raise BadPhone(_TOO_SHORT)
    if significant[0] == "0" and not assigned:
        raise BadPhone("This phone number begins with a 0 that no number of its country has.")
