"""The fields that several request forms share, with their checks."""

import re
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import AfterValidator, Field

from longcode import months
from longcode.accounts.names import check_studio_name
from longcode.aws.settings import settings
from longcode.destinations import read_country
from longcode.phone import check_country_code
from longcode.template import check_not_blank, is_blank
from longcode.triggers.trigger import RecordKind, record_word

# The patterns are compiled on their first use: most starts of a function need none of them.
_ID = r"[-._~!$&'()*+,:;=@\w]+"  # the characters that a path segment of a URL allows
_RESERVED_IDS = {"import", ".", ".."}
# Line breaks, and marks that change the writing direction: an invoice prints the account after the name.
_NOT_IN_A_LINE = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_NOT_ZONES = r"(posix|right)/.*|posixrules|localtime|Factory"  # files among the zones on some machines
_NO_ZONE = "no such time zone; an example is America/Chicago"


def _known_zone(zone: str) -> str:
    try:
        name = months.time_zone(zone).key
    except ValueError as error:
        raise ValueError(_NO_ZONE) from error
    if re.fullmatch(_NOT_ZONES, name):
        raise ValueError(_NO_ZONE)
    return name


def _offered_country(text: str) -> str:
    return read_country(text, settings().allowed_countries)


def _usable_id(client_id: str) -> str:
    if not re.fullmatch(_ID, client_id) or client_id in _RESERVED_IDS:
        raise ValueError("has characters that a URL does not allow, or is reserved")
    return client_id


def _usable_name(name: str) -> str:
    _usable_id(name.replace(" ", "_"))
    if "  " in name:
        raise ValueError("has two spaces in a row")
    return name


def _not_blank(status: str) -> str:
    if is_blank(status) or not record_word(status):
        raise ValueError("is empty")
    return status


def _in_a_line(text: str) -> str:
    if re.search(_NOT_IN_A_LINE, text):
        raise ValueError("has line breaks or control characters; write it in one line")
    return text


Line = Annotated[
    str, Field(min_length=1, max_length=100), AfterValidator(_in_a_line), AfterValidator(check_not_blank)
]
StudioName = Annotated[Line, AfterValidator(check_studio_name)]
TimeZone = Annotated[str, Field(max_length=60), AfterValidator(_known_zone)]
CountryCode = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$"), AfterValidator(check_country_code)]
Country = Annotated[str, Field(max_length=20), AfterValidator(_offered_country)]
"""A country in ISO 3166, such as AU, or a calling code, such as 61 or +61, that only one offered country has."""

PlanName = Annotated[str, Field(max_length=60)]
ClientId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_usable_id)]
Status = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_not_blank)]
PathName = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\s/#]+( [^\s/#]+)*$")]
"""The name of a template or trigger, as a part of a path."""

NewName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_usable_name)]
"""A name that is not given in a path, and that a path can have."""

Statuses = Annotated[list[Status], Field(min_length=1, max_length=50)]


def checked_statuses(statuses: dict[RecordKind, list[str]] | None) -> dict[RecordKind, list[str]] | None:
    """Return statuses by the kind of record; raise `ValueError` for a keyword, which has no status."""
    if statuses and RecordKind.KEYWORD in statuses:
        raise ValueError("a keyword has no status")
    return statuses
