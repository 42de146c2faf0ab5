"""The keys of the items about consent: lists of clients by their consent, and the join page."""

from datetime import datetime

from longcode.months import instant
from longcode.table.keys import Key


def consent_list(account: str, means: str) -> str:
    """Return the list of the clients who have agreed to texts by these means, in the order of time."""
    return f"account#{account}#consent-{means}"


def consent_survey(account: str) -> Key:
    """How far the clients that older releases wrote are put on the lists of consent and of opt-outs."""
    return Key(f"account#{account}", "consent-survey")


def consent_event(phone: str, account: str, at: datetime | None = None, client_id: str = "") -> Key:
    """One event in which a client of an account with this phone agreed to texts, or no longer did."""
    place = f"{instant(at)}#{client_id}" if at else ""
    return Key(f"phone#{phone}", f"permission#{account}#{place}")


def join_page(account: str) -> Key:
    """The page on which clients of an account agree to texts."""
    return Key(f"account#{account}", "join-page")


def join_words(account: str, version: int | None = None) -> Key:
    """A version of the words that the join page of an account shows."""
    return Key(f"account#{account}", f"join-words#{version:06d}" if version else "join-words#")


def join_code(code: str) -> Key:
    """The account whose join page has a code in its address."""
    return Key(f"join#{code}", "code")


def join_request(phone: str, account: str = "") -> Key:
    """The newest form of an account's join page with a phone, until the phone has answered."""
    return Key(f"phone#{phone}", f"join#{account}")
