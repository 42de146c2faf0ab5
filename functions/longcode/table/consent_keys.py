"""The keys of the items about consent: the lists of clients, which are by consent, its events, and the join page."""

from datetime import datetime

from longcode.months import instant
from longcode.table.keys import Key

_LONGEST_NAME = 100  # characters of four bytes at most; with an id it fits into a key


def client_list(account: str, means: str | None) -> str:
    """Return the list of the clients who have agreed to texts by these means, or, for None, of those who have not."""
    return f"account#{account}#consent-{means or 'none'}"


def client_place(name: str, number: str, client_id: str) -> str:
    """Return a client's place in a list, which orders clients by their names, and then those without one by number.

    Names have no two spaces in a row, so a name comes before the longer names that begin with it.
    """
    return f"0 {name[:_LONGEST_NAME]}  {client_id}" if name else f"1 {number}  {client_id}"


def client_survey(account: str) -> Key:
    """How far the clients that older releases wrote are put on the lists of clients and of opt-outs."""
    return Key(f"account#{account}", "client-survey")


def opt_out_survey(account: str) -> Key:
    """How far the phones that an account has texted are looked at, to put those that stopped long ago on its list."""
    return Key(f"account#{account}", "opt-out-survey")


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
