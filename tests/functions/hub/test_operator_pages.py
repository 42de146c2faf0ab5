"""The operator's pages: their own sign-in, what they show of all studios, and that nobody else sees any of it."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice

import pytest

from accounts.signup_worker import mail_sign_in_link
from hub.site import site
from longcode import months
from longcode.accounts import people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.aws import clients, queues
from longcode.aws.settings import settings
from longcode.billing import store as invoices
from longcode.billing.invoice import compute_invoice
from longcode.changes import store as changes
from longcode.changes.change import Span
from longcode.jobs import MailSignInLink
from longcode.plans import store as price_list
from longcode.table import keys, store
from longcode.table.writes import Put, Update
from longcode.usage.store import count_write
from longcode.usage.usage import Usage
from tests.support.browser import Browser, Page
from tests.support.fakes import PASSWORD, client, studio, take_queued
from tests.support.mails import sent_mails
from tests.support.readers import log_lines
from tests.support.text_steps import accept

OP, HOUR = "op@longcode.example", timedelta(hours=1)
GUARDED = [
    ("GET", "operator/overview"),
    ("GET", "operator/accounts"),
    ("GET", "operator/accounts/10000001"),
    ("GET", "operator/changes"),
    ("GET", "operator/money"),
    ("GET", "operator/money/2026-10"),
    ("POST", "operator/accounts/10000001/suspend"),
    ("POST", "operator/sign-out"),
]
BEFORE_SIGN_IN = {
    *("/hub/operator", "/hub/operator/sign-in", "/hub/operator/sign-in/<token>", "/hub/operator/session"),
}


def mailed_link(email: str) -> str | None:
    """Ask for a link and let it be mailed; return it, or None without a mail."""
    before = len(sent_mails())
    Browser().post("operator/sign-in", email=email)
    for body in take_queued("sign_up"):
        mail_sign_in_link(queues.read(MailSignInLink, body), clients.now())
    new = sent_mails()[before:]
    return re.search(r"/hub/(operator/sign-in/[^?\s]+)", new[-1].text)[1] if new else None  # type: ignore[index]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A function that sets the addresses which the deployment lists."""

    def set_addresses(addresses: str) -> None:
        monkeypatch.setenv("OPERATOR_ADDRESSES", addresses)
        settings.cache_clear()

    yield set_addresses
    settings.cache_clear()


@pytest.fixture
def operator(account: Account) -> Browser:
    """A browser in which the operator is signed in."""
    browser, link = Browser(), mailed_link(OP)
    assert link
    browser.submit(browser.get(link), "operator/session")
    return browser


def test_every_page_of_the_operator_is_tested_here() -> None:
    routes = {(route.method, route.path) for route in (*site._static_routes, *site._dynamic_routes)}
    of_operator = {(method, path) for method, path in routes if path.startswith("/hub/operator")}
    tested = {
        (method, re.sub("10000001", "<account_id>", re.sub("2026-10", "<month>", f"/hub/{path}")))
        for method, path in GUARDED
    }
    tested = {(method, path.replace("/suspend", "/<act>")) for method, path in tested}

    assert {(method, path) for method, path in of_operator if path not in BEFORE_SIGN_IN} == tested


def test_only_a_listed_address_is_mailed_a_link_and_the_answer_is_the_same(aws: None) -> None:
    assert mailed_link("stranger@studio.example") is None
    assert mailed_link("OP@LONGCODE.example")

    told = [Browser().post("operator/sign-in", email=email).text for email in ("x@a.example", OP)]

    assert told[0].replace("x@a.example", OP) == told[1]


def test_a_link_works_once_and_not_at_the_studios_sign_in(operator: Browser) -> None:
    link = mailed_link(OP)
    assert link
    token = link.rpartition("/")[2]
    as_studio = Browser().post("sign-in-by-link", link=token, account="10000001")
    first, second = Browser(), Browser()
    first.post("operator/session", link=token)

    assert as_studio.status == 404
    assert first.get("operator/overview").text.startswith("Overview")
    assert second.post("operator/session", link=token).status == 404


