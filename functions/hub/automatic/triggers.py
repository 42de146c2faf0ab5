"""The list of the triggers as sentences: off and on, last and next firing, and their deletion."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from hub import words
from hub.automatic import rule_form, suggestions
from hub.site import Page, actor, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.errors import EditionNotEntitled
from longcode.phone import in_words
from longcode.triggers import store as triggers
from longcode.triggers.sentences import sentence
from longcode.triggers.trigger import MOST_TRIGGERS, Trigger, check_trigger_edition
from triggers import rules_api

_LOOKED_AT = 300  # planned texts among which the next one of each trigger is looked for


class TriggerRow(Struct, frozen=True, kw_only=True):
    """A trigger in the list, and what it did last and does next, in words."""

    name: str
    sentence: str
    enabled: bool
    last: str
    next: str


@site.get("/hub/triggers")
@page_of_studio
def show_triggers(account: Account) -> Page:
    """Show the triggers, or what they would be if the studio's edition has none."""
    if not is_entitled(account):
        return show("automatic/not_entitled", account, examples=suggestions.examples())
    now = clients.now()
    rules, planned = at_once(
        lambda: triggers.page(account.id, None, MOST_TRIGGERS),
        lambda: triggers.next_planned(account.id, now, _LOOKED_AT),
    )
    coming: dict[str, datetime] = {}
    for occurrence in planned:
        coming.setdefault(occurrence.trigger, occurrence.fires_at)
    until = planned[-1].fires_at if len(planned) == _LOOKED_AT else None
    rows = [_row(account, trigger, coming.get(trigger.name), until, now) for trigger in rules]
    said = site.current_event.query_string_parameters or {}
    return show(
        "automatic/triggers",
        account,
        rows=rows,
        suggestions=suggestions.ALL,
        examples=suggestions.examples(),
        deleted="deleted" in said,
        switched=said.get("switched", ""),
        is_on=said.get("on") == "1",
    )


@site.post("/hub/triggers/<name>/switch")
@form_of_studio
def switch(account: Account, fields: dict[str, str], name: str) -> Page:
    """Switch a trigger on or off; one that is switched on plans for the records that are known."""
    is_on = fields.get("on") == "1"
    trigger = rules_api.switch(account, name, actor(), enabled=is_on)
    if is_on and trigger.timing:
        return go_to(f"triggers/{quote(name, safe='')}/plan")
    return go_to(f"triggers?switched={quote(name)}&on={int(is_on)}")


@site.get("/hub/triggers/<name>/delete")
@page_of_studio
def ask_to_delete(account: Account, name: str) -> Page:
    """Ask whether a trigger shall be deleted."""
    trigger = rules_api.existing(account.id, name)
    return show("automatic/delete", account, name=name, sentence=in_a_sentence(account, trigger))


@site.post("/hub/triggers/<name>/delete")
@form_of_studio
def delete(account: Account, _fields: dict[str, str], name: str) -> Page:
    """Delete a trigger. One that is deleted already is no error: the form may have been sent twice."""
    rules_api.delete(account.id, name, clients.now(), actor())
    return go_to("triggers?deleted=1")


@site.get("/hub/triggers/<name>/plan")
@page_of_studio
def show_plan(account: Account, name: str) -> Page:
    """Ask to plan a trigger's texts for the records that are known; the script does not wait for the click."""
    trigger = rules_api.existing(account.id, name)
    return _planning(account, trigger, {"looked_at": 0, "planned": 0}, "")


@site.post("/hub/triggers/<name>/plan")
@form_of_studio
def plan(account: Account, fields: dict[str, str], name: str) -> Page:
    """Plan for some more of the records, and show how far that is."""
    trigger = rules_api.existing(account.id, name)
    done = rules_api.plan_known(account, trigger, fields.get("cursor") or None, clients.now())
    so_far = {key: rule_form.read_count(fields.get(key, "")) + getattr(done, key) for key in ("looked_at", "planned")}
    if done.next_cursor:
        return _planning(account, trigger, so_far, done.next_cursor)
    return go_to(
        f"triggers/{quote(name, safe='')}?saved=1&planned={so_far['planned']}&looked_at={so_far['looked_at']}"
    )


def is_entitled(account: Account) -> bool:
    """Return whether the studio's edition has triggered texts."""
    try:
        check_trigger_edition(account)
    except EditionNotEntitled:
        return False
    return True


def in_a_sentence(account: Account, trigger: Trigger) -> str:
    """Return a trigger's rule as a sentence, with the phone of the staff as people write it."""
    staff = in_words(trigger.staff_phone, account.country_code) if trigger.staff_phone else ""
    return sentence(trigger, staff=staff)


def _planning(account: Account, trigger: Trigger, so_far: dict[str, Any], cursor: str) -> Page:
    return show(
        "automatic/plan",
        account,
        name=trigger.name,
        sentence=in_a_sentence(account, trigger),
        cursor=cursor,
        **so_far,
    )


def _row(
    account: Account, trigger: Trigger, at: datetime | None, until: datetime | None, now: datetime
) -> TriggerRow:
    zone, fired = account.time_zone, trigger.last_fired_at
    if not trigger.enabled:
        coming = "off"
    elif at:
        coming = f"next {words.ahead(max(at, now), now, zone)}"
    elif trigger.timing is None:
        coming = "next when it happens"
    else:
        coming = f"none before {words.ahead(until, now, zone)}" if until else "nothing planned yet"
    return TriggerRow(
        name=trigger.name,
        sentence=in_a_sentence(account, trigger),
        enabled=trigger.enabled,
        last=f"last {words.lately(fired, now, zone)}" if fired else "not sent yet",
        next=coming,
    )
