"""`longcode dead-letters`: failed jobs are shown without phones and words, sent back once or twice, never lost."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError

from longcode import jobs
from longcode.aws.clients import client
from longcode.aws.queues import URL_SETTINGS
from longcode_cli.dead_queue import letter_of
from longcode_cli.deployment import Deployment
from tests.support.fakes import NOW
from tests.support.local_aws import QUEUE_URLS
from tests.support.operator import Log, longcode
from tests.support.stubbed_aws import Stack, deployment_of

pytestmark = pytest.mark.usefixtures("aws")

PHONE, WORDS = "+12125550123", "Is Saturday still free?"
TEXT = jobs.Send(account="10000001", message_id="m1", attempt=2)
REPLY = jobs.Receive(
    carrier="twilio", form={"From": PHONE, "To": "+12135550100", "Body": WORDS, "MessageSid": "SM1"}, received_at=NOW
)
NAMES = {"send": "SendQueue", "inbound": "InboundQueue", "event": "EventQueue"}


@pytest.fixture
def dead() -> str:
    """The queue of dead letters."""
    return str(client("sqs").create_queue(QueueName="dead")["QueueUrl"])


def fail(dead: str, name: str, *to_fail: object) -> None:
    """Put jobs of a queue among the dead letters."""
    for job in to_fail:
        attributes = {"request_id": {"DataType": "String", "StringValue": f"from {name}"}}
        body = msgspec.json.encode(job).decode()
        client("sqs").send_message(QueueUrl=dead, MessageBody=body, MessageAttributes=attributes)


class Sqs:
    """SQS, which says where a dead letter came from, as moto does not; it fails at one operation, if it is to."""

    def __init__(self, failing: str = "") -> None:
        self._failing = failing

    def __getattr__(self, name: str) -> Any:
        if name == self._failing:
            raise EndpointConnectionError(endpoint_url="https://sqs.example")
        return getattr(client("sqs"), name)

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        received: dict[str, Any] = client("sqs").receive_message(**arguments)
        for message in received.get("Messages", []):
            name = message["MessageAttributes"]["request_id"]["StringValue"].removeprefix("from ")
            message["Attributes"]["DeadLetterQueueSourceArn"] = f"arn:aws:sqs:us-east-1:1:{name}"
        return received


def deployment(dead: str, sqs: Any = None, log: Sequence[tuple[datetime, dict[str, Any]]] = ()) -> Deployment:
    resources = [("DeadLetters", "AWS::SQS::Queue", dead)]
    resources += [(NAMES[name], "AWS::SQS::Queue", QUEUE_URLS[name]) for name in NAMES]
    resources += [("FunctionsLog", "AWS::Logs::LogGroup", "longcode-FunctionsLog")]
    stack = Stack({"AdminFunction": "admin"}, resources=resources)
    return deployment_of(stack, sqs=sqs or Sqs(), logs=Log(log))


def run(dead: str, *words: str, sqs: Any = None, log: Sequence[tuple[datetime, dict[str, Any]]] = ()) -> Any:
    return longcode("--json", "dead-letters", *words, of=deployment(dead, sqs, log))


def bodies(url: str) -> list[str]:
    received = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in received.get("Messages", [])]


def ids(dead: str, queue: str) -> list[str]:
    return [item["id"] for item in run(dead, "show", queue).answer]


def test_the_queues_of_failed_jobs_are_listed_with_their_kinds_and_accounts(dead: str) -> None:
    fail(dead, "send", TEXT, TEXT)
    fail(dead, "inbound", REPLY)

    listed = run(dead, "list").answer

    assert [(one["queue"], one["jobs"], one["kinds"], one["accounts"]) for one in listed] == [
        ("InboundQueue", 1, {"received text": 1}, {}),
        ("SendQueue", 2, {"text": 2}, {"10000001": 2}),
    ]


def test_nothing_is_listed_where_nothing_failed(dead: str) -> None:
    assert longcode("dead-letters", "list", of=deployment(dead)).printed == "There are no dead letters."


def test_looking_leaves_the_jobs_where_they_are(dead: str) -> None:
    fail(dead, "send", TEXT)

    looked = [run(dead, "list").answer, run(dead, "show", "send").answer, run(dead, "list").answer]

    assert [len(answer) for answer in looked] == [1, 1, 1]
    assert len(bodies(dead)) == 1


def test_a_job_is_shown_with_what_it_does_but_phone_and_words_only_when_asked_for(dead: str) -> None:
    fail(dead, "inbound", REPLY)

    [discreet] = run(dead, "show", "inbound").answer
    [open_] = run(dead, "show", "inbound", "--phones", "--words").answer

    assert (discreet["phone"], "words" in discreet) == ("+1212…0123", False)
    assert PHONE not in str(discreet)
    assert WORDS not in str(discreet)
    assert (open_["phone"], open_["words"]) == (PHONE, WORDS)


def test_one_job_is_shown_with_its_attempts_and_account(dead: str) -> None:
    fail(dead, "send", TEXT)
    [job] = ids(dead, "send")

    shown = longcode("dead-letters", "show", "SendQueue", job, of=deployment(dead)).printed

    assert "account 10000001" in shown
    assert "tried 5 times" in shown
    assert "message id m1, attempt 2" in shown
    assert "The log has nothing about it." in shown


def test_the_last_error_of_a_job_comes_from_the_log(dead: str) -> None:
    fail(dead, "send", TEXT)
    [job] = ids(dead, "send")
    failures = [
        (
            datetime.now(UTC) + minute * timedelta(minutes=1),
            {"sqs_message_id": job, "reason": reason, "function_name": "longcode-SendWorker"},
        )
        for minute, reason in enumerate(("Throttled", "ItemTooLarge"))
    ]

    shown = run(dead, "show", "send", job, log=failures).answer

    assert shown["last_error"].startswith("ItemTooLarge in longcode-SendWorker at ")


def test_a_job_is_sent_back_with_its_attributes_and_is_then_gone(dead: str) -> None:
    fail(dead, "send", TEXT, jobs.Send(account="10000002", message_id="m2"))
    first, _ = ids(dead, "send")

    ended = run(dead, "replay", "send", first)

    assert ended.answer == {"replayed": 1}
    assert (len(bodies(QUEUE_URLS["send"])), len(ids(dead, "send"))) == (1, 1)


def test_all_jobs_of_a_queue_are_sent_back_after_a_yes_and_those_of_others_stay(dead: str) -> None:
    fail(dead, "send", TEXT, TEXT)
    fail(dead, "inbound", REPLY)

    tried = longcode("dead-letters", "replay", "send", "--all", "--dry-run", of=deployment(dead))
    refused = longcode("dead-letters", "replay", "send", "--all", of=deployment(dead), typed="n\n")
    stayed = len(ids(dead, "send"))
    done = longcode("dead-letters", "replay", "send", "--all", of=deployment(dead), typed="y\n")

    assert tried.printed == "2 jobs would be on SendQueue again."
    assert "2 jobs failed. Send all back to SendQueue?" in refused.printed
    assert (refused.exit_code, stayed, done.exit_code) == (1, 2, 0)
    assert "2 jobs are on SendQueue again." in done.printed
    assert (ids(dead, "send"), len(ids(dead, "inbound"))) == ([], 1)


@pytest.mark.parametrize(("operation", "on_its_queue"), [("send_message", 0), ("delete_message", 1)])
def test_a_job_is_never_lost_when_the_command_is_interrupted(dead: str, operation: str, on_its_queue: int) -> None:
    fail(dead, "send", TEXT)
    [job] = ids(dead, "send")

    ended = run(dead, "replay", "send", job, sqs=Sqs(failing=operation))

    assert ended.exit_code == 3
    assert len(bodies(QUEUE_URLS["send"])) == on_its_queue
    assert len(bodies(dead)) == 1


def test_a_job_is_dropped_with_a_reason_that_is_recorded(dead: str) -> None:
    fail(dead, "send", TEXT)
    [job] = ids(dead, "send")

    unasked = run(dead, "drop", "send", job, "--reason", "A test.")
    dropped = run(dead, "drop", "send", job, "--reason", "A test.", "--yes")

    assert (unasked.exit_code, dropped.exit_code) == (2, 0)
    assert ids(dead, "send") == []
    [change] = deployment(dead).order("changes.list")["items"]
    assert change["about"] == "dead_letters.note"
    assert "A test." in str(change["details"])
    assert "Ann" in str(change["actor"])


@pytest.mark.parametrize("words", [("replay", "send"), ("replay", "send", "x", "--all"), ("show", "nowhere")])
def test_a_command_that_is_called_wrongly_ends_with_2(dead: str, words: tuple[str, ...]) -> None:
    assert run(dead, *words).exit_code == 2


def test_an_unknown_job_is_refused(dead: str) -> None:
    ended = run(dead, "drop", "send", "nothing", "--reason", "x", "--yes")

    assert (ended.exit_code, "There is no dead letter 'nothing' of SendQueue." in ended.printed) == (1, True)


def test_a_job_that_cannot_be_read_is_shown_and_can_be_dropped() -> None:
    arn = f"arn:aws:sqs:us-east-1:1:{QUEUE_URLS['send'].rpartition('/')[2]}"
    attributes = {"DeadLetterQueueSourceArn": arn, "SentTimestamp": "1796060473649"}

    letter = letter_of(
        {"MessageId": "x", "Body": "no job", "Attributes": attributes}, {"SendQueue": QUEUE_URLS["send"]}
    )

    assert (letter.queue, letter.kind, letter.account, letter.facts) == ("SendQueue", "not readable", None, {})


def test_a_job_from_elsewhere_is_on_no_queue_of_ours() -> None:
    letter = letter_of({"MessageId": "x", "Body": "{}"}, {"SendQueue": QUEUE_URLS["send"]})

    assert (letter.queue, letter.url) == ("unknown", None)


def sample(kind: type[Any]) -> dict[str, Any]:
    """Return a job of a type with an empty value in each of its fields."""
    return dict.fromkeys(kind.__struct_fields__, "x")


@pytest.mark.parametrize("kind", URL_SETTINGS, ids=lambda kind: kind.__name__)
def test_each_type_of_job_has_a_kind_of_its_own(kind: type[Any]) -> None:
    name = URL_SETTINGS[kind].removesuffix("_queue_url").title().replace("_", "") + "Queue"
    attributes = {"DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:1:q"}
    url = {name: "https://sqs/1/q"}

    def called(one: type[Any]) -> str:
        return letter_of({"MessageId": "x", "Body": json.dumps(sample(one)), "Attributes": attributes}, url).kind

    others = [one for one, setting in URL_SETTINGS.items() if setting == URL_SETTINGS[kind] and one is not kind]
    assert called(kind) != "not readable"
    assert called(kind) not in [called(one) for one in others]
