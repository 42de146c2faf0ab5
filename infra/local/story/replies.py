"""Replies: attribution to one of two studios, STOP and START, a possible opt-out, an unattributed reply."""

from datetime import UTC, datetime, timedelta

from infra.local.participants import StudioSoftware, eventually
from infra.local.story.stage import Stage

_ALICE, _CARMEN, _STRANGER = "+12125550101", "+12125550103", "+12125550199"


def link_a_reply_to_its_client(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Reply from Alice's phone."""
    stage.title("Alice replies")
    stage.replies(_ALICE, "Yes please! 🌷")
    reply = stage.reply_of(fox, "Yes please! 🌷")
    stage.check(reply["client_id"] == "1001", "it is linked to Alice")
    stage.check(reply["read"] is False, "it is unread")
    stage.check(reply["body"] in stage.polled(fox), "the 5-minute job fetches it")
    stage.check(stage.polled(wattle) == [], "the other studio sees no reply")


def attribute_to_the_last_text(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Reply from the phone of a client of both studios, after a text of the second studio."""
    stage.title("Carmen, a client of both studios, replies after Wattle's text")
    stage.send(wattle, {"client_id": "w-1", "body": "G'day Carmen, are you coming on Friday?"})
    stage.arrives(_CARMEN, "G'day Carmen, are you coming on Friday?")
    stage.replies(_CARMEN, "On Friday, yes")
    reply = stage.reply_of(wattle, "On Friday, yes")
    stage.check(reply["client_id"] == "w-1", "it goes to Wattle, linked to its Carmen")
    stage.check("On Friday, yes" not in stage.polled(fox), "and not to Foxglove")


def stop_and_start(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Opt out and in again."""
    stage.title("Carmen replies STOP, and later START")
    before = len(stage.phones.conversation(_CARMEN))
    stage.replies(_CARMEN, "Stop")
    for studio, client in ((fox, "1003"), (wattle, "w-1")):
        eventually(lambda s=studio, c=client: stage.refusal(s, c), "the opt-out")  # type: ignore[misc]
        refusal = studio.ask("POST", "/messages", {"client_id": client, "body": "Hello"})
        stage.show(f"{studio.name}: POST /messages", {"client_id": client, "body": "Hello"}, refusal.json)
        stage.check((refusal.status, refusal.json["code"]) == (409, "opted_out"), f"{studio.name} is refused")
    confirmation = eventually(lambda: stage.phones.conversation(_CARMEN)[before + 1 :], "the confirmation")
    stage.say(f"   Carmen's phone: {confirmation[0]['body']}")
    stage.replies(_CARMEN, "STOP")
    stage.reply_of(wattle, "STOP")
    answers = [text for text in stage.phones.conversation(_CARMEN)[before:] if text["direction"] != "inbound"]
    stage.check(len(answers) == 1, "she gets one confirmation for two STOPs")
    stage.replies(_CARMEN, "start")
    eventually(lambda: stage.refusal(fox, "1003") is None, "the end of the opt-out")
    stage.check(True, "START ends the opt-out")


def keep_an_unattributed_reply(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Text from a phone that no studio has texted."""
    stage.title("A stranger texts the number")
    before = [len(stage.polled(fox)), len(stage.polled(wattle))]
    stage.phones.reply(_STRANGER, stage.stack.shared_numbers[0], "Is this the pizza place?")
    stage.replies(_ALICE, "See you soon")
    stage.reply_of(fox, "See you soon")
    after = [len(stage.polled(fox)), len(stage.polled(wattle))]
    stage.check(after == [before[0] + 1, before[1]], "the stranger's text reaches no studio")
    responses = [text for text in stage.phones.conversation(_STRANGER) if text["direction"] != "inbound"]
    stage.check(responses == [], "and is not answered")


def attribute_by_the_sticky_sender(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Reply to the sticky sender of the studio that did not text last."""
    stage.title("Carmen replies late to Foxglove, in the thread of Foxglove's texts")
    first = stage.send(fox, {"client_id": "1003", "body": "Carmen, shall we print the large one?"})
    stage.arrives(_CARMEN, "Carmen, shall we print the large one?")
    second = stage.send(wattle, {"client_id": "w-1", "body": "Friday at ten, Carmen."})
    stage.arrives(_CARMEN, "Friday at ten, Carmen.")
    of_fox, of_wattle = (
        studio.ask("GET", f"/messages/{sent['messages'][0]['id']}").json["number"]
        for studio, sent in ((fox, first), (wattle, second))
    )
    stage.check(of_fox != of_wattle, "the two studios text her from two numbers")
    stage.phones.reply(_CARMEN, of_fox, "The large one, please")
    reply = stage.reply_of(fox, "The large one, please")
    stage.check(reply["client_id"] == "1003", "it goes to Foxglove, linked to its Carmen, though Wattle texted last")
    stage.check("The large one, please" not in stage.polled(wattle), "and not to Wattle")


def decide_a_possible_opt_out(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Ask for no more texts without a keyword, and let the studio's staff decide."""
    stage.title("Alice may want no more texts: Foxglove's staff decide")
    words = "please stop texting me about the prints, I have ordered them"
    stage.replies(_ALICE, words)
    [question] = eventually(lambda: fox.ask("GET", "/questions").json["items"], "the question")
    stage.show("GET /questions", None, {name: question[name] for name in ("phone", "words")})
    stage.check((question["phone"], question["words"]) == (_ALICE, words), "they are asked, with her exact words")
    stage.check(wattle.ask("GET", "/questions").json["items"] == [], "and Wattle's staff are not")
    sent = stage.send(fox, {"client_id": "1001", "body": "Your prints are here."})
    held = stage.settled(fox, sent["messages"][0]["id"], "queued")
    stage.check(held["held"] == "asked", "a text to her waits for the decision")
    answer = fox.ask("PUT", f"/questions/{_ALICE}", {"opted_out": False, "by": "Robin"})
    stage.show(f"PUT /questions/{_ALICE}", {"opted_out": False, "by": "Robin"}, answer.json["history"][-1])
    stage.check(not answer.json["opted_out"], "Robin says in one call that she meant the prints, not all texts")
    stage.sweep(datetime.now(UTC) + timedelta(minutes=1))
    stage.arrives(_ALICE, "Your prints are here.")
