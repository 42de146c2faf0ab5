"""The studio's clients, their phones and their permission.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from longcode_client.calls import Calls, in_path
from longcode_client.items import Items


class ClientForm(TypedDict, total=False):
    """A client's record. Without `consent`, a client who newly allows texts is kept as `unknown`."""

    first_name: str
    last_name: str
    phones: list[PhoneForm]
    allow_text_marketing: bool
    consent: ConsentForm | None
    tags: list[str]
    status: str | None
    time_zone: str | None
    fields: dict[str, str] | None


class ConsentForm(TypedDict):
    """How a client agreed to texts: by which means, on which day, and who heard of it."""

    means: ConsentMeans
    given_on: NotRequired[str | None]
    taken_by: NotRequired[str | None]


# How a client agreed to texts.
ConsentMeans = Literal["paper", "phone", "web_form", "import", "unknown"]


# Whether an empty cell of a CSV file keeps the client's value or clears it.
EmptyCells = Literal["keep", "clear"]


class ImportReport(TypedDict):
    """The report of an import. `rows` are those of the file.

    `written`, `unchanged`, `refused` and `items` are of this call. While `next_cursor` is not null, rows are
    left: the same file is sent again with it as `cursor`.
    """

    rows: int
    written: int
    unchanged: int
    refused: int
    dry_run: bool
    next_cursor: str | None
    items: list[ImportedRow]


class ImportedRow(TypedDict):
    """What became of a row of a file. `row` counts rows without the heading; `line` is the line where it begins.

    An `unchanged` row says what its client's record has already; it is not written. A refused row has `code`,
    `detail`, `field` and `column` (as the file spells it) of its first fault; if it has several, `errors` has
    all of them. A row with `warnings` was not refused.
    """

    row: int
    id: str | None
    status: Literal["created", "updated", "unchanged", "refused"]
    line: NotRequired[int | None]
    code: NotRequired[str | None]
    field: NotRequired[str | None]
    column: NotRequired[str | None]
    detail: NotRequired[str | None]
    errors: NotRequired[list[RowError] | None]
    warnings: NotRequired[list[Warned] | None]


class Permission(TypedDict):
    """When Allow Text Marketing was last checked or unchecked, by whom, as in `Writer`, and how the client agreed.

    How the client agreed is as in `Consent`; `means` is None if it is unchecked, or was checked before that was
    kept.
    """

    since: str
    via: Via
    person: NotRequired[str | None]
    key: NotRequired[str | None]
    means: NotRequired[ConsentMeans | None]
    given_on: NotRequired[str | None]
    taken_by: NotRequired[str | None]
    source: NotRequired[str | None]
    words_version: NotRequired[int | None]


class Phone(TypedDict):
    """A client's number in E.164 and as the studio entered it, and whether its SMS box is ticked."""

    number: str
    entered: str
    sms: NotRequired[bool]
    label: NotRequired[str | None]


class PhoneForm(TypedDict):
    """A phone number as it was typed, and whether its SMS box is ticked."""

    number: str
    sms: NotRequired[bool]
    label: NotRequired[str | None]


class RowError(TypedDict):
    """What is wrong in a row of a file."""

    code: str
    field: NotRequired[str | None]
    column: NotRequired[str | None]
    detail: str


class ShownClient(TypedDict):
    """A client's record as a studio sees it, with each number in E.164 and as it was entered.

    `unreachable` are the ticked numbers that staff should untick: two texts came back because the number is a
    landline or unknown. Broadcasts leave them out. `permission` says when Allow Text Marketing was last checked
    or unchecked, `via` the hub, the API or an import, and by which `person` or API `key`; with neither, it was
    the account's password. It is null if it was never checked, or before December 2026. Its `means` say how the
    client agreed, if that was kept; it is null if texts are not allowed.
    """

    id: str
    first_name: str
    last_name: str
    phones: list[Phone]
    allow_text_marketing: bool
    tags: list[str]
    status: str | None
    time_zone: str | None
    fields: dict[str, str]
    permission: Permission | None
    updated_at: str
    unreachable: list[str]


