"""Fetch new replies from Longcode: run it every five minutes, by cron or the Task Scheduler.

    LONGCODE_PASSWORD=... python3 poll_inbox.py --api https://api.example/v1 --account 10000001 \
        --replies replies.jsonl --cursor inbox.cursor

Each reply is appended to the file `--replies` as a line of JSON. The file `--cursor` keeps the place at which the
next run continues. Replies are written to disk before the cursor: if the machine stops in between, the next run
fetches them again. So A REPLY MAY COME TWICE, always with the same `delivery_id`: a reader of the file must ignore a
`delivery_id` that it has read before.

It needs Python's standard library only. Exit code 0: everything is fetched; 1: try again at the next run.
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
    asked = arguments()
    cursor = asked.cursor.read_text().strip() if asked.cursor.exists() else "0"
    try:
        while True:
            page = fetch(asked, cursor)
            append(asked.replies, page["items"])
            if page["next_cursor"] == cursor:
                return 0
            cursor = page["next_cursor"]
            save(asked.cursor, cursor)
    except HTTPError as refused:
        print(f"Longcode says {refused.code}: {refused.read(2000).decode(errors='replace')}", file=sys.stderr)
    except (OSError, HTTPException, ValueError, KeyError) as error:  # no network, a full disk, a truncated response
        print(f"Nothing is lost, the next run goes on here: {error!r}", file=sys.stderr)
    return 1


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fetch new replies from Longcode.")
    parser.add_argument("--api", required=True, help="the API's address, such as https://api.example/v1")
    parser.add_argument("--account", required=True, help="the account number; the password is in LONGCODE_PASSWORD")
    parser.add_argument("--replies", type=Path, required=True, help="the file that replies are added to")
    parser.add_argument("--cursor", type=Path, required=True, help="the file that keeps the place")
    return parser.parse_args()


def fetch(asked: argparse.Namespace, cursor: str) -> dict[str, Any]:
    """Return the page of replies after a cursor, oldest first."""
    credentials = b64encode(f"{asked.account}:{os.environ['LONGCODE_PASSWORD']}".encode()).decode()
    address = f"{asked.api}/inbox?{urlencode({'after': cursor, 'limit': 200})}"
    request = Request(address, headers={"Authorization": f"Basic {credentials}"})  # noqa: S310 - the studio's own choice
    with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        page: dict[str, Any] = json.load(answer)
    return page


def append(file: Path, replies: list[dict[str, Any]]) -> None:
    """Append replies to the file and sync it to disk."""
    with file.open("a+b") as lines:
        if lines.tell() and not ends_a_line(file):
            lines.write(b"\n")  # a run was interrupted within a line; its reply comes again
        for reply in replies:
            lines.write(json.dumps(reply).encode() + b"\n")
        lines.flush()
        os.fsync(lines.fileno())


def ends_a_line(file: Path) -> bool:
    """Return whether the file ends with a line break."""
    with file.open("rb") as lines:
        lines.seek(-1, os.SEEK_END)
        return lines.read() == b"\n"


def save(file: Path, cursor: str) -> None:
    """Replace the cursor atomically: whenever the machine stops, the old or the new one is there."""
    new = file.with_name(f"{file.name}.new")
    with new.open("w") as kept:
        kept.write(cursor)
        kept.flush()
        os.fsync(kept.fileno())
    new.replace(file)


if __name__ == "__main__":
    sys.exit(main())
