"""Tables as spreadsheets write them: each encoding, separator and spelling of headings gives the same rows."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.clients.spreadsheet import decode, read_sheet
from longcode.errors import RequestError

COLUMNS = {
    name: name for name in ("id", "first_name", "allow_text_marketing", "phone", "phone_2", "sms", "sms_2")
} | {
    "phone_1": "phone",
    "client_id": "id",
}
JOSE = 'id,first_name\r\nw1,José\r\nw2,"D’Arcy – ""Zoë"""\r\n'


def cells(text: str) -> list[dict[str, str]]:
    return [row.cells for row in read_sheet(text, COLUMNS).rows]


@pytest.mark.parametrize("charset", [None, "utf-8", "UTF8", "windows-1252", "no-such-charset", "utf-16"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_whatever_the_charset_says(encoding: str, charset: str | None) -> None:
    assert decode(JOSE.encode(encoding), charset) == JOSE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_mark_is_read_in_both_orders(encoding: str) -> None:
    assert decode(f"\ufeff{JOSE}".encode(encoding), None) == JOSE


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("cp1252", "windows-1252"),
        ("cp1252", "Windows-1252"),
        ("cp1252", "cp1252"),
        ("cp1252", "iso-8859-1"),  # what programs call so is Windows-1252
        ("cp1252", "latin1"),
        ("cp1252", "us-ascii"),
        ("mac-roman", "macintosh"),
        ("cp1250", "windows-1250"),
    ],
)
def test_an_encoding_of_eight_bits_is_read_if_its_charset_is_named(encoding: str, charset: str) -> None:
    text = "id,first_name\nw1,Zoé\nw2,10 – 20"

    assert decode(text.encode(encoding), charset) == text


@pytest.mark.parametrize("charset", [None, "utf-8", "utf-16"])
@pytest.mark.parametrize(
    "file",
    [
        b"id,first_name\r\nw1,Jos\xe9\r\nw2,10 \x96 20",  # Windows-1252
        b"id,first_name\nw1,Jos\x8e",  # Mac Roman
        "id,first_name\nw1,Łukasz".encode("cp1250"),
        "id,first_name\nw1,Юлия".encode("cp1251"),
        "id,first_name\nw1,田中".encode("shift_jis"),
    ],
)
def test_another_encoding_is_refused_with_how_to_save_the_file(file: bytes, charset: str | None) -> None:
    with pytest.raises(RequestError) as refused:
        decode(file, charset)

    assert refused.value.detail == (
        "The file is not UTF-8 (line 2). Save it in UTF-8 (Excel: Save As, CSV UTF-8), or name its encoding,"
        " as in text/csv; charset=windows-1252."
    )


@pytest.mark.parametrize(
    ("file", "charset", "detail"),
    [
        (
            "id,first_name\n\n1,Jos\ufffd".encode(),
            None,
            "A character was lost when the file was saved or sent (line 3).",
        ),
        (b"id\n\xe9", "klingon", "The charset 'klingon' is unknown."),
        (b"id\n\xe9", "base64", "The charset 'base64' is unknown."),
        (b"id\n\xe9", "punycode", "The charset 'punycode' is unknown."),
        (b"id\n\xe9", "\0", "The charset '\\x00' is unknown."),
        (b"PK\x03\x04\x14\0", None, "The file is a workbook. Save it as CSV UTF-8."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "utf-8", "The file is a workbook. Save it as CSV UTF-8."),
        (b"id\n1\0", None, "The file is not a text."),
    ],
)
def test_what_is_no_text_is_refused(file: bytes, charset: str | None, detail: str) -> None:
    with pytest.raises(RequestError) as refused:
        decode(file, charset)

    assert refused.value.detail.startswith(detail)
    assert refused.value.field == "body"


ANN = [{"id": "1", "first_name": "Ann", "phone": "2125550101"}]


@pytest.mark.parametrize(
    "text",
    [
        "id,first_name,phone\n1,Ann,2125550101\n",
        "id;first_name;phone\r\n1;Ann;2125550101\r\n",
        "id\tfirst_name\tphone\n1\tAnn\t2125550101",
        "id|first_name|phone\n1|Ann|2125550101",
        "sep=;\r\nid;first_name;phone\r\n1;Ann;2125550101\r\n",
        "SEP=,\nid,first_name,phone\n1,Ann,2125550101",
        '"sep=;"\nid;first_name;phone\n1;Ann;2125550101',
        "sep=\t\r\nid\tfirst_name\tphone\r\n1\tAnn\t2125550101",
        "sep=;;;\nid;first_name;phone\n1;Ann;2125550101",
        "sep=^\nid^first_name^phone\n1^Ann^2125550101",
        "id\rfirst_name\rphone".replace("\r", ",") + "\r1,Ann,2125550101\r",
        "\n\nid,first_name,phone\n1,Ann,2125550101\n",
        "\r\n , ,\r\nid,first_name,phone\r\n1,Ann,2125550101\r\n",
        "id,first_name,phone\n1,Ann,2125550101\n,,\n,,\n",
        "id,first_name,phone\n,,\n\n1,Ann,2125550101\n \t,\u00a0,\u200b\n",
        "id,first_name,phone,,\n1,Ann,2125550101,,\n",
        "id,,first_name,phone\n1,,Ann,2125550101\n",
        "id,first_name,phone\n1,Ann,2125550101,,,,\n",
        '"id","first_name","phone"\n"1","Ann","2125550101"\n',
        'id,first_name,phone\n1, Ann ,"="&"2125550101"'.replace('"="&"2125550101"', '"=""2125550101"""'),
        "id,first_name,phone\n1,Ann,'2125550101",
        "ID,FIRST_NAME,PHONE\n1,Ann,2125550101",
        "Id,First Name,Phone\n1,Ann,2125550101",
        "id,first-name,Phone 1\n1,Ann,2125550101",
        "Client ID,FirstName,phone1\n1,Ann,2125550101",
        "id,First  name:,Phone #1\n1,Ann,2125550101",
        "\u200eid,\ufeffFirst\u00a0Name,Ｐｈｏｎｅ\n1,Ann,2125550101",
        "id,first_name,phone\n1,Ann,2125550101\n\ufeffID,First Name,Phone\n",
        '"i\nd",First_Name,phone_1\n1,Ann,2125550101',
    ],
)
def test_a_table_is_read_in_each_spelling(text: str) -> None:
    assert cells(text) == ANN


