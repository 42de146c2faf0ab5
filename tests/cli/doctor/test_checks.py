"""Each check of `longcode doctor` finds its fault, alone, and finds nothing where all is right."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from longcode_cli.doctor import alarms, concurrency, mail, queues, schedules, secrets
from tests.support.stubbed_aws import Stack, answering, deployment_of, whats

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SCHEDULES = [("SendDueEveryMinute", "AWS::Scheduler::Schedule", "s-1"), ("Daily", "AWS::Scheduler::Schedule", "s-2")]
FUNCTIONS = [
    (name, "AWS::Lambda::Function", f"f-{name}")
    for name in ("SendDue", "InboxReconcile", "InboxForward", "CloseMonth", *concurrency.RESERVED)
]
QUEUE = "https://sqs.us-east-1.amazonaws.com/1/longcode-"
QUEUES = [(name, "AWS::SQS::Queue", QUEUE + name) for name in ("DeadLetters", "ExportQueue", "SendQueue")]
ALARMS = [
    (name, "AWS::CloudWatch::Alarm", f"a-{name}")
    for name in ("ParkedSendsAlarm", "SendQueueAgeAlarm", "RefusalsAlarm")
]
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
GOOD_MAIL = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}
SID, TOKEN = "AC" + "0" * 32, "f" * 32


def test_a_hold_is_found() -> None:
    held = deployment_of(Stack(parameters={"Hold": "all"}))
    free = deployment_of(Stack(parameters={"Hold": "none"}))

    assert whats(schedules.find_held(held, NOW)) == ["The stack is held for a restore: the parameter Hold is all."]
    assert schedules.find_held(free, NOW) == []


def test_a_schedule_that_is_off_is_found() -> None:
    client = answering("scheduler", ("get_schedule", {"State": "ENABLED"}), ("get_schedule", {"State": "DISABLED"}))

    found = schedules.find_off(deployment_of(Stack(resources=SCHEDULES), scheduler=client), NOW)

    assert whats(found) == ["The schedule SendDueEveryMinute is off."]


def test_a_stack_without_schedules_is_wrong() -> None:
    assert whats(schedules.find_off(deployment_of(Stack(), scheduler=None), NOW)) == ["The stack has no schedules."]


def test_a_scheduled_function_that_has_not_run_is_found() -> None:
    run = {"Datapoints": [{"Sum": 1.0, "Timestamp": NOW}]}
    client = answering(
        "cloudwatch",
        ("get_metric_statistics", {"Datapoints": []}),
        *(("get_metric_statistics", answer) for answer in (run, run, run)),
    )

    found = schedules.find_missed(deployment_of(Stack(resources=FUNCTIONS), cloudwatch=client), NOW)

    assert whats(found) == [
        "The function SendDue has not run since 2026-11-22 17:50 UTC, though its schedule says so."
    ]


def test_a_new_stack_has_missed_nothing_yet() -> None:
    stack = Stack(resources=FUNCTIONS, created_at=NOW - 9 * MINUTE)

    assert schedules.find_missed(deployment_of(stack, cloudwatch=answering("cloudwatch")), NOW) == []


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-11-22T18:00+00:00", "2026-11-01T09:00+00:00"),
        ("2026-11-01T08:59+00:00", "2026-10-01T08:00+00:00"),
        ("2026-11-01T09:00+00:00", "2026-11-01T09:00+00:00"),
        ("2027-01-01T08:00+00:00", "2026-12-01T09:00+00:00"),
    ],
)
def test_the_last_close_was_on_the_first_at_three_in_chicago(now: str, closed: str) -> None:
    assert schedules.last_close(datetime.fromisoformat(now)) == datetime.fromisoformat(closed)


def test_dead_letters_are_counted_with_those_that_somebody_looks_at() -> None:
    counts = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    client = answering("sqs", ("get_queue_attributes", {"Attributes": counts}))

    found = queues.find_dead_letters(deployment_of(Stack(resources=QUEUES), sqs=client), NOW)

    assert whats(found) == ["3 jobs have failed five times and wait among the dead letters."]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([301.0, 1.0], ["A job has waited on SendQueue for 5 minutes, longer than 5."]),
        ([300.0, 9000.0], []),
        ([], []),
    ],
)
def test_the_age_that_was_measured_last_is_compared_with_that_of_the_alarm(
    values: list[float], expected: list[str]
) -> None:
    age = {
        "AlarmName": "a-SendQueueAgeAlarm",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "longcode-SendQueue"}],
        "Threshold": 300.0,
    }
    times = [NOW - minutes * MINUTE for minutes in range(len(values))]
    client = answering(
        "cloudwatch",
        ("describe_alarms", {"MetricAlarms": [age]}),
        ("get_metric_data", {"MetricDataResults": [{"Id": "q0", "Values": values, "Timestamps": times}]}),
    )

    found = queues.find_old_jobs(deployment_of(Stack(resources=ALARMS), cloudwatch=client), NOW)

    assert whats(found) == expected


def test_a_queue_whose_worker_is_switched_off_is_found_and_that_of_the_exports_only_if_there_are_some() -> None:
    arn = "arn:aws:sqs:us-east-1:1:longcode-SendQueue"
    off = ("list_event_source_mappings", {"EventSourceMappings": [{"EventSourceArn": arn, "State": "Disabled"}]})

    def found(**parameters: str) -> list[str]:
        stack = Stack(resources=QUEUES, parameters=parameters)
        return whats(queues.find_without_worker(deployment_of(stack, **{"lambda": answering("lambda", off)}), NOW))

    assert found(InvoiceExport="none") == ["No function takes jobs from SendQueue."]
    assert found(InvoiceExport="stripe") == [
        "No function takes jobs from ExportQueue.",
        "No function takes jobs from SendQueue.",
    ]


def secret(**values: str) -> tuple[str, dict[str, Any]]:
    return "get_secret_value", {"SecretString": json.dumps(values), "CreatedDate": NOW - 30 * HOUR}


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"account_sid": SID, "auth_token": TOKEN}, []),
        ({"account_sid": "", "auth_token": TOKEN}, ["account_sid"]),
        ({"account_sid": SID, "auth_token": "Xa81kEPlT0s4bGHJ2mNz9QrVw3yCdF5u"}, ["auth_token"]),
        ({}, ["account_sid", "auth_token"]),
    ],
)
def test_a_secret_that_is_not_filled_in_is_found_and_never_shown(values: dict[str, str], missing: list[str]) -> None:
    stack = Stack(outputs={"CarrierSecret": "secret"}, parameters={"Carrier": "twilio"})
    client = answering("secretsmanager", secret(**values))

    found = secrets.find_in_carrier_secret(deployment_of(stack, secretsmanager=client), NOW)

    assert [what.split(" has no ")[1].split(" ")[0] for what in whats(found)] == missing
    assert not any(value and value in str(found) for value in values.values())


def test_a_token_is_replaced_once_a_year() -> None:
    stack = Stack(outputs={"CarrierSecret": "secret"}, parameters={"Carrier": "twilio"})
    name, answer = secret(account_sid=SID, auth_token=TOKEN)
    client = answering("secretsmanager", (name, {**answer, "CreatedDate": NOW - timedelta(days=400)}))

    found = secrets.find_in_carrier_secret(deployment_of(stack, secretsmanager=client), NOW)

    assert whats(found) == ["The carrier's auth token is 400 days old."]


def test_with_aws_as_the_carrier_its_secret_is_not_read() -> None:
    assert secrets.find_in_carrier_secret(deployment_of(Stack(parameters={"Carrier": "aws"})), NOW) == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("rk_live_51Nabc", []),
        (
            "rk_test_51Nabc",
            ["The api_key in Stripe's secret is of Stripe's test mode: no invoice is really exported."],
        ),
        ("", ["The api_key in Stripe's secret is not filled in."]),
    ],
)
def test_stripes_key_is_looked_at_where_exports_are_on(key: str, expected: list[str]) -> None:
    on = Stack(outputs={"StripeSecret": "stripe"}, parameters={"InvoiceExport": "stripe"})
    off = Stack(parameters={"InvoiceExport": "none"})
    client = answering("secretsmanager", secret(api_key=key))

    assert whats(secrets.find_in_stripe_secret(deployment_of(on, secretsmanager=client), NOW)) == expected
    assert secrets.find_in_stripe_secret(deployment_of(off), NOW) == []


def test_an_address_that_is_missing_or_is_none_is_found() -> None:
    outputs = {"PublicUrlParameter": "/p", "ReceiptsUrlParameter": "/r", "InboundUrlParameter": "/i"}
    parameters = [
        {"Name": "/p", "Value": "https://api.longcode.example"},
        {"Name": "/r", "Value": "http://x.example"},
    ]
    client = answering("ssm", ("get_parameters", {"Parameters": parameters}))

    found = secrets.find_in_addresses(deployment_of(Stack(outputs=outputs), ssm=client), NOW)

    assert whats(found) == [
        "The parameter /r has no address that begins with https://: http://x.example",
        "The parameter /i is not there.",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"ProductionAccessEnabled": False}, ["SES is in its sandbox: mails reach only verified addresses."]),
        ({"SendingEnabled": False}, ["SES does not send: sending is paused for the account."]),
        ({"EnforcementStatus": "PROBATION"}, ["SES reviews the account: its status is PROBATION."]),
        (
            {"SendQuota": {"Max24HourSend": 100.0, "SentLast24Hours": 81.0}},
            ["81 of the 100 mails that SES allows in a day are sent."],
        ),
    ],
)
def test_what_keeps_mails_from_arriving_is_found(changes: dict[str, Any], expected: list[str]) -> None:
    verified = ("get_email_identity", {"VerifiedForSendingStatus": True})
    client = answering(
        "sesv2", ("get_email_identity", "NotFoundException"), verified, ("get_account", {**GOOD_MAIL, **changes})
    )
    stack = Stack(parameters={"MailFrom": "hello@longcode.example"})

    assert whats(mail.find_in_mail(deployment_of(stack, sesv2=client), NOW)) == expected


def test_a_sender_that_is_not_verified_and_whose_domain_is_neither_is_found() -> None:
    client = answering(
        "sesv2",
        ("get_email_identity", {"VerifiedForSendingStatus": False}),
        ("get_email_identity", "NotFoundException"),
        ("get_account", GOOD_MAIL),
    )
    stack = Stack(parameters={"MailFrom": "hello@longcode.example"})

    assert whats(mail.find_in_mail(deployment_of(stack, sesv2=client), NOW)) == [
        "SES refuses mails from hello@longcode.example: neither the address nor its domain is verified."
    ]


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        ([f"{TOPIC}:1"], []),
        (
            ["PendingConfirmation"],
            ["No alarm reaches anybody: ops@longcode.example has not confirmed the subscription."],
        ),
        ([], ["No alarm reaches anybody: nobody has subscribed to them."]),
    ],
)
def test_alarms_that_reach_nobody_are_found(arns: list[str], expected: list[str]) -> None:
    listed = {"Subscriptions": [{"SubscriptionArn": arn} for arn in arns]}
    stack = Stack(outputs={"AlarmTopic": TOPIC}, parameters={"AlarmMail": "ops@longcode.example"})
    client = answering("sns", ("list_subscriptions_by_topic", listed))

    assert whats(alarms.find_unsubscribed(deployment_of(stack, sns=client), NOW)) == expected


def test_an_alarm_that_rings_is_switched_off_or_gone_is_found_with_its_page() -> None:
    since = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    ringing = {"AlarmName": "a-ParkedSendsAlarm", "StateValue": "ALARM", "AlarmDescription": "Texts are parked"}
    off = {"AlarmName": "a-RefusalsAlarm", "StateValue": "OK", "ActionsEnabled": False}
    described = {"MetricAlarms": [{**ringing, "StateUpdatedTimestamp": since}, off]}
    client = answering("cloudwatch", ("describe_alarms", described))

    found = alarms.find_ringing(deployment_of(Stack(resources=ALARMS), cloudwatch=client), NOW)

    assert whats(found) == [
        "The alarm ParkedSends rings (since 2026-11-22 17:30 UTC): Texts are parked",
        "The alarm RefusalsAlarm tells nobody: its actions are switched off.",
        "The alarm SendQueueAgeAlarm is not there any more.",
    ]


def test_executions_that_are_not_reserved_as_the_template_says_are_found() -> None:
    reserved = [{"ReservedConcurrentExecutions": count} for count in (20, 20, 20, 5, 4, 5)]
    answers = [("get_function_concurrency", answer) for answer in (*reserved, {})]
    account = ("get_account_settings", {"AccountLimit": {"UnreservedConcurrentExecutions": 99}})
    deployment = deployment_of(Stack(resources=FUNCTIONS), **{"lambda": answering("lambda", *answers, account)})

    assert whats(concurrency.find_in_concurrency(deployment, NOW)) == [
        "The function OptOutWorker has 4 reserved executions in place of 5.",
        "The function SendDue has no reserved executions in place of 2.",
        "Only 99 executions are left for the functions that have none reserved.",
    ]


def test_a_stack_that_reserves_nothing_is_told_what_that_means() -> None:
    found = concurrency.wrong_concurrency({"ReserveConcurrency": "false"}, dict.fromkeys(concurrency.RESERVED), 900)

    assert [what.partition(":")[0] for what in whats(found)] == ["No executions are reserved"]


def test_the_template_reserves_what_the_check_expects(template: dict[str, Any]) -> None:
    stated = {
        name: resource["Properties"]["ReservedConcurrentExecutions"]["If"]
        for name, resource in template["Resources"].items()
        if "ReservedConcurrentExecutions" in resource.get("Properties", {})
    }

    assert {
        name: (then if isinstance(then, int) and then else otherwise["If"][1])
        for name, (_, then, otherwise) in stated.items()
    } == concurrency.RESERVED
