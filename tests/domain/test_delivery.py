"""Deliveries of webhooks: retries, giving up, replays, what a studio wants, and the back-off of an endpoint."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from longcode.accounts.account import CHOSEN_EVENTS, Account, ReplyDelivery, WebhookEvent
from longcode.jobs import Product
from longcode.webhooks import delivery
from longcode.webhooks.delivery import DeliveryState, Endpoint

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = delivery.new("10000001", WebhookEvent.CALL_CREATED, "call-1", {"id": "call-1"}, NOW)

ENDPOINT = Endpoint(account="10000001")


def hosted(**changes: Any) -> Account:
    fields: dict[str, Any] = {
        "id": "10000001",
        "name": "Foxglove",
        "email": "fox@studio.example",
        "product": Product.SPECTRA,
        "edition": "standard",
        "created_at": NOW,
        "plan_changes": (),
        "delivery": ReplyDelivery.WEBHOOK,
        "webhook_url": "https://studio.example/hook",
        "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    return Account(**fields | changes)


def attempt_times(jitter: float) -> list[datetime]:
    """Return the times of all attempts at an endpoint that never accepts the delivery."""
    pending, at, times = NEW, NOW, [NOW]
    while (pending := delivery.attempt_failed(pending, "status_500", at, jitter)).due_at:
        at = pending.due_at
        times.append(at)
    assert (pending.state, pending.error) == (DeliveryState.FAILED, "status_500")
    return times


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_delivery_has_ten_attempts_over_three_days_with_growing_pauses(jitter: float) -> None:
    times = attempt_times(jitter)
    pauses = [after - before for before, after in pairwise(times)]

    assert len(times) == 10
    assert pauses == sorted(pauses)
    assert 2 * DAY < times[-1] - times[0] < 3 * DAY


def test_jitter_shortens_a_pause_by_a_fifth_at_most() -> None:
    assert delivery.retry_pause(1, 0.0) == MINUTE
    assert delivery.retry_pause(1, 1.0) == timedelta(seconds=48)
    assert delivery.retry_pause(4, 0.5) == 54 * MINUTE


def test_an_accepted_delivery_is_not_due_and_is_kept_for_thirty_days() -> None:
    done = delivery.delivered(NEW, NOW + HOUR)

    assert (done.state, done.attempt, done.due_at) == (DeliveryState.DELIVERED, 1, None)
    assert done.expires_at == int((NOW + HOUR + 30 * DAY).timestamp())


def test_a_delivery_that_waits_uses_no_attempt_and_waits_longer_as_it_ages() -> None:
    young = delivery.put_off(NEW, NOW + MINUTE, NOW)
    old = delivery.put_off(NEW, NOW + 8 * HOUR + MINUTE, NOW + 8 * HOUR)

    assert (young.attempt, young.due_at, young.error) == (0, NOW + MINUTE, "receiver_failing")
    assert old.due_at == NOW + 10 * HOUR


def test_a_delivery_that_waited_for_three_days_is_given_up() -> None:
    late = delivery.put_off(NEW, NOW + 3 * DAY + MINUTE, NOW + 3 * DAY)

    assert (late.state, late.error) == (DeliveryState.FAILED, "receiver_failing")


def test_a_replay_restores_all_attempts_and_a_second_replay_changes_nothing() -> None:
    given_up = delivery.given_up(NEW, "status_500", NOW + 3 * DAY)

    begun = delivery.replayed(given_up, NOW + 4 * DAY)
    again = delivery.replayed(begun, NOW + 5 * DAY)

    assert (begun.state, begun.attempt, begun.expires_at) == (DeliveryState.PENDING, 0, None)
    assert begun.id == NEW.id
    assert again == begun


def test_the_id_depends_on_the_event_its_source_and_the_studio() -> None:
    again = delivery.new("10000001", WebhookEvent.CALL_CREATED, "call-1", {}, NOW + DAY)
    others = {
        delivery.id_of("10000002", WebhookEvent.CALL_CREATED, "call-1"),
        delivery.id_of("10000001", WebhookEvent.MESSAGE_STATUS, "call-1"),
        delivery.id_of("10000001", WebhookEvent.CALL_CREATED, "call-2"),
    }

    assert again.id == NEW.id
    assert len(others | {NEW.id}) == 4


def test_a_studio_gets_every_event_unless_it_chooses() -> None:
    assert all(delivery.wants(hosted(), event) for event in CHOSEN_EVENTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"delivery": ReplyDelivery.POLL},
        {"webhook_url": None},
        {"webhook_secret": None},
        {"webhook_events": (WebhookEvent.MESSAGE_RECEIVED,)},
        {"webhook_events": ()},
    ],
    ids=str,
)
def test_a_studio_gets_no_event_that_it_has_switched_off(changes: dict[str, object]) -> None:
    assert not delivery.wants(hosted(**changes), WebhookEvent.MESSAGE_STATUS)


def test_failures_begin_pauses_that_grow_to_fifteen_minutes() -> None:
    endpoint, pauses = ENDPOINT, []
    for _ in range(5):
        endpoint = delivery.failed(endpoint, NOW, 0)
        assert endpoint.paused_until
        pauses.append(endpoint.paused_until - NOW)

    assert pauses == [MINUTE, 4 * MINUTE, 15 * MINUTE, 15 * MINUTE, 15 * MINUTE]


def test_a_pause_ends_by_itself() -> None:
    failing = delivery.failed(ENDPOINT, NOW, 0)

    assert delivery.backoff_until(failing, NOW + 59 * SECOND) == NOW + MINUTE
    assert delivery.backoff_until(failing, NOW + MINUTE) is None


def test_an_endpoint_that_failed_is_called_by_one_worker_for_fifty_seconds() -> None:
    probed = delivery.probed(delivery.failed(ENDPOINT, NOW, 0), NOW + MINUTE)

    assert probed
    assert delivery.probed(probed, NOW + MINUTE + 49 * SECOND) is None
    assert delivery.probed(probed, NOW + MINUTE + 50 * SECOND)


def test_an_endpoint_that_recovers_has_neither_failures_nor_a_pause() -> None:
    recovered = delivery.recovered(Endpoint(account="10000001", failures=3, paused_until=NOW, probe_until=NOW))

    assert recovered == Endpoint(account="10000001", version=1)


def test_clearing_the_back_off_ends_the_pause_and_keeps_the_failures() -> None:
    cleared = delivery.without_backoff(delivery.failed(ENDPOINT, NOW, 0))

    assert delivery.backoff_until(cleared, NOW) is None
    assert cleared.failures == 1
