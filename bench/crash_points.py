"""A text's whole way, killed before and after every call that any step of it makes, on the emulator.

The steps are processes: a kill ends one of them, and what follows is what the world does next: the studio's software
asks again, the queue brings the job again, the sweeper runs, receipts come, deadlines pass. A first run of each way
counts its calls, so that no number of them stands here.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.rig import Figure, quiet
from infra.local.carrier.carrier import Carrier as SimulatedCarrier
from infra.local.carrier.faults import Fault, FaultSet
from infra.local.carrier.server import serving
from infra.local.carrier.texts import Step, Text
from longcode.accounts.account import Account, OnUncertain
from longcode.aws.settings import settings
from longcode.carriers import twilio
from longcode.carriers.carrier import Carrier, Receipt
from longcode.message import MessageState
from longcode.messages import store as messages
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Attributes, table, wire_key
from longcode.usage import store as quotas
from send import api, receipts, worker
from sweeper import sweep_schedule
from tests.support.crashes import Crash, Killed, MortalCarrier
from tests.support.emulated_aws import Outside, emulated_aws
from tests.support.fakes import NOW, client, studio

_MONTHS = ("2026-11", "2026-12")
_ENDS = {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}
_ACCOUNT, _TOKEN, _CALLBACKS = "AC0", "test-token", "http://127.0.0.1:9"
_LIVES = itertools.count()  # each with an account, a phone and an hour of its own: no two are in each other's way
_MINUTES = (1, 3, 8, 13, 19, 22, 26, 40)  # when the queue and the sweeper come by: past every deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What else goes wrong on a text's way."""

    faults: FaultSet = field(default_factory=FaultSet)
    policy: OnUncertain = OnUncertain.GIVE_UP


WAYS = (
    Way(),
    Way(faults=FaultSet(double_receipts=Fault(), reorder_receipts=Fault())),
    Way(faults=FaultSet(lose_receipts=Fault())),
    Way(faults=FaultSet(lose_receipts=Fault()), policy=OnUncertain.RESEND),
    Way(faults=FaultSet(drop_answer=Fault())),
    Way(faults=FaultSet(drop_answer=Fault(), lose_receipts=Fault())),
)


class PatientCarrier(SimulatedCarrier):
    """The simulated carrier in this process: its clock stands still, its receipts come when they are asked for."""

    def __init__(self, now: datetime) -> None:
        super().__init__(_ACCOUNT, _TOKEN, clock=lambda: self.now)
        self.now = now
        self._waiting: list[tuple[Text, str, Step]] = []

    def _walk(self, text: Text, callback: str | None, steps: tuple[Step, ...], _seconds: float) -> None:
        self._waiting += [(text, callback or "", step) for step in steps]

    def receipts(self) -> Iterator[Receipt]:
        """Move all texts on and yield their receipts."""
        waiting, self._waiting = self._waiting, []
        for text, callback, step in waiting:
            self.network.advance(text.sid, step, self.now)
            receipt = twilio.read_receipt(callback.rpartition("/")[2], dict(self._receipt(text, step)))
            if receipt and step.copies:
                yield receipt


@dataclass(slots=True)
class Life:
    """One text, from its acceptance until nothing more can come."""

    account: Account
    born: datetime
    simulated: PatientCarrier
    carrier: Carrier
    outside: Outside
    id: str = ""

    def steps(self) -> Iterator[Callable[[], None]]:
        """Give one process after the other; the first two are the way when all goes well."""
        yield self.accept
        yield self.deliver
        yield self.report
        yield self.accept  # the studio's software got no answer, perhaps, and asks again
        for minutes in _MINUTES:
            self.simulated.now = self.born + timedelta(minutes=minutes)
            yield self.sweep
            yield self.deliver
            yield self.report
            if _is_at_rest(self.outside, self.account.id, self.id):
                return

    def accept(self) -> None:
        form = api.NewMessage(client_id="c1", body="Your proofs are ready.")
        self.id = api.accept(self.account.id, form, "key", self.born).messages[0].id

    def deliver(self) -> None:
        """Work on the queue's jobs as Lambda does: what was not finished comes again."""
        with _jobs(self.outside) as bodies:
            deliver_job = worker.prepare(bodies, self.carrier, self.simulated.now) if bodies else None
            for body in bodies:
                deliver_job(body) if deliver_job else None

    def report(self) -> None:
        for receipt in self.simulated.receipts():
            receipts.apply_receipt(receipt, self.simulated.now)

    def sweep(self) -> None:
        sweep_schedule.sweep(self.simulated.now)