def test_a_studios_link_does_not_sign_in_to_the_operators_pages(account: Account) -> None:
    accounts.change_email(account, OP)
    Browser().post("sign-in/mail", email=OP)
    [body] = take_queued("sign_up")
    mail_sign_in_link(queues.read(MailSignInLink, body), clients.now())
    token = re.search(r"/hub/sign-in/(\S+)", sent_mails()[-1].text)[1]  # type: ignore[index]

    assert Browser().post("operator/session", link=token).status == 404


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_studio_and_a_stranger_see_no_page_of_the_operator(method: str, path: str, account: Account) -> None:
    owner = Browser()
    owner.sign_in(account.id, PASSWORD)
    owner.cookies["operator"] = owner.cookies["session"]
    for browser in (owner, Browser()):
        shown = browser.get(path) if method == "GET" else browser.post(path, reason="Mine now")

        assert "Operator's sign-in" in shown.text
        assert account.name not in shown.text
    assert accounts.get_or_raise(account.id).status is AccountStatus.ACTIVE


def test_the_operators_session_opens_no_page_of_a_studio(operator: Browser) -> None:
    operator.cookies["session"] = operator.cookies["operator"]

    assert "With account number and password" in operator.get("home").text


def test_a_form_needs_the_token_of_the_session_and_this_sites_origin(operator: Browser) -> None:
    path = "operator/accounts/10000001/suspend"
    without_token = operator.post(path, reason="Unpaid")
    page = operator.get("operator/accounts/10000001")
    operator.origin = "https://elsewhere.example"
    from_elsewhere = operator.submit(page, path, reason="Unpaid")

    assert (without_token.status, from_elsewhere.status) == (403, 403)
    assert accounts.get_or_raise("10000001").status is AccountStatus.ACTIVE


def test_an_address_that_is_not_listed_any_more_is_signed_out(
    operator: Browser, listed: Callable[[str], None]
) -> None:
    listed("other@longcode.example")

    assert "Operator's sign-in" in operator.get("operator/overview").text


def test_without_operators_there_is_no_such_page(operator: Browser, listed: Callable[[str], None]) -> None:
    listed("")

    paths = [path for method, path in GUARDED if method == "GET"]
    assert [operator.get(path).status for path in [*paths, "operator/sign-in", "operator/sign-in/x"]] == [404] * 8
    assert operator.post("operator/sign-in", email=OP).status == 404


def test_a_session_ends_after_twelve_hours_without_a_request_and_by_signing_out(operator: Browser) -> None:
    [session] = sessions.of_account(people.OPERATORS, clients.now())
    page = operator.get("operator/overview")
    operator.submit(page, "operator/sign-out")

    assert session.ends_at - session.begun_at == timedelta(hours=12)
    assert sessions.of_account(people.OPERATORS, clients.now()) == []
    assert "Operator's sign-in" in operator.get("operator/overview").text


def test_the_overview_shows_what_waits_and_leads_to_it(operator: Browser) -> None:
    studio("10000002", name="Büro Zoë", trial_units_a_day=50)

    shown = operator.get("operator/overview")

    assert "Büro Zoë waits for your approval" in shown.text
    assert "0 of 30,000 segments taken for sending" in shown.text
    assert "/prod/hub/operator/accounts/10000002" in shown.addresses


def test_the_overview_counts_parked_and_overdue_texts(account: Account, operator: Browser) -> None:
    client(account)
    now = clients.now()
    for key in "ab":
        text = accept(account, key, now=now)
        store.write(Update(keys.message(account.id, text.id), changes={"held": "parked", "due_at": now + HOUR}))
    for key, state in (("u", {"state": "uncertain"}), ("t", {"state": "queued", "error": "twilio:20429"})):
        text = accept(account, key, now=now)
        store.write(Update(keys.message(account.id, text.id), changes=state))
    late = accept(account, "c", now=now)
    store.write(Update(keys.message(account.id, late.id), changes={"due_at": now - HOUR}))

    shown = operator.get("operator/overview").text

    assert "2 texts are parked until the carrier's reason is removed: longcode parked list" in shown
    assert "The carrier has not answered about 1 text" in shown
    assert "The carrier has not taken 1 text yet. Each is tried again by itself." in shown
    assert "1 item should have been acted on five minutes ago: longcode stuck" in shown


def test_each_count_of_the_overview_says_that_it_may_be_more_if_not_all_was_looked_at(
    account: Account, operator: Browser
) -> None:
    client(account)
    now = clients.now()
    held = {"held": "parked"}
    states = {"p": held, "u": {"state": "uncertain"}, "t": {"state": "queued", "error": "twilio:20429"}}
    for key, state in states.items():
        text = accept(account, key, now=now)
        store.write(Update(keys.message(account.id, text.id), changes={**state, "due_at": now + HOUR}))
    put(Put(keys.message("1", str(one)), keys.due(str(one), now + HOUR, delivery=True)) for one in range(2_000))
    put(Put(keys.registered(str(one)), {"account": str(one)}) for one in range(20_000_000, 20_002_000))

    overview = operator.get("operator/overview").text
    month = operator.get(f"operator/money/{months.previous(months.month_of(now))}").text

    assert "1 text or more are parked" in overview
    assert "2,000 items or more wait, and texts were counted among the first 2,000 only" in overview
    assert "The carrier has not answered about 1 text or more" in overview
    assert "The carrier has not taken 1 text or more yet." in overview
    assert "Invoices that are not issued were looked for in the first thousands of accounts only" in overview
    assert "Only the first 2,000 accounts were looked at" in month


