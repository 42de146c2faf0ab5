"""Webhooks: a hosted studio's endpoint fails once, and receives the reply on the second attempt."""

from typing import Any

from infra.local.endpoint import Endpoint, serving_endpoint
from infra.local.participants import StudioSoftware, eventually
from infra.local.story.stage import Stage

_PHONE = "+12125550141"


def deliver_a_reply(stage: Stage, studio: StudioSoftware) -> None:
    """Turn webhooks on, let a client reply, and follow the reply to the studio's endpoint."""
    stage.title(f"{studio.name}'s hosted software receives a reply by webhook")
    with serving_endpoint(stage.stack.webhook_certificate) as endpoint:
        settings = {"delivery": "webhook", "webhook_url": endpoint.url, "webhook_events": ["message.received"]}
        endpoint.secret = studio.ask("PATCH", "/account", settings).json["webhook_secret"]
        stage.show("PATCH /account", settings, {"webhook_secret": f"{endpoint.secret[:9]}…"})
        endpoint.failing = True
        stage.send(studio, {"to": _PHONE, "body": "Hello Willa, would Thursday suit you?"})
        stage.arrives(_PHONE, "Hello Willa, would Thursday suit you?")
        stage.replies(_PHONE, "Thursday is fine 🌻")
        pending = eventually(lambda: _pending(studio), "the first attempt")
        stage.show("GET /webhooks/deliveries?state=pending", None, pending)
        stage.check(pending["error"] == "status_503", "the endpoint failed, and the studio sees it")
        _replay(stage, studio, endpoint, pending["id"])
    studio.ask("PATCH", "/account", {"delivery": "poll"})


def _replay(stage: Stage, studio: StudioSoftware, endpoint: Endpoint, delivery_id: str) -> None:
    """Let the endpoint work again, and replay the delivery."""
    endpoint.failing = False
    path = f"/webhooks/deliveries/{delivery_id}"
    stage.show(f"POST {path}/replay", None, studio.ask("POST", f"{path}/replay").json)
    eventually(lambda: [call for call in endpoint.calls if call.status == 204], "the second attempt")
    first, second = endpoint.calls
    stage.show("the endpoint received", None, second.body)
    stage.check(first.genuine and second.genuine, "both signatures are genuine")
    stage.check(first.id == second.id == delivery_id, "both attempts have the same webhook-id")
    stage.check(second.body["data"]["body"] == "Thursday is fine 🌻", "and it contains the words of the reply")
    forged = {"webhook-id": first.id, "webhook-timestamp": "0", "webhook-signature": "v1,AAAA"}
    stage.check(endpoint.receive(forged, b"{}") == 401, "the endpoint refuses a forged one")
    eventually(lambda: studio.ask("GET", path).json["state"] == "delivered", "the state of the delivery")
    stage.check(_pending(studio) is None, "and no delivery is pending any more")


def _pending(studio: StudioSoftware) -> Any:
    """Return a pending delivery, or None."""
    items = studio.ask("GET", "/webhooks/deliveries?state=pending").json["items"]
    return items[0] if items else None
