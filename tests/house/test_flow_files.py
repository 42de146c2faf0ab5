"""Limits the number of files in which each flow calls functions.

Left out are the five files of longcode/aws, and what stands around a flow: its handlers, the authoriser, the limit on
an account's calls, the carrier's own file, and the mail of an invoice.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from billing import close_month_schedule
from longcode.accounts import store as accounts
from longcode.aws import queues
from longcode.billing import closing
from longcode.carriers.carrier import Receipt
from longcode.jobs import Bill, HandleKeyword
from longcode.message import MessageState
from optout import worker as optout_worker
from send import api, receipts
from sweeper import sweep_schedule
from tests.support import broadcast_steps, trigger_steps
from tests.support.billed_texts import text
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.reply_steps import receive, record_text
from tests.support.source_reading import FUNCTIONS
from tests.support.text_steps import deliver

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@contextmanager
def entered() -> Iterator[set[str]]:
    """Collect the files of functions/ in which a function is called, in any thread."""
    files: set[str] = set()
    root = f"{FUNCTIONS}/"

    def note(frame: FrameType, event: str, _arg: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(root) and frame.f_code.co_name != "<module>":
            files.add(name.removeprefix(root))
            files.difference_update({f"longcode/aws/{name.rpartition('/')[2]}", "longcode/usage/call_limits.py"})

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def test_a_text_and_its_receipt_enter_forty_files_at_most_besides_aws() -> None:
    client(studio())

    with entered() as files:
        answer = call(api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account="10000001")
        reference = f"10000001.{answer.json['messages'][0]['id']}"
        deliver(FakeCarrier(), datetime.now(UTC))
        receipt = Receipt(
            carrier="twilio", carrier_id="SM1", reference=reference, state=MessageState.DELIVERED, at=None
        )
        receipts.apply_receipt(receipt, datetime.now(UTC))

    assert {"send/api.py", "send/worker.py", "send/receipts.py"} <= files
    assert len(files) <= 40, sorted(files)


def test_a_reply_enters_twenty_seven_files_at_most_besides_aws() -> None:
    account = studio()
    client(account)
    record_text(account)

    with entered() as files:
        receive()

    assert "inbox/worker.py" in files
    assert len(files) <= 27, sorted(files)


def test_a_stop_enters_thirty_files_at_most_besides_aws() -> None:
    account = studio()
    client(account)
    record_text(account)

    with entered() as files:
        receive(body="Stop")
        for job in take_queued("opt_out"):
            optout_worker.handle_keyword(queues.read(HandleKeyword, job), NOW)

    assert {"inbox/worker.py", "optout/worker.py"} <= files
    assert len(files) <= 30, sorted(files)


def test_a_months_close_enters_seventeen_files_at_most_besides_aws_and_the_mail() -> None:
    studio()
    text(1_100)

    with entered() as files:
        close_month_schedule.act({"time": "2026-12-01T09:00:00Z"}, FIRST)
        for job in take_queued("bill"):
            account = accounts.get_or_raise(queues.read(Bill, job).account)
            assert closing.close(account, "2026-11", lambda: FIRST)

    assert {"billing/close_month_schedule.py", "longcode/billing/closing.py"} <= files
    assert len(files) <= 17, sorted(files)


def test_a_broadcast_enters_thirty_six_files_at_most_besides_aws() -> None:
    account = studio()
    broadcast_steps.write_clients(account, 3)

    with entered() as files:
        broadcast_steps.send(account)

    assert {"broadcasts/api.py", "broadcasts/worker.py"} <= files
    assert len(files) <= 36, sorted(files)


def test_a_trigger_enters_twenty_two_files_at_most_besides_aws() -> None:
    account = studio(edition="Professional")
    client(account)
    trigger_steps.write_trigger()

    with entered() as files:
        trigger_steps.report_event(account)
        at = NOW + timedelta(days=11)
        sweep_schedule.sweep(at)
        trigger_steps.fire_all(at)

    assert {"triggers/events_api.py", "sweeper/sweep_schedule.py", "triggers/fire_worker.py"} <= files
    assert len(files) <= 22, sorted(files)