class TagForm(TypedDict):
    """A tag that many clients get, or lose: those of `client_ids`, or those that the criteria find, or `everyone`."""

    tag: str
    remove: NotRequired[bool]
    client_ids: NotRequired[list[str]]
    text: NotRequired[str]
    with_tag: NotRequired[str | None]
    status: NotRequired[str | None]
    everyone: NotRequired[bool]


class TagReport(TypedDict):
    """How many clients a call looked at and changed; `full` ones have as many tags as they may have already."""

    looked_at: int
    changed: int
    full: int
    next_cursor: str | None


# By which way a client was written: in the hub, over the API, with a file, or by the client on a join page.
Via = Literal["hub", "api", "import", "join_page"]


class Warned(TypedDict):
    """What a person should check in a row of a file."""

    field: str
    column: NotRequired[str | None]
    detail: str


class ClientsApi(Calls):
    """The studio's clients, their phones and their permission."""

    def change_tags(self, body: TagForm, *, cursor: str | None = None) -> TagReport:
        """Add a tag to many clients, or remove it.

        The clients are those of `client_ids`, or those that `text`, `with_tag` and `status` find together, or
        `everyone`. While `next_cursor` is not null, send the same body again with it as `cursor` to continue. A
        repeated request does no harm.
        """
        answer: TagReport = self._call("POST", "/client-tags", query={"cursor": cursor}, body=body).json()
        return answer

    def list_clients(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ShownClient]:
        """List clients by id."""
        return self._items("/clients", {"limit": limit}, "cursor", cursor)

    def import_clients(
        self,
        file: bytes,
        *,
        content_type: str = "text/csv",
        dry_run: bool | None = None,
        empty_cells: EmptyCells | None = None,
        cursor: str | None = None,
    ) -> ImportReport:
        """Import clients from CSV or JSON lines, with a report on each row.

        The body is a file of up to 10,000 rows and 4 MB: CSV (`text/csv`) as spreadsheets write it, or JSON
        lines (`application/x-ndjson`). Its columns are `id`, `first_name`, `last_name`, `allow_text_marketing`,
        `tags` (separated by semicolons), `status`, `time_zone`, `phone`, `sms`, and `phone_2`, `sms_2` to
        `phone_5`, `sms_5`, and the name of each of the studio's own fields (`client_fields` of the account; in
        JSON, the object `fields`). `text_marketing_means`, `text_marketing_given_on` and
        `text_marketing_taken_by` say how a client agreed whom the row newly allows texts (in JSON, `consent`).
        Only `id` is required. What a row does not name stays as it is. The report says of each row whether its
        client was `created`, `updated` or `unchanged`, with `warnings` about what a person should check, or why
        it was `refused`, with line and column. A refused row does not stop the others. While `next_cursor` is
        not null, send the same file again with it as `cursor` to continue.
        """
        answer: ImportReport = self._call(
            "POST",
            "/clients/import",
            query={"dry_run": dry_run, "empty_cells": empty_cells, "cursor": cursor},
            body=file,
            content_type=content_type,
        ).json()
        return answer

    def show_client(self, client_id: str) -> ShownClient:
        """Show a client."""
        answer: ShownClient = self._call("GET", f"/clients/{in_path(client_id)}", repeatable=True).json()
        return answer

    def put_client(self, client_id: str, body: ClientForm) -> ShownClient:
        """Write a client under the studio's own id."""
        answer: ShownClient = self._call("PUT", f"/clients/{in_path(client_id)}", body=body, repeatable=True).json()
        return answer

    def delete_client(self, client_id: str) -> None:
        """Delete a client.

        Its messages are kept.
        """
        self._call("DELETE", f"/clients/{in_path(client_id)}", repeatable=True)
