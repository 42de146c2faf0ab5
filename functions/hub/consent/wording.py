"""Consents and opt-outs in words: by which means, when, and for which numbers."""

from hub.words import CHANNELS
from longcode.accounts.account import Account
from longcode.clients.consents import ConsentEvent
from longcode.clients.permission import ConsentMeans, Permission
from longcode.jobs import Means
from longcode.months import day_in_words
from longcode.optouts.consent import SHARED
from longcode.optouts.store import ListedOptOut
from longcode.phone import in_words

WITH_WORDS = (Means.TEXT, Means.TEXT_AND_STAFF, Means.STAFF)
"""The means whose events have words of the client, or of staff."""


MEANS = {
    ConsentMeans.PAPER: "On paper",
    ConsentMeans.PHONE: "By phone",
    ConsentMeans.WEB_FORM: "On a web form",
    ConsentMeans.IMPORT: "In the data of an import",
    ConsentMeans.UNKNOWN: "It is not known",
}


def agreed(kept: Permission | ConsentEvent | None, means: ConsentMeans) -> str:
    """Return how a client agreed to texts, as a sentence."""
    if kept is None or means is ConsentMeans.UNKNOWN:
        return "How the client agreed is not known."
    said = f"Agreed {MEANS[means][:1].lower()}{MEANS[means][1:]}"
    if kept.source:
        said += f" ({kept.source})"
    if kept.given_on:
        said += f" on {day_in_words(kept.given_on)}"
    if kept.words_version:
        said += f", version {kept.words_version} of the words"
    return said + (f"; heard by {kept.taken_by}." if kept.taken_by else ".")


def over(entry: ListedOptOut, account: Account) -> str:
    """Return which texts an opt-out stops: those from all shared numbers, from one number, or the studio's."""
    if entry.scope == SHARED:
        return "All shared numbers"
    return in_words(entry.number, account.country_code) if entry.number else "Your texts"


def means(entry: ListedOptOut) -> str:
    """Return how an opt-out became known, in a few words."""
    match entry.means:
        case None:
            return "By a text to another studio"
        case Means.TEXT:
            return "By text"
        case Means.TEXT_AND_STAFF:
            return f"By text, as {entry.by or 'your staff'} decided"
        case Means.STAFF:
            way = CHANNELS[entry.channel] if entry.channel else "written down"
            when = f" on {day_in_words(entry.asked_on)}" if entry.asked_on else ""
            return f"{way[:1].upper()}{way[1:]}{when}, recorded by {entry.by or 'your staff'}"
    return "The carrier let us know"
