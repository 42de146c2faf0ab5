"""Triggers: which are valid, for which records they text and why; and the records themselves."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode import keywords
from longcode.accounts.account import Account
from longcode.errors import BadTemplate, EditionNotEntitled, RequestError
from longcode.jobs import Product
from longcode.template import FIELDS
from longcode.triggers.planning import CANCELLED_BY_STAFF, EXPIRED, MOVED, REASONS, SENT, TOO_LATE, explain
from longcode.triggers.trigger import (
    STATUSES,
    DateOf,
    Record,
    RecordKind,
    TextTo,
    Timing,
    UnmetCondition,
    check_trigger,
    check_trigger_edition,
    day_for,
    record_after,
    record_date,
    record_merge_values,
    record_statuses,
    record_word,
    unmet,
)
from tests.support.fakes import NOW
from tests.support.trigger_samples import record, trigger

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
DUE = Timing(days=3, of=DateOf.DUE_DATE, at="10:00")
AT_KEYWORD: dict[str, Any] = {"watches": RecordKind.KEYWORD, "statuses": (), "timing": None}


def studio(edition: str) -> Account:
    return Account(
        id="1",
        name="Foxglove",
        email="a@b.example",
        product=Product.SPECTRA,
        edition=edition,
        created_at=NOW,
        plan_changes=(),
    )


@pytest.mark.parametrize("edition", ["professional", " Enterprise "])
def test_professional_and_enterprise_have_triggered_texts(edition: str) -> None:
    check_trigger_edition(studio(edition))


@pytest.mark.parametrize("edition", ["standard", "", "pro"])
def test_other_editions_have_no_triggered_texts(edition: str) -> None:
    with pytest.raises(EditionNotEntitled, match="Professional or Enterprise") as refused:
        check_trigger_edition(studio(edition))

    assert refused.value.field == "edition"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"timing": None},
        {"types": ("newborn",)},
        {"watches": RecordKind.APPOINTMENT, "statuses": (), "types": ("newborn",)},
        {"watches": RecordKind.PRODUCTION, "statuses": ("ready_for_pickup", "shipped"), "timing": DUE},
        {"watches": RecordKind.INVOICE, "statuses": ("overdue",), "timing": DUE},
        {"watches": RecordKind.CLIENT, "statuses": ("lead",), "timing": None},
        {**AT_KEYWORD, "keyword": "hours"},
        {"to": TextTo.STAFF, "staff_phone": "+12125550199"},
        {"sms_else_call": True},
    ],
)
def test_a_trigger_that_can_text_is_valid(change: dict[str, Any]) -> None:
    check_trigger(trigger(**change), {})


@pytest.mark.parametrize(
    ("change", "field", "detail"),
    [
        ({"statuses": ("confirmed", "eaten")}, "statuses", "Unknown status: eaten. Known are cancelled, "),
        ({"statuses": ()}, "statuses", "Name the statuses to text for."),
        ({"watches": RecordKind.APPOINTMENT}, "types", "Name the types of appointment to text for."),
        ({"keyword": "hours"}, "keyword", "Only a trigger that watches a keyword has a keyword."),
        ({**AT_KEYWORD, "keyword": "hours", "statuses": ("open",)}, "statuses", "A keyword has no status."),
        ({**AT_KEYWORD, "keyword": None}, "keyword", "Name the keyword that a client texts."),
        ({**AT_KEYWORD, "keyword": "!?"}, "keyword", "Name the keyword that a client texts."),
        ({**AT_KEYWORD, "keyword": "hours", "timing": DUE}, "timing", "A keyword has no date"),
        ({"watches": RecordKind.CLIENT, "statuses": ("lead",)}, "timing", "A client has no date"),
        ({"to": TextTo.STAFF}, "staff_phone", "Name the phone of your staff to text."),
        ({"staff_phone": "+12125550199"}, "staff_phone", "needs no phone of your staff"),
        ({"to": TextTo.STAFF, "staff_phone": "+1", "sms_else_call": True}, "sms_else_call", "to the client only"),
    ],
)
def test_a_trigger_that_could_never_text_is_refused_with_the_field(
    change: dict[str, Any], field: str, detail: str
) -> None:
    with pytest.raises(RequestError) as refused:
        check_trigger(trigger(**change), {})

    assert refused.value.field == field
    assert detail in refused.value.detail


@pytest.mark.parametrize("keyword", ["STOP", "start", "Help!", "yes", "No más", "cancel", "please stop"])
def test_the_services_own_keywords_are_refused(keyword: str) -> None:
    with pytest.raises(RequestError) as refused:
        check_trigger(trigger(**AT_KEYWORD, keyword=keyword), {})

    assert refused.value.field == "keyword"


@pytest.mark.parametrize(
    ("keyword", "folded"), [(" Hours? ", "hours"), ("PRÍX", "prix"), ("¡Foto  Info!", "foto info")]
)
def test_a_keyword_is_compared_without_case_accents_and_punctuation(keyword: str, folded: str) -> None:
    assert keywords.fold(keyword) == folded


def test_a_studios_own_status_is_valid() -> None:
    own = {"session": ("At the lake",)}

    check_trigger(trigger(statuses=("at_the_lake",)), own)
    with pytest.raises(RequestError, match="Known are at_the_lake"):
        check_trigger(trigger(), own)


def test_a_trigger_with_unknown_merge_fields_is_refused() -> None:
    with pytest.raises(BadTemplate, match="session\\.place"):
        check_trigger(trigger(body="At {{session.place}}"), {})


@pytest.mark.parametrize(
    ("rule", "of", "expected"),
    [
        ({}, {}, None),
        ({"enabled": False}, {}, UnmetCondition.DISABLED),
        ({}, {"cancelled": True}, UnmetCondition.CANCELLED),
        ({}, {"status": "cancelled"}, UnmetCondition.CANCELLED),
        ({"watches": RecordKind.APPOINTMENT, "statuses": ()}, {"status": "cancelled"}, UnmetCondition.CANCELLED),
        ({"statuses": ("cancelled",), "timing": None}, {"status": "cancelled"}, None),
        ({}, {"status": "tentative"}, UnmetCondition.CONDITIONS),
        ({}, {"status": None}, UnmetCondition.CONDITIONS),
        ({}, {"kind": RecordKind.APPOINTMENT}, UnmetCondition.CONDITIONS),
        ({"statuses": ("confirmed", "tentative")}, {"status": "tentative"}, None),
        ({"types": ("new_born",)}, {"of_type": "New Born"}, None),
        ({"types": ("new_born",)}, {"of_type": "Wedding"}, UnmetCondition.CONDITIONS),
        ({"types": ("new_born",)}, {}, UnmetCondition.CONDITIONS),
        ({}, {"session_date": None}, UnmetCondition.NO_DATE),
        ({"timing": DUE}, {}, UnmetCondition.NO_DATE),
        ({"timing": None}, {"session_date": None}, None),
        ({}, {"client_id": None}, UnmetCondition.NO_CLIENT),
        ({"to": TextTo.STAFF}, {"client_id": None}, None),
        ({**AT_KEYWORD, "keyword": "hours"}, {"kind": RecordKind.KEYWORD, "status": "hours"}, None),
        (
            {**AT_KEYWORD, "keyword": "hours"},
            {"kind": RecordKind.KEYWORD, "status": "prices"},
            UnmetCondition.CONDITIONS,
        ),
        (
            {**AT_KEYWORD, "keyword": "hours"},
            {"kind": RecordKind.KEYWORD, "status": "hours", "client_id": None, "phone": "+12125550123"},
            None,
        ),
    ],
)
def test_a_trigger_texts_for_a_record_or_has_an_unmet_condition(
    rule: dict[str, Any], of: dict[str, Any], expected: UnmetCondition | None
) -> None:
    assert unmet(trigger(**rule), record(**of)) is expected


def test_a_deleted_trigger_texts_for_no_record() -> None:
    assert unmet(None, record()) is UnmetCondition.DELETED


def test_each_reason_has_a_sentence() -> None:
    assert set(REASONS) == {*UnmetCondition, SENT, MOVED, TOO_LATE, EXPIRED, CANCELLED_BY_STAFF}


@pytest.mark.parametrize(
    ("rule", "of", "expected"),
    [
        ({}, {}, "session s1 is confirmed; 1 day before its session date, at 09:00"),
        ({"timing": None}, {}, "session s1 is confirmed; at once"),
        (
            {"timing": DUE},
            {"of_type": "Newborn"},
            "session s1 is confirmed (Newborn); 3 days after its due date, at 10:00",
        ),
        (
            {"timing": msgspec.structs.replace(DUE, days=0)},
            {"status": None},
            "session s1 exists; on its due date, at 10:00",
        ),
        (
            {**AT_KEYWORD, "keyword": "hours"},
            {"kind": RecordKind.KEYWORD, "status": "hours"},
            "a client texted 'hours'; at once",
        ),
    ],
)
def test_the_reason_for_a_text_is_explained_in_a_sentence(
    rule: dict[str, Any], of: dict[str, Any], expected: str
) -> None:
    assert explain(trigger(**rule), record(**of)) == expected


def test_a_text_is_about_the_record_date_or_the_local_day_of_the_change() -> None:
    late_evening = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)  # 23:30 on the 22nd in Chicago

    assert day_for(trigger(), record(), CHICAGO) == date(2026, 12, 3)
    assert day_for(trigger(timing=None), record(changed_at=late_evening), CHICAGO) == date(2026, 11, 22)
    assert day_for(trigger(timing=DUE), record(), CHICAGO) is None


def test_the_first_event_creates_the_record() -> None:
    assert record_after(None, record()) == record()


def test_a_later_event_replaces_the_record() -> None:
    later = record(at=NOW + MINUTE, event_id="e2", session_date=date(2026, 12, 5), changed_at=NOW + MINUTE)

    after = record_after(record(), later)

    assert after
    assert after.session_date == date(2026, 12, 5)
    assert after.changed_at == NOW  # the status is the same


@pytest.mark.parametrize("change", [{"status": "completed"}, {"of_type": "Newborn"}])
def test_an_event_with_another_status_or_type_changes_changed_at(change: dict[str, str]) -> None:
    after = record_after(record(), record(at=NOW + MINUTE, changed_at=NOW + MINUTE, **change))

    assert after
    assert after.changed_at == NOW + MINUTE


def test_a_type_in_another_spelling_is_no_change() -> None:
    after = record_after(
        record(of_type="New Born"), record(at=NOW + MINUTE, changed_at=NOW + MINUTE, of_type="new born")
    )

    assert after
    assert after.changed_at == NOW


@pytest.mark.parametrize(("minutes", "event"), [(-1, "e9"), (0, "e0"), (0, "e1")])
def test_an_earlier_or_repeated_event_changes_nothing(minutes: int, event: str) -> None:
    assert record_after(record(), record(at=NOW + minutes * MINUTE, event_id=event, status="completed")) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=4, unique=True))
def test_events_in_any_order_leave_the_same_record(received: list[tuple[int, str]]) -> None:
    events = [
        record(at=NOW + minute * MINUTE, event_id=name, values={"task.name": name}) for minute, name in received
    ]
    ends: set[tuple[object, str]] = set()
    for order in permutations(events):
        known: Record | None = None
        for event in order:
            known = record_after(known, event) or known
        assert known
        ends.add((known.at, known.event_id))

    assert ends == {max((event.at, event.event_id) for event in events)}


@pytest.mark.parametrize(
    "spelled", ["ready_for_pickup", "Ready for pickup", " READY  FOR-PICKUP ", "ready_for pickup"]
)
def test_a_status_is_compared_in_any_spelling(spelled: str) -> None:
    assert record_word(spelled) == "ready_for_pickup"
    assert record_word(spelled) in record_statuses(RecordKind.PRODUCTION, {})


def test_a_studios_own_statuses_replace_ours() -> None:
    own = {"session": ("Booked", "At the lake")}

    assert record_statuses(RecordKind.SESSION, own) == {"booked", "at_the_lake"}
    assert record_statuses(RecordKind.TASK, own) == frozenset(STATUSES[RecordKind.TASK])


def test_our_statuses_are_spelled_as_they_are_compared() -> None:
    assert set(STATUSES) == set(RecordKind)
    assert all(record_word(status) == status for known in STATUSES.values() for status in known)


def test_a_record_has_a_session_date_and_a_due_date() -> None:
    both = record(due_date=date(2026, 12, 20))

    assert record_date(both, DateOf.SESSION_DATE) == date(2026, 12, 3)
    assert record_date(both, DateOf.DUE_DATE) == date(2026, 12, 20)
    assert record_date(record(), DateOf.DUE_DATE) is None


@pytest.mark.parametrize(("at", "shown"), [("14:30", "2:30 PM"), ("00:05", "12:05 AM"), ("12:00", "12:00 PM")])
def test_a_record_fills_merge_fields_with_dates_and_times_as_people_write_them(at: str, shown: str) -> None:
    values = record_merge_values(record(session_time=at, of_type="Newborn", due_date=date(2026, 12, 20)))

    assert values == {
        "session.type": "Newborn",
        "session.date": "Thursday, December 3",
        "session.time": shown,
        "due.date": "Sunday, December 20",
    }
    assert values.keys() <= FIELDS


def test_the_values_of_an_event_override_the_records() -> None:
    values = record_merge_values(record(values={"session.date": "3 Dec", "order.number": "A-17"}))

    assert (values["session.date"], values["order.number"]) == ("3 Dec", "A-17")
