"""The log lines of texts that end badly, become uncertain or are parked; the keyed hash of a phone in them."""

from functools import cache
from hashlib import blake2b
from secrets import token_hex

from botocore.exceptions import BotoCoreError, ClientError

from longcode.aws.telemetry import logger
from longcode.message import Message, MessageState
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Put

ENDED_BADLY, UNCERTAIN, PARKED = "text ended badly", "text uncertain", "text parked"


def log_text(event: str, message: Message, state: MessageState, code: str | None) -> None:
    """Log what became of a text: `state` is its new one, `code` the reason."""
    facts = {"account": message.account, "message_id": message.id, "state": state.value, "code": code}
    hashes = {"phone_hash": _hash_or_none(message.phone), "number_hash": _hash_or_none(message.number)}
    logger.warning(event, extra=facts | hashes)


def phone_hash(phone: str) -> str:
    """Return the hash of a phone in E.164: the same in every function of a deployment, another in each deployment.

    The key is an item of the table, so only those who can read the phones anyway can find the phone of a hash.
    """
    return blake2b(phone.encode(), digest_size=8, key=bytes.fromhex(hash_key())).hexdigest()


def _hash_or_none(phone: str) -> str | None:
    try:
        return phone_hash(phone)
    except (BotoCoreError, ClientError):  # the text's state is written already: its job must not fail
        return None


@cache
def hash_key() -> str:
    """Return the key of the hashes in hex; the first function that needs it makes it."""
    new = token_hex(32)
    try:
        store.write(Put(keys.log_key(), {"type": "log-key", "key": new}, ABSENT))
    except store.ConditionFailed as failed:
        return str(failed.found[0]["key"])
    return new
