"""`longcode doctor` on the whole system: it finds nothing where all is sound, and each fault where it is planted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
import urllib3

from infra.local.emulator import CREDENTIALS, REGION
from infra.local.stack import Stack
from longcode.table import keys
from longcode_cli.dead_queue import DeadQueue
from longcode_cli.deployment import Deployment
from longcode_cli.doctor import command

pytestmark = pytest.mark.stack  # tests/conftest.py: one stack for all, in one process

LEFT_OUT = {"schedules run", "concurrency"}


class Planted:
    """A deployment in which a fault is planted."""

    def __init__(self, stack: Stack) -> None:
        known = {
            "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            "region_name": REGION,
        }
        self.stack = stack
        self.reached = {**known, "endpoint_url": stack.emulator_url}
        self.deployment = Deployment("longcode", boto3.Session(**known), stack.emulator_url)

    def client(self, service: str) -> Any:
        return self.deployment.client(service)

    def id_of(self, name: str) -> str:
        return self.deployment.resources[name].id

    def set_carrier(self, **settings: object) -> None:
        answer = urllib3.request("POST", f"{self.stack.carrier_url}/settings", json=settings, timeout=5)
        assert answer.status == 200

    def found(self) -> dict[str, list[str]]:
        """Return what is found, by check; why, for a check that cannot be read."""
        results = command.examine(self.deployment, datetime.now(UTC))
        assert {one["check"] for one in results if one["result"] == "left out"} == LEFT_OUT
        return {
            one["check"]: [finding["what"] for finding in one["findings"]] or [one["why"]]
            for one in results
            if one["result"] in ("wrong", "cannot be read")
        }


@pytest.fixture(scope="module")
def planted(stack: Stack) -> Planted:
    return Planted(stack)


@contextmanager
def schedule_off(at: Planted) -> Iterator[None]:
    scheduler, name = at.client("scheduler"), at.id_of("SendDueEveryMinute")
    known = scheduler.get_schedule(Name=name)
    same = {key: known[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**same, State="DISABLED")
    yield
    scheduler.update_schedule(**same, State="ENABLED")


@contextmanager
def dead_letter(at: Planted) -> Iterator[None]:
    sqs, url = at.client("sqs"), at.id_of("DeadLetters")
    sqs.send_message(QueueUrl=url, MessageBody="no job")
    yield
    sqs.purge_queue(QueueUrl=url)


@contextmanager
def old_job(at: Planted) -> Iterator[None]:
    queue = at.id_of("SendQueue").rpartition("/")[2]

    def put(value: float, measured_at: datetime) -> None:
        datum = {
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": queue}],
            "Timestamp": measured_at,
            "Value": value,
        }
        at.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])

    put(1200, datetime.now(UTC) - timedelta(minutes=5))
    yield
    put(0, datetime.now(UTC))  # the last one counts


@contextmanager
def worker_off(at: Planted) -> Iterator[None]:
    awslambda, arn = at.client("lambda"), at.id_of("BillQueue").rpartition("/")[2]
    [mapping] = [
        one["UUID"]
        for one in awslambda.list_event_source_mappings()["EventSourceMappings"]
        if one["EventSourceArn"].endswith(arn)
    ]
    awslambda.update_event_source_mapping(UUID=mapping, Enabled=False)
    yield
    awslambda.update_event_source_mapping(UUID=mapping, Enabled=True)


@contextmanager
def secret_of(at: Planted, **values: str) -> Iterator[None]:
    secrets, name = at.client("secretsmanager"), at.deployment.outputs["CarrierSecret"]
    before = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps({**json.loads(before), **values}))
    yield
    secrets.put_secret_value(SecretId=name, SecretString=before)


@contextmanager
def address_missing(at: Planted) -> Iterator[None]:
    ssm, name = at.client("ssm"), at.deployment.outputs["ReceiptsUrlParameter"]
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value="unset", Type="String", Overwrite=True)
    yield
    ssm.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)


@contextmanager
def sender_unknown(at: Planted) -> Iterator[None]:
    ses, sender = at.client("sesv2"), at.deployment.parameters["MailFrom"]
    ses.delete_email_identity(EmailIdentity=sender)
    yield
    ses.create_email_identity(EmailIdentity=sender)


@contextmanager
def nobody_subscribed(at: Planted) -> Iterator[None]:
    sns, topic = at.client("sns"), at.deployment.outputs["AlarmTopic"]
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    yield
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=at.deployment.parameters["AlarmMail"])


@contextmanager
def alarm_rings(at: Planted) -> Iterator[None]:
    cloudwatch, name = at.client("cloudwatch"), at.id_of("ParkedSendsAlarm")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="planted")
    yield
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="planted")


@contextmanager
def webhook_elsewhere(at: Planted) -> Iterator[None]:
    before = urllib3.request("GET", f"{at.stack.carrier_url}/settings", timeout=5).json()["inbound_url"]
    at.set_carrier(inbound_url="http://127.0.0.1:1/old")
    yield
    at.set_carrier(inbound_url=before)


@contextmanager
def number_missing(at: Planted) -> Iterator[None]:
    at.set_carrier(known_numbers=at.stack.shared_numbers[1:])
    yield
    at.set_carrier(known_numbers=at.stack.shared_numbers)


@contextmanager
def unprotected(at: Planted) -> Iterator[None]:
    at.client("dynamodb").update_table(TableName=at.stack.table_name, DeletionProtectionEnabled=False)
    yield
    at.client("dynamodb").update_table(TableName=at.stack.table_name, DeletionProtectionEnabled=True)


@contextmanager
def items(at: Planted, *planted: dict[str, str | int]) -> Iterator[None]:
    table = boto3.resource("dynamodb", **at.reached).Table(at.stack.table_name)
    for one in planted:
        table.put_item(Item=one)
    yield
    for one in planted:
        table.delete_item(Key={"pk": one["pk"], "sk": one["sk"]})


def overdue(at: Planted) -> Any:
    since = (datetime.now(UTC) - timedelta(minutes=30)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return items(at, {"pk": "planted", "sk": "planted", "due_shard": "due#0", "due_at": since, "type": "planted"})


def wrong_counter(at: Planted) -> Any:
    day = f"{datetime.now(ZoneInfo('America/Chicago')):%Y-%m-%d}"
    listed = {**keys.registered("99999999")._asdict(), "type": "registered", "account": "99999999"}
    counter = {**keys.usage("99999999", day, 0)._asdict(), "type": "usage", "day": day, "units_sent": 1}
    return items(at, listed, counter)


@contextmanager
def no_plans(at: Planted) -> Iterator[None]:
    table = boto3.resource("dynamodb", **at.reached).Table(at.stack.table_name)
    key = keys.price_list()._asdict()
    before = table.get_item(Key=key)["Item"]
    table.delete_item(Key=key)
    yield
    table.put_item(Item=before)


FAULTS: list[tuple[Any, str, str]] = [
    (schedule_off, "schedules on", "The schedule SendDueEveryMinute is off."),
    (dead_letter, "dead letters", "1 job has failed five times and waits among the dead letters."),
    (old_job, "queues' ages", "A job has waited on SendQueue for 20 minutes, longer than 5."),
    (worker_off, "queues' workers", "No function takes jobs from BillQueue."),
    (address_missing, "addresses", "The parameter /longcode/receipts-url has no address"),
    (sender_unknown, "mail", "SES refuses mails from longcode@longcode.example"),
    (nobody_subscribed, "alarms subscribed", "No alarm reaches anybody: nobody has subscribed to them."),
    (alarm_rings, "alarms quiet", "The alarm ParkedSends rings"),
    (webhook_elsewhere, "carrier", "Twilio hands texts to +12135550100 to http://127.0.0.1:1/old (POST), not to us."),
    (number_missing, "carrier", "The number +12135550100 does not belong to the account at Twilio."),
    (no_plans, "plans", "No price list is loaded: nobody can sign up or send."),
    (wrong_counter, "counters", "The counters of account 99999999 differ from its messages"),
    (unprotected, "table", "Anybody who may, can delete the table: its deletion protection is off."),
]


def test_nothing_is_wrong_with_a_sound_stack(planted: Planted) -> None:
    assert planted.found() == {}


@pytest.mark.parametrize(("plant", "check", "what"), FAULTS, ids=[check for _, check, _ in FAULTS])
def test_a_planted_fault_is_found_and_no_other(planted: Planted, plant: Any, check: str, what: str) -> None:
    with plant(planted):
        found = planted.found()

    assert list(found) == [check]
    assert found[check][0].startswith(what)


def test_what_is_overdue_is_found_where_no_sweeper_puts_it_right(planted: Planted) -> None:
    with schedule_off(planted), overdue(planted):
        found = planted.found()

    assert list(found) == ["schedules on", "due items"]
    assert found["due items"][0].startswith("1 item is overdue, the first since ")
    assert found["due items"][0].endswith(" UTC: 1 of type planted.")


def test_a_secret_that_is_not_filled_in_is_found(planted: Planted) -> None:
    with secret_of(planted, auth_token="Xa81kEPlT0s4bGHJ2mNz9QrVw3yCdF5u"):
        found = planted.found()

    # A function that starts meanwhile is refused by the carrier with this token.
    assert found.keys() - {"carrier"} == {"carrier's secret"}
    assert found["carrier's secret"] == [
        "The carrier's secret has no auth_token of Twilio's: that is 32 hexadecimal digits."
    ]


def test_a_dead_letter_is_sent_back_to_the_queue_that_it_came_from(planted: Planted) -> None:
    sqs, url = planted.client("sqs"), planted.id_of("ExportQueue")  # nobody takes jobs from it here
    sqs.send_message(QueueUrl=url, MessageBody='{"account": "10000001", "month": "2026-11"}')
    for _ in range(6):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)

    dead = DeadQueue(planted.deployment)
    with dead.opened() as letters:
        [letter] = letters
        dead.send_back(letter)
    with dead.opened() as left:
        assert left == []
    [again] = sqs.receive_message(QueueUrl=url)["Messages"]

    assert (letter.queue, letter.kind, letter.account) == ("ExportQueue", "export", "10000001")
    assert again["Body"] == '{"account": "10000001", "month": "2026-11"}'
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
