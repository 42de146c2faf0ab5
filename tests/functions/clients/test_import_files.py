"""Imports of files as people have them: what a file does not name stays, and what cannot be read is named."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from clients import api, bulk_import, export
from clients.export import Part
from clients.forms import ImportedRow
from longcode.accounts import store as accounts
from longcode.aws import clients as aws_clients
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone
from longcode.clients.permission import ConsentMeans, Via, Writer
from tests.support.fakes import NOW, ApiResponse, call, client, studio

pytestmark = pytest.mark.usefixtures("aws")

MOBILE = Phone(number="+12125550101", entered="2125550101", sms=False, label="mobile")
HOME = Phone(number="+12125550102", entered="2125550102")
ANN = {
    "first_name": "Ann",
    "last_name": "Lee",
    "phones": (MOBILE, HOME),
    "allow_text_marketing": True,
    "tags": ("family",),
    "status": "active",
    "time_zone": "America/Chicago",
}


def post(file: str | bytes, content_type: str = "text/csv", **query: str) -> ApiResponse:
    headers = {"content-type": content_type}
    body = file.encode() if isinstance(file, str) else file
    return call(api, "POST", "/clients/import", body, account="10000001", headers=headers, query=query or None)


def import_(file: str | bytes, content_type: str = "text/csv", **query: str) -> list[dict[str, Any]]:
    answer = post(file, content_type, **query)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def stored(client_id: str = "1") -> Client:
    found = clients.get("10000001", client_id)
    assert found
    return found


def changed(before: Client) -> dict[str, Any]:
    """Return what is different in the client with id 1, and how it is now."""
    after = stored()
    return {name: getattr(after, name) for name in ANN if getattr(after, name) != getattr(before, name)}


EXPORTED = "text_marketing_means,text_marketing_given_on,text_marketing_taken_by"


def test_a_studio_that_moves_its_clients_keeps_how_they_agreed() -> None:
    studio("10000001")
    studio("10000002")
    paper = {"means": "paper", "given_on": "2026-05-12", "taken_by": "Dana"}
    records = {"1": {"allow_text_marketing": True, "consent": paper}, "2": {"allow_text_marketing": True}, "3": {}}
    for client_id, record in records.items():
        assert call(api, "PUT", f"/clients/{client_id}", record, account="10000001").status == 201

    exported = export.csv_file("10000001", Part(None, 9), {})
    by = Writer(via=Via.IMPORT, person="Ann", file="clients.csv")
    moved = accounts.get_or_raise("10000002")
    report = bulk_import.import_file(moved, "text/csv", exported.encode(), NOW, writer=by)

    kept = {client_id: clients.get("10000002", client_id) for client_id in ("1", "2", "3")}
    first, second, third = (one.permission if one else None for one in kept.values())
    assert report["written"] == 3
    assert first
    assert second
    assert (first.means, first.given_on, first.taken_by) == (ConsentMeans.PAPER, date(2026, 5, 12), "Dana")
    assert (first.via, first.person, first.source, first.since) == (Via.IMPORT, "Ann", "clients.csv", NOW)
    assert (second.means, second.given_on, third) == (ConsentMeans.UNKNOWN, None, None)


def test_a_file_does_not_change_how_a_client_agreed_who_allows_texts_already() -> None:
    studio()
    consent = {"means": "paper", "given_on": "2026-05-12"}
    call(api, "PUT", "/clients/1", {"allow_text_marketing": True, "consent": consent}, account="10000001")
    before = stored()

    (item,) = import_(f"id,allow_text_marketing,{EXPORTED}\n1,yes,phone,2025-01-01,Bo")

    assert item["status"] == "unchanged"
    assert stored() == before


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("yes,,2026-05-12,Bo", ConsentMeans.IMPORT),
        ("no,paper,2026-05-12,Bo", None),
        (",paper,2026-05-12,Bo", None),
    ],
)
def test_a_row_without_means_or_without_texts_gives_no_evidence(cells: str, expected: ConsentMeans | None) -> None:
    studio()

    import_(f"id,allow_text_marketing,{EXPORTED}\n1,{cells}")

    kept = stored().permission
    assert (kept.means if kept else None) == expected
    assert kept is None or kept.given_on is None


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("by pigeon,2026-05-12,", "text_marketing_means"),
        ("paper,12/5/26,", "text_marketing_given_on"),
        ("paper,2199-01-01,", "text_marketing_given_on"),
    ],
)
def test_a_consent_that_cannot_be_read_refuses_its_row_and_names_the_column(cells: str, column: str) -> None:
    studio()

    (item,) = import_(f"id,allow_text_marketing,{EXPORTED}\n1,yes,{cells}")

    assert (item["status"], item["column"]) == ("refused", column)
    assert clients.get("10000001", "1") is None


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("id,status\n1,past", {"status": "past"}),
        ("id,allow_text_marketing\n1,no", {"allow_text_marketing": False}),
        ("id,tags\n1,mini; new", {"tags": ("mini", "new")}),
        ("id,First Name\n1,Anna", {"first_name": "Anna"}),
        ("id,phone\n1,(212) 555-0101", {"phones": (replace(MOBILE, entered="(212) 555-0101"), HOME)}),
        ("id,phone\n1,2125550109", {"phones": (Phone(number="+12125550109", entered="2125550109"), HOME)}),
        ("id,phone_2,sms_2\n1,2125550102,no", {"phones": (MOBILE, replace(HOME, sms=False))}),
        ("id,sms\n1,yes", {"phones": (replace(MOBILE, sms=True), HOME)}),
        ("id,phone_3\n1,2125550103", {"phones": (MOBILE, HOME, Phone(number="+12125550103", entered="2125550103"))}),
        ("id,phone,phone_2\n1,2125550102,2125550101", {"phones": (HOME, MOBILE)}),
        ("id,phone\n1,'+12125550101", {}),
        ("id\n1", {}),
        ("id,first_name,last_name,phone,sms,tags,status,time_zone,allow_text_marketing\n1,,,,,,,,", {}),
        ("id,status,tags\n1,\u200b,\u00a0", {}),
    ],
)
def test_an_import_changes_only_what_the_file_names(file: str, changes: dict[str, Any]) -> None:
    before = client(studio(), "1", **ANN)

    (item,) = import_(file)

    assert item == {"row": 1, "id": "1", "status": "updated" if changes else "unchanged"}
    assert changed(before) == changes


def test_a_new_number_is_ticked_unless_the_file_has_its_box() -> None:
    studio()

    import_("id,phone,phone_2,sms_2,phone_3,sms_3\n1,2125550101,2125550102,,2125550103,x\n")

    assert [phone.sms for phone in stored().phones] == [True, False, True]


def test_empty_cells_clear_if_the_request_says_so() -> None:
    before = client(studio(), "1", **ANN)

    import_("id,last_name,phone,sms_2,tags,status,time_zone,allow_text_marketing\n1,,,,,,,\n", empty_cells="clear")

    assert changed(before) == {
        "last_name": "",
        "phones": (replace(HOME, sms=False),),
        "allow_text_marketing": False,
        "tags": (),
        "status": None,
        "time_zone": None,
    }


def test_a_line_of_json_changes_only_what_it_names_and_clears_what_it_empties() -> None:
    before = client(studio(), "1", **ANN)

    import_(
        '{"id": "1", "tags": [], "status": null, "phones": [{"number": "2125550101"}, {"number": "2125550109"}]}',
        "application/x-ndjson",
    )

    assert changed(before) == {
        "phones": (MOBILE, Phone(number="+12125550109", entered="2125550109")),
        "tags": (),
        "status": None,
    }


def test_a_client_that_a_text_created_may_be_texted_until_the_file_says_otherwise() -> None:
    before = client(studio(), "1", **ANN | {"allow_text_marketing": False, "made_by_text": True})

    import_("id,first_name\n1,Anna")
    kept = stored().made_by_text
    import_("id,allow_text_marketing\n1,no")

    assert (before.made_by_text, kept, stored().made_by_text) == (True, True, False)


def test_a_put_still_replaces_the_record() -> None:
    client(studio(), "1", **ANN)

    call(api, "PUT", "/clients/1", {"first_name": "Anna"}, account="10000001")

    assert (stored().first_name, stored().last_name, stored().phones) == ("Anna", "", ())


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("id,first_name\r\nw1,José\r\n".encode(), "text/csv"),
        ("\ufeffid,first_name\r\nw1,José\r\n".encode(), "text/csv; charset=utf-8"),
        ("id;first_name\r\nw1;José\r\n".encode("cp1252"), "text/csv; charset=windows-1252"),
        ("id;first_name\r\nw1;José\r\n".encode("cp1252"), 'Text/CSV; header=present; Charset="ISO-8859-1"'),
        ("id\tfirst_name\r\nw1\tJosé\r\n".encode("utf-16"), "text/csv"),
        ("id\tfirst_name\r\nw1\tJosé\r\n".encode("utf-16-be"), "text/csv; charset=utf-16"),
        ('{"id": "w1", "first_name": "José"}'.encode(), "application/x-ndjson"),
        ('{"id": "w1", "first_name": "José"}'.encode("utf-16"), "application/x-ndjson"),
    ],
)
def test_bytes_are_read_in_their_encoding(file: bytes, content_type: str) -> None:
    studio()

    import_(file, content_type)

    assert stored("w1").first_name == "José"


@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8", "application/x-ndjson"])
@pytest.mark.parametrize(
    "file",
    [
        b"id,first_name\r\nw1,Jos\xe9\r\nw2,10 \x96 20",
        b"id,first_name\r\nw1,Jos\xef\xbf\xbd",
        b'{"id": "w1", "first_name": "Jos\xe9"}',
        b"PK\x03\x04",
    ],
)
def test_a_file_in_an_unknown_encoding_is_refused_and_nothing_is_written(file: bytes, content_type: str) -> None:
    studio()

    answer = post(file, content_type)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body")
    assert "UTF-8" in answer.json["detail"]
    assert clients.page("10000001", None, 1) == []


def test_a_text_in_which_the_gateway_lost_a_character_is_refused() -> None:
    studio()
    headers = {"content-type": "text/csv"}

    answer = call(api, "POST", "/clients/import", "id,first_name\nw1,Jos\ufffd", account="10000001", headers=headers)

    assert (answer.status, answer.json["code"]) == (422, "invalid")


@pytest.mark.parametrize("body", [b'{"first_name": "Jos\xe9"}', '{"first_name": "Jos\ufffd"}', b"\xff\xfe{\0}\0"])
def test_a_json_body_that_is_not_utf_8_is_refused(body: str | bytes) -> None:
    studio()

    answer = call(api, "PUT", "/clients/1", body, account="10000001")

    assert (answer.status, answer.json["code"]) == (400, "malformed_json")
    assert "UTF-8" in answer.json["detail"]
    assert clients.get("10000001", "1") is None


def test_a_json_body_in_base64_is_read() -> None:
    studio()

    answer = call(api, "PUT", "/clients/1", '\ufeff{"first_name": "José"}'.encode(), account="10000001")

    assert (answer.status, answer.json["first_name"]) == (201, "José")


REFUSED = [
    ("id,allow_text_marketing\n1,maybe", "allow_text_marketing", "'maybe' is neither yes nor no; write yes or no."),
    ("id,Phone 2,SMS 2\n1,2125550101,2", "phones.1.sms", "'2' is neither yes nor no; write yes or no."),
    ('id,phone\n1,"2125550123, 2125550199"', "phones.0.number", "This is more than one phone number."),
    ("id,phone\n1,2125550123; 2125550199", "phones.0.number", "This is more than one phone number."),
    ("id,phone\n1,2125550123 / 2125550199", "phones.0.number", "This is more than one phone number."),
    ("id,phone\n1,212-555-0123 or 212-555-0199", "phones.0.number", "This is more than one phone number."),
    ('id,phone\n1,"2125550123\n2125550199"', "phones.0.number", "This is more than one phone number."),
    (
        'id,phone\n1,"2,125,550,123"',
        "phones.0.number",
        "This phone number has commas, as spreadsheets write amounts.",
    ),
    ("id,phone\n1," + "2" * 41, "phones.0.number", "The cell has more than 40 characters; write one number."),
    ("id,phone\n1,#REF!", "phones.0.number", "#REF! is an error of the spreadsheet; write the value itself."),
    ("id,Last Name\n1,#NAME?", "last_name", "#NAME? is an error of the spreadsheet; write the value itself."),
    ("id,first_name\n,Ann", "id", "The row has no id; write the client's id."),
    ("id\n1.70123E+09", "id", "A spreadsheet wrote the id as 1.70123E+09; format the column as text."),
    ('id,first_name\n"17,000",Ann', "id", "A spreadsheet wrote the id as 17,000; format"),
    ("id\nnull", "id", "null stands for a missing id; write the client's id"),
    ("id\na b", "id", "A client's id may only have letters, digits and -._~!$&'()*+,:;=@."),
    ("id,time_zone\n1,Central", "time_zone", "no such time zone; an example is America/Chicago"),
    ("id,first_name\n1,Ann,Lee", None, "Column 3 has no heading; give it one, or empty the cell."),
    ("id,,first_name\n1,Lee,Ann", None, "Column 2 has no heading; give it one, or empty the cell."),
]


@pytest.mark.parametrize(("file", "field", "detail"), REFUSED)
def test_a_refused_row_names_its_line_its_column_and_what_would_be_right(
    file: str, field: str | None, detail: str
) -> None:
    studio()
    heading, _, row = file.partition("\n")
    columns = {"phones.0.number": "phone", "phones.1.sms": "SMS 2", "last_name": "Last Name"}

    bad, good = import_(f"\n{heading}\n{row}\ngood\n")

    assert (bad["status"], bad["row"], bad["line"], bad["field"]) == ("refused", 1, 3, field)
    assert bad.get("column") == columns.get(field or "", field)
    assert bad["detail"].startswith(detail)
    assert good == {"row": 2, "id": "good", "status": "created"}


@pytest.mark.parametrize(
    ("file", "content_type", "fields"),
    [
        (
            "id,sms,phone,phone_2,time_zone,allow_text_marketing\n#REF!,2,12,#N/A,Miami,maybe\n",
            "text/csv",
            ["id", "phones.0.sms", "phones.1.number", "allow_text_marketing", "time_zone", "phones.0.number"],
        ),
        (
            '{"id": "a b", "nickname": 1, "tags": [""], "phones": [{"number": "12"}, {}]}',
            "application/x-ndjson",
            ["phones.1.number", "tags.0", "id", "nickname"],
        ),
        (
            '{"id": "1", "phones": [{"number": "12"}, {"number": "2125550123"}, {"number": "x"}]}',
            "application/x-ndjson",
            ["phones.0.number", "phones.2.number"],
        ),
    ],
)
def test_a_row_with_several_faults_names_them_all(file: str, content_type: str, fields: list[str]) -> None:
    studio()

    (item,) = import_(file, content_type)

    assert [error["field"] for error in item["errors"]] == fields
    assert {"code", "field", "detail"} <= set(item)
    assert item["errors"][0].items() <= item.items()
    assert set(item) <= set(ImportedRow.model_fields)


def test_an_id_with_decimals_is_that_of_the_client_and_is_reported() -> None:
    client(studio(), "17", **ANN)

    items = import_("ID,first_name\n17.0,Anna\n")

    assert stored("17").first_name == "Anna"
    assert clients.get("10000001", "17.0") is None
    assert items == [
        {
            "row": 1,
            "line": 2,
            "id": "17",
            "status": "updated",
            "warnings": [{"field": "id", "detail": "'17.0' is read as 17.", "column": "ID"}],
        }
    ]


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("id,First Name,last_name\n1,null,N/A\n", "text/csv"),
        ('{"id": "1", "first_name": "null", "last_name": "N/A"}', "application/x-ndjson"),
    ],
)
def test_names_that_are_none_are_written_and_reported(file: str, content_type: str) -> None:
    studio()

    (item,) = import_(file, content_type)

    assert item["status"] == "created"
    assert [warning["field"] for warning in item["warnings"]] == ["first_name", "last_name"]
    assert item["warnings"][0]["detail"] == (
        "'null' does not look like a name; a text would greet the client with it."
    )


def test_control_characters_and_what_shows_nothing_stay_out_of_names() -> None:
    studio()
    file = 'id,first_name,last_name,tags,status\n1,"Ann\x07\u200b\nMay",\u3164,\u200bfamily;\u2800,act\u00adive\n'

    import_(file)
    put = call(api, "PUT", "/clients/2", {"first_name": "A\tB\u2028", "last_name": "\u2060"}, account="10000001").json

    ann = stored()
    assert (ann.first_name, ann.last_name, ann.tags, ann.status) == ("Ann May", "", ("family",), "active")
    assert (put["first_name"], put["last_name"]) == ("A B", "")


def test_a_dry_run_reports_the_same_and_writes_nothing() -> None:
    client(studio(), "1", **ANN)
    file = "id,first_name,phone\n1,Anna,\n2,null,2125550101\n2,Bob,\n3,Cy,12\n4.0,,\n"
    before = clients.page("10000001", None, 10)

    dry = post(file, dry_run="true").json
    between = clients.page("10000001", None, 10)
    wet = post(file).json

    assert between == before
    assert (dry["dry_run"], wet["dry_run"]) == (True, False)
    assert dry | {"dry_run": False} == wet
    assert [item["status"] for item in wet["items"]] == ["updated", "created", "updated", "refused", "created"]


def test_a_file_goes_on_where_its_cursor_is() -> None:
    account = studio()
    file = b"id\n" + b"\n".join(b"c%d" % number for number in range(250))
    cursors, rows, cursor = [], [], None

    while True:
        now = aws_clients.now()
        report = bulk_import.import_file(
            account, "text/csv", file, now, writer=Writer(via=Via.IMPORT), cursor=cursor, seconds=0
        )
        rows += [item["row"] for item in report["items"]]
        assert (report["rows"], report["refused"]) == (250, 0)
        if (cursor := report["next_cursor"]) is None:
            break
        cursors.append(cursor)

    assert rows == list(range(1, 251))
    assert [cursor.partition(".")[0] for cursor in cursors] == ["100", "200"]
    assert len(clients.page("10000001", None, 300)) == 250


@pytest.mark.parametrize("cursor", ["1", "1.0123456789abcdef", "x.y", "-1.ab", "99999999999999999999.ab", "٣.ab"])
def test_a_cursor_of_another_file_is_refused(cursor: str) -> None:
    studio()

    answer = post("id\n1\n2\n", cursor=cursor)

    assert (answer.status, answer.json["code"]) == (422, "bad_cursor")
    assert clients.page("10000001", None, 1) == []


def test_a_file_without_the_column_id_is_refused() -> None:
    studio()

    answer = post("first_name\nAnn\n")

    assert answer.status == 422
    assert answer.json["detail"] == "The file has no column id, which is the client's id with the studio."


def test_an_unknown_way_with_empty_cells_is_refused() -> None:
    studio()

    assert post("id\n1\n", empty_cells="remove").status == 422
