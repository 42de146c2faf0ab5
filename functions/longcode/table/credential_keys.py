"""The keys of the items about access to accounts: API keys, what else opens, guards or bounds one."""

from longcode.table.keys import Key


def api_key(account: str, key_id: str = "") -> Key:
    """An API key of an account, with the hash of its secret."""
    return Key(f"account#{account}", f"api-key#{key_id}")


def owner_notice(account: str, kind: str, notice_id: str) -> Key:
    """A notice that an account's owner gets by mail."""
    return Key(f"account#{account}", f"owner-notice#{kind}#{notice_id}")


def owner_notices(account: str) -> Key:
    """The prefix of all notices to an account's owner."""
    return Key(f"account#{account}", "owner-notice#")


def attempts(account: str, address: str) -> Key:
    """The wrong passwords for an account from a source address, in the last quarter of an hour."""
    return Key(f"account#{account}", f"attempts#{address}")


def password_link(account: str) -> Key:
    """The newest link that sets a new password of an account; an earlier one no longer works."""
    return Key(f"account#{account}", "password-link")


def address_link(account: str) -> Key:
    """The newest link that confirms a new email address of an account; an earlier one no longer works."""
    return Key(f"account#{account}", "address-link")


def session(account: str, token_hash: str = "") -> Key:
    """A session of the hub, by the hash of its token."""
    return Key(f"account#{account}", f"session#{token_hash}")


def person(account: str, person_id: str = "") -> Key:
    """A person who signs in to the hub by mail."""
    return Key(f"account#{account}", f"person#{person_id}")


def reply_notices(account: str, person_id: str = "") -> Key:
    """How a person is told of replies by mail, and of which replies they were told."""
    return Key(f"account#{account}", f"reply-notices#{person_id}")


def person_link(address_hash: str, account: str = "") -> Key:
    """The link from a person's email address to an account."""
    return Key(f"person#{address_hash}", f"account#{account}")


def sign_in_link(address_hash: str) -> Key:
    """The newest link that signs the people with an email address in."""
    return Key(f"sign-in#{address_hash}", "sign-in")


def calls(account: str, window: str = "") -> Key:
    """How many calls an account made in a window. The partition is its own, so that a flood slows no other item."""
    return Key(f"calls#{account}", f"window#{window}")


def count(account: str, counted: str) -> Key:
    """How many templates, or how many clients, an account has."""
    return Key(f"account#{account}", f"count#{counted}")


def partner_key(key_id: str = "") -> Key:
    """A key with which a partner, such as a hosted product, opens accounts; with the hash of its secret."""
    return Key("partners", f"key#{key_id}")


def partner_studio(partner: str, studio_id: str) -> Key:
    """A studio of a partner, by the partner's own id, and the account that was opened for it."""
    return Key(f"partner#{partner}", f"studio#{studio_id}")


def unapproved() -> str:
    """Return the list of the accounts that the operator has to approve, in the order of time."""
    return "unapproved"


def sign_up(address_hash: str) -> Key:
    """The newest sign-up form with an email address, and the only link that is open for the address."""
    return Key(f"sign-up#{address_hash}", "sign-up")


def form_source(source: str) -> Key:
    """The number of sign-up forms, or of others that are counted, that came from a source in an hour."""
    return Key(f"source#{source}", "sign-ups")
