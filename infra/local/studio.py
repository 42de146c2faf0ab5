"""A studio signs up as studios do: through the API, and its credentials come by mail."""

import re
import time
from dataclasses import dataclass
from typing import Any

import urllib3

from infra.local.emulator import mails
from infra.local.processes import Failed
from infra.local.stack import Stack

_CREDENTIALS = re.compile(r"Account number: (\S+)\s+Password: (\S+)")


@dataclass(frozen=True, slots=True)
class Studio:
    """What a studio holds after signing up: what HTTP Basic wants."""

    account: str
    password: str


def sign_up(stack: Stack, form: dict[str, str], *, seconds: float = 20) -> Studio:
    """Fill in the form and read the credentials from the mail."""
    answer = urllib3.request("POST", f"{stack.api_url}/signup", json=form, timeout=30, retries=False)
    if answer.status != 202:
        raise Failed(f"POST /signup: {answer.status} {answer.data.decode()}")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = [_CREDENTIALS.search(str(mail["BodyText"])) for mail in mails_to(stack, form["email"])]
        for credentials in filter(None, found):
            return Studio(*credentials.groups())
        time.sleep(0.1)
    raise Failed(f"no credentials came to {form['email']} within {seconds} s")


def mails_to(stack: Stack, address: str) -> list[dict[str, Any]]:
    """List the mails to an address, oldest first."""
    return [mail for mail in mails(stack.emulator_url) if address in mail["To"]]
