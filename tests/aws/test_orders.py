"""Events of scheduled functions: whatever cannot be read is refused with its field, and does nothing."""

from typing import Any

import pytest

from inbox import reconcile_schedule
from sweeper import sweep_schedule
from tests.support.crashes import recorded_calls
from tests.support.fakes import LambdaContext
from tests.support.readers import sample_event
from webhooks import forward_schedule

pytestmark = pytest.mark.usefixtures("aws")


@pytest.mark.parametrize(
    ("schedule", "event", "field"),
    [
        (sweep_schedule, {"sweep_a": "2026-12-01T09:00:00Z"}, "sweep_a"),
        (sweep_schedule, {"sweep_at": "now"}, "sweep_at"),
        (sweep_schedule, {"sweep_at": 1796115600}, "sweep_at"),
        (sweep_schedule, {"sweep_at": "2026-12-01T09:00:00"}, "sweep_at"),
        (sweep_schedule, {"sweep_at": "9999-12-31T23:59:59Z"}, "sweep_at"),
        (sweep_schedule, [], None),
        (reconcile_schedule, {"snice": "2026-12-01T09:00:00Z"}, "snice"),
        (reconcile_schedule, {"since": 5}, "since"),
        (reconcile_schedule, {"since": "0001-01-01T00:00:00+05:00"}, "since"),
        (reconcile_schedule, "2026-12-01T09:00:00Z", None),
        (forward_schedule, {"account": "10000001"}, "account"),
        (forward_schedule, None, None),
    ],
)
def test_a_malformed_event_is_refused_with_its_field_and_nothing_is_called(
    schedule: Any, event: object, field: str | None
) -> None:
    with recorded_calls() as calls:
        answer = schedule.handler(event, LambdaContext())

    assert (answer["code"], answer["field"]) == ("invalid", field)
    assert answer["detail"].startswith("The order cannot be read: ")
    assert calls == []


@pytest.mark.parametrize(
    ("schedule", "event", "answer"),
    [
        (sweep_schedule, sample_event("schedule_sweep"), {"swept": 0}),
        (sweep_schedule, {}, {"swept": 0}),
        (forward_schedule, sample_event("schedule_forward"), {"forwarded": 0}),
    ],
)
def test_the_event_of_a_schedule_is_an_order_without_fields(
    schedule: Any, event: dict[str, Any], answer: dict[str, int]
) -> None:
    assert schedule.handler(event, LambdaContext()) == answer
