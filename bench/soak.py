"""Twenty minutes of a studio's day while DynamoDB, SQS and the carrier fail: is anything lost, doubled or stuck?

Texts, scheduled texts, broadcasts, replies and STOPs go on side by side on the local stack. Of the calls to DynamoDB
and SQS, 2 % fail: throttled, refused, done in part, late, or done without an answer. Of the texts, 15 % meet a fault
of the carrier: time-outs, errors, lost answers, and lost, doubled, late or reordered receipts; replies and STOPs come
twice or without their webhook. Then the faults end. When the last uncertain text has had its deadline, all that the
studio was promised is compared with what the phones have (`bench/promises.py`), and the counters of its month, or of
both if one ends meanwhile, with the operator's check.

SOAK_MINUTES is for how long the faults last (20).
"""

import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Event, Lock
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from urllib3.exceptions import HTTPError

from bench.fault_proxy import FaultProxy, Kind
from bench.local_studio import local_studio
from bench.promises import Arrival, Promised, added_up, broken, months_of, stuck
from bench.rig import Figure
from infra.local.emulator import client
from infra.local.participants import Phones, Response, StudioSoftware, ask
from infra.local.stack import Stack, new_stack

_MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
_SHARE, _SHARE_OF_TEXTS, _SHARE_OF_REPLIES = 0.02, 0.15, 0.25
_PAUSES = {"text": 0.7, "reply": 3.0, "stop": 12.0, "schedule": 15.0, "broadcast": 120.0}
_BROADCAST_CLIENTS = 40
_PATIENCE_SECONDS = 90  # of the studio's software, with a call that fails
_STOP_SECONDS = 8 * 60  # a STOP without its webhook is found on the carrier's list after one to six minutes
_SETTLE_SECONDS = 25 * 60  # an uncertain text has its deadline after fifteen minutes, and a reply is found after five
_WAITING = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
_ONCE = {"times": 1}
# After these, a text may fail without an answer, and then it is not charged.
_WITHOUT_ANSWER: Sequence[Mapping[str, Any]] = (
    {"refuse": {"code": 20500, **_ONCE}},
    {"refuse": {"code": 20503, **_ONCE}},
    {"delay": {"seconds": 12, **_ONCE}},
)
_OF_A_TEXT: Sequence[Mapping[str, Any]] = (
    *_WITHOUT_ANSWER,
    {"refuse": {"code": 20429, **_ONCE}},
    {"drop_answer": _ONCE},
    {"drop_answer": _ONCE, "lose_receipts": _ONCE},
    {"lose_receipts": _ONCE},
    {"double_receipts": _ONCE},
    {"reorder_receipts": _ONCE},
    {"late_receipts": {"seconds": 20, **_ONCE}},
    {"undelivered": {"code": 30003, **_ONCE}},
)
_OF_A_REPLY: Sequence[Mapping[str, Any]] = ({"lose_inbound": _ONCE}, {"double_inbound": _ONCE})


def measure() -> Iterator[Figure]:
    """Start a stack, let calls fail, wait until all has settled, and compare."""
    faults = FaultProxy(*Kind)
    with new_stack(lambda _: None, faults.start) as stack:
        studio = local_studio(stack, "soak", "volume")
        day = _Day(stack, studio)
        day.prepare()
        faults.share = _SHARE
        day.run(_MINUTES * 60)
        faults.share = 0.0
        settled = day.settle()
        yield from day.figures()
    yield Figure("soak_settled_after", round(settled), "s", None)
    for kind, number in faults.injected.items():
        yield Figure(f"soak_faults_{kind.name.lower()}", number, f"of {faults.calls} calls", None)


