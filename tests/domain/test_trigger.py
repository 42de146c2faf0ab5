from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from longcode import keywords
from longcode.accounts.account import Account
from longcode.errors import BadTemplate, EditionNotEntitled, RequestError
from longcode.jobs import Product
from longcode.triggers.planning import EXPIRED, MOVED, REASONS, SENT, TOO_LATE, explain
from longcode.triggers.trigger import (
    DateOf,
    RecordKind,
    Timing,
    To,
    Unmet,
    check_trigger,
    check_trigger_edition,
    day_for,
    unmet,
)
from tests.support.fakes import NOW
from tests.support.trigger_samples import record, trigger

CHICAGO = ZoneInfo("America/Chicago")
ACCOUNT = Account(
    id="1",
    name="Foxglove",
    email="a@b.example",
    product=Product.SPECTRA,
    edition="",
    created_at=NOW,
    plan_changes=(),
)
DUE = Timing(days=3, of=DateOf.DUE_DATE, at="10:00")
AT_KEYWORD: dict[str, Any] = {"watches": RecordKind.KEYWORD, "statuses": (), "timing": None}


@pytest.mark.parametrize("edition", ["professional", " Enterprise "])
def test_professional_and_enterprise_have_triggered_texts(edition: str) -> None:
    check_trigger_edition(structs.replace(ACCOUNT, edition=edition))


@pytest.mark.parametrize("edition", ["standard", "", "pro"])
def test_other_editions_are_refused(edition: str) -> None:
    with pytest.raises(EditionNotEntitled, match="Professional or Enterprise") as refused:
        check_trigger_edition(structs.replace(ACCOUNT, edition=edition))

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
        {"to": To.STAFF, "staff_phone": "+12125550199"},
        {"sms_else_call": True},
    ],
)
def test_a_trigger_that_can_text_is_taken(change: dict[str, Any]) -> None:
    check_trigger(trigger(**change), {})


@pytest.mark.parametrize(
    ("change", "field", "detail"),
    [
        ({"statuses": ("confirmed", "eaten")}, "statuses", "Unknown status: eaten. Known are cancelled, "),
        ({"statuses": ()}, "statuses", "Say at which statuses to text."),
        ({"watches": RecordKind.APPOINTMENT}, "types", "Say which types of appointment."),
        ({"keyword": "hours"}, "keyword", "Only a trigger that watches a keyword has one."),
        ({**AT_KEYWORD, "keyword": "hours", "statuses": ("open",)}, "statuses", "A keyword has no status."),
        ({**AT_KEYWORD, "keyword": None}, "keyword", "Say the keyword that a client texts."),
        ({**AT_KEYWORD, "keyword": "!?"}, "keyword", "Say the keyword that a client texts."),
        ({**AT_KEYWORD, "keyword": "hours", "timing": DUE}, "timing", "A keyword has no date"),
        ({"watches": RecordKind.CLIENT, "statuses": ("lead",)}, "timing", "A client has no date"),
        ({"to": To.STAFF}, "staff_phone", "Say which phone of your staff to text."),
        ({"staff_phone": "+12125550199"}, "staff_phone", "needs no phone of your staff"),
        ({"to": To.STAFF, "staff_phone": "+1", "sms_else_call": True}, "sms_else_call", "to the client only"),
    ],
)
def test_a_trigger_that_could_never_text_is_refused_with_the_field(
    change: dict[str, Any], field: str, detail: str
) -> None:
    with pytest.raises(RequestError) as refused:
        check_trigger(trigger(**change), {})

    assert refused.value.field == field
    assert detail in refused.value.detail


@pytest.mark.parametrize("said", ["STOP", "start", "Help!", "yes", "No más", "cancel", "please stop"])
def test_a_keyword_of_the_services_own_is_refused(said: str) -> None:
    with pytest.raises(RequestError) as refused:
        check_trigger(trigger(**AT_KEYWORD, keyword=said), {})

    assert refused.value.field == "keyword"


@pytest.mark.parametrize(("said", "folded"), [(" Hours? ", "hours"), ("PRÍX", "prix"), ("¡Foto  Info!", "foto info")])
def test_a_keyword_is_compared_without_case_accents_and_trimmings(said: str, folded: str) -> None:
    assert keywords.fold(said) == folded


