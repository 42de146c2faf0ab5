"""Random lives of texts: what holds after every step, and what holds at the end, whatever happens in any order."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from longcode.accounts.account import OnUncertain
from longcode.aws.clients import client as aws_client
from longcode.carriers.carrier import Receipt, Sent
from longcode.jobs import Means
from longcode.message import NEXT_STATES, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import from_wire, wire_key
from send import api, receipts, worker
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.crashes import Crash
from tests.support.fakes import NOW, client, studio, take_queued
from tests.support.local_aws import local_aws
from tests.support.scripted_carrier import SEND_RESULTS, NoResponse, Outcome, ScriptedCarrier
from tests.support.text_steps import counted_units, stored

ACCEPTED_BY_CARRIER = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}
FINAL = ACCEPTED_BY_CARRIER | {MessageState.FAILED, MessageState.REFUSED, MessageState.EXPIRED}
CRASHES = st.none() | st.builds(Crash, st.integers(1, 9), st.booleans())
# Steps that lead to second attempts are chosen more often than by chance.
POLICIES = [OnUncertain.RESEND, OnUncertain.RESEND, OnUncertain.GIVE_UP]
OUTCOMES_AT_THE_END = [NoResponse.ACCEPTED, NoResponse.ACCEPTED, NoResponse.NOT_ACCEPTED, Sent("yes")]
REPORTS = {MessageState.SENT: None, MessageState.DELIVERED: None, MessageState.UNDELIVERED: "30003"}
MINUTES_AT_THE_END = (1, 3, 8, 13, 19, 22, 26, 40, 43, 60, 280, 283, 300)  # past deadlines, then past validity


class Life(RuleBasedStateMachine):
    """A studio's texts to one phone, through a carrier that gives any answer."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ExitStack()
        self.world.enter_context(local_aws())
        self.now, self.stopped = NOW, False
        self.carrier = ScriptedCarrier(lambda: self.now)
        self.jobs: list[str] = []
        self.unfinished: list[str] = []
        self.states: dict[str, MessageState] = {}
        self.resent: set[str] = set()
        self.separate_client = boto3.client("dynamodb")

    @initialize(
        policy=st.sampled_from(POLICIES),
        outcome_at_the_end=st.sampled_from(OUTCOMES_AT_THE_END),
        lists=st.sampled_from([False, False, True]),
    )
    def sign_up(self, policy: OnUncertain, outcome_at_the_end: Outcome, lists: bool) -> None:
        self.outcome_at_the_end, self.lists_at_the_end = outcome_at_the_end, lists
        self.account = studio(plan_changes=(PlanChange(NOW, "small"),), on_uncertain=policy)
        client(self.account)
        events = aws_client("dynamodb").meta.events
        events.register("after-call.dynamodb", self.check_states)
        self.world.callback(events.unregister, "after-call.dynamodb", self.check_states)

    @rule(key=st.sampled_from("ab"), crash=CRASHES)
    def accept(self, key: str, crash: Crash | None) -> None:
        def act() -> None:
            form = api.NewMessage(client_id="c1", body="Hello")
            api.accept(self.account.id, form, key, self.now)

        if not self.stopped:
            self.run_killable(act, crash)
        message_id = f"{compose.request_id(self.account.id, key)}-0"
        if messages.get(self.account.id, message_id):  # it is accepted, whether the process was killed or not
            self.states.setdefault(message_id, MessageState.ACCEPTED)

    @rule(outcome=st.sampled_from(SEND_RESULTS), lists=st.booleans(), crash=CRASHES)
    def deliver(self, outcome: Outcome, lists: bool, crash: Crash | None = None) -> None:
        self.carrier.outcome, self.carrier.lists = outcome, lists
        bodies = [*self.unfinished, *take_queued("send")]
        self.jobs += bodies
        if not self.run_jobs(bodies, crash):
            self.unfinished = bodies
        else:
            self.unfinished = []

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), outcome=st.sampled_from(SEND_RESULTS), crash=CRASHES)
    def deliver_again(self, data: st.DataObject, outcome: Outcome, crash: Crash | None) -> None:
        self.carrier.outcome = outcome
        self.run_jobs([data.draw(st.sampled_from(self.jobs))], crash)

    @precondition(lambda self: self.carrier.accepted)
    @rule(data=st.data(), state=st.sampled_from(sorted(REPORTS)), crash=CRASHES)
    def report(self, data: st.DataObject, state: MessageState, crash: Crash | None) -> None:
        text, listed = data.draw(st.sampled_from(self.carrier.accepted))
        receipt = Receipt(
            carrier="twilio", reference=text.reference, carrier_id=listed.carrier_id, state=state, code=REPORTS[state]
        )
        self.run_killable(lambda: receipts.apply_receipt(receipt, self.now), crash)

    @rule(outcome=st.sampled_from(SEND_RESULTS[:5]), lists=st.booleans())
    def let_a_deadline_pass(self, outcome: Outcome, lists: bool) -> None:
        self.now += timedelta(minutes=16)
        self.sweep()
        self.deliver(outcome, lists)

    @rule(minutes=st.sampled_from([1, 2, 3, 5, 16, 60, 241]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(crash=CRASHES)
    def sweep(self, crash: Crash | None = None) -> None:
        self.run_killable(lambda: sweep_schedule.sweep(self.now), crash)

    @rule(crash=CRASHES)
    def release(self, crash: Crash | None) -> None:
        self.run_killable(lambda: send_accepted_order("texts.release", self.now), crash)

    @rule()
    def stop(self) -> None:
        stop = OptOutEvent(
            id="e", phone="+12125550123", scope=SHARED, out=True, at=self.now, means=Means.TEXT, words="STOP"
        )
        optouts.record(stop)
        self.stopped = True

    @invariant()
    def a_text_is_at_the_carrier_once_at_most_or_twice_if_it_was_sent_again(self) -> None:
        accepted = Counter(text.reference.partition(".")[2] for text, _ in self.carrier.accepted)

        assert all(count <= 1 + (message in self.resent) for message, count in accepted.items())

    @invariant()
    def what_is_charged_is_what_is_recorded_as_sent(self) -> None:
        recorded = sum(state in ACCEPTED_BY_CARRIER for state in self.states.values())

        assert not self.states or counted_units(self.account) == recorded

    def teardown(self) -> None:
        with self.world:
            if self.states:
                self.end()

    def end(self) -> None:
        """Let time pass until nothing more can happen, and check that every text is in a final state."""
        begun = self.now
        for minutes in MINUTES_AT_THE_END:
            self.now = begun + timedelta(minutes=minutes)
            self.sweep()
            self.deliver(self.outcome_at_the_end, lists=self.lists_at_the_end)
            self.a_text_is_at_the_carrier_once_at_most_or_twice_if_it_was_sent_again()
        found = [stored(self.account, message) for message in self.states]
        reserved = sum(quota["used"] for quota in store.query(keys.quota(self.account.id, "")))

        assert {message.state for message in found} <= FINAL
        assert [message.due_at for message in found] == [None] * len(found)
        assert counted_units(self.account) == sum(message.charged_units for message in found) == reserved

    def run_jobs(self, bodies: list[str], crash: Crash | None) -> bool:
        """Have a worker do these jobs; return whether it was not killed."""

        def act() -> None:
            before = len(self.carrier.called)
            deliver_job = worker.prepare(bodies, self.carrier, self.now)
            for body in bodies:
                deliver_job(body)
            assert not self.stopped or len(self.carrier.called) == before

        return not bodies or self.run_killable(act, crash)

    def run_killable(self, act: Callable[[], object], crash: Crash | None) -> bool:
        """Run a process that may be killed; return whether it was not."""
        with Crash(crash.call, crash.before) if crash else Crash(0, before=True):
            act()
            return True
        return False

    def check_states(self, model: Any, **_: Any) -> None:
        """Check after each write that every change of state is allowed."""
        if model.name not in ("UpdateItem", "TransactWriteItems"):
            return
        for message, before in self.states.items():
            key = wire_key(keys.message(self.account.id, message))
            item = from_wire(self.separate_client.get_item(TableName="longcode", Key=key)["Item"])
            now, again = MessageState(item["state"]), bool(item.get("resent"))
            self.states[message] = now
            if again:
                self.resent.add(message)
            sent_again = again and (before, now) == (MessageState.UNCERTAIN, MessageState.SENDING)
            assert now == before or now in NEXT_STATES.get(before, set()) or sent_again, (before, now)


@pytest.mark.long
def test_a_text_is_never_sent_twice_and_never_lost_whatever_happens() -> None:
    bounded = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(Life, settings=bounded)
