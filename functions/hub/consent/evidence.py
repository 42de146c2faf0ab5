"""The evidence for one phone, to print: every consent and opt-out, with time, means, words, number and person."""

import re
from datetime import datetime
from functools import partial

from msgspec import Struct

from hub import words
from hub.consent import wording
from hub.site import Page, page_of_studio, show, site
from longcode.accounts import api_keys
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.clients import consents, join_pages
from longcode.clients import store as client_store
from longcode.clients.consents import ConsentEvent
from longcode.clients.permission import ConsentMeans, Via
from longcode.errors import NotFound
from longcode.months import day_in_words
from longcode.phone import in_words
from optout import api as optouts
from optout.api import HistoryEntry


class Evidence(Struct, frozen=True, kw_only=True):
    """A consent or an opt-out of a phone: when, what, over which number, and who recorded it."""

    at: datetime
    what: str
    over: str
    who: str


@site.get("/hub/consent/<digits>")
@page_of_studio
def show_evidence(account: Account, digits: str) -> Page:
    """Show all consents and opt-outs of a phone."""
    if not re.fullmatch(r"[0-9]{3,15}", digits):
        raise NotFound("There is no such number.")
    phone, now = f"+{digits}", aws_clients.now()
    given, versions, keys = at_once(
        partial(consents.of_phone, account.id, phone, now),
        partial(join_pages.versions, account.id),
        lambda: {key.id: key.name for key in api_keys.of_account(account.id)},
    )
    state = optouts.known_state(phone, account.id) if not given else optouts.state_of(phone, account.id)
    people = client_store.of_phones(account.id, [phone])[phone]
    entries = [_of_consent(event, keys) for event in given] + [_of_opt_out(account, one) for one in state.history]
    return show(
        "consent/evidence",
        account,
        phone=in_words(phone, account.country_code),
        e164=phone,
        digits=digits,
        who=words.who(phone, people, account),
        state=state,
        allows=any(client.allow_text_marketing for client in people),
        versions=[one for one in versions if one.version in {event.words_version for event in given}],
        entries=sorted(entries, key=lambda entry: entry.at),
        now=now,
    )


def _of_consent(event: ConsentEvent, keys: dict[str, str]) -> Evidence:
    said = f" Replied “{event.words}”." if event.words else ""
    what = (
        f"Texts allowed. {wording.agreed(event, event.means or ConsentMeans.UNKNOWN)}{said}"
        if event.given
        else "Texts no longer allowed."
    )
    return Evidence(at=event.at, what=what, over="", who=_who(event, keys))


def _who(event: ConsentEvent, keys: dict[str, str]) -> str:
    if event.via is Via.JOIN_PAGE:
        return "The client"
    if event.key:
        return f"Software, API key {keys.get(event.key, event.key)}"
    if event.via is Via.API:
        return "Software"
    return event.person or "Account password"


def _of_opt_out(account: Account, event: HistoryEntry) -> Evidence:
    number = in_words(event.number, account.country_code) if event.number else ""
    asked = f" Asked on {day_in_words(event.asked_on)}." if event.asked_on else ""
    return Evidence(at=event.at, what=f"{words.happened(event)}.{asked}", over=number, who=event.by or "")
