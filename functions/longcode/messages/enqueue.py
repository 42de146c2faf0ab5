"""Puts texts on the queue of their kind: broadcasts have their own, so that no single text waits behind one."""

from collections.abc import Sequence

from longcode import jobs
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.message import Kind, Message


def enqueue(messages: Sequence[Message]) -> None:
    """Queue texts of one account and one kind for their current attempt; raises `NotHandedOver`."""
    if not messages:
        return
    first = messages[0]
    bulk = first.kind is Kind.BULK
    url = settings().bulk_queue_url if bulk else settings().send_queue_url
    sends = [jobs.Send(account=one.account, message_id=one.id, attempt=one.attempt) for one in messages]
    queues.put(url, sends, group=first.account)
