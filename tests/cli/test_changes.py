"""`longcode changes`: the record of the operator's orders, by account and by time."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.support.fakes import NOW, studio
from tests.support.operator import Caller, Ended, deployment, longcode

HOUR = timedelta(hours=1)


class Unreached:
    """A client of STS that nothing answers."""

    def get_caller_identity(self) -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com/")


@pytest.fixture(autouse=True)
def two_changes(aws: None) -> None:
    """Ann suspends one studio, and an hour later makes a partner's key and sets the ceiling of another studio."""
    studio("10000001")
    studio("10000002")
    longcode("accounts", "suspend", "10000001", "--reason", "Unpaid")
    later = deployment(NOW + HOUR)
    longcode("partners", "make-key", "fotoware", "--name", "Fotoware Studio", of=later)
    longcode("accounts", "set-ceiling", "10000002", "500", of=later)


def changes(*words: str) -> Ended:
    return longcode(*words[:1], "changes", *words[1:], of=deployment(NOW + 2 * HOUR))


def test_changes_are_listed_with_who_made_them_and_how() -> None:
    printed = longcode("changes", of=deployment(NOW + 2 * HOUR)).printed

    assert "2026-11-22 15:30 10000001 Ann (user/ann) (operator) accounts.suspend reason: Unpaid" in printed
    assert "2026-11-22 16:30 the service Ann (user/ann) (operator) partners.make_key" in printed


@pytest.mark.parametrize(
    ("caller", "by"),
    [
        (
            Caller("arn:aws:sts::111122223333:assumed-role/Operators/bo@x.example"),
            "assumed-role/Operators/bo@x.example",
        ),
        (Caller("arn:aws:iam::111122223333:root"), "root"),
    ],
)
def test_an_order_is_recorded_with_the_principal_of_its_credentials(caller: Caller, by: str) -> None:
    longcode("accounts", "restore", "10000001", of=deployment(NOW + 1.5 * HOUR, sts=caller))

    newest = changes("--json").answer[0]
    assert (newest["about"], newest["actor"]["name"]) == ("accounts.restore", f"Ann ({by})")


def test_an_order_is_given_with_the_name_alone_if_aws_does_not_say_whose_credentials_these_are() -> None:
    longcode("accounts", "restore", "10000001", of=deployment(NOW + 1.5 * HOUR, sts=Unreached()))

    assert changes("--json").answer[0]["actor"]["name"] == "Ann"


def test_changes_of_one_account_are_only_its_own() -> None:
    found = changes("--json", "--account", "10000002").answer

    assert [(one["account"], one["about"]) for one in found] == [("10000002", "accounts.set_ceiling")]


def test_changes_are_listed_from_a_time_until_another() -> None:
    until, since = changes("--json", "--until", "2026-11-22T16:00:00Z"), changes("--json", "--from", "2026-11-23")

    assert [one["about"] for one in until.answer] == ["accounts.suspend"]
    assert since.answer == []


def test_at_most_so_many_are_listed_the_newest_first() -> None:
    found = changes("--json", "--at-most", "2").answer

    assert {one["at"] for one in found} == {"2026-11-22T16:30:00Z"}


def test_a_time_that_is_none_is_refused() -> None:
    ended = longcode("changes", "--from", "last week")

    assert (ended.exit_code, "'last week' is no time." in ended.printed) == (2, True)
