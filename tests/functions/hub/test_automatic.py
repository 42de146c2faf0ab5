"""Triggers as sentences, what is upcoming, and the calls to make, as a person meets them in the hub."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from hub.automatic import rule_preview
from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import Occurrence, OccurrenceState
from longcode.triggers.trigger import DateOf, RecordKind, TextTo, Timing, Trigger
from tests.support.broadcast_steps import create_broadcast
from tests.support.browser import Browser, Page
from tests.support.fakes import client, studio
from tests.support.text_steps import accept
from tests.support.trigger_samples import trigger
from tests.support.trigger_steps import fire_all, report_event, write_records
from triggers import rules_api

pytestmark = pytest.mark.account(edition="professional")

FORM = {
    "name": "Session reminder",
    "watches": "session",
    "status_session_confirmed": "on",
    "when": "before",
    "days": "2",
    "of": "",
    "at": "10:00",
    "to": "client",
    "words": "See you on {{session.date}}!",
}
REMINDER = Trigger(
    account="10000001",
    name="Session-reminder",
    watches=RecordKind.SESSION,
    statuses=("confirmed",),
    timing=Timing(days=-2, of=DateOf.SESSION_DATE, at="10:00"),
    body="See you on {{session.date}}!",
)


@pytest.fixture
def ann(account: Account) -> Browser:
    """The browser of Ann, who is staff."""
    person = Person(
        account=account.id, id="a", name="Ann", email="a@x.example", role=Role.STAFF, added_at=clients.now()
    )
    people.add(person)
    return Browser({"session": sessions.begin(account.id, "Chrome", clients.now(), person)})


def in_days(days: int) -> str:
    return str((clients.now() + timedelta(days=days)).date())


def session_in(account: Account, days: int, record_id: str = "s1", **changes: str) -> None:
    """Report a confirmed session in some days."""
    report_event(account, record_id, clients.now(), id=record_id, session_date=in_days(days), **changes)


def add(browser: Browser, **changes: str) -> Page:
    return browser.submit(browser.get("triggers/new"), "triggers/new", **FORM | changes)


def occurrence(account: Account, record_id: str = "s1") -> Occurrence:
    [found] = triggers.occurrences_of_record(account.id, "session", record_id)
    return found


def make_call(account: Account) -> str:
    """Make a call task, and return its id."""
    client(account, "c1", phones=())
    triggers.put(trigger(name="call", timing=None, sms_else_call=True, body="Your pictures are ready"))
    session_in(account, 9)
    fire_all(clients.now())
    [task] = call_tasks.call_page(account.id, None, 9)
    return task.id


def test_a_trigger_is_made_by_choosing_parts_and_plans_for_known_sessions(account: Account, ann: Browser) -> None:
    session_in(account, 5)

    page = add(ann)
    assert "1 day before" not in page.text
    page = ann.submit(page, "triggers/Session-reminder/plan")

    assert triggers.of_account(account.id) == {"Session-reminder": REMINDER}
    assert "1 text planned for the 1 record" in page.text
    assert occurrence(account).state is OccurrenceState.PLANNED
    assert "2 days before a session, at 10:00, text the client" in ann.get("triggers").text


def test_a_form_that_is_sent_twice_makes_one_trigger_and_another_with_its_name_is_refused(
    account: Account, ann: Browser
) -> None:
    twice = [add(ann).path for _ in range(2)]
    other = add(ann, words="Something else")

    assert twice == ["triggers/Session-reminder/plan"] * 2
    assert (other.status, other.typed.strip()) == (422, "Something else")
    assert "There is a trigger with this name already." in other.text
    assert triggers.of_account(account.id)["Session-reminder"] == REMINDER


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Give it a name"),
        ({"name": "new"}, "Choose another one."),
        ({"name": "a/b"}, "Choose another one."),
        ({"status_session_confirmed": "", "watches": "invoice"}, "Name the statuses to text for."),
        ({"days": "0"}, "Write the number of days"),
        ({"days": "400"}, "Please check the number of days"),
        ({"at": "25:00"}, "Write the time of day"),
        ({"words": " "}, "Write the words of the text"),
        ({"words": "{{x}}"}, "Unknown merge fields: x."),
        ({"letter": "none"}, "There is no template"),
        ({"to": "staff"}, "Name the phone of your staff to text."),
        ({"to": "staff", "staff_phone": "12"}, "too short"),
        ({"watches": "keyword", "keyword": "stop"}, "is the service's own keyword"),
        ({"watches": "appointment"}, "Name the types of appointment"),
        ({"words": "x" * 1601}, "Please check the words"),
    ],
)
def test_a_refusal_stands_beside_the_field_and_keeps_what_was_typed(
    account: Account, ann: Browser, changes: dict[str, str], said: str
) -> None:
    page = add(ann, **changes)

    wrong = [given for _, given in page.tags if given.get("id") == "wrong"]
    assert (page.status, len(wrong)) == (422, 1)
    assert said in page.text
    assert page.fields["name"].strip() == changes.get("name", FORM["name"]).strip()
    assert triggers.of_account(account.id) == {}


def test_parts_that_are_not_meant_are_left_out(account: Account, ann: Browser) -> None:
    add(ann, name="a", watches="client", status_client_booked="on", keyword="prices", staff_phone="12")
    add(
        ann,
        name="b",
        watches="keyword",
        keyword="Prices",
        types="x",
        sms_else_call="on",
        to="staff",
        staff_phone="+12125550199",
    )

    rules = triggers.of_account(account.id)
    assert (rules["a"].timing, rules["a"].statuses, rules["a"].keyword, rules["a"].staff_phone) == (
        None,
        ("booked",),
        None,
        None,
    )
    assert (rules["b"].types, rules["b"].statuses, rules["b"].keyword) == ((), (), "prices")
    assert (rules["b"].to, rules["b"].sms_else_call) == (TextTo.STAFF, False)


@pytest.mark.parametrize("key", ["reminder", "pickup", "thanks"])
def test_a_suggestion_opens_the_form_filled_in_and_can_be_saved_as_it_is(
    account: Account, ann: Browser, key: str
) -> None:
    assert f"use={key}" in ann.get("triggers").html
    form = ann.get("triggers/new", f"use={key}")

    ann.post("triggers/new", **form.fields | {"words": form.typed.strip()})

    [rule] = triggers.of_account(account.id).values()
    assert rule.enabled
    assert rule.body == form.typed.strip()


def test_what_was_chosen_outlives_a_lost_session(account: Account, password: str) -> None:
    browser, chosen = Browser(), FORM | {"letter": "spring", "days": "4"}
    template_store.put_template(Template(account=account.id, name="spring", subject="", body="Hi"))

    asked = browser.post("triggers/new", **chosen)
    back = browser.submit(asked, "sign-in", account=account.id, password=password)

    assert (asked.path, back.path) == ("sign-in", "triggers/new")
    assert {name: back.fields.get(name) for name in chosen if name != "words"} == {
        name: value for name, value in chosen.items() if name != "words"
    }
    assert back.typed.strip() == chosen["words"]


def test_what_a_rule_would_do_is_shown_before_it_is_saved(account: Account, ann: Browser) -> None:
    session_in(account, 4)
    session_in(account, 5, "s2", status="tentative")
    form = ann.get("triggers/new")
    assert 'data-insert="{{session.date}}"' in form.html

    shown = ann.post("triggers/new", token=form.fields["token"], do="show", **FORM)
    part = ann.post("triggers/new/shown", token=form.fields["token"], **FORM)

    for page in (shown, part):
        assert "2 days before a session, at 10:00, text the client" in page.text
        assert "Zoë session s1, confirmed" in page.text
        assert "does not go: Its status or type is not one that the trigger watches." in page.text
    assert "<html" not in part.html
    assert triggers.of_account(account.id) == {}


def test_a_trigger_is_changed_switched_and_deleted(account: Account, ann: Browser) -> None:
    triggers.put(REMINDER)
    session_in(account, 5)
    page = ann.get("triggers/Session-reminder")
    token = page.fields["token"]

    ann.post("triggers/Session-reminder", **page.fields | {"words": "New words", "when": "at_once"})
    assert triggers.of_account(account.id)["Session-reminder"].body == "New words"
    off = ann.post("triggers/Session-reminder/switch", token=token, on="0")
    assert "The trigger is off" in off.text
    assert not triggers.of_account(account.id)["Session-reminder"].enabled
    ann.post("triggers/Session-reminder/switch", token=token, on="1")
    assert triggers.of_account(account.id)["Session-reminder"].enabled
    assert "New words" in ann.get("triggers/Session-reminder/delete").text
    for _ in range(2):
        assert "was deleted" in ann.post("triggers/Session-reminder/delete", token=token).text
    assert triggers.of_account(account.id) == {}


def test_a_record_is_tried(account: Account, ann: Browser) -> None:
    triggers.put(REMINDER)
    session_in(account, 9)
    trial = "triggers/Session-reminder"

    assert "Goes" in ann.get(trial, "record=s1").text
    assert "(212) 555-0123" in ann.get(trial, "pasted=session s1").text
    assert "has reported no session with the id “s9”" in ann.get(trial, "pasted=s9").text
    assert "no invoice with the id" in ann.get(trial, "pasted=invoice s1").text


def test_the_records_to_try_are_those_of_the_next_week_then_those_reported_last(
    account: Account, ann: Browser
) -> None:
    now = clients.now()
    past = {"at": now - timedelta(days=60), "session_date": date(2020, 1, 1)}
    write_records(account, (f"a{number:03}" for number in range(210)), **past)
    session_in(account, 5, "soon", client_id="c1")
    session_in(account, 90, "later")
    triggers.put(REMINDER)
    triggers.put(replace(REMINDER, name="Booked", timing=None))

    def offered(name: str) -> list[str]:
        return [given["value"] for tag, given in ann.get(f"triggers/{name}").tags if tag == "option"]

    assert [one for one in offered("Session-reminder") if one in ("soon", "later", "a000")] == ["soon", "later"]
    assert [one for one in offered("Booked") if one in ("soon", "later", "a000")] == ["later", "soon"]
    assert "Zoë: session soon, confirmed" in ann.get("triggers/Session-reminder").text
    quiet = studio("10000002", edition="professional")
    write_records(quiet, ["b1"], **past)
    assert [*rule_preview.choices(quiet, REMINDER, None, now)] == ["b1"]


@pytest.mark.account(edition="standard")
def test_a_standard_studio_sees_what_triggers_would_be_and_how_to_get_them(account: Account, ann: Browser) -> None:
    page = ann.get("triggers")

    assert "1 day before a session, at 10:00, text the client" in page.text
    assert "Professional and Enterprise editions of your studio software; your studio has Standard." in page.text
    assert ann.get("triggers/new").path == "triggers"
    refused = ann.post("triggers/new", token=page.fields["token"], **FORM)
    assert "Triggered texts need the Professional or Enterprise edition." in refused.text


def test_upcoming_lists_planned_and_scheduled_texts_by_day_and_cancels_them(account: Account, ann: Browser) -> None:
    triggers.put(REMINDER)
    session_in(account, 6)
    session_in(account, 7, "s2")
    text = accept(
        account, now=clients.now(), client_id="c1", send_at=clients.now() + timedelta(days=3), body="Scheduled words"
    )

    page = ann.get("upcoming")
    assert (
        page.text.index("Scheduled words")
        < page.text.index("Session reminder: session s1")
        < page.text.index("session s2")
    )
    named = f"kind=session&record_id=s1&trigger=Session-reminder&date={in_days(6)}"
    for query in (named, f"message_id={text.id}"):
        asked = ann.get("upcoming/cancel", query)
        assert "Cancel this text?" in asked.text
        for _ in range(2):
            assert "Cancelled: it is not sent." in ann.submit(asked, "upcoming/cancel").text

    assert occurrence(account).cancelled_by == "Ann"
    after = ann.get("upcoming").text
    assert "Does not go: Ann cancelled it." in after
    assert "Scheduled words" not in after


def test_upcoming_is_paged_without_leaving_a_text_out_or_showing_one_twice(account: Account, ann: Browser) -> None:
    now, ids = clients.now(), [f"of-{number}-" for number in range(42)]
    write_records(account, ids, session_date=(now + timedelta(days=6)).date())
    rules_api.plan_known(account, REMINDER, None, now)
    triggers.put(REMINDER)
    for number in range(3):
        at = now + timedelta(days=3 + number)
        accept(account, f"k{number}", now=now, client_id="c1", body=f"Words {number}.", send_at=at)

    first = ann.get("upcoming")
    [following] = [address for address in first.addresses if "after=" in address]
    second = ann.get("upcoming", following.partition("?")[2])

    texts = first.text + second.text
    assert [texts.count(f"session {record_id}") for record_id in ids] == [1] * 42
    assert [texts.count(f"Words {number}.") for number in range(3)] == [1] * 3
    assert "after=" not in second.html


def test_a_scheduled_broadcast_is_upcoming_too(account: Account, ann: Browser) -> None:
    at = clients.now().replace(microsecond=0) + timedelta(days=45)
    body = "For {{client.first_name|many}}"
    broadcast_id = create_broadcast(account, now=clients.now(), send_at=at, body=body)

    upcoming = ann.get("upcoming")
    assert "For [first name]" in upcoming.text
    assert f"/prod/hub/broadcasts/{broadcast_id}/cancel" in upcoming.addresses
    assert "1 text going to be sent" in ann.get("upcoming/calendar", f"month={at:%Y-%m}").text


def test_a_calendar_counts_the_texts_of_each_day_and_leads_to_it(account: Account, ann: Browser) -> None:
    triggers.put(REMINDER)
    session_in(account, 42)
    session_in(account, 42, "s2")
    at = occurrence(account).fires_at
    accept(account, now=clients.now(), client_id="c1", body="x", send_at=at + timedelta(hours=1))

    page = ann.get("upcoming/calendar", f"month={at:%Y-%m}")

    assert f"{at.day} 3 texts" in page.text
    assert "session s2" in ann.get("upcoming", f"day={at:%Y-%m-%d}").text
    assert "session s2" not in ann.get("upcoming", f"day={at + timedelta(days=1):%Y-%m-%d}").text
    assert ann.get("upcoming/calendar", "month=2026-13").status == 200


def test_a_call_is_done_with_a_note_and_by_whom(account: Account, ann: Browser) -> None:
    task = make_call(account)

    page = ann.get("calls")
    assert "Your pictures are ready" in page.text
    assert "1 call to make" in ann.get("home").text
    too_long = ann.submit(page, "calls", note="n" * 1001)
    assert (too_long.status, too_long.fields["note"]) == (422, "n" * 1001)
    for note in ("Comes at 11", "A second click"):
        assert "No calls to make" in ann.submit(page, "calls", note=note).text

    assert "to make" not in ann.get("home").text
    done = ann.get("calls", "done=1").text
    assert "by Ann . Comes at 11" in done
    assert call_tasks.get_call(account.id, task) is not None


def test_numbers_to_call_are_links(account: Account, ann: Browser) -> None:
    task = make_call(account)
    made = call_tasks.get_call(account.id, task)
    assert made
    again = replace(made, id="x", phones=("+12125550123",))
    call_tasks.put(replace(occurrence(account), state=OccurrenceState.DONE), again, datetime.now().astimezone())

    assert 'href="tel:+12125550123"' in ann.get("calls").html


def test_empty_pages_say_what_comes_next(account: Account, ann: Browser) -> None:
    assert "Begin with one of these" in ann.get("triggers").text
    assert "Nothing is going to be sent." in ann.get("upcoming").text
    assert "No calls to make." in ann.get("calls").text
    assert "No calls were noted" in ann.get("calls", "done=1").text
    assert "Nothing is planned or scheduled" in ann.get("upcoming/calendar").text
