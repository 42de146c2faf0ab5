"""The Services panel of studio software (facts S28): what it says where there are no texts to tell of."""

from longcode.account import Account, why_silent
from longcode.standing import AccountStatus

NOT_ENABLED = "You have not enabled SMS Text Messaging."
"""What the panel says without an account, word for word (facts S33)."""


def message(account: Account | None) -> str | None:
    """Tell what stands in an account's way, for a person; None if it has texting.

    One that is not there, not established or closed is no account; one that is suspended is told why.
    """
    if account is None or account.established_at is None or account.standing is AccountStatus.CLOSED:
        return NOT_ENABLED
    refusal = why_silent(account)
    return refusal.detail if refusal else None
