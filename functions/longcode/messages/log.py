"""The log lines of texts that end badly, become uncertain or are parked; the keyed hash of a phone in them."""

from botocore.exceptions import BotoCoreError, ClientError

from longcode.aws.telemetry import logger
from longcode.message import Message, MessageState
from longcode.table import keyed_hash

ENDED_BADLY, UNCERTAIN, PARKED = "text ended badly", "text uncertain", "text parked"


def log_text(event: str, message: Message, state: MessageState, code: str | None) -> None:
    """Log what became of a text: `state` is its new one, `code` the reason."""
    facts = {"account": message.account, "message_id": message.id, "state": state.value, "code": code}
    hashes = {"phone_hash": _hash_or_none(message.phone), "number_hash": _hash_or_none(message.number)}
    logger.warning(event, extra=facts | hashes)


def _hash_or_none(phone: str) -> str | None:
    try:
        return keyed_hash.of(phone) if phone else None
    except (BotoCoreError, ClientError):  # the text's state is written already: its job must not fail
        return None
