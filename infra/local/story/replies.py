"""Clients reply: to two studios that share one, with STOP and START, in words that only people understand."""

from datetime import UTC, datetime, timedelta

from infra.local.story.stage import Stage
from infra.local.visitors import Studio, eventually

_ALICE, _CARMEN, _STRANGER = "+12125550101", "+12125550103", "+12125550199"


def reply_lands_on_the_client(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Reply from Alice's phone."""
    stage.title("Alice replies")
    stage.replies(_ALICE, "Yes please! 🌷")
    reply = stage.reply_of(fox, "Yes please! 🌷")
    stage.check(reply["client_id"] == "1001", "it is linked to Alice")
    stage.check(reply["read"] is False, "it is unread")
    stage.check(reply["body"] in stage.polled(fox), "the 5-minute job fetches it")
    stage.check(stage.polled(wattle) == [], "the other studio sees nothing")


def reply_goes_to_the_latest_studio(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Reply from the phone of a client of both studios, after the second one's text."""
    stage.title("Carmen, a client of both studios, replies after Wattle's text")
    stage.send(wattle, {"client_id": "w-1", "body": "G'day Carmen, are you coming on Friday?"})
    stage.arrives(_CARMEN, "G'day Carmen, are you coming on Friday?")
    stage.replies(_CARMEN, "On Friday, yes")
    reply = stage.reply_of(wattle, "On Friday, yes")
    stage.check(reply["client_id"] == "w-1", "it goes to Wattle, linked to its Carmen")
    stage.check("On Friday, yes" not in stage.polled(fox), "and not to Foxglove")


def stop_and_start(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Opt out and in again."""
    stage.title("Carmen says STOP, and later START")
    before = len(stage.phones.conversation(_CARMEN))
    stage.replies(_CARMEN, "Stop")
    for studio, client in ((fox, "1003"), (wattle, "w-1")):
        eventually(lambda s=studio, c=client: stage.refusal(s, c), "the opt-out")  # type: ignore[misc]
        refusal = studio.ask("POST", "/messages", {"client_id": client, "body": "Hello"})
        stage.show(f"{studio.name}: POST /messages", {"client_id": client, "body": "Hello"}, refusal.json)
        stage.check((refusal.status, refusal.json["code"]) == (409, "opted_out"), f"{studio.name} is refused")
    said = eventually(lambda: stage.phones.conversation(_CARMEN)[before + 1 :], "the confirmation")
    stage.say(f"   Carmen's phone: {said[0]['body']}")
    stage.replies(_CARMEN, "STOP")
    stage.reply_of(wattle, "STOP")
    answers = [text for text in stage.phones.conversation(_CARMEN)[before:] if text["direction"] != "inbound"]
    stage.check(len(answers) == 1, "one confirmation, although she says it twice")
    stage.replies(_CARMEN, "start")
    eventually(lambda: stage.refusal(fox, "1003") is None, "START lifts the block")
    stage.check(True, "START lifts it")


def stranger(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Text from a phone that nobody texted."""
    stage.title("A stranger texts the number")
    before = [len(stage.polled(fox)), len(stage.polled(wattle))]
    stage.phones.reply(_STRANGER, stage.stack.shared_numbers[0], "Is this the pizza place?")
    stage.replies(_ALICE, "See you soon")
    stage.reply_of(fox, "See you soon")
    after = [len(stage.polled(fox)), len(stage.polled(wattle))]
    stage.check(after == [before[0] + 1, before[1]], "the stranger's text reaches nobody")
    answered = [text for text in stage.phones.conversation(_STRANGER) if text["direction"] != "inbound"]
    stage.check(answered == [], "and is not answered")


def late_reply_goes_to_the_studio_that_is_meant(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Reply late, in the thread of the studio that did not text last."""
    stage.title("Carmen answers Foxglove late, in the thread that Foxglove's texts are in")
    asked = stage.send(fox, {"client_id": "1003", "body": "Carmen, shall we print the large one?"})
    stage.arrives(_CARMEN, "Carmen, shall we print the large one?")
    told = stage.send(wattle, {"client_id": "w-1", "body": "Friday at ten, Carmen."})
    stage.arrives(_CARMEN, "Friday at ten, Carmen.")
    foxs, wattles = (one["messages"][0]["number"] for one in (asked, told))
    stage.check(foxs != wattles, "two studios talk with her over two numbers")
    stage.phones.reply(_CARMEN, foxs, "The large one, please")
    reply = stage.reply_of(fox, "The large one, please")
    stage.check(reply["client_id"] == "1003", "it goes to Foxglove, linked to its Carmen, though Wattle texted last")
    stage.check("The large one, please" not in stage.polled(wattle), "and not to Wattle")


def staff_answer_a_near_miss(stage: Stage, fox: Studio, wattle: Studio) -> None:
    """Ask for no more texts without a word that opts out, and have the studio's staff decide."""
    stage.title("Alice may want no more texts: Foxglove's staff decide")
    words = "please stop texting me about the prints, I have ordered them"
    stage.replies(_ALICE, words)
    [question] = eventually(lambda: fox.ask("GET", "/questions").json["items"], "the question")
    stage.show("GET /questions", None, {name: question[name] for name in ("phone", "words")})
    stage.check((question["phone"], question["words"]) == (_ALICE, words), "they are asked, with her exact words")
    stage.check(wattle.ask("GET", "/questions").json["items"] == [], "and Wattle's staff are not")
    sent = stage.send(fox, {"client_id": "1001", "body": "Your prints are here."})
    held = stage.settled(fox, sent["messages"][0]["id"], "queued")
    stage.check(held["held"] == "asked", "a text to her waits meanwhile")
    answer = fox.ask("PUT", f"/questions/{_ALICE}", {"opted_out": False, "by": "Robin"})
    stage.show(f"PUT /questions/{_ALICE}", {"opted_out": False, "by": "Robin"}, answer.json["history"][-1])
    stage.check(not answer.json["opted_out"], "Robin says in one call that she meant the prints, not all texts")
    stage.sweep(datetime.now(UTC) + timedelta(minutes=1))
    stage.arrives(_ALICE, "Your prints are here.")
