"""docs/deploy.md has each question of `sam deploy --guided`, in order, and names only outputs that exist."""

import re
from typing import Any

import pytest

from tests.support.source_reading import FUNCTIONS, ROOT, resources_of_type

PAGE = (ROOT / "docs" / "deploy.md").read_text()
WORDS = " ".join(PAGE.split())
QUESTIONS = re.findall(r"`([^`]+)`", "".join(row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| `")))


def test_the_page_has_each_parameter_in_the_order_of_the_questions(template: dict[str, Any]) -> None:
    asked = [question for question in QUESTIONS if question in template["Parameters"]]

    assert asked == list(template["Parameters"])


def test_the_page_has_the_question_about_each_function_url(template: dict[str, Any]) -> None:
    """SAM asks with no as the default, and ends at a no (SAM CLI: sam deploy --guided)."""
    functions = resources_of_type(template, "AWS::Serverless::Function").items()
    public = {name for name, function in functions if function.get("FunctionUrlConfig") == {"AuthType": "NONE"}}
    sentence = " Function Url has no authentication. Is this okay?"

    assert {question.removesuffix(sentence) for question in QUESTIONS if question.endswith(sentence)} == public


def test_the_page_has_both_settings_of_a_messaging_service_with_which_replies_arrive() -> None:
    """A service without `inbound_request_url` disables receiving, and the texts are not logged, unless it has
    `use_inbound_webhook_on_number` (Twilio's API reference: Services resource). The names are the console's
    (https://www.twilio.com/docs/messaging/services, "Incoming message handling")."""
    assert '"Defer to sender\'s webhook", the default, which takes the addresses of the number' in WORDS
    assert '"Send a webhook", with the same two addresses as request URL and fallback URL' in WORDS


def test_the_page_has_each_way_in_which_a_keyword_gets_one_answer() -> None:
    """The third is on the page of Twilio's error 23004."""
    answered = re.findall(r"^   \| (Twilio|Longcode), .*\| (.*) \|$", PAGE, re.MULTILINE)

    assert answered == [("Twilio", "Return"), ("Twilio", "All long codes"), ("Longcode", "Return")]


def test_the_page_says_which_numbers_the_messaging_service_has() -> None:
    """A number is in one service only (Twilio's error 21712)."""
    assert "`MessagingServiceSid` | The id (`MG…`) of Twilio's Messaging Service that has the shared numbers" in PAGE
    assert "Longcode names the service in texts from shared numbers alone" in WORDS


def test_a_new_dedicated_number_is_set_up_like_a_shared_one() -> None:
    page = " ".join((ROOT / "docs" / "operate.md").read_text().split())
    order = page.partition("`longcode numbers assign +12135550177 10000001` dedicates a number to one studio.")[2][
        :500
    ]

    assert [
        word for word in ("Messaging Service", "webhook and fallback", "`AnsweredByCarrier`") if word not in order
    ] == []


def test_the_page_names_the_sandbox_and_the_message_type_of_texts_over_aws() -> None:
    """The sandbox: AWS End User Messaging SMS user guide, sandbox.html. The type is that of `carriers/aws.py`."""
    (row,) = (row for row in PAGE.splitlines() if row.startswith("| With `Carrier=aws` |"))

    assert [
        word for word in ("sandbox", "ten verified phones", "$1 a month", "`TRANSACTIONAL`") if word not in row
    ] == []
    assert 'MessageType="TRANSACTIONAL"' in (FUNCTIONS / "longcode" / "carriers" / "aws.py").read_text()


def test_dev_is_kept_away_from_the_role_that_writes_prod_s_access_log(template: dict[str, Any]) -> None:
    """One AWS::ApiGateway::Account for each region and account (CloudFormation: its page)."""
    assert len(resources_of_type(template, "AWS::ApiGateway::Account")) == 1
    assert "| Another region or account for `dev` |" in PAGE


@pytest.mark.parametrize(
    ("parameter", "answer", "is_taken"),
    [
        ("MailFrom", "mail@studio.example", True),
        ("MailFrom", "", False),
        ("MailFrom", "Longcode <mail@studio.example>", False),  # ses:FromAddress is the bare address
        ("MailFrom", "studio.example", False),
        ("HelpContact", "help@studio.example", True),
        ("HelpContact", "+1 213 555 0100", True),
        ("HelpContact", "https://studio.example/help", True),
        ("HelpContact", "", False),
        ("HelpContact", " ", False),
        ("HelpContact", "Help <help@studio.example>", False),
    ],
)
def test_an_answer_with_which_no_mail_would_go_is_refused(
    template: dict[str, Any], parameter: str, answer: str, is_taken: bool
) -> None:
    pattern = template["Parameters"][parameter]["AllowedPattern"]

    assert (re.fullmatch(pattern, answer) is not None) is is_taken


def test_a_domain_without_a_certificate_is_refused_before_anything_is_made(template: dict[str, Any]) -> None:
    """Rules are evaluated before any resource is created (CloudFormation: rule functions)."""
    assert template["Rules"]["DomainHasCertificate"]["RuleCondition"] == is_set("DomainName")
    assert [one["Assert"] for one in template["Rules"]["DomainHasCertificate"]["Assertions"]] == [
        is_set("CertificateArn")
    ]


def is_set(parameter: str) -> dict[str, Any]:
    return {"Not": [{"Equals": [{"Ref": parameter}, ""]}]}


@pytest.mark.parametrize("page", ["deploy.md", "operate.md", "restore.md"])
def test_the_operator_s_pages_name_outputs_that_exist(page: str, template: dict[str, Any]) -> None:
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(r"\$([A-Z]\w*[a-z]\w*)", text)) | set(re.findall(r"output\s+`(\w+)`", text))

    assert named
    assert named <= template["Outputs"].keys()
