"""`make up`: run the whole system on this machine, with a demo studio, until Ctrl-C."""

import signal
import sys
import time
from types import FrameType

from infra.local import stack
from infra.local.processes import Failed
from infra.local.studio import Credentials, sign_up

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEMO_STUDIO = {
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
        studio = sign_up(own, _DEMO_STUDIO)
        _print(f"{time.monotonic() - start:6.1f} s  in total\n")
        _print(_welcome(own, studio))
        while True:
            signal.pause()


def _welcome(own: stack.Stack, studio: Credentials) -> str:
    return f"""API       {own.api_url}
account   {studio.account}
password  {studio.password}
phones    {own.carrier_url}/
AWS       {own.emulator_url}
logs      {own.logs}

curl -u {studio.account}:{studio.password} {own.api_url}/account

Ctrl-C stops everything."""


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
