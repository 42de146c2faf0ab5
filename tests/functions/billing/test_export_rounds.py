"""Another round of an export: after a test key, for a customer that is gone, and ordered once more."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from admin.ledger import Export, begin_export
from billing import export_worker as exporter
from billing.export_worker import Answer
from longcode.accounts import store as accounts
from longcode.billing import exports
from longcode.billing.stripe_form import InvoiceExport, StripeCall
from longcode.table import due
from sweeper.sweep_schedule import act
from tests.support.crashes import every_crash
from tests.support.export_steps import JOB, CrashableBooks, begun, client, export, export_state, waiting
from tests.support.fake_stripe import INVOICE, LOSES, TEST_KEY, FakeStripe, stripe
from tests.support.fakes import NOW, take_queued

pytestmark = pytest.mark.usefixtures("aws")

CUSTOMER, DRAFT = "cus_NffrFeUfNV2Hib", "in_1MtHbELkdIwHu7ixl4OzzPMv"
AGAIN = Export(account="10000001", month="2026-11", again=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def books() -> Iterator[FakeStripe]:
    with stripe() as fake:
        yield fake


def state() -> InvoiceExport:
    found = exports.get("10000001", "2026-11")
    assert found
    return found


def customer() -> str | None:
    return accounts.get_or_raise("10000001").stripe_customer


def keys(books: FakeStripe) -> list[str]:
    return [one["headers"]["idempotency-key"].removeprefix("longcode-") for one in books.requests]


# A test key


def test_nothing_is_kept_from_a_test_key(books: FakeStripe, capsys: pytest.CaptureFixture[str]) -> None:
    begun()

    export(books, key=TEST_KEY)

    assert len(books.created) == len(INVOICE)
    assert (state().stripe_invoice, state().stopped, customer()) == (None, "test_key", None)
    assert waiting(NOW + 9 * DAY) == []
    assert "StoppedExports" not in capsys.readouterr().out


def test_a_live_key_exports_what_a_test_key_has_exported() -> None:
    begun()
    with stripe() as test_mode:
        export(test_mode, key=TEST_KEY)

    with stripe() as books:
        export(books, NOW + MINUTE)
        untouched = list(books.requests)
        begin_export(Export(account="10000001", month="2026-11"), NOW + MINUTE, enabled=True)
        export(books, NOW + MINUTE)

    assert untouched == []
    assert (export_state(), state().round, customer()) == ((DRAFT, None), 2, CUSTOMER)
    assert keys(books)[:2] == ["customer-10000001-2", "10000001-2026-11-000001-draft-2"]


def test_a_test_key_leaves_the_live_customer_alone(books: FakeStripe) -> None:
    begun()
    exports.record_customer("10000001", "cus_live")
    books.gone = {"cus_live"}  # it does not exist in test mode

    export(books, key=TEST_KEY)

    assert (state().stopped, state().round, customer()) == ("test_key", 1, "cus_live")
    assert books.ids("cus_") == [CUSTOMER]


def test_a_key_that_changes_within_a_round_creates_everything_with_the_new_key() -> None:
    begun()
    with stripe() as test_mode:
        test_mode.instead = [None, None, "broken"]
        export(test_mode, key=TEST_KEY)

    with stripe() as books:
        export(books, NOW + MINUTE)

    assert (export_state(), state().round, customer()) == ((DRAFT, None), 1, CUSTOMER)
    assert len(books.created) == len(INVOICE)


@pytest.mark.long
def test_an_export_with_a_test_key_killed_at_any_call_creates_everything_once() -> None:
    begun()

    for crash in every_crash():
        with stripe() as books:
            with crash:
                exporter.export(JOB, CrashableBooks(client(books, TEST_KEY), crash), NOW)
            export(books, NOW + 2 * MINUTE, TEST_KEY)

        assert (export_state(), state().round, customer()) == ((None, "test_key"), 1, None)
        assert len(books.created) == len(INVOICE)
        assert waiting(NOW + 9 * DAY) == []


# A customer that is gone


@pytest.mark.parametrize(
    ("call", "key"), [(0, "10000001-2026-11-000001-draft-1"), (2, "10000001-2026-11-000001-line-4-1")]
)
def test_a_customer_that_is_gone_is_made_anew(
    books: FakeStripe, capsys: pytest.CaptureFixture[str], call: int, key: str
) -> None:
    begun()
    exports.record_customer("10000001", f"{CUSTOMER}_9")
    books.instead = [*[None] * call, "no_such_customer"]

    export(books)
    soon = waiting(NOW + MINUTE)
    export(books, NOW + MINUTE)

    assert soon == ["export"]
    assert (state().stopped, state().round, customer()) == (None, 2, CUSTOMER)
    assert state().stripe_invoice == books.ids("in_")[-1]
    assert keys(books)[call : call + 3] == [
        key,
        f"customer-10000001-2-after-{CUSTOMER}_9",
        "10000001-2026-11-000001-draft-2",
    ]
    assert "StoppedExports" not in capsys.readouterr().out


def test_the_round_after_a_gone_customer_is_queued_by_the_sweeper(books: FakeStripe) -> None:
    begun()
    exports.record_customer("10000001", "cus_gone")
    books.gone = {"cus_gone"}
    export(books)
    [item] = [one for one in due.find(NOW + MINUTE, 10) if one["type"] == "export"]

    act(item, NOW + MINUTE)

    assert take_queued("export") == ['{"account":"10000001","month":"2026-11"}']


def test_a_customer_that_is_gone_before_it_was_recorded_is_made_anew(books: FakeStripe) -> None:
    begun()
    books.instead = [LOSES]
    export(books)
    books.gone = {CUSTOMER}

    for minute in (1, 2):
        export(books, NOW + minute * MINUTE)

    assert (export_state(), state().round, customer()) == ((DRAFT, None), 2, f"{CUSTOMER}_2")


def test_a_customer_of_another_months_export_that_is_gone_is_made_anew_once(books: FakeStripe) -> None:
    begun()
    exports.record_customer("10000001", "cus_gone")
    books.gone = {"cus_gone"}
    export(books)
    exports.record_customer("10000001", CUSTOMER, "cus_gone")  # by the export of another month

    export(books, NOW + MINUTE)

    assert (state().stopped, state().round, customer()) == (None, 2, CUSTOMER)
    assert books.ids("cus_") == []


def test_a_customer_that_another_export_records_meanwhile_is_used(books: FakeStripe) -> None:
    begun()
    posts = client(books)

    class OtherExport:
        is_test = False

        def post(self, call: StripeCall) -> Answer:
            answer = posts.post(call)
            if call.path == "/v1/customers":
                exports.record_customer("10000001", f"{CUSTOMER}_3")
            return answer

    exporter.export(JOB, OtherExport(), NOW)
    export(books, NOW + MINUTE)

    assert (export_state(), state().round, customer()) == ((DRAFT, None), 1, f"{CUSTOMER}_3")
    assert {form["customer"] for form, _ in books.created.values() if "customer" in form} == {f"{CUSTOMER}_3"}


def test_an_export_whose_customers_are_always_gone_stops_in_its_second_round(
    books: FakeStripe, capsys: pytest.CaptureFixture[str]
) -> None:
    begun()
    exports.record_customer("10000001", "cus_gone")
    books.gone = {"cus_gone", CUSTOMER}

    for minute in range(20):
        export(books, NOW + minute * MINUTE)

    assert (state().stopped, state().round) == ("customer_gone", 2)
    assert len(books.requests) == 3
    assert waiting(NOW + 9 * DAY) == []
    assert "StoppedExports" in capsys.readouterr().out


def test_the_operator_begins_again_after_two_gone_customers(books: FakeStripe) -> None:
    begun()
    exports.record_customer("10000001", "cus_gone")
    books.gone = {"cus_gone", CUSTOMER}
    for minute in range(2):
        export(books, NOW + minute * MINUTE)

    begin_export(Export(account="10000001", month="2026-11"), NOW + DAY, enabled=True)
    for minute in range(2):
        export(books, NOW + DAY + minute * MINUTE)

    assert (export_state(), state().round, customer()) == ((DRAFT, None), 4, f"{CUSTOMER}_2")


@pytest.mark.long
def test_a_round_for_a_new_customer_killed_at_any_call_creates_everything_once() -> None:
    begun()
    exports.record_customer("10000001", "cus_gone")

    for crash in every_crash():
        with stripe() as books:
            books.gone = {"cus_gone"}
            with crash:
                for _ in range(2):
                    exporter.export(JOB, CrashableBooks(client(books), crash), NOW)
            for minute in (2, 4):
                export(books, NOW + minute * MINUTE)

        assert (export_state(), state().round, customer()) == ((DRAFT, None), 2, CUSTOMER)
        assert len(books.created) == len(INVOICE)
        assert waiting(NOW + 9 * DAY) == []


# The same invoice once more


def test_a_finished_export_is_exported_again_only_if_the_operator_says_so(books: FakeStripe) -> None:
    begun()
    export(books)

    without = begin_export(Export(account="10000001", month="2026-11"), NOW + DAY, enabled=True)["export"]
    again = begin_export(AGAIN, NOW + DAY, enabled=True)["export"]
    export(books, NOW + DAY)

    assert (without["round"], without["stripe_invoice"]) == (1, DRAFT)
    assert (again["round"], again["stripe_invoice"]) == (2, None)
    assert (export_state(), state().round) == ((f"{DRAFT}_2", None), 2)
    assert books.ids("in_") == [DRAFT, f"{DRAFT}_2"]
    assert books.ids("cus_") == [CUSTOMER]


def test_an_unfinished_export_has_no_second_round(books: FakeStripe) -> None:
    begun()

    answers = [begin_export(AGAIN, NOW, enabled=True)["export"]["round"] for _ in range(2)]
    export(books)

    assert answers == [1, 1]
    assert books.ids("in_") == [DRAFT]


def test_an_order_that_read_an_older_state_begins_no_round(books: FakeStripe) -> None:
    begun()
    export(books)
    finished = state()

    for _ in range(2):
        exports.begin_again(finished, NOW + DAY)
    export(books, NOW + DAY)
    exports.begin_again(finished, NOW + 2 * DAY)

    assert (export_state(), state().round) == ((f"{DRAFT}_2", None), 2)
    assert len(take_queued("export")) == 1


@pytest.mark.long
def test_an_order_and_its_round_killed_at_any_call_create_everything_once() -> None:
    begun()
    with stripe() as first:
        export(first)

    for crash in every_crash():
        with stripe() as books:
            with crash:
                begin_export(AGAIN, NOW + DAY, enabled=True)
                exporter.export(JOB, CrashableBooks(client(books), crash), NOW + DAY)
            if state().round == 1:
                begin_export(AGAIN, NOW + DAY, enabled=True)
            export(books, NOW + DAY + 2 * MINUTE)

        assert (export_state(), state().round) == ((DRAFT, None), 2)
        assert len(books.created) == len(INVOICE) - 1  # the customer stays
        assert waiting(NOW + 9 * DAY) == []
