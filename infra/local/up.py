"""`make up`: runs the whole system on this machine with a demo studio, until Ctrl-C."""

import signal
import sys
import time
from types import FrameType

from infra.local import stack
from infra.local.processes import Failed
from infra.local.studio import Studio, sign_up

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEMO_STUDIO = {
    "studio_name": "Demo Studio",
    "email": "studio@demo.example",
    "product": "spectra",
    "edition": "professional",
    "plan": "medium",
}


def up() -> None:
    """Start a stack, tell its addresses, and stay until the end is called for."""
    start = time.monotonic()
    other = stack.find()
    if other:
        raise Failed(f"a stack runs already, at {other.api_url} (process {other.pid})")
    with stack.new_stack(_tell) as mine, stack.found_by_others(mine):
        studio = sign_up(mine, _DEMO_STUDIO)
        _tell(f"{time.monotonic() - start:6.1f} s  in all\n")
        _tell(_welcome(mine, studio))
        while True:
            signal.pause()


def _welcome(mine: stack.Stack, studio: Studio) -> str:
    return f"""API       {mine.api_url}
account   {studio.account}
password  {studio.password}
phones    {mine.carrier_url}/
AWS       {mine.emulator_url}
logs      {mine.logs}

curl -u {studio.account}:{studio.password} {mine.api_url}/account

Ctrl-C ends it all."""


def _tell(line: str) -> None:
    print(line, flush=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    """Leave, also while starting, through every clean-up, which a second Ctrl-C does not cut short."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    _tell("\nstopping")
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
