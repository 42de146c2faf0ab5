"""Fetch new replies from Longcode. Run it every five minutes, from cron or the Task Scheduler.

    LONGCODE_PASSWORD=... python3 poll_inbox.py --api https://api.example/v1 --account 10000001 \
        --replies replies.jsonl --cursor inbox.cursor

Each reply is appended to the file `--replies` as a line of JSON. The file `--cursor` stores where the next run
continues. Replies are written to disk before the cursor: if the machine stops in between, the next run fetches them
again. So A REPLY MAY COME TWICE, always with the same `delivery_id`: a reader of the file must ignore a `delivery_id`
that it has read before.

It needs only Python's standard library. Exit code 0: all replies are fetched; 1: the next run tries again.
"""

import argparse
import json
import os
import sys
from base64 import b64encode
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SECONDS = 30


def main() -> int:
    """Fetch page after page until the cursor no longer moves."""
    options = arguments()
    cursor = options.cursor.read_text().strip() if options.cursor.exists() else "0"
    try:
        while True:
            page = fetch(options, cursor)
            append(options.replies, page["items"])
            if page["next_cursor"] == cursor:
                return 0
            cursor = page["next_cursor"]
            save(options.cursor, cursor)
    except HTTPError as error:
        print(f"Longcode says {error.code}: {error.read(2000).decode(errors='replace')}", file=sys.stderr)
    except (OSError, HTTPException, ValueError, KeyError) as error:  # no network, a full disk, a truncated response
        print(f"Nothing is lost, the next run continues here: {error!r}", file=sys.stderr)
    return 1


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fetch new replies from Longcode.")
    parser.add_argument("--api", required=True, help="the API's address, such as https://api.example/v1")
    parser.add_argument("--account", required=True, help="the account number; the password is in LONGCODE_PASSWORD")
    parser.add_argument("--replies", type=Path, required=True, help="the file that replies are added to")
    parser.add_argument("--cursor", type=Path, required=True, help="the file that stores the next run's start")
    return parser.parse_args()


def fetch(options: argparse.Namespace, cursor: str) -> dict[str, Any]:
    """Return the page of replies after a cursor, oldest first."""
    credentials = b64encode(f"{options.account}:{os.environ['LONGCODE_PASSWORD']}".encode()).decode()
    address = f"{options.api}/inbox?{urlencode({'after': cursor, 'limit': 200})}"
    request = Request(address, headers={"Authorization": f"Basic {credentials}"})  # noqa: S310 - the studio's own choice
    with urlopen(request, timeout=SECONDS) as response:  # noqa: S310
        page: dict[str, Any] = json.load(response)
    return page


def append(file: Path, replies: list[dict[str, Any]]) -> None:
    """Append replies to the file and sync it to disk."""
    with file.open("a+b") as output:
        if output.tell() and not ends_a_line(file):
            output.write(b"\n")  # a run was interrupted within a line; its reply comes again
        for reply in replies:
            output.write(json.dumps(reply).encode() + b"\n")
        output.flush()
        os.fsync(output.fileno())


def ends_a_line(file: Path) -> bool:
    """Return whether the file ends with a line break."""
    with file.open("rb") as replies:
        replies.seek(-1, os.SEEK_END)
        return replies.read() == b"\n"


def save(file: Path, cursor: str) -> None:
    """Replace the cursor atomically: if the machine stops, the file has either the old or the new cursor."""
    new = file.with_name(f"{file.name}.new")
    with new.open("w") as output:
        output.write(cursor)
        output.flush()
        os.fsync(output.fileno())
    new.replace(file)


if __name__ == "__main__":
    sys.exit(main())
