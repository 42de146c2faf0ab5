"""The fields and files of a posted form, as text (`application/x-www-form-urlencoded`) or in parts (RFC 7578).

Python's `email` would read the parts as those of a mail: line by line, decoded, and parts of parts, however deep.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from msgspec import Struct

ID = re.compile(r"[0-9a-f]{32}")
"""The ids of what forms create: `uuid4().hex`."""

_MOST_FIELDS = 200
_BOUNDARY = re.compile(r'^multipart/form-data;.*boundary="?([^";, ]{1,70})', re.IGNORECASE)  # RFC 2046 §5.1.1
_DISPOSITION = re.compile(r"^content-disposition: *form-data(;.*)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(r'; *(name|filename)="([^"\r\n]*)"')


class File(Struct, frozen=True):
    """A file that was sent with a form, and its name on the person's device."""

    name: str
    content: bytes


def read(event: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, File]]:
    """Return the fields and files of an event's form, of those with the same name the last one.

    A form with too many fields, or without an end, has none.
    """
    text = str(event.get("body") or "")
    try:
        body = b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
        headers = event.get("headers") or {}
        kind = next((value for name, value in headers.items() if name.casefold() == "content-type"), "")
        if boundary := _BOUNDARY.search(kind):
            return _of_parts(_parts(body, boundary[1].encode()))
        pairs = parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        return {}, {}
    return dict(pairs), {}


def key(fields: Mapping[str, str]) -> str:
    """Return the id of what a form creates: its field `key`, so that a form sent twice creates one, or a new id."""
    given = fields.get("key", "")
    return given if ID.fullmatch(given) else uuid4().hex


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """Return what is between the delimiters, each of which is a line of its own."""
    line = re.compile(rb"\r\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    body = b"\r\n" + body
    parts, start = [], None
    for delimiter in islice(line.finditer(body), _MOST_FIELDS + 1):
        if start is not None:
            parts.append(body[start : delimiter.start()])
        if delimiter[1]:
            return parts
        start = delimiter.end()
    return []


def _of_parts(parts: list[bytes]) -> tuple[dict[str, str], dict[str, File]]:
    fields: dict[str, str] = {}
    files: dict[str, File] = {}
    for part in parts:
        head, _, content = part.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head.decode(errors="replace"))
        names = dict(_NAME.findall(disposition[1])) if disposition else {}
        if "filename" in names:
            files[names.get("name", "")] = File(names["filename"], content)
        elif "name" in names:
            fields[names["name"]] = content.decode(errors="replace")
    return fields, files
