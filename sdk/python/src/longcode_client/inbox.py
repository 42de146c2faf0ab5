"""`longcode-inbox` fetches new replies and hands each to a program or a file. Run it every five minutes.

It stores its place after each reply. If it is interrupted between the two, the next run hands the reply over again.
So A REPLY MAY COME TWICE, always with the same `delivery_id`, and none is lost. Two runs never work at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from longcode_client.client import Longcode
from longcode_client.errors import LongcodeError
from longcode_client.handover import Handover, NotTaken, add_line, to_program, write_file
from longcode_client.place import Busy, Place, Unreadable, locked

PAGE_SIZE = 200
_PASSWORD = "LONGCODE_PASSWORD"  # noqa: S105 - the name of a variable


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Return 0 if all replies are handed over; 1 if the next run has to go on."""
    options = _options(arguments)
    try:
        password = _password(options)
        with Longcode(options.api, options.account, password) as client, locked(options.cursor):
            run(client, Place.read(options.cursor), _handover(options))
    except KeyboardInterrupt:
        return _failed("interrupted")
    except Busy:
        return _failed(f"another run is at work with {options.cursor}")
    except (LongcodeError, NotTaken, Unreadable, OSError, ValueError, LookupError) as error:
        return _failed(str(error) or repr(error))
    return 0


def run(client: Longcode, place: Place, hand_over: Handover) -> None:
    """Hand over all replies after a place, oldest first, and store each new place."""
    for page in client.list_new_replies(after=place.after, limit=PAGE_SIZE).pages():
        for reply in page["items"]:
            if reply["delivery_id"] not in place.handed_over:
                hand_over(reply)
                place.add(reply["delivery_id"])
        if page["next_cursor"] is not None:
            place.move(page["next_cursor"])


def _handover(options: argparse.Namespace) -> Handover:
    if options.run:
        secretless = {name: value for name, value in os.environ.items() if name != _PASSWORD}
        return to_program(options.run, options.seconds, secretless)
    return write_file(options.folder) if options.folder else add_line(options.replies)


def _password(options: argparse.Namespace) -> str:
    if options.password_file:
        lines = options.password_file.read_text(encoding="utf-8-sig").splitlines()
        return lines[0].strip() if lines else ""
    return os.environ.get(_PASSWORD, "")


def _failed(reason: str) -> int:
    print(f"longcode-inbox: {reason}. No reply is lost: the next run goes on.", file=sys.stderr)
    return 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run == []:
        parser.error("--run needs a program")
    if not options.password_file and not os.environ.get(_PASSWORD):
        parser.error(f"the password is missing: set {_PASSWORD} or give --password-file")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="longcode-inbox",
        description="Fetch new replies from Longcode, and hand each of them over once it is fetched.",
        epilog="The password, or an API key with the scope `read`, is in LONGCODE_PASSWORD or a file. A reply may "
        "come twice, always with the same delivery_id. Exit code 0: all is handed over; 1: the next run goes on.",
    )
    environment = os.environ
    for name, about in (
        ("api", "the API's address, such as https://api.example/v1"),
        ("account", "the account number"),
    ):
        variable = f"LONGCODE_{name.upper()}"
        default = environment.get(variable)
        parser.add_argument(f"--{name}", default=default, required=not default, help=f"{about}; or {variable}")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="a file whose first line is the password")
    parser.add_argument("--cursor", type=Path, required=True, metavar="FILE", help="where the place is stored")
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--folder", type=Path, help="write each reply to a file of its own here")
    to.add_argument("--replies", type=Path, metavar="FILE", help="add each reply to this file, as a line of JSON")
    to.add_argument(
        "--run",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="start this program for each reply, with the JSON on its standard input. If it ends with another code "
        "than 0, the next run hands the reply over again. All that follows belongs to the program",
    )
    parser.add_argument(
        "--seconds", type=float, default=300.0, help="how long the program may take for a reply; 300 if not given"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
