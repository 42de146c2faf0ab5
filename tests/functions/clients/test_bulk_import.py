"""The import of clients from a file: each valid row is written, each other one is reported with the reason."""

import json
from typing import Any

import pytest

from clients import api
from longcode.clients import store as clients
from tests.support.fakes import ApiResponse, LambdaContext, call, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")


def post_file(text: str, content_type: str = "text/csv") -> ApiResponse:
    return call(api, "POST", "/clients/import", text, account="10000001", headers={"content-type": content_type})


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def statuses(answer: ApiResponse) -> list[tuple[int, str]]:
    return [(row["row"], row["status"]) for row in answer.json["items"]]


def test_a_bad_row_is_reported_and_the_others_are_written() -> None:
    studio()

    answer = json.loads(api.handler(sample_event("post_clients_import"), LambdaContext())["body"])

    carmen = clients.get("10000001", "3")
    assert (answer["rows"], answer["written"], answer["refused"]) == (3, 2, 1)
    assert answer["items"] == [
        {"row": 1, "id": "1", "status": "created"},
        {
            "row": 2,
            "line": 3,
            "id": "2",
            "status": "refused",
            "code": "bad_phone",
            "field": "phones.0.number",
            "column": "phone",
            "detail": "This phone number is too short.",
        },
        {"row": 3, "id": "3", "status": "created"},
    ]
    assert carmen
    assert (carmen.first_name, carmen.allow_text_marketing) == ("Díaz, Carmen", False)
    assert [(phone.number, phone.sms) for phone in carmen.phones] == [("+12125550103", False), ("+61123456789", True)]


def test_importing_the_same_file_again_writes_nothing() -> None:
    studio()

    first = post_file("id,first_name\n1,Ann\n")
    written = clients.get("10000001", "1")
    second = post_file("id,first_name\n1,Ann\n")

    assert (statuses(first), statuses(second)) == ([(1, "created")], [(1, "unchanged")])
    assert [second.json[count] for count in ("written", "unchanged", "refused")] == [0, 1, 0]
    assert clients.get("10000001", "1") == written


def test_the_last_of_several_rows_with_one_id_stays_and_only_its_phone_is_linked() -> None:
    studio()
    rows = [{"id": "1", "phones": [{"number": f"21255501{number:02}"}]} for number in range(20)]

    answer = post_file(lines(*rows), "application/x-ndjson")

    stored = clients.get("10000001", "1")
    linked = [number for number in range(20) if clients.with_phone("10000001", f"+121255501{number:02}")]
    assert statuses(answer) == [(1, "created"), *((number, "updated") for number in range(2, 21))]
    assert stored
    assert stored.phones[0].number == "+12125550119"
    assert linked == [19]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffid,first_name\r\n1,Ann\r\n",
        "id,first_name\r1,Ann\r",
        "First_Name,ID\nAnn,1\n",
        "id, first_name ,phone\n1,Ann\n",
        'id,first_name\n1,"Ann"\n\n',
    ],
)
def test_a_csv_file_is_read_as_spreadsheets_write_it(text: str) -> None:
    studio()

    answer = post_file(text)

    ann = clients.get("10000001", "1")
    assert statuses(answer) == [(1, "created")]
    assert ann
    assert ann.first_name == "Ann"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('\ufeff{"id": "1", "first_name": "Ann"}', "Ann"),
        ('\r\n{"id": "1", "first_name": "Ann"}\r\n\r\n', "Ann"),
        ('{"id": "1", "first_name": "A\u2028n\x85n"}', "A n n"),
    ],
)
def test_a_json_line_ends_only_at_a_newline(text: str, name: str) -> None:
    studio()

    answer = post_file(text, "application/x-ndjson")

    ann = clients.get("10000001", "1")
    assert statuses(answer) == [(1, "created")]
    assert ann
    assert ann.first_name == name


BAD_LINES = [
    ("{", "malformed_json", None),
    ("7", "malformed_json", None),
    ("[" * 100_000, "malformed_json", None),
    ('{"id": ' + "1" * 5000 + "}", "malformed_json", None),
    ("{}", "invalid", "id"),
    ('{"id": ["1"]}', "invalid", "id"),
    ('{"id": "a b"}', "invalid", "id"),
    ('{"id": "a/b"}', "invalid", "id"),
    ('{"id": "a?b"}', "invalid", "id"),
    ('{"id": "a\\"b"}', "invalid", "id"),
    ('{"id": "1", "nickname": "Zo"}', "invalid", "nickname"),
    ('{"id": "1", "first_name": "\\ud800"}', "invalid", "first_name"),
]


