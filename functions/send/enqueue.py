"""Puts texts on the queue of their kind: broadcasts keep no single text waiting (design §5)."""

from collections.abc import Sequence

from longcode import jobs
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.message import Kind, Message


def enqueue(messages: Sequence[Message]) -> None:
    """Enqueue texts of one account and kind, for the attempt that they stand at; raises `NotHandedOver`."""
    if not messages:
        return
    first = messages[0]
    bulk = first.kind is Kind.BULK
    url = settings().bulk_queue_url if bulk else settings().send_queue_url
    sends = [jobs.Send(account=one.account, message_id=one.id, attempt=one.attempt) for one in messages]
    queues.put(url, sends, group=first.account)
