"""Hashes with a secret key: the same in every function of a deployment, others in each deployment."""

from functools import cache
from hashlib import blake2b
from secrets import token_hex

from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put


def of(text: str) -> str:
    """Return the hash of a text, 16 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=8, key=bytes.fromhex(secret_key())).hexdigest()


@cache
def secret_key() -> str:
    """Return the key in hex; the first function that needs it makes it.

    It is an item of the table, so only those who can read the phones anyway can find the phone of a hash.
    """
    new = token_hex(32)
    try:
        store.write(Put(keys.log_key(), {"type": "log-key", "key": new}, ABSENT))
    except store.ConditionFailed as failed:
        return str(failed.found[0]["key"])
    return new
