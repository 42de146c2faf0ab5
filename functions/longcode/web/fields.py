"""The fields that several forms of a studio share, each with what it may hold."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.errors import BadPhone
from longcode.numbers.routing import our_numbers
from longcode.phone import check_country_code
from longcode.triggers.trigger import RecordKind, record_word

_ID = re.compile(r"[-._~!$&'()*+,:;=@\w]+")  # what can stand in an address
# No breaks, and nothing that turns the letters around: an invoice has the account number on the line of the name.
_IN_A_LINE = r"[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_TAKEN = {"import", ".", ".."}
_NOWHERE = re.compile(r"(posix|right)/.*|posixrules|localtime|Factory")  # files beside the zones on some machines
_NO_ZONE = "no such time zone; one is America/Chicago"


CountryCode = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$"), AfterValidator(check_country_code)]
Line = Annotated[
    str, Field(min_length=1, max_length=100, pattern=rf"^{_IN_A_LINE}*[\p{{L}}\p{{N}}\p{{P}}\p{{S}}]{_IN_A_LINE}*$")
]


def _known_zone(zone: str) -> str:
    try:
        found = ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(_NO_ZONE) from error
    if _NOWHERE.fullmatch(found):
        raise ValueError(_NO_ZONE)
    return found


TimeZone = Annotated[str, Field(max_length=60), AfterValidator(_known_zone)]
PlanName = Annotated[str, Field(max_length=60)]


def _reachable(client_id: str) -> str:
    if not _ID.fullmatch(client_id) or client_id in _TAKEN:
        raise ValueError("has characters that cannot stand in an address, or is taken")
    return client_id


ClientId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_reachable)]


def _a_word(status: str) -> str:
    if not record_word(status):
        raise ValueError("is empty")
    return status


Status = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_a_word)]
Statuses = Annotated[list[Status], Field(min_length=1, max_length=50)]


def not_ours(phone: str, account: Account) -> str:
    """Refuse a number that texts come from: what it is texted would come back as a reply; raises `BadPhone`."""
    if phone in our_numbers(account, settings().shared_numbers):
        raise BadPhone("This is a number that texts come from.")
    return phone


def record_statuses(statuses: dict[RecordKind, list[str]] | None) -> dict[RecordKind, list[str]] | None:
    """Refuse statuses of a keyword, which has none."""
    if statuses and RecordKind.KEYWORD in statuses:
        raise ValueError("a keyword has no status")
    return statuses
