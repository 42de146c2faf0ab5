"""A trigger's rule as a sentence."""

from typing import Any

import pytest

from longcode.triggers.sentences import sentence
from longcode.triggers.trigger import DateOf, RecordKind, TextTo, Timing
from tests.support.trigger_samples import DAY_BEFORE, trigger

DUE = DateOf.DUE_DATE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "1 day before a session, at 09:00, text the client “Hi [first name], see you on [session date]!”, "
            "if it is still confirmed.",
        ),
        (
            {
                "timing": Timing(days=3, of=DUE, at="10:30"),
                "watches": RecordKind.TASK,
                "statuses": ("open", "waiting"),
            },
            "3 days after a task is due, at 10:30, text the client “Hi [first name], see you on [session date]!”, "
            "if it is open or waiting.",
        ),
        (
            {
                "timing": Timing(days=0, of=DUE, at="08:00"),
                "watches": RecordKind.INVOICE,
                "template": "due",
                "body": None,
            },
            "On the day an invoice is due, at 08:00, text the client the template “due”, if it is confirmed.",
        ),
        (
            {"watches": RecordKind.APPOINTMENT, "statuses": (), "types": ("first_look", "viewing"), "body": "Soon!"},
            "1 day before an appointment of type first look or viewing, at 09:00, text the client “Soon!”, "
            "unless it is cancelled.",
        ),
        (
            {"watches": RecordKind.PRODUCTION, "timing": DAY_BEFORE, "statuses": ("ready_for_pickup",), "body": "x"},
            "1 day before the session of a production order, at 09:00, text the client “x”, "
            "if it is still ready for pickup.",
        ),
        (
            {"timing": None, "body": "Two\nlines {{ client.name | there }}", "sms_else_call": True},
            "When a session becomes confirmed, text the client “Two lines [name]”. "
            "A client without a number for texts becomes a call to make.",
        ),
        (
            {"watches": RecordKind.APPOINTMENT, "timing": None, "statuses": (), "types": ("viewing",), "body": "x"},
            "When an appointment of type viewing gets this type or changes its status, text the client “x”.",
        ),
        (
            {
                "watches": RecordKind.KEYWORD,
                "timing": None,
                "statuses": (),
                "keyword": "prices",
                "body": "x",
                "to": TextTo.STAFF,
                "staff_phone": "+12125550199",
            },
            "When a client texts “prices”, text your staff (+12125550199) “x”.",
        ),
        ({"timing": None, "body": "y" * 200}, f"When a session becomes confirmed, text the client “{'y' * 120}…”."),
    ],
)
def test_a_rule_is_a_sentence(changes: dict[str, Any], said: str) -> None:
    assert sentence(trigger(**changes)) == said


def test_the_phone_of_the_staff_is_written_as_people_do() -> None:
    to_staff = trigger(to=TextTo.STAFF, staff_phone="+12125550199", timing=None, body="x")

    assert sentence(to_staff, staff="(212) 555-0199").endswith("text your staff ((212) 555-0199) “x”.")
