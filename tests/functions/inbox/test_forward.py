from inbox import forward, worker
from longcode.account import Delivery
from longcode.carriers.carrier import Inbound
from longcode.route import Route
from longcode.table import accounts, inbox, routes
from longcode.webhook import Webhook
from tests.fakes import NOW, LambdaContext, studio

HOOK = {
    "delivery": Delivery.WEBHOOK,
    "webhook_url": "https://studio.example/hook",
    "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


class Receiver:
    """A studio's software that takes webhooks, until it does not."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.ids: list[str] = []

    def __call__(self, webhook: Webhook) -> bool:
        if len(self.ids) == self.takes:
            return False
        self.ids.append(webhook.headers["webhook-id"])
        return True


def replies(count: int) -> None:
    route = Route(account="10000001", phone="+12125550123", number="+15555550100", message_id="m", at=NOW)
    routes.note([route], {"10000001": 10})
    for index in range(count):
        text = Inbound(
            carrier="twilio",
            carrier_id=f"SM{index}",
            phone="+12125550123",
            number="+15555550100",
            body=f"Reply {index}",
        )
        worker.receive(text, NOW)


def test_new_replies_go_to_the_studios_software_once(aws: None) -> None:
    account = studio(**HOOK)
    replies(3)
    receiver = Receiver(takes=9)

    first = forward.forward(account, receiver, NOW)
    second = forward.forward(account, receiver, NOW)

    assert (first, second) == (3, 0)
    assert len(set(receiver.ids)) == 3


def test_a_reply_that_is_not_taken_is_sent_again_and_in_order(aws: None) -> None:
    account = studio(**HOOK)
    replies(3)
    hanging = Receiver(takes=1)
    well = Receiver(takes=9)

    forward.forward(account, hanging, NOW)
    forward.forward(account, well, NOW)

    assert len(hanging.ids) == 1
    assert len(well.ids) == 2
    assert set(hanging.ids).isdisjoint(well.ids)


def test_a_studio_that_polls_gets_no_webhooks(aws: None) -> None:
    account = studio(**(HOOK | {"delivery": Delivery.POLL}))
    accounts.list_webhook(account.id)
    replies(1)

    assert list(accounts.with_webhook()) == []
    assert forward.handler({}, LambdaContext()) == {"forwarded": 0}


def test_a_studio_whose_receiver_breaks_keeps_no_other_waiting(aws: None) -> None:
    broken = studio(**HOOK)
    well = studio("10000002", **HOOK)
    replies(1)
    routes.note(
        [Route(account=well.id, phone="+12125550124", number="+15555550100", message_id="m", at=NOW)], {well.id: 10}
    )
    text = Inbound(carrier="twilio", carrier_id="SM9", phone="+12125550124", number="+15555550100", body="Hi")
    worker.receive(text, NOW)

    def post(webhook: Webhook) -> bool:
        if b"Reply 0" in webhook.body:
            raise ValueError("broken")
        return True

    assert forward.forward_all([broken, well], post, NOW) == 1


def test_the_schedule_reaches_a_studio_with_an_address_that_cannot_be_called(aws: None) -> None:
    account = studio(**(HOOK | {"webhook_url": "https://127.0.0.1/hook"}))
    accounts.list_webhook(account.id)
    replies(1)

    assert forward.handler({}, LambdaContext()) == {"forwarded": 0}
    assert inbox.forwarded(account.id) == 0
