"""The order numbers.assign dedicates a number to one account, and takes it back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import settings_api
from longcode.accounts import store as accounts
from longcode.errors import OurOwnNumber
from longcode.numbers import store as numbers
from send import api
from tests.support.admin_orders import send_order
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, client, studio
from tests.support.local_aws import SHARED_NUMBER

pytestmark = pytest.mark.usefixtures("aws")

OWN, OTHER = "+15555550177", "+15555550178"
MONTH = timedelta(days=30)


def assigned(account: str, number: str | None, now: datetime = NOW) -> dict[str, Any]:
    return send_order("numbers.assign", now, account=account, number=number)


def test_an_assigned_number_is_the_accounts_and_the_account_sees_it() -> None:
    account = studio()

    answer = assigned(account.id, "+1 (555) 555-0177")

    assert answer == {"number": OWN}
    assert numbers.dedicated_owner(OWN) == account.id
    assert call(settings_api, "GET", "/account", account=account.id).json["number"] == OWN


def test_a_studio_cannot_assign_itself_a_number() -> None:
    account = studio()

    answer = call(settings_api, "PATCH", "/account", {"number": OWN}, account=account.id)

    assert answer.status == 422
    assert accounts.get_or_raise(account.id).number is None


def test_a_number_assigned_again_stays() -> None:
    account = studio()

    assert [assigned(account.id, OWN) for _ in range(2)] == [{"number": OWN}] * 2
    assert numbers.dedicated_owner(OWN) == account.id


def test_a_second_number_replaces_the_first() -> None:
    account = studio()
    assigned(account.id, OWN)

    assigned(account.id, OTHER)

    assert (numbers.dedicated_owner(OWN), numbers.dedicated_owner(OTHER)) == (None, account.id)
    assert accounts.get_or_raise(account.id).number == OTHER


def test_dedicated_numbers_and_those_taken_back_are_reconciled() -> None:
    mine, theirs = studio().id, studio("10000002").id
    assigned(mine, OWN)
    assigned(theirs, OTHER)
    assigned(mine, None)

    assert numbers.all_dedicated() == [OWN, OTHER]


def test_a_number_taken_back_is_refused_to_others_for_thirty_days() -> None:
    mine, theirs = studio().id, studio("10000002").id
    assigned(mine, OWN)
    assigned(mine, None)

    early = assigned(theirs, OWN, NOW + MONTH - timedelta(seconds=1))
    late = assigned(theirs, OWN, NOW + MONTH)

    assert (early["code"], early["field"]) == ("number_taken", "number")
    assert late == {"number": OWN}
    assert accounts.get_or_raise(mine).number is None


def test_a_client_whose_phone_becomes_one_of_our_numbers_gets_no_text_any_more() -> None:
    account, owner = studio(), studio("10000002")
    client(account, "c1", OWN)
    client(account, "c2", OWN, "+12125550123")

    assigned(owner.id, OWN)

    refused, skipped = (
        api.preview(account.id, api.NewMessage(client_id=one, body="Hi"), NOW) for one in ("c1", "c2")
    )
    assert (refused.may_be_sent, refused.code) == (False, "our_own_number")
    assert [(one.phone, one.code) for one in skipped.skipped] == [(OWN, "our_own_number")]
    with pytest.raises(OurOwnNumber):
        api.accept(account.id, api.NewMessage(client_id="c1", body="Hi"), "k", NOW)


def test_an_account_may_have_its_former_number_back_at_once() -> None:
    account = studio().id
    for number in (OWN, None, OWN):
        assigned(account, number)

    assert numbers.dedicated_owner(OWN) == account


@pytest.mark.parametrize(
    ("number", "code"),
    [(SHARED_NUMBER, "number_taken"), ("5555550177", "bad_phone"), ("+1999", "bad_phone"), ("", "bad_phone")],
)
def test_a_shared_or_invalid_number_is_refused(number: str, code: str) -> None:
    account = studio()

    answer = assigned(account.id, number)

    assert (answer["code"], answer["field"]) == (code, "number")
    assert accounts.get_or_raise(account.id).number is None


def test_an_unknown_account_is_refused() -> None:
    answer = assigned("10000009", OWN)

    assert (answer["code"], answer["field"]) == ("not_found", "account")
    assert numbers.dedicated_owner(OWN) is None


def test_a_number_assigned_to_several_accounts_at_once_is_one_accounts() -> None:
    ids = [studio(f"1000000{index}").id for index in range(6)]

    with parallel_calls() as threads:
        answers = list(threads.map(lambda one: assigned(one, OWN), ids))

    [owner] = [one for one, answer in zip(ids, answers, strict=True) if answer == {"number": OWN}]
    assert numbers.dedicated_owner(OWN) == owner
    assert [one for one in ids if accounts.get_or_raise(one).number] == [owner]


def test_an_assignment_killed_anywhere_is_whole_or_not_there() -> None:
    account = studio().id
    for crash in every_crash(after=False):
        with crash:
            assigned(account, OWN)

        assert (numbers.dedicated_owner(OWN) == account) == (accounts.get_or_raise(account).number == OWN)

        assert assigned(account, OWN) == {"number": OWN}