@dataclass(slots=True)
class Found:
    """What the deaths left behind."""

    points: int = 0
    lost: int = 0
    doubled: int = 0
    miscounted: int = 0

    def look_at(self, life: Life) -> None:
        """Judge a text at the end of its life."""
        message = messages.get(life.account.id, life.id)
        at_the_carrier = len(life.simulated.network.texts())
        charged = sum(quotas.of_month(life.account.id, month).units_sent for month in _MONTHS)
        reserved = sum(one["used"] for one in of_account(life.account))
        units = message.units if message and at_the_carrier else 0
        self.points += 1
        self.lost += message is None or message.state not in _ENDS or (charged == 0 and at_the_carrier > 0)
        self.doubled += at_the_carrier > 1
        self.miscounted += charged != units or reserved != units


def of_account(account: Account) -> list[Attributes]:
    """List what an account has reserved."""
    return list(store.query(keys.allowance(account.id, "")))


def measure() -> Iterator[Figure]:
    """Live through all of it."""
    with quiet(), emulated_aws() as outside:
        found = _all_deaths(outside)
    yield Figure("crash_points", found.points, "points", None)
    yield Figure("crash_points_lost", found.lost, "texts", 0)
    yield Figure("crash_points_doubled", found.doubled, "texts", 0)
    yield Figure("crash_points_miscounted", found.miscounted, "texts", 0)


def _all_deaths(outside: Outside) -> Found:
    found = Found()
    for way in WAYS:
        calls = len(_live(way, outside, Crash(0, before=True)).calls)
        for call in range(1, calls + 1):
            for before in (True, False):
                death = Crash(call, before)
                _live(way, outside, death, found)
    return found


def _live(way: Way, outside: Outside, death: Crash, found: Found | None = None) -> Crash:
    number = next(_LIVES)
    account = studio(
        f"{10000000 + number}", plan_changes=(PlanChange(NOW, "small"),), units_a_day=100, on_uncertain=way.policy
    )
    client(account, "c1", f"+1212{5550000 + number}")
    born = NOW + number * timedelta(hours=1)
    with _jobs(outside):
        pass  # copies of jobs that the life before left behind would only be counted here
    with _served(born) as (simulated, client_of_it):
        simulated.network.put_faults("all", way.faults)
        life = Life(account, born, simulated, MortalCarrier(client_of_it, death), outside)
        with death:
            for step in life.steps():
                with suppress(Killed):
                    step()
        if found:
            found.look_at(life)
    for one in of_account(account):
        quotas.unschedule(one)  # whose next look would only be counted with the life after
    return death


@contextmanager
def _served(now: datetime) -> Iterator[tuple[PatientCarrier, twilio.Twilio]]:
    """Serve such a carrier; yield it and a client that hands texts to it over HTTP."""
    carrier = PatientCarrier(now)
    with serving(carrier) as server:
        yield (
            carrier,
            twilio.Twilio(account_sid=_ACCOUNT, auth_token=_TOKEN, callback_base=_CALLBACKS, api_base=server.url),
        )


@contextmanager
def _jobs(outside: Outside) -> Iterator[list[str]]:
    """Give the jobs on the send queue; they are done with the block, and there again if it dies."""
    queue = settings().send_queue_url
    held = outside.receive(queue)
    try:
        yield [one["Body"] for one in held]
    except Killed:
        for one in held:
            again = {"ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": 0}
            outside.sqs.change_message_visibility(QueueUrl=queue, **again)
        raise
    outside.delete(queue, held)


def _is_at_rest(outside: Outside, account: str, message_id: str) -> bool:
    """Return whether a message is there and nobody must look at it again."""
    key = wire_key(keys.message(account, message_id))
    item = outside.dynamodb.get_item(TableName=table(), Key=key, ConsistentRead=True).get("Item")
    return item is not None and "due_at" not in item
