"""The studio's settings: what was changed is written, by the rules of PATCH /account, and nothing else."""

import re

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, OnUncertain, QuietZone
from tests.support.aws_calls import meanwhile
from tests.support.browser import Browser, Page


def now(account: Account) -> Account:
    return accounts.get_or_raise(account.id)


def general(page: Page, **typed: str) -> dict[str, str]:
    """Return the fields of the form of the general information; the address has a form of its own on the page."""
    return {name: value for name, value in page.fields.items() if name != "email"} | typed


def test_two_people_who_change_different_settings_at_once_both_succeed(account: Account, signed_in: Browser) -> None:
    first, second = signed_in.get("account"), signed_in.get("account")

    signed_in.post("account", **general(first, sender_name="Foxglove", status_session="Booked\r\nShot"))
    saved = signed_in.post("account", **general(second, time_zone="Europe/Dublin", status_invoice="Sent"))

    assert "Saved." in saved.text
    assert (now(account).sender_name, now(account).time_zone) == ("Foxglove", "Europe/Dublin")
    assert now(account).statuses == {"session": ("Booked", "Shot"), "invoice": ("Sent",)}

    signed_in.post("account", **general(saved, status_session="Booked Shot", status_invoice="Sent"))

    assert now(account).statuses == {"session": ("Booked Shot",), "invoice": ("Sent",)}


def test_two_people_who_save_statuses_of_different_kinds_in_the_same_instant_both_succeed(
    account: Account, signed_in: Browser
) -> None:
    page = signed_in.get("account")

    other = {"statuses": {"session": ["Booked"]}}
    with meanwhile("TransactWriteItems", lambda: accounts.change_settings(account.id, other)):
        saved = signed_in.post("account", **general(page, status_invoice="Sent", sender_name="Foxglove"))

    assert "Saved." in saved.text
    assert now(account).statuses == {"session": ("Booked",), "invoice": ("Sent",)}
    assert now(account).sender_name == "Foxglove"


@pytest.mark.parametrize("at_the_same_instant", [True, False])
def test_who_saves_statuses_that_somebody_else_has_changed_is_told_and_keeps_what_they_typed(
    account: Account, signed_in: Browser, at_the_same_instant: bool
) -> None:
    page = signed_in.get("account")

    def of_somebody_else() -> None:
        accounts.change_settings(account.id, {"statuses": {"session": ["Booked", "Shot"], "task": ["Open"]}})

    typed = general(page, status_session="Ours", sender_name="Foxglove")
    if at_the_same_instant:
        with meanwhile("TransactWriteItems", of_somebody_else):
            refused = signed_in.post("account", **typed)
    else:
        of_somebody_else()
        refused = signed_in.post("account", **typed)

    assert (
        "Somebody else has changed the same settings since you opened this page, so nothing was saved."
        in refused.text
    )
    assert "Theirs are: statuses of sessions: Booked, Shot." in refused.text
    assert (refused.status, now(account).statuses["session"], now(account).sender_name) == (
        409,
        ("Booked", "Shot"),
        None,
    )
    assert (refused.typed.split(), refused.fields["sender_name"]) == (["Ours", "Open"], "Foxglove")

    again = signed_in.post("account", **general(refused, status_session="Ours", status_task="Open"))

    assert "Saved." in again.text
    assert now(account).statuses == {"session": ("Ours",), "task": ("Open",)}
    assert now(account).sender_name == "Foxglove"


@pytest.mark.parametrize(
    ("page", "name", "values", "said"),
    [
        ("account", "sender_name", ("Theirs", "Ours"), "sender name: Theirs."),
        ("sending", "units_a_day", ("20", "30"), "units a day: 20."),
        ("hours", "away_text", ("Theirs", "Ours"), "away text: Theirs."),
        ("webhooks", "webhook_url", ("https://a.example", "https://b.example"), "address: https://a.example."),
    ],
)
def test_who_saves_a_setting_that_somebody_else_has_changed_is_told_and_keeps_what_they_typed(
    signed_in: Browser, page: str, name: str, values: tuple[str, str], said: str
) -> None:
    form_of = general if page == "account" else lambda shown, **typed: shown.fields | typed
    account = accounts.get_or_raise("10000001")
    accounts.change_settings(account.id, {"webhook_url": "https://first.example", "webhook_secret": "secret"})
    theirs, ours = ({name: value} for value in values)
    opened = signed_in.get(page)
    signed_in.post(page, **form_of(opened, **theirs))

    refused = signed_in.post(page, **form_of(opened, **ours))
    kept = str(getattr(now(account), name))
    again = signed_in.post(page, **form_of(refused, **{name: refused.typed.strip() or refused.fields[name]}))

    assert "since you opened this page, so nothing was saved." in refused.text
    assert (refused.status, f"Theirs are: {said}" in refused.text, kept) == (409, True, values[0])
    assert "Saved." in again.text
    assert str(getattr(now(account), name)) == values[1]


def test_hours_that_others_changed_stay_if_only_other_days_are_written_in_their_place(
    account: Account, signed_in: Browser
) -> None:
    monday, friday = ({f"{day}_0_opens": "09:00", f"{day}_0_closes": "17:00"} for day in ("monday", "friday"))
    opened = signed_in.get("hours")
    signed_in.submit(opened, "hours", **monday, **friday)

    refused = signed_in.submit(opened, "hours", monday_0_opens="10:00", monday_0_closes="14:00")
    again = signed_in.submit(refused, "hours")

    hours = now(account).opening_hours
    assert hours
    assert "Theirs are: Monday: 09:00-17:00." in refused.text
    assert "Saved." in again.text
    assert [(span.opens, span.closes) for span in (*hours.monday, *hours.friday)] == [
        ("10:00", "14:00"),
        ("09:00", "17:00"),
    ]


