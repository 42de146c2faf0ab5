"""Sign a studio up as studios do: through the API, with the credentials in a mail."""

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
class Credentials:
    """The credentials of a studio, for HTTP Basic."""

    account: str
    password: str


def sign_up(stack: Stack, form: dict[str, str], *, seconds: float = 20) -> Credentials:
    """Post the form and return the credentials in the mail; raise `Failed` without a mail in time."""
    response = urllib3.request("POST", f"{stack.api_url}/signup", json=form, timeout=30, retries=False)
    if response.status != 202:
        raise Failed(f"POST /signup: {response.status} {response.data.decode()}")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        matches = [_CREDENTIALS.search(str(mail["BodyText"])) for mail in mails_to(stack, form["email"])]
        for credentials in filter(None, matches):
            return Credentials(*credentials.groups())
        time.sleep(0.1)
    raise Failed(f"no credentials came to {form['email']} within {seconds} s")


def mails_to(stack: Stack, address: str) -> list[dict[str, Any]]:
    """Return the mails to an address, oldest first."""
    return [mail for mail in mails(stack.emulator_url) if address in mail["To"]]
