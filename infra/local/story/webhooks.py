"""A hosted studio gets a reply by webhook: its receiver fails once, is mended, and takes it on the next try."""

from typing import Any

from infra.local.receiver import Receiver, receiving
from infra.local.story.stage import Stage
from infra.local.visitors import Studio, eventually

_PHONE = "+12125550141"


def tell_hosted_software(stage: Stage, studio: Studio) -> None:
    """Turn webhooks on, have a client reply, and follow the reply to the studio's receiver."""
    stage.title(f"{studio.name}'s hosted software is told of a reply by webhook")
    with receiving(stage.stack.webhook_certificate) as receiver:
        settings = {"delivery": "webhook", "webhook_url": receiver.url, "webhook_events": ["message.received"]}
        receiver.secret = studio.ask("PATCH", "/account", settings).json["webhook_secret"]
        stage.show("PATCH /account", settings, {"webhook_secret": f"{receiver.secret[:9]}…"})
        receiver.failing = True
        stage.send(studio, {"to": _PHONE, "body": "Hello Willa, would Thursday suit you?"})
        stage.arrives(_PHONE, "Hello Willa, would Thursday suit you?")
        stage.replies(_PHONE, "Thursday is fine 🌻")
        waiting = eventually(lambda: _not_taken(studio), "the first try")
        stage.show("GET /webhooks/deliveries?state=pending", None, waiting)
        stage.check(waiting["error"] == "status_503", "the receiver failed, and the studio sees it")
        _mend(stage, studio, receiver, waiting["id"])
    studio.ask("PATCH", "/account", {"delivery": "poll"})


def _mend(stage: Stage, studio: Studio, receiver: Receiver, delivery_id: str) -> None:
    """Have the receiver work again, and the webhook tried again."""
    receiver.failing = False
    path = f"/webhooks/deliveries/{delivery_id}"
    stage.show(f"POST {path}/replay", None, studio.ask("POST", f"{path}/replay").json)
    eventually(lambda: [call for call in receiver.calls if call.answered == 204], "the second try")
    first, second = receiver.calls
    stage.show("the receiver got", None, second.body)
    stage.check(first.genuine and second.genuine, "its own check finds both signatures genuine")
    stage.check(first.id == second.id == delivery_id, "both tries have one webhook-id")
    stage.check(second.body["data"]["body"] == "Thursday is fine 🌻", "and it has the words of the reply")
    forged = {"webhook-id": first.id, "webhook-timestamp": "0", "webhook-signature": "v1,AAAA"}
    stage.check(receiver.take(forged, b"{}") == 401, "a forged one is refused by it")
    eventually(lambda: studio.ask("GET", path).json["state"] == "delivered", "the record")
    stage.check(_not_taken(studio) is None, "and nothing waits any more")


def _not_taken(studio: Studio) -> Any:
    """Find a webhook that waits for another try."""
    items = studio.ask("GET", "/webhooks/deliveries?state=pending").json["items"]
    return items[0] if items else None