def test_a_cell_keeps_its_quotes_line_breaks_and_separators() -> None:
    text = 'id;first_name\n1;"Ann ""Annie""\r\nLee; jr."\n2;Rob "Bob" Lee\n3;\'t Hooft\n'

    rows = read_sheet(text, COLUMNS).rows

    assert [row.cells["first_name"] for row in rows] == ['Ann "Annie"\nLee; jr.', 'Rob "Bob" Lee', "'t Hooft"]
    assert [row.line for row in rows] == [2, 4, 5]


def test_a_separator_within_a_cell_does_not_count() -> None:
    assert cells('id,first_name\n1,"a;b;c"') == [{"id": "1", "first_name": "a;b;c"}]
    assert cells('"id";"first_name"\n1;"a,b,c"') == [{"id": "1", "first_name": "a,b,c"}]


CELL = st.text(alphabet='aé漢 ,;\t|"\n-', min_size=1).map(str.strip).filter(lambda cell: cell not in {"", "="})


@given(
    names=st.lists(CELL, min_size=1, max_size=5),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
)
def test_any_table_is_read_as_it_was_written(names: list[str], separator: str, encoding: str, line_end: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "first_name"], *(["1", name] for name in names)])

    text = decode(written.getvalue().encode(encoding), None)

    assert [row["first_name"] for row in cells(text)] == names


def test_a_row_that_is_short_has_empty_cells_and_one_that_is_long_names_its_column() -> None:
    short, long = read_sheet("id,first_name,,phone\n1\n2,Bob,?,2125550101,more\n", COLUMNS).rows

    assert short.cells == {"id": "1", "first_name": "", "phone": ""}
    assert (short.without_heading, long.without_heading) == ((), (3, 5))


@pytest.mark.parametrize(
    ("heading", "detail"),
    [
        ("id,phone,phone", "2 columns are called phone: 'phone' (column 2) and 'phone' (column 3)."),
        ("id,phone,Phone", "2 columns are called phone: 'phone' (column 2) and 'Phone' (column 3)."),
        ("id,phone,Phone 1", "2 columns are called phone: 'phone' (column 2) and 'Phone 1' (column 3)."),
        ("id,phone_2,phone2", "2 columns are called phone_2: 'phone_2' (column 2) and 'phone2' (column 3)."),
        ("id,phone,sms,sms", "2 columns are called sms: 'sms' (column 3) and 'sms' (column 4)."),
        ("ID,id,Id", "3 columns are called id: 'ID' (column 1) and 'id' (column 2) and 'Id' (column 3)."),
        (
            "id,allow_text_marketing,Allow Text-Marketing",
            "2 columns are called allow_text_marketing: 'allow_text_marketing' (column 2) and 'Allow Text-Marketing'",
        ),
        ("id,frist_name,e-mail", "Unknown columns: frist_name, e-mail. The columns are id, first_name,"),
        ("id;frist_name", "Unknown columns: frist_name."),
        ("Ann,2125550101", "Unknown columns: Ann, 2125550101."),
    ],
)
def test_a_heading_that_is_unknown_or_there_twice_is_refused_by_name(heading: str, detail: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_sheet(f"{heading}\n1,2,3,4\n", COLUMNS)

    assert refused.value.detail.startswith(detail)


@pytest.mark.parametrize("text", ["id\n" * 200_001, "\r" * 200_001, "id" + "," * 16_384])
def test_a_file_of_very_many_lines_or_columns_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"The file has more than \d+,\d+ (lines|columns)\."):
        read_sheet(text, COLUMNS)


def test_an_unclosed_quote_is_refused_with_its_line() -> None:
    with pytest.raises(RequestError) as refused:
        read_sheet('id,first_name\n1,Ann\n2,"Bob\n3,Cy\n', COLUMNS)

    assert refused.value.detail == "The file cannot be read as CSV, in the row of line 3: unexpected end of data."
