"""The hub: the owner signs in by mail, is told of a reply, answers it, and prepares a broadcast."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from infra.local.participants import StudioSoftware
from infra.local.story.stage import Stage
from infra.local.studio import mailed
from infra.local.visitor import Visitor, sign_in_link

_ALICE = "+12125550101"
_TALK = f"messages/{_ALICE[1:]}"
_DRAFT = re.compile(r"broadcasts/new/([0-9a-f]{32})/")
_BROADCAST = re.compile(r"broadcasts/(b[0-9a-f]+)/")


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


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return found[1] if found else ""
