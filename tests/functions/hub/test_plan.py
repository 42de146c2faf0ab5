"""The owner's pages about money: plans and their change, usage by template and person, the sheet, invoices."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from hub.plan import wording
from hub.plan.wording import Payment
from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.billing import closing, tallies
from longcode.billing import store as invoices
from longcode.billing.adjustments import Credit, MonthEntry
from longcode.billing.estimates import Comparison
from longcode.billing.invoice import Invoice, InvoiceLine, InvoiceState, compute_invoice
from longcode.billing.notices import BetterPlan, is_recommended
from longcode.billing.tallies import Origin
from longcode.plans import store as price_list
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Put, Update
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.billed_texts import reply, text
from tests.support.browser import Browser
from tests.support.fakes import NOW

JOINED = datetime(2026, 1, 10, 15, tzinfo=UTC)
LONG = pytest.mark.account(created_at=JOINED, plan_changes=(PlanChange(JOINED, "medium"),))


def last_month() -> str:
    return months.previous(months.month_of(clients.now()))


def invoice(account: Account, month: str = "2026-10", now: datetime = NOW, *others: InvoiceLine) -> Invoice:
    plan = price_list.of_month(month)["medium"]
    used = Usage(units_sent=1_100, units_received=20)
    drawn = compute_invoice(account.id, month, plan, used, studio=account.name, others=others)
    return invoices.issue(closing.with_terms(drawn, now), now)


@LONG
def test_plans_stand_side_by_side_with_what_last_month_would_have_cost(signed_in: Browser, account: Account) -> None:
    month = last_month()
    store.write(quotas.count_write(account.id, f"{month}-10", "m", Usage(texts_sent=1_100, units_sent=1_100)))

    page = signed_in.get("plan")

    name = months.in_words(month).split()[0]
    assert "Medium Your plan $35.00 a month 1,000 units, sent or received" in page.text
    assert f"{name} cost $39.00 Large" in page.text
    assert f"{name} would have cost $90.00 Volume" in page.text
    assert f"In {name}, it would have stopped at 100 of the 1,100 that you sent. Small" in page.text
    assert f"Medium suits you: in {months.in_words(month)}, no other plan would have sent all your texts" in page.text
    assert "Recommended" not in page.text
    assert page.fields["plan"] == "medium"


@LONG
def test_a_plan_is_changed_once_after_a_page_with_both_prices(signed_in: Browser, account: Account) -> None:
    asked = signed_in.get("plan/change", "plan=large")
    first = signed_in.submit(asked, "plan/change")
    signed_in.submit(asked, "plan/change")

    counts_from = asked.fields["counts_from"]
    assert "Now: Medium New: Large A month $35.00 $90.00" in asked.text
    assert f"Your plan is changed. It counts from {months.in_words(counts_from)}." in first.text
    assert [change.plan for change in accounts.get_or_raise(account.id).plan_changes] == ["medium", "large"]
    assert "Large is your plan" in signed_in.get("plan/change", "plan=large").text
    name = months.in_words(last_month()).split()[0]
    assert f"{name} cost $35.00 Large" in first.text
    assert f"{name} would have cost $90.00 Volume" in first.text


@LONG
def test_a_page_that_was_shown_before_the_cutoff_changes_nothing_after_it(
    signed_in: Browser, account: Account
) -> None:
    asked = signed_in.get("plan/change", "plan=large")

    again = signed_in.submit(asked, "plan/change", counts_from=months.previous(asked.fields["counts_from"]))

    assert "Meanwhile it is too late for" in again.text
    assert again.fields["counts_from"] == asked.fields["counts_from"]
    assert len(accounts.get_or_raise(account.id).plan_changes) == 1


@pytest.mark.parametrize("plan", ["", "none-such", "<b>"])
def test_a_plan_that_does_not_exist_is_refused_on_the_page_of_the_plans(signed_in: Browser, plan: str) -> None:
    page = signed_in.get("plan/change", f"plan={plan}")

    assert (page.status, page.path) == (422, "plan/change")
    assert "Choose one of the plans." in page.text


@pytest.mark.parametrize(
    ("now", "month", "said"),
    [
        (
            datetime(2026, 11, 30, 22, 59, tzinfo=UTC),
            "2026-11",
            "Your new plan counts for all of November if you change it by Monday 30 November, 5:00 pm Central.",
        ),
        (
            datetime(2026, 11, 30, 23, 1, tzinfo=UTC),
            "2026-12",
            "It is too late for November 2026: a new plan counts from December 2026. You can change it again until"
            " Thursday 31 December, 5:00 pm Central.",
        ),
    ],
)
def test_the_page_says_until_when_a_change_counts_for_which_month(now: datetime, month: str, said: str) -> None:
    assert wording.deadline(month, now) == said


@pytest.mark.parametrize(
    ("state", "total", "days", "payment"),
    [
        (InvoiceState.ISSUED, 39_800_000, 30, Payment.OPEN),
        (InvoiceState.ISSUED, 39_800_000, 31, Payment.OVERDUE),
        (InvoiceState.ISSUED, 0, 31, Payment.NOTHING),
        (InvoiceState.PAID, 39_800_000, 31, Payment.PAID),
        (InvoiceState.PARKED, None, 31, Payment.CHECKED),
        (InvoiceState.DOUBTED, None, 0, Payment.CHECKED),
    ],
)
def test_an_invoice_is_overdue_after_its_last_day(
    aws: None, state: InvoiceState, total: int | None, days: int, payment: Payment
) -> None:
    first = datetime(2026, 12, 1, 9, tzinfo=UTC)
    plan = price_list.of_month("2026-11")["medium"]
    issued = closing.with_terms(compute_invoice("1", "2026-11", plan, Usage()), first)
    shown = None if total is None else replace(issued, total_micros=total)
    entry = MonthEntry(account="1", month="2026-11", state=state, invoice=shown)

    assert wording.payment_of(entry, first + timedelta(days=days)) is payment


def test_the_days_to_pay_begin_when_a_parked_month_is_issued(aws: None) -> None:
    plan = price_list.of_month("2026-11")["medium"]
    drawn = compute_invoice("1", "2026-11", plan, Usage())

    due = [
        closing.with_terms(drawn, at).due_on
        for at in (datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 20, 9, tzinfo=UTC))
    ]

    assert [str(day) for day in due] == ["2026-12-31", "2027-01-19"]


@LONG
def test_an_invoice_is_explained_with_seller_and_how_to_pay(signed_in: Browser, account: Account) -> None:
    late = InvoiceLine("late_units_sent_beyond", "Units sent beyond, counted late", 2, 40_000, 80_000, "2026-09")
    issued = invoice(account, "2026-10", NOW, late)

    page, pdf = signed_in.get("invoices/2026-10"), signed_in.get("invoice-pdf/2026-10")

    assert "Please pay $39.88 by 22 December 2026. By bank transfer to account 000123456789" in page.text
    assert "Texts that you sent beyond the 1,000 of the plan, for $0.04 each. See the texts" in page.text
    assert "Units sent beyond, counted late (September 2026) They belong to September 2026" in page.text
    assert "/prod/hub/usage/2026-09/sheet?only=sent" in page.addresses
    assert (
        "Seller Longcode LLC, 12 Main Street, Chicago, IL 60601 Tax number of the seller EIN 12-3456789" in page.text
    )
    assert page.text.index("The month to the second") < page.text.index("744 hours")
    assert pdf.headers["Content-Disposition"] == [f'inline; filename="invoice-{issued.number}.pdf"']
    assert pdf.headers["Cache-Control"] == ["no-store"]
    assert base64.b64decode(pdf.html).startswith(b"%PDF-")


@LONG
def test_invoices_are_listed_newest_first_and_a_parked_month_is_being_checked(
    signed_in: Browser, account: Account
) -> None:
    invoice(account, "2026-09")
    invoice(account, "2026-10")
    invoices.mark_paid(account.id, "2026-09", NOW.date())
    parked = {"type": "invoice", "account": account.id, "month": "2026-08", "state": InvoiceState.PARKED}
    store.write(Put(keys.invoice(account.id, "2026-08"), parked))
    given = Credit(account=account.id, id="c", month="2026-10", amount_micros=2_500_000, reason="Sorry", given_at=NOW)
    invoices.give_credit(given, 39_800_000)

    page, checked = signed_in.get("invoices"), signed_in.get("invoices/2026-08")
    older = signed_in.get("invoices", "before=2026-09")

    assert "You have a credit of $2.50. It comes off your next invoice." in page.text
    assert page.text.index("October 2026 2026-10-000001") < page.text.index("September 2026 2026-09-000001")
    assert "Paid $39.80 August 2026 Being checked" in page.text
    assert "parked" not in page.text + checked.text
    assert "You don't need to do anything" in checked.text
    assert "September 2026" not in older.text


@LONG
def test_a_month_divides_by_template_and_by_person_and_is_counted_again_on_request(
    signed_in: Browser, account: Account
) -> None:
    texts = [text(units) for units in (3, 2, 1)]
    reply()
    for one, changes in zip(texts, ({"by": "Ann Lee", "template": "proofs"}, {"by": "Ann Lee"}), strict=False):
        store.write(Update(keys.message(account.id, one.id), changes=changes))

    before = signed_in.get("usage/2026-11")
    untouched = tallies.get(account.id, "2026-11")
    after = signed_in.submit(before, "usage/2026-11/count")
    text(1)
    outdated = signed_in.get("usage/2026-11")
    again = signed_in.submit(outdated, "usage/2026-11/count")

    assert (
        "Which templates the 4 texts came from, and who wrote them, is added up when you ask for it." in before.text
    )
    assert untouched is None
    assert not any("data-goes-on" in given for _, given in before.tags)
    assert "proofs 1 3 43 % Without a template 2 3 43 % Replies from clients 1 1 14 %" in after.text
    assert (
        "Ann Lee 2 5 71 % Replies from clients 1 1 14 % Your studio software, or whoever has the password 1 1 14 %"
        in after.text
    )
    assert "Count again" not in after.text
    assert "Since then, texts were added or taken off. Count again" in outdated.text
    assert "Your studio software, or whoever has the password 2 2 25 %" in again.text


@LONG
def test_a_count_goes_on_in_steps_and_adds_no_text_twice(account: Account) -> None:
    for days in range(4):
        text(1, at=NOW - timedelta(days=days))
    steps = [tallies.count_step(account.id, "2026-11", "", NOW, seconds=0)]
    while not steps[-1].is_whole:
        steps.append(tallies.count_step(account.id, "2026-11", "", NOW, seconds=0))

    repeated = tallies.count_step(account.id, "2026-11", "another page", NOW, seconds=0)

    assert len(steps) > 2
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert (steps[-1].texts, steps[-1].units, steps[-1].by_person[0].origin) == (4, 4, Origin.SINGLE)
    assert repeated == steps[-1]


@LONG
def test_the_page_goes_on_with_a_count_that_was_begun(signed_in: Browser, account: Account) -> None:
    for days in range(4):
        text(1, at=NOW - timedelta(days=days))
    tallies.count_step(account.id, "2026-11", "", NOW, seconds=0)

    page = signed_in.get("usage/2026-11")

    assert "of 4 texts added up" in page.text
    assert any("data-goes-on" in given for _, given in page.tags)


def test_names_beyond_the_most_are_added_up_together(account: Account) -> None:
    begun = tallies.Tally(account=account.id, month="2026-11", begun_at=NOW)
    texts = [replace(text(), template=f"t{number}") for number in range(3)]
    texts *= 100

    whole = tallies.added(begun, [replace(one, template=f"t{n}") for n, one in enumerate(texts)], None)

    assert len(whole.by_template) == 201
    assert sum(share.texts for share in whole.by_template if share.origin is Origin.OTHERS) == 100
    assert whole.texts == 300


@LONG
def test_the_sheet_is_shown_on_pages_and_as_files_that_together_have_each_text_once(
    signed_in: Browser, account: Account
) -> None:
    for days in range(3):
        text(2, at=NOW - timedelta(days=days))
    credited = text(0, at=NOW)
    undelivered = {"units": 1, "error": "twilio:30003"}
    store.write(Update(keys.message(account.id, credited.id), changes=undelivered))
    reply(1, at=NOW)

    page = signed_in.get("usage/2026-11/sheet")
    received = signed_in.get("usage/2026-11/sheet", "only=received")
    files = [
        signed_in.get("usage/2026-11/texts.csv", query)
        for query in ("until=2026-11-20", "after=2026-11-20&until=2026-11-21", "after=2026-11-21")
    ]

    assert page.text.count("(212) 555-0123") == 5
    assert "Not charged: the phone is switched off" in page.text
    assert received.text.count("(212) 555-0123") == 1
    assert [len(file.html.splitlines()) - 1 for file in files] == [1, 1, 3]
    assert files[0].headers["Content-Disposition"] == ['attachment; filename="longcode-texts-2026-11-to-20.csv"']


@pytest.mark.parametrize("day", ["2026-02-30", "9999-12-31", "2026-11-31"])
def test_a_day_that_the_month_does_not_have_is_left_out(signed_in: Browser, day: str) -> None:
    assert signed_in.get("usage/2026-11/texts.csv", f"after={day}&until={day}").status == 200


@pytest.mark.parametrize("path", ["usage/2025-12", "usage/2999-01", "usage/2026-13", "usage/x/sheet", "invoices/x"])
@LONG
def test_a_month_without_the_account_is_not_there(signed_in: Browser, path: str) -> None:
    assert signed_in.get(path).status == 404


@pytest.mark.parametrize(
    ("saved", "cheapest", "recommended"),
    [(None, "small", True), (30, None, True), (30, "large", True), (30, "small", False)],
)
def test_a_plan_is_recommended_if_last_month_speaks_for_it_or_the_own_one_stops(
    aws: None, saved: int | None, cheapest: str | None, *, recommended: bool
) -> None:
    better = BetterPlan(price_list.of_month("2026-11")["large"], saved)
    last_month = Comparison(plans=(), cheapest=cheapest, saved_micros=0) if cheapest else None

    assert is_recommended(better, last_month) is recommended
