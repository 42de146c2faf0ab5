"""The hub: the owner signs in by mail, is told of a reply, and answers it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from infra.local.participants import StudioSoftware
from infra.local.story.stage import Stage
from infra.local.studio import mailed
from infra.local.visitor import Visitor, sign_in_link

_ALICE = "+12125550101"
_TALK = f"messages/{_ALICE[1:]}"


def answer_in_the_hub(stage: Stage, fox: StudioSoftware) -> None:
    """Sign in, ask to be told of replies at once, open the conversation from the mail, and answer."""
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