def test_a_status_of_the_studios_own_is_known() -> None:
    own = {"session": ("At the lake",)}

    check_trigger(trigger(statuses=("at_the_lake",)), own)
    with pytest.raises(RequestError, match="Known are at_the_lake"):
        check_trigger(trigger(), own)


def test_fields_that_do_not_exist_are_refused_when_it_is_saved() -> None:
    with pytest.raises(BadTemplate, match="session\\.place"):
        check_trigger(trigger(body="At {{session.place}}"), {})


@pytest.mark.parametrize(
    ("rule", "of", "expected"),
    [
        ({}, {}, None),
        ({"enabled": False}, {}, Unmet.DISABLED),
        ({}, {"cancelled": True}, Unmet.CANCELLED),
        ({}, {"status": "cancelled"}, Unmet.CANCELLED),
        ({"watches": RecordKind.APPOINTMENT, "statuses": ()}, {"status": "cancelled"}, Unmet.CANCELLED),
        ({"statuses": ("cancelled",), "timing": None}, {"status": "cancelled"}, None),
        ({}, {"status": "tentative"}, Unmet.CONDITIONS),
        ({}, {"status": None}, Unmet.CONDITIONS),
        ({}, {"kind": RecordKind.APPOINTMENT}, Unmet.CONDITIONS),
        ({"statuses": ("confirmed", "tentative")}, {"status": "tentative"}, None),
        ({"types": ("new_born",)}, {"of_type": "New Born"}, None),
        ({"types": ("new_born",)}, {"of_type": "Wedding"}, Unmet.CONDITIONS),
        ({"types": ("new_born",)}, {}, Unmet.CONDITIONS),
        ({}, {"session_date": None}, Unmet.NO_DATE),
        ({"timing": DUE}, {}, Unmet.NO_DATE),
        ({"timing": None}, {"session_date": None}, None),
        ({}, {"client_id": None}, Unmet.NO_CLIENT),
        ({"to": To.STAFF}, {"client_id": None}, None),
        ({**AT_KEYWORD, "keyword": "hours"}, {"kind": RecordKind.KEYWORD, "status": "hours"}, None),
        ({**AT_KEYWORD, "keyword": "hours"}, {"kind": RecordKind.KEYWORD, "status": "prices"}, Unmet.CONDITIONS),
        (
            {**AT_KEYWORD, "keyword": "hours"},
            {"kind": RecordKind.KEYWORD, "status": "hours", "client_id": None, "phone": "+12125550123"},
            None,
        ),
    ],
)
def test_a_trigger_texts_for_a_record_or_tells_why_not(
    rule: dict[str, Any], of: dict[str, Any], expected: Unmet | None
) -> None:
    assert unmet(trigger(**rule), record(**of)) is expected


def test_a_trigger_that_is_gone_texts_for_nothing() -> None:
    assert unmet(None, record()) is Unmet.DELETED


def test_each_reason_has_a_sentence() -> None:
    assert set(REASONS) == {*Unmet, SENT, MOVED, TOO_LATE, EXPIRED}


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
        ({"timing": replace(DUE, days=0)}, {"status": None}, "session s1 is there; on its due date, at 10:00"),
        (
            {**AT_KEYWORD, "keyword": "hours"},
            {"kind": RecordKind.KEYWORD, "status": "hours"},
            "a client texted 'hours'; at once",
        ),
    ],
)
def test_why_a_text_goes_is_told_in_words(rule: dict[str, Any], of: dict[str, Any], expected: str) -> None:
    assert explain(trigger(**rule), record(**of)) == expected


def test_the_date_is_the_sessions_or_the_local_day_of_the_change() -> None:
    late_evening = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)  # 23:30 on the 22nd in Chicago

    assert day_for(trigger(), record(), CHICAGO) == date(2026, 12, 3)
    assert day_for(trigger(timing=None), record(changed_at=late_evening), CHICAGO) == date(2026, 11, 22)
    assert day_for(trigger(timing=DUE), record(), CHICAGO) is None
