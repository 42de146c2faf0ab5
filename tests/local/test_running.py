"""`make logs`, `make mail` and `make stop` on files, a mail and a process of their own."""

import subprocess
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from infra.local.running import as_text, followed, stop
from infra.local.stack import Stack

STACK = Stack(
    api_url="http://127.0.0.1:1/v1",
    emulator_url="http://127.0.0.1:1",
    carrier_url="http://127.0.0.1:2",
    account_sid="AC1",
    auth_token="token",
    shared_numbers=["+12135550100"],
    table_name="table",
    close_month_function="CloseMonth",
    admin_function="Admin",
    sweep_function="SendDue",
    reconcile_function="InboxReconcile",
    replies_topic="arn:aws:sns:us-east-1:000000000000:replies",
    webhook_certificate="webhooks.pem",
    logs="logs",
    pid=0,
)


def test_logs_are_followed_from_their_last_lines_until_the_stack_ends(tmp_path: Path) -> None:
    carrier, emulator = tmp_path / "carrier.log", tmp_path / "emulator.log"
    carrier.write_text("".join(f"request {number}\n" for number in range(1, 101)))
    emulator.write_text("ready\n")
    written = iter(["first\n", "second\n"])

    def goes_on() -> bool:
        line = next(written, None)
        with emulator.open("a") as log:
            log.write(line or "last\n")
        return line is not None

    lines = list(followed([carrier, emulator], goes_on))

    assert lines[0] == "request 61\n"
    assert lines[39:] == ["request 100\n", "ready\n", "first\n", "second\n", "last\n"]


def test_a_mail_is_shown_with_time_address_subject_and_words() -> None:
    sent = datetime(2026, 11, 30, 17, 34, 45).astimezone()
    mail = {
        "To": ["ann@fox.example"],
        "Subject": "Your account",
        "BodyText": "Hello,\n\nWelcome!\n\n",
        "Timestamp": str(sent.timestamp()),
    }

    assert as_text(mail) == "== 17:34:45  to ann@fox.example\n== Your account\n\nHello,\n\nWelcome!\n"


def test_stop_waits_until_the_process_of_the_stack_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    process = subprocess.Popen(["sleep", "60"])
    threading.Thread(target=process.wait, daemon=True).start()  # an ended child is alive until somebody waits for it

    stop(replace(STACK, pid=process.pid))

    assert process.wait() == -15
    assert capsys.readouterr().out == "the stack at http://127.0.0.1:1/v1 has ended\n"
