"""The hub: the owner answers a reply, prepares a broadcast, lets a client join, and reads the invoice."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from infra.local.participants import StudioSoftware, eventually
from infra.local.story.stage import Stage
from infra.local.studio import mailed
from infra.local.visitor import Visitor, sign_in_link

_ALICE = "+12125550101"
_TALK = f"messages/{_ALICE[1:]}"
_DRAFT = re.compile(r"broadcasts/new/([0-9a-f]{32})/")
_BROADCAST = re.compile(r"broadcasts/(b[0-9a-f]+)/")
_JOIN = re.compile(r'href="\S*(/join/[a-z0-9]+)"')
_NORA = "+12125550177"


def answer_in_the_hub(stage: Stage, fox: StudioSoftware) -> Visitor:
    """Sign in, ask to be told of replies at once, open the conversation from the mail, answer; return the owner."""
    stage.title("Foxglove's owner signs in to the hub, is told of a reply, and answers Alice")
    email = fox.ask("GET", "/account").json["email"]
    visitor, link = Visitor(fox.api_url), sign_in_link(stage.stack, email)
    stage.check("Sign in" in visitor.open(link), "the mailed link asks before it signs in")
    home = visitor.submit(link, "sign-in-by-link", account=fox.account)
    stage.check(fox.name in unescape(home), "and then shows the home page")
    stage.check(
        "Saved." in visitor.submit("notifications", "notifications", tell="0"), "mails come at once from now on"
    )
    stage.replies(_ALICE, "Can I bring the dog?")
    stage.reply_of(fox, "Can I bring the dog?")
    stage.check("unread" in visitor.open("home"), "the home page says that a reply waits")
    stage.sweep(datetime.now(UTC) + timedelta(minutes=1))
    told = mailed(stage.stack, email, re.compile(rf"https?://\S+/hub/{_TALK}"), seconds=20)[0]
    stage.check("Can I bring the dog?" in visitor.open(told), "a mail about it leads to the conversation")
    answered = visitor.submit(_TALK, _TALK, body="Of course, bring him along!")
    stage.check("Of course, bring him along!" in answered, "the answer is in the conversation")
    stage.arrives(_ALICE, "Of course, bring him along!")
    stage.check("This link was used already" in Visitor(fox.api_url).open(link), "the link works once")
    return visitor


def prepare_a_broadcast(stage: Stage, owner: Visitor) -> None:
    """Choose a client, write a text with a merge field, check it, have it go in two days, find it, and cancel it."""
    stage.title("In the hub, the owner prepares a broadcast, finds it among the texts to come, and cancels it")
    draft = (
        f"broadcasts/new/{_first(_DRAFT, owner.submit('broadcasts/new', 'broadcasts/new', whom='ids', ids='1001'))}"
    )
    owner.submit(f"{draft}/what", f"{draft}/what", body="Hi {{client.first_name|there}}, two slots are left.")
    owner.submit(f"{draft}/check", f"{draft}/add-up")
    stage.check(
        "Hi Alice, two slots are left." in owner.open(f"{draft}/check"), "the check shows what Alice would get"
    )
    at = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT10:00}"
    broadcast = f"broadcasts/{_first(_BROADCAST, owner.submit(f'{draft}/go', f'{draft}/go', when='at', at=at))}"
    stage.check("two slots are left" in owner.open("upcoming"), "the broadcast is among the texts to come")
    owner.submit(f"{broadcast}/cancel", f"{broadcast}/cancel")
    stage.check("two slots are left" not in owner.open("upcoming"), "and no longer after it was cancelled")


def let_a_client_join(stage: Stage, fox: StudioSoftware, owner: Visitor) -> None:
    """Turn the join page on, have a stranger fill it in and reply YES, and look at the evidence."""
    stage.title("A client agrees to Foxglove's texts on its join page")
    place = _first(_JOIN, owner.submit("join-page", "join-page", shown="on"))
    nora = Visitor(fox.api_url)
    stage.check(fox.name in unescape(nora.open(f"..{place}")), "the page names the studio")
    nora.submit(f"..{place}", f"..{place}", name="Nora Quist", phone="(212) 555-0177")
    asks = (
        f"Reply YES to get texts from {fox.name}. Msg & data rates may apply. Reply STOP to get none, HELP for help."
    )
    stage.arrives(_NORA, asks)
    stage.replies(_NORA, "YES")
    joined = eventually(lambda: _allowed(fox, _NORA), "the client's record")
    stage.check(joined["permission"]["means"] == "web_form", "her YES makes a record that allows texts")
    evidence = owner.open(f"consent/{_NORA[1:]}")
    stage.check("version 1 of the words" in evidence, "the evidence for her phone has the words that she saw")


def write_a_trigger(stage: Stage, owner: Visitor) -> None:
    """Write a rule by choosing its parts, and read it as a sentence."""
    stage.title("In the hub, the owner writes a trigger by choosing its parts")
    parts = {"when": "after", "days": "1", "watches": "session", "status_session_completed": "on", "at": "11:00"}
    owner.submit(
        "triggers/new", "triggers/new", name="Thank you", to="client", words="Thank you for coming!", **parts
    )
    said = "1 day after a session, at 11:00, text the client “Thank you for coming!”, if it is completed."
    stage.check(said in unescape(owner.open("triggers")), f"it stands in the list as a sentence: {said}")


def read_the_invoice(stage: Stage, owner: Visitor, month: str) -> None:
    """Open the invoice of a month as the owner."""
    stage.title("The owner reads the invoice in the hub")
    page = unescape(owner.open(f"invoices/{month}"))
    stage.check(
        "What you pay for" in page and "The price of the plan for" in page, "each line has a sentence about it"
    )


def _allowed(fox: StudioSoftware, phone: str) -> Any:
    """Return the client with a phone whose record allows texts, or None."""
    some = (one for one in fox.all_items("/clients") if one["allow_text_marketing"])
    return next((one for one in some if phone in {each["number"] for each in one["phones"]}), None)


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return found[1] if found else ""
