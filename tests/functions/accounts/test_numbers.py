"""A number that is dedicated to one account: the operator gives it, and takes it back."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from accounts import api, numbers
from longcode.table import accounts, dedicated
from tests.fakes import NOW, LambdaContext, call, studio
from tests.functions.accounts.calls import at_once
from tests.local_aws import SHARED_NUMBER
from tests.support.crashes import every_crash

pytestmark = pytest.mark.usefixtures("aws")

OWN, OTHER = "+15555550177", "+15555550178"
MONTH = timedelta(days=30)


def test_the_operator_gives_an_account_a_number_and_the_account_sees_it() -> None:
    account = studio()

    answer = numbers.handler({"account": account.id, "number": "+1 (555) 555-0177"}, LambdaContext())

    assert answer == {"number": OWN}
    assert dedicated.owner(OWN) == account.id
    assert call(api, "GET", "/account", account=account.id).json["number"] == OWN


def test_a_studio_cannot_give_itself_a_number() -> None:
    account = studio()

    answer = call(api, "PATCH", "/account", {"number": OWN}, account=account.id)

    assert answer.status == 422
    assert accounts.need(account.id).number is None


def test_given_again_it_stays() -> None:
    account = studio()

    assert [numbers.dedicate(account.id, OWN, NOW) for _ in range(2)] == [OWN, OWN]
    assert dedicated.owner(OWN) == account.id


def test_another_number_takes_the_place_of_the_first() -> None:
    account = studio()
    numbers.dedicate(account.id, OWN, NOW)

    numbers.dedicate(account.id, OTHER, NOW)

    assert (dedicated.owner(OWN), dedicated.owner(OTHER)) == (None, account.id)
    assert accounts.need(account.id).number == OTHER


def test_what_comes_to_a_dedicated_number_is_reconciled_as_well_while_it_rests_too() -> None:
    mine, theirs = studio().id, studio("10000002").id
    numbers.dedicate(mine, OWN, NOW)
    numbers.dedicate(theirs, OTHER, NOW)
    numbers.dedicate(mine, None, NOW)

    assert dedicated.every() == [OWN, OTHER]


def test_taken_back_it_rests_for_thirty_days_before_another_account_gets_it() -> None:
    mine, theirs = studio().id, studio("10000002").id
    numbers.dedicate(mine, OWN, NOW)
    numbers.dedicate(mine, None, NOW)

    early = numbers.answer({"account": theirs, "number": OWN}, NOW + MONTH - timedelta(seconds=1))
    late = numbers.answer({"account": theirs, "number": OWN}, NOW + MONTH)

    assert (early["code"], early["field"]) == ("number_taken", "number")
    assert late == {"number": OWN}
    assert accounts.need(mine).number is None


def test_who_gave_it_up_may_have_it_back_at_once() -> None:
    account = studio().id
    for number in (OWN, None, OWN):
        numbers.dedicate(account, number, NOW)

    assert dedicated.owner(OWN) == account


@pytest.mark.parametrize(
    ("number", "code"),
    [(SHARED_NUMBER, "number_taken"), ("5555550177", "bad_phone"), ("+1999", "bad_phone"), ("", "bad_phone")],
)
def test_a_number_that_others_share_or_that_is_none_is_refused(number: str, code: str) -> None:
    account = studio()

    answer = numbers.answer({"account": account.id, "number": number}, NOW)

    assert (answer["code"], answer["field"]) == (code, "number")
    assert accounts.need(account.id).number is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": 5}, r"\$\.number"),
        ({"number": False}, r"\$\.number"),
        ({"account": None}, r"\$\.account"),
        ({"acount": "10000001"}, "unknown field `acount`"),
    ],
)
def test_an_order_that_cannot_be_read_says_why_and_changes_nothing(change: dict[str, Any], reason: str) -> None:
    account = studio()
    numbers.dedicate(account.id, OWN, NOW)

    with pytest.raises(msgspec.ValidationError, match=reason):
        numbers.handler({"account": account.id, "number": None} | change, LambdaContext())
    assert dedicated.owner(OWN) == account.id


@pytest.mark.parametrize("missing", ["account", "number"])
def test_an_order_that_leaves_something_out_takes_no_number_back(missing: str) -> None:
    account = studio()
    numbers.dedicate(account.id, OWN, NOW)
    order = {name: value for name, value in {"account": account.id, "number": None}.items() if name != missing}

    with pytest.raises(msgspec.ValidationError, match=f"required field `{missing}`"):
        numbers.handler(order, LambdaContext())
    assert dedicated.owner(OWN) == account.id


def test_an_account_that_is_not_there_is_named() -> None:
    answer = numbers.answer({"account": "10000009", "number": OWN}, NOW)

    assert (answer["code"], answer["field"]) == ("not_found", "account")
    assert dedicated.owner(OWN) is None


def test_of_accounts_that_are_given_a_number_at_once_one_has_it() -> None:
    ids = [studio(f"1000000{index}").id for index in range(6)]

    with at_once() as threads:
        answers = list(threads.map(lambda one: numbers.answer({"account": one, "number": OWN}, NOW), ids))

    [owner] = [one for one, answer in zip(ids, answers, strict=True) if answer == {"number": OWN}]
    assert dedicated.owner(OWN) == owner
    assert [one for one in ids if accounts.need(one).number] == [owner]


def test_killed_anywhere_the_number_is_given_in_whole_or_not_at_all() -> None:
    account = studio().id
    for crash in every_crash(after=False):
        with crash:
            numbers.dedicate(account, OWN, NOW)

        assert (dedicated.owner(OWN) == account) == (accounts.need(account).number == OWN)

        assert numbers.dedicate(account, OWN, NOW) == OWN
