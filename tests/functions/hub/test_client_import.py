"""An import in the hub: it is checked first, written on demand, in steps, and harmless if it is done twice."""

from datetime import timedelta

import pytest

from clients import kept_imports
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import imports
from longcode.clients import store as clients
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import ConsentMeans, Via, Writer
from longcode.errors import RequestError
from tests.support.browser import Browser, Page
from tests.support.fakes import ACTOR, studio

FILE = (
    "id,first_name,phone,allow_text_marketing,tags\n"
    "c1,Zoë,212-555-0123,yes,\n"
    "c2,<b>Ann</b>,(310) 555-0177,yes,mini; new\n"
    "c3,Bob,12,yes,\n"
    "c4,null,,,\n"
)
WRITER = Writer(via=Via.IMPORT)


def upload(browser: Browser, content: str | bytes = FILE, name: str = "März.csv", **fields: str) -> Page:
    body = content if isinstance(content, bytes) else content.encode()
    return browser.upload(browser.get("clients/import"), "clients/import", name, body, **fields)


def kept_import(account: Account, rows: int = 250, import_id: str = "a" * 32) -> KeptImport:
    """Return a kept import whose first hundred rows are checked."""
    now = aws_clients.now()
    file = b"id,first_name\n" + b"".join(b"n%d,Ann\n" % number for number in range(rows))
    new = KeptImport(account=account.id, id=import_id, name="a.csv", size=len(file), at=now, since=now, rows=0)
    kept_imports.begin(new, account, file, WRITER, seconds=0)
    return stored(account, import_id)


def stored(account: Account, import_id: str = "a" * 32) -> KeptImport:
    found = imports.get(account.id, import_id, aws_clients.now())
    assert found
    return found


def ids(account: Account) -> list[str]:
    return [client.id for client in clients.page(account.id, None, 500)]


def test_a_file_is_checked_first_and_written_when_a_person_says_so(account: Account, signed_in: Browser) -> None:
    checked = upload(signed_in)
    before = ids(account)
    done = signed_in.submit(checked, checked.path, do="import")
    again = signed_in.submit(checked, checked.path, do="import")

    assert "Checked, nothing written yet" in checked.text
    assert "New 2 To change 1 Unchanged 0 With faults 1" in checked.text
    assert "Import 3 clients" in checked.text
    assert "A new client gets no texts until the box Allow Text Marketing is ticked" in checked.text
    assert "phone: This phone number is too short." in checked.text
    assert "'null' does not look like a name" in checked.text
    assert before == ["c1"]
    assert "Added 2 Changed 1 Unchanged 0 Not imported 1" in done.text
    assert again.text == done.text
    assert ids(account) == ["c1", "c2", "c4"]
    written = clients.get(account.id, "c2")
    assert written
    assert (written.first_name, written.tags) == ("<b>Ann</b>", ("mini", "new"))
    assert written.permission
    assert (written.permission.via, written.permission.means) == (Via.IMPORT, ConsentMeans.IMPORT)
    assert written.permission.source == "März.csv"
    assert "we keep that they agreed in the data of this import" in checked.text
    assert "In the data of an import 1" in signed_in.get("consent").text


