"""The keys of the items about consent: lists of opt-outs and of clients by their consent, and the join page."""

from longcode.table.keys import Key


def listed_opt_out(account: str, phone: str) -> Key:
    """A phone in an account's list of opt-outs."""
    return Key(f"account#{account}", f"opted-out#{phone}")


def opt_out_list(account: str) -> str:
    """Return the list of the opted-out phones that an account knows, in the order of time."""
    return f"account#{account}#opt-outs"
