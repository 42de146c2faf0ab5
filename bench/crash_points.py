"""A text from its request to its end, killed before and after every call that any step makes, on the emulator.

Each step is a process, and a crash ends one of them. After it, the steps continue as they do in production: the
studio's software repeats its request, the queue delivers the job again, the sweeper runs, receipts come, deadlines
pass. A first run of each scenario, without a crash, counts its calls.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bench.rig import Figure, quiet
from infra.local.carrier.carrier import Carrier as SimulatedCarrier
from infra.local.carrier.faults import Fail, Fault, FaultSet
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
from tests.support.crashes import Crash, CrashableCarrier, Killed
from tests.support.emulated_aws import SeparateClients, emulated_aws
from tests.support.fakes import NOW, client, studio

_MONTHS = ("2026-11", "2026-12")
_ENDS = {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}
_ACCOUNT, _TOKEN, _CALLBACKS = "AC0", "test-token", "http://127.0.0.1:9"
_RUN_NUMBERS = itertools.count()  # each run has its own account, phone and hour, so that none affects another
_MINUTES = (1, 3, 8, 13, 19, 22, 26, 40)  # when the queue and the sweeper run: past every deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What goes wrong besides the crash, and what the studio wants done with uncertain texts."""

    faults: FaultSet = field(default_factory=FaultSet)
    policy: OnUncertain = OnUncertain.GIVE_UP


SCENARIOS = (
    Scenario(),
    Scenario(faults=FaultSet(double_receipts=Fault(), reorder_receipts=Fault())),
    Scenario(faults=FaultSet(lose_receipts=Fault())),
    Scenario(faults=FaultSet(lose_receipts=Fault()), policy=OnUncertain.RESEND),
    Scenario(faults=FaultSet(drop_answer=Fault())),
    Scenario(faults=FaultSet(drop_answer=Fault(), lose_receipts=Fault())),
    Scenario(faults=FaultSet(failed=Fail(code=30022, times=1), double_receipts=Fault())),
)


class SteppedCarrier(SimulatedCarrier):
    """The simulated carrier in this process: its clock stands still, and it sends receipts only when asked."""

    def __init__(self, now: datetime) -> None:
        super().__init__(_ACCOUNT, _TOKEN, clock=lambda: self.now)
        self.now = now
        self._waiting: list[tuple[Text, str, Step]] = []
        self._again: list[Receipt] = []

    def _schedule(self, text: Text, callback: str | None, steps: tuple[Step, ...], _seconds: float) -> None:
        self._waiting += [(text, callback or "", step) for step in steps]

    def receipts(self) -> Iterator[Receipt]:
        """Advance all texts and yield their receipts."""
        again, self._again = self._again, []
        yield from again
        waiting, self._waiting = self._waiting, []
        for text, callback, step in waiting:
            self.network.advance(text.sid, step, self.now)
            receipt = twilio.read_receipt(urlsplit(callback).path.rpartition("/")[2], dict(self._receipt(text, step)))
            if receipt:
                yield from [receipt] * step.copies

    def repeat(self, receipt: Receipt) -> None:
        """Send a receipt again that failed, as the connection overrides of its URL say."""
        self._again.append(receipt)


@dataclass(slots=True)
class Run:
    """One text, from its acceptance until nothing more can happen to it."""

    account: Account
    started_at: datetime
    simulated: SteppedCarrier
    carrier: Carrier
    outside: SeparateClients
    id: str = ""

    def steps(self) -> Iterator[Callable[[], None]]:
        """Yield one process after the other; the first three are all if nothing goes wrong."""
        yield self.accept
        yield self.deliver
        yield self.report
        yield self.accept  # the studio's software may have had no response, and repeats its request
        for minutes in _MINUTES:
            self.simulated.now = self.started_at + timedelta(minutes=minutes)
            yield self.sweep
            yield self.deliver
            yield self.report
            if _is_at_rest(self.outside, self.account.id, self.id):
                return

    def accept(self) -> None:
        form = api.NewMessage(client_id="c1", body="Your proofs are ready.")
        self.id = api.accept(self.account.id, form, "key", self.started_at).messages[0].id

    def deliver(self) -> None:
        """Do the queue's jobs as Lambda does: unfinished ones are delivered again."""
        with _jobs(self.outside) as bodies:
            deliver_job = worker.prepare(bodies, self.carrier, self.simulated.now) if bodies else None
            for body in bodies:
                deliver_job(body) if deliver_job else None

    def report(self) -> None:
        for receipt in self.simulated.receipts():
            try:
                receipts.apply_receipt(receipt, self.simulated.now)
            except Killed:
                self.simulated.repeat(receipt)
                raise

    def sweep(self) -> None:
        sweep_schedule.sweep(self.simulated.now)