def test_the_rows_with_faults_can_be_downloaded_mended_and_imported(account: Account, signed_in: Browser) -> None:
    done = signed_in.submit(page := upload(signed_in, "id,phone,status\n=1+1,12,\nc5,+1310,+x\n"), page.path)
    file = signed_in.get(f"{done.path}/problems.csv")

    assert file.headers["Content-Type"] == ["text/csv; charset=utf-8"]
    assert file.html.splitlines() == [
        "\ufeffid,phone,status,line,problem",
        "'=1+1,12,,2,phone: This phone number is too short.",
        "c5,'+1310,'+x,3,phone: This phone number is too short.",
    ]
    assert "New 1" in upload(signed_in, file.html.replace("'+1310", "3105550177")).text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Choose a file first."),
        ("name\nZoë\n", "Unknown columns: name."),
        ("id\n", "The file has no rows."),
        (b"PK\x03\x04rest", "The file is a workbook. Save it as CSV UTF-8."),
        ("id,first_name\n1,Jos\u00e9\n".encode("cp1252"), "Save it in UTF-8 (Excel: Save As, CSV UTF-8)."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_not_kept(
    account: Account, signed_in: Browser, content: str | bytes, said: str
) -> None:
    refused = upload(signed_in, content, empty_cells="clear")

    assert refused.status == 422
    assert said in refused.text
    assert refused.fields["empty_cells"] == "clear"
    assert imports.of_account(account.id, aws_clients.now()) == []


def test_a_file_of_more_than_four_megabytes_is_refused(account: Account) -> None:
    now = aws_clients.now()
    new = KeptImport(account=account.id, id="a" * 32, name="a.csv", size=0, at=now, since=now, rows=0)

    with pytest.raises(RequestError, match="4 MB"):
        kept_imports.begin(new, account, b"id\n" + b"1" * kept_imports.MOST_BYTES, WRITER)


def test_a_studio_keeps_at_most_twenty_files(account: Account, signed_in: Browser) -> None:
    for number in range(kept_imports.MOST_KEPT):
        kept_import(account, rows=1, import_id=f"{number:032x}")

    refused = upload(signed_in)

    assert "There are 20 imports of the last day. Discard one first." in refused.text


def test_a_large_file_goes_on_in_steps_with_real_numbers(account: Account, signed_in: Browser) -> None:
    kept = kept_import(account)
    page = signed_in.get(f"clients/import/{kept.id}")
    checked = signed_in.submit(page, page.path)
    kept_imports.step(
        kept_imports.begin_writing(stored(account), aws_clients.now(), ACTOR),
        account,
        WRITER,
        aws_clients.now(),
        seconds=0,
    )
    writing = signed_in.get(page.path)
    written_before = len(ids(account))
    done = signed_in.submit(writing, page.path)

    assert "100 of 250 rows checked" in page.text
    assert "New 250" in checked.text
    assert "100 of 250 rows imported" in writing.text
    assert written_before == 101
    assert "Added 250" in done.text
    assert len(ids(account)) == 251


def test_two_steps_at_once_and_an_old_page_change_nothing(account: Account) -> None:
    kept, now = kept_import(account), aws_clients.now()
    assert imports.lease(kept, now, until=now + timedelta(seconds=25))

    beside = kept_imports.step(kept, account, WRITER, now)
    later = kept_imports.step(kept, account, WRITER, now + timedelta(seconds=30))
    old = kept_imports.step(kept, account, WRITER, now + timedelta(seconds=60))

    assert (beside.done, beside.phase) == (100, Phase.CHECK)
    assert (later.done, later.phase, later.created) == (250, Phase.CHECKED, 250)
    assert old == later


def test_the_same_form_twice_is_one_import(account: Account, signed_in: Browser) -> None:
    form = signed_in.get("clients/import")
    paths = {signed_in.upload(form, "clients/import", "a.csv", FILE.encode()).path for _ in range(2)}

    assert len(paths) == 1
    assert len(imports.of_account(account.id, aws_clients.now())) == 1


def test_an_import_waits_for_a_person_whose_session_has_ended(
    account: Account, password: str, signed_in: Browser
) -> None:
    checked = upload(signed_in)
    signed_in.cookies.clear()
    asked = signed_in.submit(checked, checked.path, do="import")
    back = signed_in.submit(asked, "sign-in", account=account.id, password=password)

    assert (asked.path, back.path) == ("sign-in", checked.path)
    assert "Import 3 clients" in back.text
    assert ids(account) == ["c1"]
    assert checked.path in "".join(signed_in.get("clients/import").addresses)


def test_a_discarded_import_and_its_file_are_gone(account: Account, signed_in: Browser) -> None:
    kept = kept_import(account)
    page = signed_in.get(f"clients/import/{kept.id}")

    signed_in.submit(page, f"{page.path}/discard")

    assert signed_in.get(page.path).status == 404
    with pytest.raises(Exception, match="incomplete"):
        imports.file_of(kept)


@pytest.mark.parametrize("end", ["", "/problems.csv"])
def test_another_studios_import_is_absent(account: Account, signed_in: Browser, end: str) -> None:
    theirs = kept_import(studio("10000002"))
    page = signed_in.get("clients/import")

    seen = signed_in.get(f"clients/import/{theirs.id}{end}")
    posted = signed_in.submit(page, f"clients/import/{theirs.id}", do="import")
    signed_in.submit(page, f"clients/import/{theirs.id}/discard")

    assert (seen.status, posted.status) == (404, 404)
    assert imports.get("10000002", theirs.id, aws_clients.now()) == theirs


@pytest.mark.account(client=False, client_fields={"album": "Album", "print": "Print"})
def test_the_sample_can_be_imported(account: Account, signed_in: Browser) -> None:
    sample = signed_in.get("clients/import/sample.csv").html

    assert sample.splitlines()[0].endswith(",time_zone,album,print")
    assert "New 2 To change 0 Unchanged 0 With faults 0" in upload(signed_in, sample).text
