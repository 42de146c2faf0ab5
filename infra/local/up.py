"""`make up`: run the whole system on this machine, with a studio for the API and one for the hub, until Ctrl-C."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from types import FrameType
from zoneinfo import ZoneInfo

from infra.local import stack
from infra.local.folder import LOCAL
from infra.local.lively_studio import FORM, open_lively_studio
from infra.local.processes import ROOT, Failed, free_port
from infra.local.studio import Credentials, sign_up
from infra.local.visitor import sign_in_link

VARIABLES = LOCAL / "variables"
"""The file of a running stack that sets the shell variables of the examples in docs/guide/."""

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEMO_STUDIO = {
    "studio_name": "Demo Studio",
    "email": "studio@demo.example",
    "product": "spectra",
    "edition": "professional",
    "plan": "medium",
}


def up() -> None:
    """Start a stack, print its addresses, and wait for a signal."""
    start = time.monotonic()
    other = stack.find()
    if other:
        raise Failed(f"another stack is running, at {other.api_url} (process {other.pid})")
    with stack.new_stack(_print) as own, stack.findable(own):
        studio = sign_up(own, DEMO_STUDIO)
        open_lively_studio(own)
        _print(f"{time.monotonic() - start:6.1f} s  in total\n")
        with _variables_in(VARIABLES, variables(own, studio)):
            _print(_welcome(own, studio, sign_in_link(own, FORM["email"])))
            while True:
                signal.pause()


def variables(own: stack.Stack, studio: Credentials) -> dict[str, str]:
    """Return the shell variables of the examples in docs/guide/, which says what each is for."""
    today = datetime.now(ZoneInfo("America/Chicago"))
    next_month = datetime(
        today.year + today.month // 12, today.month % 12 + 1, 1, 9, tzinfo=UTC
    )  # 03:00 or 04:00 there
    return {
        "API": own.api_url,
        "ACCOUNT": studio.account,
        "PASSWORD": studio.password,
        "CARRIER": own.carrier_url,
        "MAILBOX": f"{own.emulator_url}/_ministack/ses/messages",
        "CERTIFICATE": own.webhook_certificate,
        "WEBHOOK_PORT": str(free_port()),
        "CLOSE_MONTH": f"{own.emulator_url}/2015-03-31/functions/{own.close_month_function}/invocations",
        "MONTH": f"{today:%Y-%m}",
        "NEXT_MONTH": f"{next_month:%Y-%m-%dT%H:%M:%SZ}",
    }


def write_variables(file: Path, values: Mapping[str, str]) -> None:
    """Write a file that sets and exports shell variables; only its owner can read the password in it."""
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={quote(value)}\n" for name, value in values.items()))


@contextmanager
def _variables_in(file: Path, values: Mapping[str, str]) -> Iterator[None]:
    write_variables(file, values)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _welcome(own: stack.Stack, studio: Credentials, link: str) -> str:
    return f"""API       {own.api_url}
account   {studio.account}
password  {studio.password}
hub       {link}
          signs in once, within 15 minutes, to {FORM["studio_name"]}, which has clients and two months of texts
operator  {own.api_url}/hub/operator, as {stack.OPERATOR}: `make mail` has the link
phones    {own.carrier_url}/
AWS       {own.emulator_url}
logs      {own.logs}

In another terminal, in the same folder:

    . {VARIABLES.relative_to(ROOT)}
    curl -u "$ACCOUNT:$PASSWORD" "$API/account"

docs/guide/quickstart.md goes on from there. `make cli` installs `longcode`, for the operator. Ctrl-C stops all."""


def _print(line: str) -> None:
    print(line, flush=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    """Exit with all clean-ups, also during the start; a second Ctrl-C does not interrupt them."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    _print("\nstopping")
    raise SystemExit(0)


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    for number in _ENDS:
        signal.signal(number, _end)
    try:
        up()
    except Failed as failed:
        sys.exit(f"make up: {failed}")


if __name__ == "__main__":
    main()
