"""Accounts: an id and an address belong to one account, and no change of plan is lost."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.plans.plans import PlanChange
from longcode.table.store import ConditionFailed
from tests.support.fakes import ACTOR, NOW, studio

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("aws")


def test_an_account_is_found_by_its_id_and_its_address() -> None:
    account = studio(email="ann@foxglove.example")

    assert accounts.get("10000001") == account
    assert accounts.with_email("ann@foxglove.example") == "10000001"
    assert accounts.get("10000002") is None
    assert accounts.with_email("eve@foxglove.example") is None


@pytest.mark.parametrize(("number", "email"), [("10000001", "new@x.example"), ("10000002", "ann@foxglove.example")])
def test_a_taken_id_or_address_opens_no_account(number: str, email: str) -> None:
    account = studio(email="ann@foxglove.example")

    with pytest.raises(ConditionFailed):
        accounts.open_account(replace(account, id=number, email=email))

    assert accounts.get("10000001") == account
    assert list(accounts.all_ids()) == ["10000001"]


def test_a_change_of_plan_on_an_outdated_history_fails() -> None:
    account = studio()
    accounts.change_plan(account, PlanChange(NOW, "large"), ACTOR)

    with pytest.raises(ConditionFailed):
        accounts.change_plan(account, PlanChange(NOW, "small"), ACTOR)

    found = accounts.get("10000001")
    assert found
    assert [change.plan for change in found.plan_changes] == ["medium", "large"]


def test_a_password_is_replaced_only_if_its_hash_is_unchanged() -> None:
    accounts.set_password("10000001", "first")

    accounts.set_password("10000001", "second", instead_of="first")
    with pytest.raises(ConditionFailed):
        accounts.set_password("10000001", "third", instead_of="first")

    assert accounts.password_hash("10000001") == "second"


def test_mailing_credentials_is_leased_to_one_worker_and_to_none_once_done() -> None:
    account = studio(established_at=None)
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)

    assert accounts.claim_credentials_mail(account, {}, NOW, soon)
    assert not accounts.claim_credentials_mail(account, {}, soon, later)
    assert accounts.claim_credentials_mail(account, {}, soon + timedelta(milliseconds=1), later)
    accounts.mark_established("10000001", "form-1", later)
    assert not accounts.claim_credentials_mail(account, {}, later + timedelta(days=1), later)


def test_an_account_takes_its_details_from_the_form_of_its_credentials() -> None:
    account = studio(established_at=None, country_code="61")
    form = {"name": "Foxglove", "country_code": "1", "plan_changes": (PlanChange(LATER, "large"),)}

    taken = accounts.claim_credentials_mail(account, form, LATER, LATER)

    assert taken == replace(account, name="Foxglove", country_code="1", plan_changes=(PlanChange(LATER, "large"),))
    assert accounts.get("10000001") == taken


def test_a_plan_changed_since_is_not_changed_by_a_repeated_form() -> None:
    first = studio(established_at=None)
    account = accounts.change_plan(first, PlanChange(LATER, "large"), ACTOR)
    form = {"plan_changes": (PlanChange(LATER, "starter"),)}

    assert accounts.claim_credentials_mail(first, form, LATER, LATER) is None
    assert accounts.claim_credentials_mail(account, form, LATER, LATER) == account
    assert accounts.get("10000001") == account


def test_the_form_that_established_an_account_is_known() -> None:
    studio(established_at=None)
    assert not accounts.is_established_by("10000001", "form-1")

    accounts.mark_established("10000001", "form-1", NOW)

    assert accounts.is_established_by("10000001", "form-1")
    assert not accounts.is_established_by("10000001", "form-2")