def put(writes: Iterable[Put]) -> None:
    found = iter(writes)
    while some := list(islice(found, 100)):
        store.transact(some)


def test_a_page_that_is_not_there_leads_back_to_the_overview(operator: Browser) -> None:
    for path in ("operator/nowhere", "operator/accounts/99999999"):
        assert "/prod/hub/operator/overview" in operator.get(path).addresses
        assert "/prod/hub/home" not in operator.get(path).addresses


def test_the_month_that_runs_is_reached_and_says_when_its_invoices_come(operator: Browser) -> None:
    last, this = months.previous(months.month_of(clients.now())), months.month_of(clients.now())

    assert f"/prod/hub/operator/money/{this}" in operator.get(f"operator/money/{last}").addresses
    assert "This month is not over" in operator.get(f"operator/money/{this}").text


def test_the_month_that_runs_shows_what_the_accounts_have_used_by_pages(operator: Browser) -> None:
    this = months.month_of(clients.now())
    for number in range(10000002, 10000023):
        studio(str(number), name=f"Büro <{number}>")
    count("10000002", f"{this}-01", Usage(texts_sent=1_200, units_sent=1_300, texts_received=3, units_received=4))
    count("10000022", f"{this}-02", Usage(texts_sent=2, units_sent=2))

    first = operator.get(f"operator/money/{this}")
    last = operator.get(f"operator/money/{this}", "after=10000020")
    odd = operator.get(f"operator/money/{this}", "after=../%00")

    assert "Studio Plan Texts sent Received Units Büro <10000002> medium 1,200 3 1,304 Next page" in first.text
    assert "Büro <10000022> medium 2 0 2 First page" in last.text
    assert f"/prod/hub/operator/money/{this}?after=10000020" in first.addresses
    assert (odd.status, "Büro <10000002>" in odd.text) == (200, True)


def test_the_month_that_runs_without_texts_says_so(operator: Browser) -> None:
    this = months.month_of(clients.now())

    assert "Nothing was sent or received yet." in operator.get(f"operator/money/{this}").text
    assert "None of the accounts on this page has used" in operator.get(f"operator/money/{this}", "after=1").text


def count(account: str, day: str, used: Usage) -> None:
    store.write(count_write(account, day, "texts", used))


def test_accounts_are_found_by_a_part_of_their_name(operator: Browser) -> None:
    studio("10000002", name="<b>Büro</b> Zoë")

    found = operator.get("operator/accounts", "search=buro")
    nothing = operator.get("operator/accounts", "search=nobody")

    assert "<b>Büro</b> Zoë 10000002 10000002@studio.example medium active" in found.text
    assert "10000001" not in found.text
    assert "No account has nobody in its name" in nothing.text


def test_an_account_is_approved_suspended_and_restored_as_who_is_signed_in(operator: Browser) -> None:
    studio("10000002", trial_units_a_day=50)
    path = "operator/accounts/10000002"

    approved = operator.submit(operator.get(path), f"{path}/approve")
    suspended = operator.submit(operator.get(path), f"{path}/suspend", reason="October is unpaid.")
    restored = operator.submit(operator.get(path), f"{path}/restore")

    account = accounts.get_or_raise("10000002")
    assert "Approved." in approved.text
    assert f"suspended by {OP}: October is unpaid." in suspended.text
    assert "Restored." in restored.text
    assert account.trial_units_a_day is None
    assert [(change.to, change.by) for change in account.status_changes] == [("suspended", OP), ("active", OP)]


def test_the_changes_of_all_studios_are_listed_with_who_made_them(operator: Browser) -> None:
    studio("10000002", name="<b>Zoë</b>", trial_units_a_day=50)
    path = "operator/accounts/10000002"
    operator.submit(operator.get(path), f"{path}/suspend", reason="<i>Unpaid</i>")

    shown = operator.get("operator/changes")

    assert "accounts.suspend" in shown.text
    assert f"<b>Zoë</b> reason: <i>Unpaid</i> {OP}" in shown.text


