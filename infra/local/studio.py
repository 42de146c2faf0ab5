"""Sign a studio up as studios do: through the API, with a link and the credentials in mails; and approve it."""

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from infra.local.emulator import mails
from infra.local.processes import Failed
from infra.local.stack import Stack

_LINK = re.compile(r"https?://\S+/signup/address/\S+")
_BUTTON = re.compile(r'name="form" value="([^"]+)"')
_CREDENTIALS = re.compile(r"Account number: (\S+)\s+Password: (\S+)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a studio, for HTTP Basic."""

    account: str
    password: str


def sign_up(stack: Stack, form: dict[str, str], *, seconds: float = 20, approved: bool = True) -> Credentials:
    """Post the form, confirm the address, and return the credentials in the mail, of an approved account.

    Raise `Failed` without a mail in time.
    """
    response = urllib3.request("POST", f"{stack.api_url}/signup", json=form, timeout=30, retries=False)
    if response.status != 202:
        raise Failed(f"POST /signup: {response.status} {response.data.decode()}")
    confirm_address(mailed(stack, form["email"], _LINK, seconds)[0])
    credentials = Credentials(*mailed(stack, form["email"], _CREDENTIALS, seconds).groups())
    if approved:
        approve(stack, credentials.account)
    return credentials


def confirm_address(link: str) -> None:
    """Open a mailed link, and press the button on its page."""
    page = urllib3.request("GET", link, timeout=30, retries=False)
    button = _BUTTON.search(page.data.decode())
    if button is None:
        raise Failed(f"GET {link}: {page.status} {page.data.decode()}")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"form": button[1]})
    answer = urllib3.request("POST", link, body=body, headers=headers, timeout=30, retries=False)
    if answer.status != 200:
        raise Failed(f"POST {link}: {answer.status} {answer.data.decode()}")


def approve(stack: Stack, account: str) -> None:
    """Let the operator approve an account."""
    answer = stack.invoke(stack.admin_function, {"do": "accounts.approve", "account": account, "by": "make up"})
    if not isinstance(answer, dict) or not answer.get("approved"):
        raise Failed(f"accounts.approve: {answer}")


def mailed(stack: Stack, address: str, pattern: re.Pattern[str], seconds: float) -> re.Match[str]:
    """Wait for a mail to an address in which a pattern is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        matches = [pattern.search(str(mail["BodyText"])) for mail in mails_to(stack, address)]
        for match in filter(None, matches):
            return match
        time.sleep(0.1)
    raise Failed(f"no mail with {pattern.pattern!r} came to {address} within {seconds} s")


def mails_to(stack: Stack, address: str) -> list[dict[str, Any]]:
    """Return the mails to an address, oldest first."""
    return [mail for mail in mails(stack.emulator_url) if address in mail["To"]]
