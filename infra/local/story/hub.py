"""The hub: the owner signs in by mail, finds a reply, and answers it."""

from html import unescape

from infra.local.participants import StudioSoftware
from infra.local.story.stage import Stage
from infra.local.visitor import Visitor, sign_in_link

_ALICE = "+12125550101"


def answer_in_the_hub(stage: Stage, fox: StudioSoftware) -> None:
    """Sign in, open the conversation that waits, and answer."""
    stage.title("Foxglove's owner signs in to the hub, and answers Alice")
    stage.replies(_ALICE, "Can I bring the dog?")
    stage.reply_of(fox, "Can I bring the dog?")
    email = fox.ask("GET", "/account").json["email"]
    visitor, link = Visitor(fox.api_url), sign_in_link(stage.stack, email)
    stage.check("Sign in" in visitor.open(link), "the mailed link asks before it signs in")
    home = visitor.submit(link, "sign-in-by-link", account=fox.account)
    stage.check(fox.name in unescape(home), "and then shows the home page")
    stage.check("unread" in home, "which says that a reply waits")
    talk = visitor.open(f"messages/{_ALICE[1:]}")
    stage.check("Can I bring the dog?" in talk, "the conversation shows the reply")
    answered = visitor.submit(f"messages/{_ALICE[1:]}", f"messages/{_ALICE[1:]}", body="Of course, bring him along!")
    stage.check("Of course, bring him along!" in answered, "the answer is in the conversation")
    stage.arrives(_ALICE, "Of course, bring him along!")
    stage.check("This link was used already" in Visitor(fox.api_url).open(link), "the link works once")
