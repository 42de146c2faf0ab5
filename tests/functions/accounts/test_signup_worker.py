"""A sign-up ends in one account and one mail with working credentials, even after crashes and repetitions."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from accounts import signup_worker
from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.sign_ups import Busy
from longcode.jobs import OpenAccount, Product
from longcode.plans.plans import PlanChange
from longcode.table.store import ConditionFailed
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import Crash, every_crash
from tests.support.fakes import NOW, LambdaContext, sqs_event, studio
from tests.support.mails import mails_to
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

ANN = "ann@foxglove.example"


def form(
    email: str = ANN,
    sign_up: str = "form-1",
    plan: str = "medium",
    name: str = "Foxglove Portraits",
    *,
    confirmed: bool = True,
) -> OpenAccount:
    return OpenAccount(
        address_confirmed=confirmed,
        id=sign_up,
        studio_name=name,
        email=email,
        product=Product.SPECTRA,
        edition="Professional",
        plan=plan,
        country_code="61",
    )


def credentials(text: str) -> tuple[str, str]:
    number = re.search(r"^Account number: (\d{8})$", text, re.MULTILINE)
    password = re.search(r"^Password: (\S+)$", text, re.MULTILINE)
    assert number
    assert password
    return number[1], password[1]


def opens(number: str, password: str) -> bool:
    return passwords.matches(password, accounts.password_hash(number))


def test_a_new_studio_gets_an_account_number_and_a_password_that_open_its_account() -> None:
    answer = signup_worker.handler(sample_event("sqs_sign_up_confirmed"), LambdaContext())

    (mail,) = mails_to(ANN)
    number, password = credentials(mail.text)
    account = accounts.get(number)
    assert answer == {"batchItemFailures": []}
    assert mail.subject == "Your Longcode account"
    assert "asks for the address of the API, it is https://longcode.example" in mail.text
    assert "To change the password, sign in to the hub and open https://longcode.example/hub/account." in mail.text
    assert opens(number, password)
    assert account
    assert (account.name, account.email, account.edition) == ("Foxglove Portraits", ANN, "professional")
    assert [change.plan for change in account.plan_changes] == ["medium"]
    assert account.trial_units_a_day == 50
    assert list(accounts.all_ids()) == [number]


def test_the_same_form_delivered_again_mails_nothing_more() -> None:
    for _ in range(3):
        signup_worker.handler(sample_event("sqs_sign_up_confirmed"), LambdaContext())

    assert [mail.subject for mail in mails_to(ANN)] == ["Your Longcode account"]


def test_a_known_address_gets_a_link_and_keeps_its_plan_and_password() -> None:
    studio(email=ANN)
    before = accounts.password_hash("10000001")

    signup_worker.process_sign_up(form(plan="large"), NOW)

    (mail,) = mails_to(ANN)
    account = accounts.get("10000001")
    assert mail.subject == "Confirm your change of plan"
    assert "chose the Large plan." in mail.text
    assert re.search(r"^https://longcode\.example/signup/confirm/[\w-]{43}$", mail.text, re.MULTILINE)
    assert account
    assert [change.plan for change in account.plan_changes] == ["medium"]
    assert accounts.password_hash("10000001") == before
    assert list(accounts.all_ids()) == ["10000001"]


def test_the_mails_say_from_when_the_plan_counts_and_until_when_it_can_be_changed() -> None:
    signup_worker.process_sign_up(form(plan="starter"), NOW)
    signup_worker.process_sign_up(form(plan="large", sign_up="form-2"), NOW)

    welcome, confirm = (mail.text for mail in mails_to(ANN))
    assert (
        "Your plan is Starter. It counts from November 2026."
        " You can change it until 17:00 Central Time on 30 November 2026."
    ) in welcome
    assert (
        "If you make the change by 17:00 Central Time on 30 November 2026, it counts from November 2026."
        " If you make it later, it counts from the month after that."
    ) in confirm


def test_a_studio_that_joins_after_the_cutoff_is_told_that_the_month_counts() -> None:
    signup_worker.process_sign_up(form(plan="starter"), datetime(2026, 11, 30, 23, 0, 1, tzinfo=UTC))

    (mail,) = mails_to(ANN)
    assert "Your plan is Starter. It counts from November 2026.\n" in mail.text


def test_a_form_processed_before_the_credentials_of_another_brings_its_own_plan() -> None:
    with Crash(5, before=True):
        signup_worker.process_sign_up(form(plan="starter", name="Foxglov"), NOW)

    signup_worker.process_sign_up(form(plan="large", sign_up="form-2"), NOW + timedelta(minutes=2))
    signup_worker.process_sign_up(form(plan="starter", name="Foxglov"), NOW + timedelta(minutes=3))

    welcome, confirm = mails_to(ANN)
    (number,) = accounts.all_ids()
    account = accounts.get_or_raise(number)
    assert "Your plan is Large." in welcome.text
    assert account.name == "Foxglove Portraits"
    assert account.plan_changes == (PlanChange(NOW + timedelta(minutes=2), "large"),)
    assert opens(*credentials(welcome.text))
    assert "chose the Starter plan." in confirm.text


@pytest.mark.long
def test_a_sign_up_killed_anywhere_ends_in_credentials_that_work() -> None:
    for crash in every_crash(after=False):
        with crash:
            signup_worker.process_sign_up(form(), NOW)
        signup_worker.process_sign_up(form(), NOW + timedelta(minutes=2))

        number, password = credentials(mails_to(ANN)[-1].text)
        account = accounts.get(number)
        assert opens(number, password)
        assert account
        assert account.established_at
        assert len(list(accounts.all_ids())) == 1


def test_a_second_worker_waits_while_the_first_mails_the_credentials() -> None:
    with Crash(5, before=True):
        signup_worker.process_sign_up(form(), NOW)

    with pytest.raises(Busy):
        signup_worker.process_sign_up(form(), NOW + timedelta(seconds=59))

    assert mails_to(ANN) == []


def test_parallel_forms_with_one_address_create_one_account_and_one_password() -> None:
    def once(number: int) -> None:
        with suppress(Busy, ConditionFailed):
            signup_worker.process_sign_up(form(sign_up=f"form-{number}"), NOW)

    with parallel_calls() as threads:
        list(threads.map(once, range(4)))

    (number,) = accounts.all_ids()
    welcome = [mail for mail in mails_to(ANN) if mail.subject == "Your Longcode account"]
    assert len(welcome) == 1
    assert opens(*credentials(welcome[0].text))
    assert credentials(welcome[0].text)[0] == number


def test_an_unreadable_record_fails_alone() -> None:
    good = sample_event("sqs_sign_up_confirmed")["Records"][0]["body"]

    answer = signup_worker.handler(sqs_event("{", good, '{"id": "x"}'), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m2"}]}
    assert len(mails_to(ANN)) == 1


def test_no_log_shows_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    signup_worker.handler(sample_event("sqs_sign_up_confirmed"), LambdaContext())
    signup_worker.handler(sample_event("sqs_sign_up_confirmed"), LambdaContext())

    _, password = credentials(mails_to(ANN)[0].text)
    assert password not in "".join(capsys.readouterr())


def test_a_form_with_a_closed_accounts_address_is_answered_that_it_is_closed() -> None:
    studio("10000001", email=ANN)
    send_accepted_order("accounts.close", account="10000001")

    signup_worker.process_sign_up(form(sign_up="form-2", plan="large"), NOW)

    (mail,) = mails_to(ANN)
    assert mail.subject == "Your Longcode account is closed"
    assert "10000001" in mail.text
    assert "/signup/confirm/" not in mail.text
    assert list(accounts.all_ids()) == ["10000001"]


def test_an_account_closed_before_its_credentials_were_mailed_gets_none() -> None:
    studio("10000001", email=ANN, established_at=None)
    send_accepted_order("accounts.close", account="10000001")

    signup_worker.process_sign_up(form(), NOW)

    assert [mail.subject for mail in mails_to(ANN)] == ["Your Longcode account is closed"]


def test_a_form_with_a_suspended_accounts_address_is_answered_with_a_link() -> None:
    studio("10000001", email=ANN)
    send_accepted_order("accounts.suspend", account="10000001", reason="Unpaid.")

    signup_worker.process_sign_up(form(sign_up="form-2", plan="large"), NOW)

    assert [mail.subject for mail in mails_to(ANN)] == ["Confirm your change of plan"]