def test_a_suspension_without_a_reason_changes_nothing_and_says_what_is_missing(operator: Browser) -> None:
    path = "operator/accounts/10000001"

    refused = operator.submit(operator.get(path), f"{path}/suspend", reason="  ")

    assert (refused.status, "Write the reason: the studio is shown it." in refused.text) == (422, True)
    assert accounts.get_or_raise("10000001").status is AccountStatus.ACTIVE


def test_unknown_accounts_months_and_buttons_are_not_found(operator: Browser) -> None:
    page = operator.get("operator/accounts/10000001")

    assert operator.get("operator/accounts/99999999").status == 404
    assert operator.get("operator/money/2999-01").status == 404
    assert operator.get("operator/money/October").status == 404
    assert operator.submit(page, "operator/accounts/10000001/burn").status == 404


def test_the_money_of_a_month_is_added_up_by_how_it_stands(operator: Browser) -> None:
    def bill(number: str, units: int) -> None:
        plan = price_list.of_month("2026-10")["medium"]
        invoices.issue(compute_invoice(number, "2026-10", plan, Usage(units_sent=units)), clients.now())

    studio("10000002", name="Büro Zoë")
    bill("10000001", 3)
    bill("10000002", 3)
    invoices.mark_paid("10000002", "2026-10", clients.now().date())

    shown = operator.get("operator/money/2026-10")

    assert "2 invoices $70.00 Paid $35.00 To be paid $35.00 Overdue $0.00" in shown.text
    assert "Büro Zoë 2026-10-000002 Paid $35.00" in shown.text


def test_no_page_has_a_clients_phone_or_words(operator: Browser) -> None:
    pages: list[Page] = [operator.get(path) for method, path in GUARDED if method == "GET"]

    assert [page.status for page in pages] == [200] * len(pages)
    assert [page.path for page in pages if "2125550123" in page.html or "555-0123" in page.text] == []


@pytest.mark.parametrize("is_signed_in", [True, False])
@pytest.mark.parametrize("odd", ["!" * 4_000, "a" * 5_000, "..", "é", "1" * 5_000, "0001-01", "2026-0x", "%F0%9F"])
def test_odd_addresses_and_forms_bring_no_fault_and_no_headers_that_the_gateway_refuses(
    account: Account, operator: Browser, odd: str, is_signed_in: bool
) -> None:
    browser = operator if is_signed_in else Browser({"operator": f"0.{odd}"})
    paths = (
        "operator/accounts/{}",
        "operator/money/{}",
        "operator/sign-in/{}",
        "operator/accounts",
        "operator/changes",
    )
    answers = [
        *(browser._call("GET", path.format(odd), None, f"after={odd}&search={odd}&back={odd}") for path in paths),
        browser._call("POST", f"operator/accounts/{account.id}/{odd}", f"token={odd}", ""),
        browser._call("POST", "operator/session", f"link={odd}&back={odd}", ""),
        browser._call("POST", "operator/sign-in", f"email={odd}&back={odd}", ""),
    ]

    assert [answer.status for answer in answers if answer.status >= 500] == []
    sizes = [sum(len(name) + len(value) for name, (value, *_) in answer.headers.items()) for answer in answers]
    assert max(sizes) < 10_240  # API Gateway: quotas of REST APIs


def test_what_an_operator_does_here_is_recorded_with_who_it_was_and_the_address_that_it_came_from(
    operator: Browser,
) -> None:
    path = "operator/accounts/10000001"

    operator.submit(operator.get(path), f"{path}/suspend", reason="October is unpaid.")

    [change], _ = changes.of_account("10000001", Span(limit=5), clients.now() + timedelta(minutes=1))
    actor = change.actor
    assert (actor.way, actor.name, actor.browser) == ("operator", OP, "Chrome on Windows")
    assert actor.address == "192.0.2.1"


def test_addresses_may_be_listed_with_spaces_between_them(aws: None, listed: Callable[[str], None]) -> None:
    listed("first@longcode.example, op@longcode.example")

    assert mailed_link(OP)


def test_no_log_has_the_address_of_who_gives_an_order(operator: Browser, caplog: pytest.LogCaptureFixture) -> None:
    studio("10000002", trial_units_a_day=50)
    path = "operator/accounts/10000002"

    operator.submit(operator.get(path), f"{path}/approve")

    assert "account approved" in log_lines(caplog)
    assert OP not in log_lines(caplog)
