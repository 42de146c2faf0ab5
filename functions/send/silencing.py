"""Pauses a broadcast whose account may not send; once it may again, its studio decides whether that goes on."""

from longcode.account import Account, why_silent
from longcode.table import broadcasts


def pause(account: Account, broadcast_id: str) -> bool:
    """Pause a broadcast with the reason why its account sends nothing; False when the account may send."""
    refusal = why_silent(account)
    if refusal is None:
        return False
    broadcasts.halt(account.id, broadcast_id, refusal.code, refusal.detail)
    return True