@dataclass(slots=True)
class Outcome:
    """How many texts were lost, sent twice or miscounted, of all crash points."""

    points: int = 0
    lost: int = 0
    doubled: int = 0
    miscounted: int = 0

    def add(self, run: Run) -> None:
        """Count a text at the end of its run."""
        message = messages.get(run.account.id, run.id)
        at_the_carrier = sum(text.status != "failed" for text in run.simulated.network.texts())
        charged = sum(quotas.of_month(run.account.id, month).units_sent for month in _MONTHS)
        reserved = sum(quota["used"] for quota in _quotas(run.account))
        units = message.units if message and at_the_carrier else 0
        self.points += 1
        self.lost += message is None or message.state not in _ENDS or (charged == 0 and at_the_carrier > 0)
        self.doubled += at_the_carrier > 1
        self.miscounted += charged != units or reserved != units


def _quotas(account: Account) -> list[Attributes]:
    """Return the items of an account's quota, by month."""
    return list(store.query(keys.quota(account.id, "")))


def measure() -> Iterator[Figure]:
    """Run each scenario with a crash at every point."""
    with quiet(), emulated_aws() as outside:
        outcome = _all_crashes(outside)
    yield Figure("crash_points", outcome.points, "points", None)
    yield Figure("crash_points_lost", outcome.lost, "texts", 0)
    yield Figure("crash_points_doubled", outcome.doubled, "texts", 0)
    yield Figure("crash_points_miscounted", outcome.miscounted, "texts", 0)


def _all_crashes(outside: SeparateClients) -> Outcome:
    outcome = Outcome()
    for scenario in SCENARIOS:
        calls = len(_run(scenario, outside, Crash(0, before=True)).calls)
        for call in range(1, calls + 1):
            for before in (True, False):
                crash = Crash(call, before)
                _run(scenario, outside, crash, outcome)
    return outcome


def _run(scenario: Scenario, outside: SeparateClients, crash: Crash, outcome: Outcome | None = None) -> Crash:
    number = next(_RUN_NUMBERS)
    account = studio(
        f"{10000000 + number}",
        plan_changes=(PlanChange(NOW, "small"),),
        units_a_day=100,
        on_uncertain=scenario.policy,
    )
    client(account, "c1", f"+1212{5550000 + number}")
    started_at = NOW + number * timedelta(hours=1)
    with _jobs(outside):
        pass  # removes copies of jobs of the previous run, whose calls would be counted in this one
    with _served(started_at) as (simulated, twilio_client):
        simulated.network.put_faults("all", scenario.faults)
        run = Run(account, started_at, simulated, CrashableCarrier(twilio_client, crash), outside)
        with crash:
            for step in run.steps():
                with suppress(Killed):
                    step()
        if outcome:
            outcome.add(run)
        elif not scenario.faults.lose_receipts:
            _check_delivered(run)
    for quota in _quotas(account):
        quotas.unschedule(quota)  # its next check would be counted in the next run
    return crash


def _check_delivered(run: Run) -> None:
    """Raise `RuntimeError` unless the receipts of a run without a crash were applied."""
    message = messages.get(run.account.id, run.id)
    if message is None or message.state is not MessageState.DELIVERED:
        raise RuntimeError(f"not delivered without a crash: {message}")


@contextmanager
def _served(now: datetime) -> Iterator[tuple[SteppedCarrier, twilio.Twilio]]:
    """Serve a stepped carrier; yield it and a client that sends it texts over HTTP."""
    carrier = SteppedCarrier(now)
    with serving(carrier) as server:
        yield (
            carrier,
            twilio.Twilio(account_sid=_ACCOUNT, auth_token=_TOKEN, callback_base=_CALLBACKS, api_base=server.url),
        )


@contextmanager
def _jobs(outside: SeparateClients) -> Iterator[list[str]]:
    """Yield the jobs on the send queue; delete them after the block, or put them back if it is killed."""
    queue = settings().send_queue_url
    received = outside.receive(queue)
    try:
        yield [message["Body"] for message in received]
    except Killed:
        for message in received:
            again = {"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            outside.sqs.change_message_visibility(QueueUrl=queue, **again)
        raise
    outside.delete(queue, received)


def _is_at_rest(outside: SeparateClients, account: str, message_id: str) -> bool:
    """Return whether a message exists and is off the due index."""
    key = wire_key(keys.message(account, message_id))
    item = outside.dynamodb.get_item(TableName=table(), Key=key, ConsistentRead=True).get("Item")
    return item is not None and "due_at" not in item