def test_a_bad_line_is_refused_with_its_field_and_the_next_is_written() -> None:
    studio()
    text = "\n".join([line for line, _, _ in BAD_LINES] + ['{"id": "good"}'])

    *bad, good = post_file(text, "application/x-ndjson").json["items"]

    assert [(row["code"], row.get("field")) for row in bad] == [(code, field) for _, code, field in BAD_LINES]
    assert good == {"row": 13, "id": "good", "status": "created"}


@pytest.mark.parametrize("kind", ["text/csv", "application/x-ndjson"])
def test_a_file_without_rows_is_refused(kind: str) -> None:
    studio()

    answers = [post_file(text, kind) for text in ("", "\ufeff", "\n\n")]
    if kind == "text/csv":
        answers.append(post_file("id,first_name\n", kind))

    assert {answer.status for answer in answers} == {422}
    assert {answer.json["detail"] for answer in answers} == {"The file has no rows."}


def test_a_file_that_is_no_csv_is_refused() -> None:
    studio()

    answer = post_file('id,first_name\n1,"' + "x" * 140_000 + '"')

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body")
    assert (
        answer.json["detail"]
        == "The file cannot be read as CSV, in the row of line 2: field larger than field limit (131072)."
    )


def test_a_file_of_10001_rows_is_refused_and_nothing_is_written() -> None:
    studio()

    answer = post_file("id\n" + "\n".join(map(str, range(10_001))))

    assert answer.status == 422
    assert answer.json["detail"] == "The file has 10,001 rows; send at most 10,000 at once."
    assert clients.page("10000001", None, 1) == []


def test_no_log_shows_a_number_or_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    api.handler(sample_event("post_clients_import"), LambdaContext())

    logs = "".join(capsys.readouterr())
    assert "5550103" not in logs
    assert "Carmen" not in logs


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("id,frist_name\n1,Ann\n", "frist_name"),
        ("id,email\n1,a@b.example\n", "email"),
        ("id,phone_6\n1,2125550101\n", "phone_6"),
        ('id,first_name\n1,"Ann\n2,Bob\n', "cannot be read"),
    ],
)
def test_a_file_with_an_unknown_column_is_refused_and_nothing_is_written(text: str, named: str) -> None:
    studio()

    answer = post_file(text)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body")
    assert named in answer.json["detail"]
    assert clients.page("10000001", None, 10) == []


def test_a_row_with_more_cells_than_columns_is_refused_and_the_others_are_written() -> None:
    studio()

    assert statuses(post_file("id,first_name\n1,Ann,Lee\n2,Bob\n")) == [(1, "refused"), (2, "created")]


def test_an_unknown_time_zone_is_refused_with_its_field_and_the_others_are_written() -> None:
    studio()

    answer = post_file("id,time_zone\n1,America/Miami\n2,America/New_York\n3,\n")

    assert answer.json["items"] == [
        {
            "row": 1,
            "line": 2,
            "id": "1",
            "status": "refused",
            "code": "invalid",
            "field": "time_zone",
            "column": "time_zone",
            "detail": "no such time zone; an example is America/Chicago",
        },
        {"row": 2, "id": "2", "status": "created"},
        {"row": 3, "id": "3", "status": "created"},
    ]
    assert [client.time_zone for client in clients.page("10000001", None, 10)] == ["America/New_York", None]


@pytest.mark.parametrize("client_id", ["import", ".", "..", "e\u0301", "a\u200db", "a/b"])
def test_an_id_that_cannot_stand_in_a_url_is_refused(client_id: str) -> None:
    studio()

    assert statuses(post_file(f"id\n{client_id}\n")) == [(1, "refused")]


def test_a_row_nested_too_deep_is_refused_and_the_others_are_written() -> None:
    studio()
    deep = '{"id": ' + "[" * 900 + "]" * 900 + "}"

    answer = post_file(f'{deep}\n{{"id": "2"}}', "application/x-ndjson")

    assert statuses(answer) == [(1, "refused"), (2, "created")]
