"""The simulated carrier has the faults that are set."""

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import pytest

from tests.support.carrier_client import ANN, BOB, MESSAGES, OURS, Client, Service


@pytest.mark.parametrize(
    ("refuse", "status"),
    [({"code": 21610}, 400), ({"code": 20429}, 429), ({"code": 20503}, 503), ({"code": 30001, "status": 429}, 429)],
)
def test_a_refusal_happens_for_its_number_of_times(carrier: Client, refuse: dict[str, int], status: int) -> None:
    carrier.fault(ANN, refuse=refuse | {"times": 2})

    answers = [carrier.send() for _ in range(3)]

    assert [a.status for a in answers] == [status, status, 201]
    assert answers[0].json["code"] == refuse["code"]
    phone = carrier.control("GET", f"/phones/{ANN}").json
    assert [r["code"] for r in phone["refusals"]] == [refuse["code"]] * 2
    assert carrier.control("GET", "/faults").json == {}


def test_a_phones_own_fault_comes_before_the_fault_of_all_phones(carrier: Client) -> None:
    carrier.fault("all", refuse={"code": 30008})
    carrier.fault(ANN, refuse={"code": 21614, "times": 1})

    assert [carrier.send().json["code"] for _ in range(2)] == [21614, 30008]
    assert carrier.send(To=BOB).json["code"] == 30008


def test_a_text_with_a_dropped_response_is_delivered(carrier: Client, service: Service) -> None:
    carrier.fault("all", drop_answer={"times": 1})

    with pytest.raises(RemoteDisconnected):
        carrier.send(StatusCallback=service.url)

    assert service.next_statuses(2) == ["sent", "delivered"]
    assert len(carrier.conversation()) == 1


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        ({"undelivered": {"code": 30003}}, ["sent", "undelivered"]),
        ({"failed": {"code": 30007}}, ["failed"]),
        ({"double_receipts": {}}, ["sent", "sent", "delivered", "delivered"]),
        ({"reorder_receipts": {}}, ["delivered", "sent"]),
    ],
)
def test_faults_of_receipts(
    carrier: Client, service: Service, faults: dict[str, object], statuses: list[str]
) -> None:
    carrier.fault(ANN, **faults)

    carrier.send(StatusCallback=service.url)

    assert service.next_statuses(len(statuses)) == statuses
    rank = ["sent", "delivered", "undelivered", "failed"]
    carrier.wait_for(lambda: len(carrier.conversation()[0]["receipts"]) == len(statuses))
    assert carrier.conversation()[0]["status"] == max(statuses, key=rank.index)


@pytest.mark.parametrize(("kind", "code"), [("undelivered", "30003"), ("failed", "30006")])
def test_an_undelivered_text_has_the_code_of_its_fault(
    carrier: Client, service: Service, kind: str, code: str
) -> None:
    carrier.fault(ANN, **{kind: {"code": int(code)}})

    carrier.send(StatusCallback=service.url)

    receipts = [dict(service.next().form) for _ in range(2 if kind == "undelivered" else 1)]
    assert receipts[-1]["ErrorCode"] == code
    assert "ErrorCode" not in receipts[0] or kind == "failed"


def test_a_text_with_lost_receipts_is_delivered(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, lose_receipts={})

    carrier.send(StatusCallback=service.url)

    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")
    assert service.posted.empty()


def test_late_receipts_are_delayed(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, late_receipts={"seconds": 3600})

    carrier.send(StatusCallback=f"{service.url}/late")
    carrier.send(To=BOB, StatusCallback=f"{service.url}/prompt")

    assert [service.next().path for _ in range(2)] == ["/prompt", "/prompt"]
    assert carrier.conversation()[0]["status"] == "queued"


def test_a_carrier_with_too_many_waiting_tasks_refuses_a_text(carrier: Client) -> None:
    carrier.fault("all", late_receipts={"seconds": 3600})

    codes = [carrier.send().json.get("code") for _ in range(101)]

    assert codes == [None] * 100 + [21611]


def test_both_webhooks_of_a_doubled_reply_have_one_sid(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, double_inbound={"times": 1})

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "Yes"})

    assert service.next()["MessageSid"] == service.next()["MessageSid"]


def test_a_lost_reply_is_only_in_the_carriers_list(carrier: Client, service: Service) -> None:
    carrier.fault("all", lose_inbound={"times": 1})

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "lost"})
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "found"})

    assert service.next()["Body"] == "found"
    listed = carrier.twilio("GET", f"{MESSAGES}?From=%2B12135550123").json["messages"]
    assert [(m["body"], m["direction"], m["status"]) for m in listed] == [
        ("found", "inbound", "received"),
        ("lost", "inbound", "received"),
    ]


def test_forty_delayed_sends_wait_at_the_same_time(carrier: Client) -> None:
    carrier.fault("all", delay={"seconds": 0.2})
    began = time.monotonic()

    with ThreadPoolExecutor(40) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: carrier.send(), range(40))]

    assert statuses == [201] * 40
    assert 0.2 <= time.monotonic() - began < 2
    assert len({text["sid"] for text in carrier.conversation()}) == 40


def test_faults_are_replaced_listed_and_removed(carrier: Client) -> None:
    carrier.fault(ANN, delay={"seconds": 1}, drop_answer={"times": 3})
    carrier.fault(ANN, refuse={"code": 21610})
    carrier.fault("all", late_receipts={"seconds": 2})

    assert carrier.control("GET", "/faults").json == {
        ANN: {"refuse": {"code": 21610}},
        "all": {"late_receipts": {"seconds": 2.0}},
    }
    carrier.control("DELETE", f"/faults/{ANN}")
    assert list(carrier.control("GET", "/faults").json) == ["all"]
    carrier.control("DELETE", "/faults")
    assert carrier.control("GET", "/faults").json == {}
