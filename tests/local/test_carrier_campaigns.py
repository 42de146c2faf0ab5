"""Texts over a campaign's rate or daily cap end with 30022 or 30023, whichever of its numbers they are sent from."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.local.carrier.faults import FaultSet, Limit
from infra.local.carrier.network import Network
from infra.local.carrier.services import Service
from infra.local.carrier.texts import Accepted
from tests.support.carrier_client import ANN, BOB, OURS, OURS_TOO, Client
from tests.support.carrier_client import Service as Posted

NOON = datetime(2026, 11, 29, 20, tzinfo=UTC)  # noon in Los Angeles
SERVICE = "MG" + "1" * 32


class Campaign:
    """A campaign with two numbers; a third number is in none."""

    def __init__(self, limits: FaultSet, who: str = SERVICE) -> None:
        self.network = Network()
        self.network.put_service(SERVICE, Service(numbers=(OURS, OURS_TOO)))
        self.network.put_faults(who, limits)

    def code(self, seconds: float = 0, *, number: str = OURS, body: str = "Hi") -> int | None:
        """Send a text some seconds after noon; return the code that it ends with."""
        now = NOON + timedelta(seconds=seconds)
        accepted = self.network.accept({"To": ANN, "From": number, "Body": body}, now)
        assert isinstance(accepted, Accepted)
        assert accepted.steps[-1].status == ("undelivered" if accepted.steps[-1].code else "delivered")
        return accepted.steps[-1].code


def test_numbers_of_a_campaign_share_its_rate() -> None:
    campaign = Campaign(FaultSet(campaign_rate=Limit(segments=1)))

    codes = [campaign.code(0), campaign.code(0.5, number=OURS_TOO), campaign.code(1, number=OURS_TOO)]

    assert codes == [None, 30022, None]


def test_a_campaign_may_send_the_segments_of_one_second_at_once() -> None:
    campaign = Campaign(FaultSet(campaign_rate=Limit(segments=4)))

    codes = [campaign.code() for _ in range(5)]

    assert codes == [None] * 4 + [30022]


def test_a_long_text_takes_the_time_of_its_segments() -> None:
    campaign = Campaign(FaultSet(campaign_rate=Limit(segments=1)))

    codes = [campaign.code(0, body="x" * 161), campaign.code(1.9), campaign.code(2)]

    assert codes == [None, 30022, None]


def test_a_daily_cap_begins_anew_at_midnight_in_los_angeles() -> None:
    campaign = Campaign(FaultSet(campaign_cap=Limit(segments=3)))
    midnight = 12 * 3600

    codes = [campaign.code(0, body="x" * 161), campaign.code(1, number=OURS_TOO), campaign.code(midnight - 1)]

    assert [*codes, campaign.code(midnight)] == [None, None, 30023, None]


def test_numbers_without_a_service_are_one_campaign() -> None:
    campaign = Campaign(FaultSet(campaign_cap=Limit(segments=1)), "all")
    others = ("+12135550102", "+12135550103")

    assert [campaign.code(number=number) for number in (OURS, *others)] == [None, None, 30023]


def test_a_limit_of_one_campaign_leaves_other_numbers_alone() -> None:
    campaign = Campaign(FaultSet(campaign_rate=Limit(segments=1)))

    assert [campaign.code(number="+12135550102") for _ in range(3)] == [None] * 3


def test_a_limit_ends_after_its_number_of_texts() -> None:
    campaign = Campaign(FaultSet(campaign_cap=Limit(segments=1, times=2)))

    assert [campaign.code() for _ in range(4)] == [None, 30023, 30023, None]


def test_a_text_over_the_limit_is_accepted_and_has_its_code_by_receipt(carrier: Client, service: Posted) -> None:
    carrier.fault("all", campaign_cap={"segments": 1})

    answers = [carrier.send(StatusCallback=f"{service.url}/{number}") for number in range(2)]

    receipts = [service.next() for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201]
    assert {(receipt.path, dict(receipt.form).get("ErrorCode")) for receipt in receipts if receipt.path == "/1"} == {
        ("/1", None),
        ("/1", "30023"),
    }


@pytest.mark.parametrize(
    ("who", "faults", "status"),
    [
        (SERVICE, {"campaign_rate": {"segments": 1}}, 200),
        ("all", {"campaign_rate": {"segments": 3.75}, "delay": {"seconds": 0}}, 200),
        (BOB, {"campaign_rate": {"segments": 1}}, 422),
        (SERVICE, {"delay": {"seconds": 1}}, 422),
        (SERVICE, {"campaign_cap": {"segments": 0}}, 422),
    ],
)
def test_only_campaigns_have_limits(carrier: Client, who: str, faults: object, status: int) -> None:
    assert carrier.control("PUT", f"/faults/{who}", faults).status == status
