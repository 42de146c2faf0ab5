"""The queue of dead letters: jobs that failed five times, which all queues share. They are looked at, and stay."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from longcode_cli.deployment import Deployment
from longcode_cli.errors import Unreachable

DEAD_LETTERS, QUEUE = "DeadLetters", "AWS::SQS::Queue"
UNKNOWN = "unknown"
MOST = 1_000  # letters that one command looks at
_AT_ONCE = 10
_HIDDEN_SECONDS = 300  # longer than looking at the most of them takes
_KINDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "SendQueue": (("message_id", "text"),),
    "BulkQueue": (("message_id", "text of a broadcast"),),
    "BroadcastQueue": (("broadcast_id", "step of a broadcast"),),
    "InboundQueue": (("form", "received text"), ("Message", "received text (AWS)")),
    "AwsEventsQueue": (("Message", "receipt (AWS)"),),
    "OptOutQueue": (("keyword", "keyword"), ("code", "join form")),
    "SignUpQueue": (("studio_name", "sign-up form"), ("new_email", "new address"), ("email", "sign-in link")),
    "BillQueue": (("month", "bill"),),
    "EventQueue": (("trigger", "text of a trigger"), ("message_id", "away text")),
    "WebhookQueue": (("delivery_id", "webhook"),),
    "ExportQueue": (("month", "export"),),
}
"""By queue: a field that only one kind of its jobs has, and what that kind is called."""
_FACTS = (
    *("message_id", "broadcast_id", "step", "delivery_id", "attempt", "trigger", "kind", "record_id", "day", "month"),
    *("as_of", "keyword", "means", "carrier", "number", "at", "received_at"),
)
"""The fields of jobs that say nothing of a person."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A job that failed for good. `id` is that of its message, which it had on its own queue as well."""

    id: str
    queue: str
    url: str | None
    kind: str
    account: str | None
    sent_at: datetime
    job: Mapping[str, Any]
    message: Mapping[str, Any] = field(repr=False)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the job has to do, without phones, names and words."""
        return {name: self.job[name] for name in _FACTS if self.job.get(name) is not None}

    @property
    def phone(self) -> str | None:
        """Return the phone that a job is about, if it names one."""
        return self._first("phone", "From", "originationNumber")

    @property
    def words(self) -> str | None:
        """Return the words that a job carries, if it has some."""
        return self._first("words", "Body", "messageBody")

    def _first(self, *names: str) -> str | None:
        parts = (self.job, self.job.get("form"), self.job.get("Message"))
        return next(
            (str(part[name]) for part in parts if isinstance(part, Mapping) for name in names if part.get(name)), None
        )


class DeadQueue:
    """The dead letters of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._sqs = deployment.client("sqs")
        queues = deployment.of_kind(QUEUE)
        self._url = deployment.resources[DEAD_LETTERS].id
        self.urls = {queue.name: queue.id for queue in queues if queue.name != DEAD_LETTERS}

    @contextmanager
    def opened(self, most: int = MOST) -> Iterator[list[Letter]]:
        """Yield the dead letters, at most so many, the oldest first. Those that are left are seen again at once.

        They are hidden from others meanwhile, and if this process is killed, for five minutes.
        """
        held: list[Letter] = []
        try:
            while len(held) < most and (batch := self._receive(most - len(held))):
                held += batch
            held.sort(key=lambda letter: letter.sent_at)
            yield held
        finally:
            self._show_again(held)

    def send_back(self, letter: Letter) -> None:
        """Send a job to its queue, and then delete it here: if this process dies between, it is there twice."""
        group = letter.message.get("Attributes", {}).get("MessageGroupId")
        once = {"MessageDeduplicationId": letter.id} if str(letter.url).endswith(".fifo") else {}
        self._call(
            "send_message",
            QueueUrl=letter.url,
            MessageBody=letter.message["Body"],
            MessageAttributes=letter.message.get("MessageAttributes", {}),
            **({"MessageGroupId": group} if group else {}),
            **once,
        )
        self.delete(letter)

    def delete(self, letter: Letter) -> None:
        """Delete a dead letter."""
        self._call("delete_message", QueueUrl=self._url, ReceiptHandle=letter.message["ReceiptHandle"])

    def _receive(self, most: int) -> list[Letter]:
        received = self._call(
            "receive_message",
            QueueUrl=self._url,
            MaxNumberOfMessages=min(most, _AT_ONCE),
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,  # asks all servers of the queue
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [letter_of(message, self.urls) for message in received.get("Messages", [])]

    def _show_again(self, letters: list[Letter]) -> None:
        for start in range(0, len(letters), _AT_ONCE):
            entries = [
                {"Id": str(index), "ReceiptHandle": letter.message["ReceiptHandle"], "VisibilityTimeout": 0}
                for index, letter in enumerate(letters[start : start + _AT_ONCE])
            ]
            # Those that are deleted fail, which is right.
            self._call("change_message_visibility_batch", QueueUrl=self._url, Entries=entries)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return dict(getattr(self._sqs, operation)(**arguments))
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"The queue cannot be reached: {error}") from error


def letter_of(message: Mapping[str, Any], urls: Mapping[str, str]) -> Letter:
    """Return the letter in a message; one whose queue is not of this stack has the queue `unknown` and no URL."""
    attributes = message.get("Attributes", {})
    came_from = attributes.get("DeadLetterQueueSourceArn", "").rpartition(":")[2]
    queue = next((name for name, url in urls.items() if url.rpartition("/")[2] == came_from), UNKNOWN)
    job = _job(message["Body"])
    kind = next((called for name, called in _KINDS.get(queue, ()) if name in job), "not readable")
    return Letter(
        id=message["MessageId"],
        queue=queue,
        url=urls.get(queue),
        kind=kind,
        account=str(job["account"]) if job.get("account") else None,
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        job=job,
        message=message,
    )


def _job(body: str) -> dict[str, Any]:
    """Return the fields of a job; none of a body that is no JSON object. What SNS passes on is read as well."""
    job = _object(body)
    return {**job, "Message": _object(job["Message"])} if isinstance(job.get("Message"), str) else job


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