def test_a_box_that_two_people_tick_alike_is_no_conflict(account: Account, signed_in: Browser) -> None:
    opened = signed_in.get("sending")

    for _ in range(2):
        saved = signed_in.submit(opened, "sending", create_clients="on")

    assert "Saved." in saved.text
    assert now(account).create_clients


def test_a_refused_setting_is_shown_beside_its_field_with_what_was_typed(
    account: Account, signed_in: Browser
) -> None:
    page = signed_in.get("account")

    refused = signed_in.post("account", **general(page, time_zone="Mars/Olympus", phone="(212) 555-0100"))
    again = signed_in.post("account", **general(refused, time_zone="America/Denver"))

    (wrong,) = (given for tag, given in refused.tags if "aria-invalid" in given)
    assert (refused.status, wrong["name"], wrong["value"]) == (422, "time_zone", "Mars/Olympus")
    assert "Please check the time zone: no such time zone" in refused.text
    assert "Saved." in again.text
    assert (now(account).phone, now(account).time_zone) == ("(212) 555-0100", "America/Denver")


def test_what_was_typed_is_kept_when_the_session_ends(account: Account, signed_in: Browser, password: str) -> None:
    page = signed_in.get("account")
    signed_in.cookies.clear()

    ended = signed_in.post("account", **general(page, sender_name="Foxglove"))
    back = signed_in.submit(ended, "sign-in", account=account.id, password=password)
    signed_in.post("account", **general(back))

    assert (back.path, back.fields["sender_name"]) == ("account", "Foxglove")
    assert now(account).sender_name == "Foxglove"


def test_texts_follow_what_is_chosen_on_the_page_of_sending(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("sending")
    fields = {name: value for name, value in page.fields.items() if name not in ("quiet_hours", "smart_encoding")}
    fields |= {"quiet_zone": "studio", "on_uncertain": "resend", "create_clients": "on", "country_GB": "on"}

    saved = signed_in.post("sending", **fields | {"units_a_day": "500", "retention_days": "365"})
    emptied = signed_in.submit(saved, "sending", units_a_day="", country_AU="on")

    after = now(account)
    assert "from 8:00 to 21:00 at the client's place, and in some states less" in page.text
    assert "Saved." in emptied.text
    assert (after.quiet_hours, after.smart_encoding, after.create_clients) == (False, False, True)
    assert (after.quiet_zone, after.on_uncertain) == (QuietZone.STUDIO, OnUncertain.RESEND)
    assert (after.units_a_day, after.retention_days, after.texts_an_hour) == (None, 365, 10)
    assert set(after.allowed_countries) == {"GB", "AU"}


def test_a_limit_that_is_no_number_is_refused_in_words(account: Account, signed_in: Browser) -> None:
    refused = signed_in.submit(signed_in.get("sending"), "sending", texts_an_hour="many", units_a_day="7")

    assert "Write a number from 1 to 20." in refused.text
    assert refused.fields["texts_an_hour"] == "many"
    assert now(account).units_a_day is None


def test_opening_hours_are_changed_by_day_and_shown_again(account: Account, signed_in: Browser) -> None:
    mine, theirs = signed_in.get("hours"), signed_in.get("hours")
    monday = {"monday_0_opens": "09:00", "monday_0_closes": "12:00", "monday_1_opens": "13:00"}

    signed_in.submit(mine, "hours", **monday | {"monday_1_closes": "00:00", "date_0": "2100-12-24"})
    saved = signed_in.submit(theirs, "hours", friday_0_opens="10:00", friday_0_closes="14:00", away_text="Closed!")
    emptied = signed_in.submit(saved, "hours", date_0="")

    hours = now(account).opening_hours
    assert hours
    assert [(span.opens, span.closes) for span in hours.monday] == [("09:00", "12:00"), ("13:00", "24:00")]
    assert [(span.opens, span.closes) for span in hours.friday] == [("10:00", "14:00")]
    assert (hours.tuesday, hours.dates) == ((), ())
    assert (saved.fields["date_0"], saved.fields["monday_1_closes"]) == ("2100-12-24", "00:00")
    assert re.search(r"A client would get Closed! We open again .* at (9|10|1):00 [ap]m\.", saved.text)
    assert emptied.fields["date_0"] == ""


def test_hours_that_make_no_sense_are_refused_with_what_was_typed(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("hours")

    refused = signed_in.submit(page, "hours", sunday_0_opens="18:00", sunday_0_closes="09:00")
    lone = signed_in.submit(page, "hours", sunday_0_opens="18:00")
    field = signed_in.submit(page, "hours", away_text="Until {{session.date}}")

    assert "Sunday: the hours from 18:00 to 09:00 end before they begin" in refused.text
    assert (refused.status, refused.fields["sunday_0_closes"]) == (422, "09:00")
    assert (lone.status, lone.fields["sunday_0_opens"]) == (422, "18:00")
    assert "Sunday: write both when you open and when you close." in lone.text
    assert {given["name"][:6] for _, given in refused.tags if "aria-invalid" in given} == {"sunday"}
    assert "cannot have the merge field session.date" in field.text
    assert (now(account).opening_hours, now(account).away_text) == (None, None)
