"""The keys of the items about access to accounts: API keys and whatever else opens or guards an account."""

from longcode.table.keys import Key


def api_key(account: str, key_id: str = "") -> Key:
    """An API key of an account, with the hash of its secret."""
    return Key(f"account#{account}", f"api-key#{key_id}")
