"""A list of opt-outs from elsewhere, brought into the hub, and the studio's own list as a file."""

import csv
from datetime import timedelta
from urllib.parse import quote

from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import store as client_store
from longcode.jobs import Means
from longcode.optouts import listed, store
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from tests.support.browser import Browser, Page
from tests.support.fakes import client as write_client

ANNS, BOBS, EVES = "+12125550144", "+12125550177", "+12125550188"
FILE = """phone,date,means
(212) 555-0144,2026-11-03,texted STOP
(212) 555-0144,2026-11-04,again
(212) 555-0177,,e-mail
12,2026-11-03,phone
(212) 555-0188,3 Nov,phone
(212) 555-0199,2999-01-01,phone
"""


def bring(browser: Browser, content: str = FILE) -> Page:
    return browser.upload(browser.get("opt-outs/import"), "opt-outs/import", "old.csv", content.encode())


def out(account: Account) -> set[str]:
    return {phone for _, phone in store.blocked([(account.id, phone) for phone in (ANNS, BOBS, EVES)])}


def test_a_list_is_checked_first_recorded_when_a_person_says_so_and_may_come_again(
    account: Account, signed_in: Browser
) -> None:
    write_client(account, "ann", ANNS)
    checked = bring(signed_in)

    assert "To opt out 2 Nothing to do 1 With faults 3" in checked.text
    assert "is no day; write it as 2026-11-03." in checked.text
    assert out(account) == set()

    done = signed_in.submit(checked, checked.path, do="import")

    assert "Opted out now 2 Nothing to do 1 Not recorded 3" in done.text
    assert out(account) == {ANNS, BOBS}
    ann = client_store.get(account.id, "ann")
    assert ann
    assert ann.heard_stop == {ANNS}
    (event,) = store.history(ANNS, account_scope(account.id), aws_clients.now())
    assert (event.words, str(event.asked_on), str(event.at.date())) == ("texted STOP", "2026-11-03", "2026-11-03")
    assert "All these phones" not in bring(signed_in).text
    assert "To opt out 0 Nothing to do 3 With faults 3" in bring(signed_in).text


def test_a_start_after_the_day_of_the_list_still_counts(account: Account, signed_in: Browser) -> None:
    start = OptOutEvent(
        id="s",
        phone=ANNS,
        scope=account_scope(account.id),
        out=False,
        at=aws_clients.now() - timedelta(hours=1),
        means=Means.TEXT,
        words="START",
        account=account.id,
    )
    store.record(start)

    checked = bring(signed_in, "phone,date\n(212) 555-0144,2026-11-03\n")
    done = signed_in.submit(checked, checked.path, do="import")

    assert "Opted out now 0 Nothing to do 1" in done.text
    assert out(account) == set()


def test_rows_with_faults_are_a_file_to_correct(account: Account, signed_in: Browser) -> None:
    checked = bring(signed_in)
    rows = list(csv.reader(signed_in.get(f"{checked.path}/problems.csv").html.removeprefix("\ufeff").splitlines()))

    assert rows[0] == ["phone", "date", "means", "line", "problem"]
    assert [row[3] for row in rows[1:]] == ["5", "6", "7"]


def test_a_file_without_numbers_is_refused(signed_in: Browser) -> None:
    assert "has no column phone" in bring(signed_in, "date\n2026-11-03\n").text
    assert "has no rows" in bring(signed_in, "phone\n").text
    assert signed_in.get("opt-outs/import/" + "c" * 32).status == 404


def test_the_own_list_is_a_file_that_can_be_brought_again_and_runs_nothing(
    account: Account, signed_in: Browser
) -> None:
    write_client(account, "eve", EVES, first_name="=Eve", last_name="")
    store.record(
        OptOutEvent(
            id="e",
            phone=EVES,
            scope=SHARED,
            out=True,
            at=aws_clients.now(),
            means=Means.TEXT,
            words="=STOP",
            account=account.id,
        )
    )
    write_client(account, "eve", EVES, first_name="=Eve", last_name="")

    file = signed_in.get("opt-outs/export/opt-outs.csv").html
    headings, row = csv.reader(file.removeprefix("\ufeff").splitlines())

    assert headings == ["phone", "date", "means", "client", "words", "stops", "recorded_by"]
    assert [row[0], *row[2:]] == [f"'{EVES}", "By text", "'=Eve", "'=STOP", "All shared numbers", ""]
    assert "Nothing to do 1" in bring(signed_in, file).text


def test_a_long_list_is_taken_away_in_several_files(account: Account, signed_in: Browser) -> None:
    checked = bring(
        signed_in, "phone,date\n" + "".join(f"+1212555{line:04},2026-11-03\n" for line in range(100, 107))
    )
    signed_in.submit(checked, checked.path, do="import")

    parts = listed.begins_of_parts(account.id, 3)
    files = [
        list(
            csv.DictReader(
                signed_in.get("opt-outs/export/opt-outs.csv", f"since={since}&count={count}").html[1:].splitlines()
            )
        )
        for since, count in ((quote(since), count) for since, count in parts)
    ]

    assert [len(rows) for rows in files] == [count for _, count in parts] == [3, 3, 1]
    assert len({row["phone"] for rows in files for row in rows}) == 7
    assert signed_in.get("opt-outs/export/opt-outs.csv", "since=~&count=x").status == 200


def test_a_list_shows_nothing_of_a_phone_that_is_nobodys_client(account: Account, signed_in: Browser) -> None:
    write_client(account, "ann", ANNS)
    for phone in (ANNS, EVES):
        stop = OptOutEvent(
            id="s", phone=phone, scope=SHARED, out=True, at=aws_clients.now(), means=Means.TEXT, words="STOP"
        )
        store.record(stop)
        if phone == ANNS:
            store.refresh_listed(account.id, phone, aws_clients.now())

    assert "To opt out 1 Nothing to do 0" in bring(signed_in, f"phone\n{EVES}\n").text
    assert "To opt out 0 Nothing to do 1" in bring(signed_in, f"phone\n{ANNS}\n").text
