"""The sign-up page, which needs no session."""

import pytest

from longcode.accounts import sign_ups
from longcode.aws import queues
from longcode.jobs import OpenAccount
from tests.support.browser import Browser
from tests.support.fakes import take_queued

FORM = {
    "studio_name": "Foxglove Portraits",
    "email": "New@Studio.example",
    "plan": "small",
    "edition": "professional",
}

pytestmark = pytest.mark.usefixtures("aws")


def test_a_studio_chooses_a_plan_and_gets_a_mail() -> None:
    browser = Browser()
    page = browser.get("sign-up", "plan=medium")

    signed_up = browser.submit(page, "sign-up", **FORM)

    (body,) = take_queued("sign_up")
    asked = queues.read(OpenAccount, body)
    assert "You have not enabled SMS Text Messaging." in page.text
    assert "Small $12.00 a month 300 texts of up to 160 characters sent. Replies are free" in page.text
    assert "Medium $35.00 a month 1,000 texts of up to 160 characters, sent or received" in page.text
    assert "Thank you. Please read the mail" in signed_up.text
    assert (asked.email, asked.plan, asked.edition) == ("new@studio.example", "small", "professional")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("studio_name", "", "name of the studio"),
        ("studio_name", "win at evil.example", "name of the studio"),
        ("email", "new", "email address"),
        ("country_code", "+1", "country code"),
        ("plan", "free", "There is no plan"),
        ("edition", "basic", "Standard, Professional and Enterprise"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(field: str, value: str, said: str) -> None:
    browser = Browser()

    refused = browser.submit(browser.get("sign-up"), "sign-up", **FORM | {field: value})

    assert refused.status in {403, 422}
    assert said in refused.text
    assert refused.fields["studio_name"] == (value if field == "studio_name" else FORM["studio_name"])
    assert take_queued("sign_up") == []


def test_forms_of_other_sites_and_too_many_of_an_address_are_refused() -> None:
    browser = Browser()
    page = browser.get("sign-up")

    foreign = Browser(origin="https://evil.example").submit(page, "sign-up", **FORM)
    answers = [browser.submit(page, "sign-up", **FORM).status for _ in range(sign_ups.MOST_FORMS + 1)]

    assert foreign.status == 403
    assert answers == [200] * sign_ups.MOST_FORMS + [429]
