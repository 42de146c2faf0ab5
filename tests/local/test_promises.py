"""The comparison at the end of the soak finds each promise that was not kept, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.promises import Arrival, Promised, added_up, broken, months_of

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANN, BO, CLEO, DAN, EVE, FAY = (f"+1213200000{number}" for number in range(6))


@dataclass
class Day:
    """A day on which all went well: each way in which a text may end, a reply, and a STOP before a scheduled text."""

    promised: Promised = field(
        default_factory=lambda: Promised(
            texts={
                "to Ann": ANN,
                "to Bo": BO,
                "to Cleo": CLEO,
                "to Dan": DAN,
                "to Eve": EVE,
                "later": FAY,
                "Hi": FAY,
            },
            may_fail={CLEO},
            cancelled={"to Dan"},
            replies={"Thanks": ANN},
            stopped={FAY: AT + timedelta(minutes=1)},
        )
    )
    texts: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"body": "to Ann", "phone": ANN, "state": "delivered", "charged_units": 1},
            {"body": "to Bo", "phone": BO, "state": "sent", "charged_units": 1},  # its receipts were lost
            {"body": "to Cleo", "phone": CLEO, "state": "failed", "charged_units": 0},
            {"body": "to Dan", "phone": DAN, "state": "cancelled", "charged_units": 0},
            {"body": "to Eve", "phone": EVE, "state": "undelivered", "charged_units": 0},
            {"body": "Hi", "phone": FAY, "state": "delivered", "charged_units": 1},
            {"body": "later", "phone": FAY, "state": "refused", "charged_units": 0},
        ]
    )
    arrived: dict[str, list[Arrival]] = field(
        default_factory=lambda: {
            "to Ann": [Arrival(at=AT, status="delivered")],
            "to Bo": [Arrival(at=AT, status="delivered")],
            "to Eve": [Arrival(at=AT, status="undelivered")],
            "Hi": [Arrival(at=AT, status="delivered")],
        }
    )
    replies: list[str] = field(default_factory=lambda: ["STOP", "Thanks", "STOP"])
    used: dict[str, int] = field(default_factory=lambda: {"units_sent": 3, "units_received": 1})

    def of(self, words: str) -> dict[str, Any]:
        return next(text for text in self.texts if text["body"] == words)

    def found(self) -> dict[str, list[str]]:
        every = broken(self.promised, self.texts, self.arrived, self.replies, self.used)
        return {kind: what for kind, what in every.items() if what}


def test_nothing_is_found_where_all_went_well() -> None:
    assert Day().found() == {}


def lose(day: Day) -> None:
    del day.arrived["to Ann"]
    day.of("to Ann").update(state="failed", charged_units=0)
    day.used["units_sent"] = 2


def forget(day: Day) -> None:
    day.texts.remove(day.of("to Dan"))


def send_twice(day: Day) -> None:
    day.arrived["to Ann"] *= 2


def accept_twice(day: Day) -> None:
    day.texts.append(day.of("to Ann"))


def get_stuck(day: Day) -> None:
    day.of("to Cleo")["state"] = "uncertain"


def report_wrongly(day: Day) -> None:
    day.of("to Eve")["state"] = "delivered"


def call_what_arrived_failed(day: Day) -> None:
    day.of("to Ann")["state"] = "failed"


def lose_a_reply(day: Day) -> None:
    day.replies.remove("Thanks")


def double_a_reply(day: Day) -> None:
    day.replies.append("Thanks")


def miss_a_stop(day: Day) -> None:
    day.promised.unheard_stops.add(BO)


def text_after_a_stop(day: Day) -> None:
    day.arrived["later"] = [Arrival(at=AT + timedelta(minutes=2), status="delivered")]
    day.of("later").update(state="delivered", charged_units=1)
    day.used["units_sent"] = 4


def charge_twice(day: Day) -> None:
    day.of("to Ann")["charged_units"] = 2
    day.used["units_sent"] = 4


def charge_what_did_not_arrive(day: Day) -> None:
    day.of("to Eve")["charged_units"] = 1
    day.used["units_sent"] = 4


def count_a_reply_twice(day: Day) -> None:
    day.used["units_received"] = 2


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lose, {"lost": ["to Ann"]}),
        (forget, {"lost": ["to Dan"]}),
        (send_twice, {"doubled": ["to Ann"]}),
        (accept_twice, {"doubled": ["to Ann"]}),
        (get_stuck, {"lost": ["to Cleo"], "stuck": ["to Cleo"]}),
        (report_wrongly, {"wrong_state": ["to Eve"]}),
        (call_what_arrived_failed, {"wrong_state": ["to Ann"]}),
        (lose_a_reply, {"replies_lost": ["Thanks"]}),
        (double_a_reply, {"replies_doubled": ["Thanks"]}),
        (miss_a_stop, {"stops_lost": [BO]}),
        (text_after_a_stop, {"texts_after_stop": ["later"]}),
        (charge_twice, {"wrongly_charged": ["to Ann"], "units_off": ["units_sent: 4 instead of 3"]}),
        (charge_what_did_not_arrive, {"wrongly_charged": ["to Eve"], "units_off": ["units_sent: 4 instead of 3"]}),
        (count_a_reply_twice, {"units_off": ["units_received: 2 instead of 1"]}),
    ],
)
def test_each_promise_that_is_not_kept_is_found(spoil: Callable[[Day], None], found: dict[str, list[str]]) -> None:
    day = Day()

    spoil(day)

    assert day.found() == found


def test_a_call_of_the_carrier_that_had_begun_when_the_stop_was_heard_is_not_after_it() -> None:
    day = Day()
    day.arrived["later"] = [Arrival(at=AT + timedelta(seconds=63), status="delivered")]
    day.of("later").update(state="delivered", charged_units=1)
    day.used["units_sent"] = 4

    assert day.found() == {}


def test_a_soak_that_goes_past_the_end_of_a_month_in_chicago_reads_the_usage_of_both() -> None:
    before, after = datetime(2026, 12, 1, 5, 59, tzinfo=UTC), datetime(2026, 12, 1, 6, tzinfo=UTC)

    assert months_of(before, after) == ["2026-11", "2026-12"]
    assert months_of(after, after + timedelta(hours=1)) == ["2026-12"]


def test_units_in_two_months_are_compared_as_one() -> None:
    day = Day(used={**added_up([{"units_sent": 2, "units_received": 0}, {"units_sent": 1, "units_received": 1}])})
    lacking = Day(used={**added_up([{"units_sent": 2, "units_received": 0}, {"units_sent": 0, "units_received": 1}])})

    assert day.found() == {}
    assert lacking.found() == {"units_off": ["units_sent: 2 instead of 3"]}