class _Day:
    def __init__(self, stack: Stack, studio: StudioSoftware) -> None:
        self._stack, self._studio = stack, studio
        self._began = datetime.now(UTC)
        self._phones = Phones(stack.carrier_url)
        self._promised = Promised()
        self._random = random.Random(2)  # not a secret
        self._lock = Lock()
        self._number = 0
        self._single: list[str] = []  # the phones of texts that were not scheduled
        self._carrier_faults: Counter[str] = Counter()
        self._repeated = 0

    def prepare(self) -> None:
        """Let the studio text at any hour, and a client as often as there are broadcasts; write its clients."""
        self._ask("PATCH", "/account", {"quiet_hours": False, "texts_an_hour": 20})
        self._clients = [f"+1212555{index:04}" for index in range(1000, 1000 + _BROADCAST_CLIENTS)]
        for index, phone in enumerate(self._clients):
            form = {"first_name": f"Client {index}", "allow_text_marketing": True, "phones": [{"number": phone}]}
            self._ask("PUT", f"/clients/c{index}", form)
        for act in (self._text, self._text, self._schedule, self._broadcast):  # start a process of each function
            act()

    def run(self, seconds: float) -> None:
        """Do everything side by side for a time."""
        ended = Event()
        acts = {
            "text": self._text,
            "reply": self._reply,
            "stop": self._stop,
            "schedule": self._schedule,
            "broadcast": self._broadcast,
        }

        def repeat(act: Callable[[], None], pause: float) -> None:
            while not ended.is_set():
                act()
                ended.wait(pause)

        with ThreadPoolExecutor(len(acts)) as pool:
            running = [pool.submit(repeat, act, _PAUSES[name]) for name, act in acts.items()]
            time.sleep(seconds)
            ended.set()
            for act in running:
                act.result()

    def settle(self) -> float:
        """Wait until no text is on its way and no job waits; return the seconds. Gives up when it takes too long."""
        ask("DELETE", f"{self._stack.carrier_url}/faults")
        start = time.monotonic()
        while time.monotonic() < start + _SETTLE_SECONDS:
            time.sleep(15)
            heard = {reply["body"] for reply in self._inbox()}
            if not stuck(self._texts()) and not self._waiting_jobs() and heard >= self._promised.replies.keys():
                break
        return time.monotonic() - start

    def figures(self) -> Iterator[Figure]:
        """Compare what was promised with what the phones and the inbox have, and the counters with the texts."""
        promised, texts, arrived = self._promised, self._texts(), self._arrived()
        replies = [reply["body"] for reply in self._inbox()]
        found = broken(promised, texts, arrived, replies, self._used())
        states = Counter(text["state"] for text in texts)
        for name, number, unit in (
            ("texts", len(promised.texts), "texts"),
            ("replies", len(promised.replies), "replies"),
            ("stops", len(promised.stopped), "phones"),
            ("calls_repeated", self._repeated, "calls"),
            ("faults_of_carrier", sum(self._carrier_faults.values()), "texts and replies"),
            *((f"state_{state}", number, "texts") for state, number in sorted(states.items())),
        ):
            yield Figure(f"soak_{name}", number, unit, None)
        for name, what in found.items():
            yield Figure(f"soak_{name}", len(what), "found", 0)
        yield Figure("soak_jobs_stuck", self._waiting_jobs(), "jobs", 0)
        yield Figure("soak_counters_off", self._differences(), "counters", 0)
        listed = {text["body"]: text for text in texts}
        for name, what in found.items():
            for each in what:
                print(name, each, promised.texts.get(each), arrived.get(each), listed.get(each), file=sys.stderr)

    def _text(self) -> None:
        """Text a new phone, which may be one that the carrier has a fault for."""
        phone, words = self._new_phone(), self._new_words()
        self._plan_fault(phone, _OF_A_TEXT, _SHARE_OF_TEXTS)
        self._post(phone, words)

    def _schedule(self) -> None:
        """Schedule a text for one or two minutes later, and cancel every third."""
        phone, words = self._new_phone(), self._new_words()
        accepted = self._post(phone, words, send_at=self._soon())
        if self._random.random() < 1 / 3:
            self._promised.cancelled.add(words)
            self._ask("DELETE", f"/messages/{accepted['messages'][0]['id']}", allowed=(404, 409))

    def _broadcast(self) -> None:
        """Text all clients, each with words of its own."""
        words = self._new_words().removesuffix(".")
        form = {"audience": {"all": True}, "body": words + " {{client.first_name}}."}
        self._ask("POST", "/broadcasts", form, key=uuid4().hex)
        self._promised.texts.update({f"{words} Client {index}.": phone for index, phone in enumerate(self._clients)})

    def _reply(self) -> None:
        """Reply from a phone that got a text, with a fault of the carrier's webhook now and then."""
        phone = self._texted_phone()
        if phone is None:
            return
        self._plan_fault(phone, _OF_A_REPLY, _SHARE_OF_REPLIES)
        words = f"The dog comes too, {self._next()}"
        self._phones.reply(phone, self._phones.texted_from(phone)[-1], words)
        self._promised.replies[words] = phone

    def _stop(self) -> None:
        """Reply STOP from a phone for which a text is scheduled, and text it again when the API shows the opt-out.

        The API refuses the second text, and the scheduled one does not go once the API has shown the opt-out.
        """
        phone = self._texted_phone()
        if phone is None or phone in self._promised.unheard_stops:
            return
        self._post(phone, self._new_words(), send_at=self._soon())
        self._plan_fault(phone, _OF_A_REPLY, _SHARE_OF_REPLIES)
        self._phones.reply(phone, self._phones.texted_from(phone)[-1], "STOP")
        deadline = time.monotonic() + _STOP_SECONDS
        while not self._ask("GET", f"/optouts/{quote(phone)}").json["opted_out"]:
            if time.monotonic() > deadline:
                self._promised.unheard_stops.add(phone)
                return
            time.sleep(0.5)
        self._promised.stopped[phone] = datetime.now(UTC)
        answer = self._ask("POST", "/messages", {"to": phone, "body": self._new_words()}, allowed=(403, 409, 422))
        if answer.status == HTTPStatus.ACCEPTED:
            raise RuntimeError(f"a text to an opted-out phone was accepted: {answer}")

    def _texted_phone(self) -> str | None:
        """Return a phone to which a single text was delivered; None if the chosen one has none yet."""
        with self._lock:
            phone = self._random.choice(self._single) if self._single else None
        is_free = phone and phone not in self._promised.stopped
        delivered = is_free and any(text["status"] == "delivered" for text in self._phones.conversation(phone or ""))
        return phone if delivered else None

    def _post(self, phone: str, words: str, **fields: str) -> Any:
        answer = self._ask("POST", "/messages", {"to": phone, "body": words, **fields}, key=uuid4().hex)
        with self._lock:
            self._promised.texts[words] = phone
            self._single += [] if fields else [phone]
        return answer.json

    def _ask(
        self, method: str, path: str, body: object = None, *, key: str = "", allowed: Sequence[int] = ()
    ) -> Response:
        """Call the API as studio software does: after 429, 5xx or no answer again, with the same Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with suppress(HTTPError):
                answer = self._studio.ask(method, path, body, **headers)
                if answer.status < HTTPStatus.BAD_REQUEST or answer.status in allowed:
                    return answer
                if answer.status != HTTPStatus.TOO_MANY_REQUESTS and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise RuntimeError(f"{method} {path}: {answer}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: no answer within {_PATIENCE_SECONDS} s")
            self._repeated += 1
            time.sleep(1)

    def _plan_fault(self, phone: str, faults: Sequence[Mapping[str, Any]], share: float) -> None:
        if self._random.random() >= share:
            return
        fault = self._random.choice(faults)
        ask("PUT", f"{self._stack.carrier_url}/faults/{phone}", fault)
        self._carrier_faults[next(iter(fault))] += 1
        if fault in _WITHOUT_ANSWER:
            self._promised.may_fail.add(phone)

    def _texts(self) -> list[Any]:
        """Return the texts of the studio, each with its own words, without what the service says by itself."""
        return [{**text, "body": words} for text in self._all("sent") if (words := _words(text["body"]))]

    def _inbox(self) -> list[Any]:
        return self._all("inbox")

    def _all(self, folder: str) -> list[Any]:
        """Return all messages of a folder, however long the stack takes for a page."""
        items: list[Any] = []
        cursor = ""
        while True:
            page = self._ask("GET", f"/messages?folder={folder}&limit=200{cursor}").json
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={quote(page['next_cursor'])}"

    def _arrived(self) -> dict[str, list[Arrival]]:
        """Return how each text was taken by the carrier for its phone, by its words."""
        arrived: defaultdict[str, list[Arrival]] = defaultdict(list)
        for phone in {*self._promised.texts.values()}:
            for text in self._phones.conversation(phone):
                if text["direction"].startswith("outbound") and (words := _words(text["body"])):
                    arrived[words].append(Arrival(at=datetime.fromisoformat(text["at"]), status=text["status"]))
        return arrived

    def _waiting_jobs(self) -> int:
        """Return how many jobs wait on the queues, those of dead letters among them."""
        sqs = client("sqs", self._stack.emulator_url)
        waiting = 0
        for queue in sqs.list_queues()["QueueUrls"]:
            attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=_WAITING)["Attributes"]
            waiting += sum(int(attributes[name]) for name in _WAITING)
        return waiting

    def _used(self) -> Mapping[str, int]:
        """Return the usage of the studio; the month may have ended while it texted."""
        return added_up(self._ask("GET", f"/usage/{month}").json["used"] for month in self._months())

    def _differences(self) -> int:
        """Return how many counters of the months differ from the sum over the messages."""
        order = {"do": "months.check", "account": self._studio.account}
        checks: list[Any] = [
            self._stack.invoke(self._stack.admin_function, {**order, "month": month}) for month in self._months()
        ]
        return sum(len(check["differences"]) + len(check["unreadable"]) for check in checks)

    def _months(self) -> list[str]:
        return months_of(self._began, datetime.now(UTC))

    def _next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _soon(self) -> str:
        at = datetime.now(UTC) + timedelta(seconds=self._random.randint(70, 130))
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def _new_phone(self) -> str:
        return f"+1213{2_000_000 + self._next()}"

    def _new_words(self) -> str:
        return f"Soak {self._next()}."


def _words(body: str) -> str:
    """Return the part of a text that tells it from all others, or nothing: the studio's name may be before it."""
    found = re.search(r"Soak [^.]+\.", body)
    return found[0] if found else ""


if __name__ == "__main__":
    for figure in measure():
        print(figure, flush=True)
