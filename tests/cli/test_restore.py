"""`longcode restore-check`: goes on until all phones are checked, and adds up what was found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from admin.restore_check import RestoreCheck, check
from longcode_cli.deployment import Deployment
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.operator import STACK, Caller, Session, longcode
from tests.support.text_steps import accept

LATER = datetime.fromisoformat("2026-11-22T16:30:00Z")
POINT = "2026-11-22T15:29:00Z"


@dataclass
class WithCarrier(Deployment):
    """A deployment whose check is made with a given carrier."""

    carrier: FakeCarrier
    given: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(STACK, Session({"sts": Caller()}))

    def order(self, do: str, **fields: Any) -> dict[str, Any]:
        self.given.append({"do": do, **fields})
        restored_to = datetime.fromisoformat(fields.pop("restored_to"))
        return check(RestoreCheck(restored_to=restored_to, **fields), self.carrier, LATER)


@pytest.fixture(autouse=True)
def three_texts(aws: None) -> None:
    """Texts to three phones that wait in the restored table."""
    account = studio()
    for number in range(3):
        client(account, f"c{number}", f"+1212555010{number}")
        accept(account, f"k{number}", client_id=f"c{number}", now=NOW)


def test_all_phones_are_checked_step_by_step_and_added_up() -> None:
    deployment = WithCarrier(FakeCarrier(listed=[]))

    ended = longcode("--json", "restore-check", POINT, "--phones", "2", of=deployment)

    assert ended.exit_code == 0
    assert ended.answer == {"found": 0, "waiting": 3, "given_up": 0, "unanswered": 0}
    assert [order["after"] for order in deployment.given] == [None, "+12125550101"]
    assert {order["by"] for order in deployment.given} == {"Ann (user/ann)"}


def test_it_ends_with_1_while_the_carrier_has_not_answered() -> None:
    ended = longcode("restore-check", POINT, of=WithCarrier(FakeCarrier(listed=None)))

    assert ended.exit_code == 1
    assert "unanswered 3 texts, for which the carrier has not answered" in ended.printed
    assert "2125550" not in ended.printed


def test_a_point_that_is_no_time_is_refused() -> None:
    ended = longcode("restore-check", "ten o'clock")

    assert (ended.exit_code, "is no time." in ended.printed) == (2, True)


def test_a_point_in_the_future_is_refused_with_its_field() -> None:
    ended = longcode("restore-check", "2027-01-01")

    assert (ended.exit_code, ended.printed) == (1, "This instant is not past. (POINT)")
