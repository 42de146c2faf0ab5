"""The template and the tests set exactly the settings that longcode/aws/settings.py reads."""

import ast
import os
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields

from longcode import jobs
from longcode.aws import settings
from longcode.aws.queues import URL_SETTINGS
from tests.support.source_reading import ROOT, dotted, resources_of_type, tree

NAMES = {field.name.upper() for field in fields(settings.Settings)}
THEIRS = ("POWERTOOLS_", "PYDANTIC_", "AWS_")


def test_the_template_sets_every_setting_and_no_other(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]

    assert {name for name in variables if not name.startswith(THEIRS)} == NAMES


def test_each_queue_takes_the_jobs_of_one_type() -> None:
    kinds = [value for value in vars(jobs).values() if isinstance(value, type) and issubclass(value, Struct)]

    assert {kind for kind in kinds if kind.__module__ == jobs.__name__} == URL_SETTINGS.keys()
    # The worker of sign-ups also mails the links that sign in or confirm an address, and tells the types apart.
    links = (jobs.MailSignInLink, jobs.MailAddressLink)
    # The worker of triggers also sends the away text, that of opt-outs also the text of a join page.
    second = (jobs.SendAwayText, jobs.AskToJoin)
    others = [url for kind, url in URL_SETTINGS.items() if kind not in (*links, *second)]
    assert URL_SETTINGS[jobs.SendAwayText] == URL_SETTINGS[jobs.FireTrigger]
    assert URL_SETTINGS[jobs.AskToJoin] == URL_SETTINGS[jobs.HandleKeyword]
    assert {URL_SETTINGS[link] for link in links} == {URL_SETTINGS[jobs.OpenAccount]}
    assert sorted(map(str.upper, others)) == sorted(n for n in NAMES if n.endswith("_QUEUE_URL"))


def test_loopback_is_closed_to_webhooks_unless_a_deployment_opens_it(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["WEBHOOK_LOOPBACK_CA"] == {"Ref": "WebhookLoopbackCa"}
    assert template["Parameters"]["WebhookLoopbackCa"]["Default"] == ""
    assert "WebhookLoopbackCa" not in (ROOT / "samconfig.toml").read_text()


@pytest.mark.parametrize(
    "endpoint", [{}, {"AWS_ENDPOINT_URL": "https://sqs.us-east-1.amazonaws.com"}, {"AWS_ENDPOINT_URL": ""}], ids=str
)
def test_a_function_on_aws_does_not_start_with_loopback_open(endpoint: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="on this machine only"):
        settings.read({**os.environ, "WEBHOOK_LOOPBACK_CA": "/tmp/ca.pem", **endpoint})


def test_a_function_on_this_machine_starts_with_loopback_open() -> None:
    here = {"WEBHOOK_LOOPBACK_CA": "/tmp/ca.pem", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}

    assert settings.read({**os.environ, **here}).webhook_loopback_ca == "/tmp/ca.pem"


def test_no_function_has_settings_of_its_own(template: dict[str, Any]) -> None:
    own = [
        name
        for name, resource in resources_of_type(template, "AWS::Serverless::Function").items()
        if "Environment" in resource
    ]

    assert own == []


def test_the_tests_set_only_known_settings_and_every_queue() -> None:
    (variables,) = (
        node.value
        for path in (ROOT / "tests" / "support").glob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.AugAssign) and dotted(node.target) == "os.environ"
    )
    names = {str(key.value) for key in getattr(variables, "keys", []) if isinstance(key, ast.Constant)}
    unknown = {name for name in names if not name.startswith(THEIRS)} - NAMES
    queues = {name for name in os.environ if name.endswith("_QUEUE_URL")}

    assert settings.read(os.environ)
    assert unknown == set()
    assert queues == {name for name in NAMES if name.endswith("_QUEUE_URL")}
