"""An invoice is exported to Stripe once, even after crashes, repetitions and lost responses."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from admin.ledger import Export, begin_export
from billing import bill_worker as biller
from billing import export_worker as exporter
from billing.export_worker import RefusedByStripe, Retry, Stripe
from longcode import jobs
from longcode.accounts import store as accounts
from longcode.billing import exports
from longcode.billing.stripe_form import StripeCall
from longcode.table import due
from sweeper.sweep_schedule import act
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.export_steps import JOB, CrashableBooks, begun, client, export, export_state, waiting
from tests.support.fake_stripe import ERRORS, HANGS, INVOICE, KEY, LOSES, FakeStripe, stripe
from tests.support.fakes import NOW, LambdaContext, sqs_event, studio, take_queued
from tests.support.https_servers import https_endpoint
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def books() -> Iterator[FakeStripe]:
    with stripe() as fake:
        yield fake


DONE = ("in_1MtHbELkdIwHu7ixl4OzzPMv", None)


def test_an_invoice_becomes_a_customer_a_draft_and_an_item_for_each_line(books: FakeStripe) -> None:
    begun()

    export(books)

    account = accounts.get("10000001")
    assert books.requests == [exchange["request"] for exchange in INVOICE]
    assert export_state() == DONE
    assert account
    assert account.stripe_customer == "cus_NffrFeUfNV2Hib"
    assert waiting(NOW + timedelta(days=2)) == []


def test_the_items_add_up_to_the_rounded_total() -> None:
    items = [one["request"]["form"] for one in INVOICE if one["request"]["path"] == "/v1/invoiceitems"]

    # $250.00 + 3 x $0.0275 - $2.50 = $247.5825
    assert sum(int(form["amount"]) for form in items) == 24_758


def test_a_job_delivered_twice_posts_everything_once(books: FakeStripe) -> None:
    begun()
    export(books)

    export(books)
    export(books, NOW + timedelta(days=3))

    assert len(books.requests) == len(INVOICE)


def test_parallel_jobs_post_everything_once(books: FakeStripe) -> None:
    begun()

    with parallel_calls() as threads:
        list(threads.map(lambda _: export(books), range(4)))

    assert len(books.requests) == len(INVOICE)
    assert export_state() == DONE


@pytest.mark.long
def test_an_export_killed_at_any_call_to_stripe_or_aws_creates_everything_once() -> None:
    begun()

    for crash in every_crash():
        with stripe() as books:
            with crash:
                exporter.export(JOB, CrashableBooks(client(books), crash), NOW)
            left = export_state()
            export(books, NOW + timedelta(seconds=1))
            if "post" in crash.calls:  # whoever posts has the invoice to itself for a minute
                assert export_state() == left
            export(books, NOW + timedelta(minutes=2))

        assert export_state() == DONE
        assert len(books.created) == len(INVOICE)
        assert waiting(NOW + timedelta(days=2)) == []


@pytest.mark.parametrize("call", range(len(INVOICE)))
def test_a_lost_response_is_repeated(books: FakeStripe, call: int) -> None:
    begun()
    books.instead = [*[None] * call, LOSES]

    export(books)
    export(books, NOW + timedelta(minutes=1))

    assert export_state() == DONE
    assert len(books.created) == len(INVOICE)


@pytest.mark.parametrize("problem", ["key_in_use", "rate_limited", "broken", "unavailable", HANGS])
def test_an_unknown_result_or_a_temporary_error_is_retried(books: FakeStripe, problem: str) -> None:
    begun()
    books.instead = [None, None, problem]

    export(books)
    at_first = export_state()
    soon = waiting(NOW + timedelta(minutes=1))
    export(books, NOW + timedelta(minutes=1))

    assert (at_first, soon) == ((None, None), ["export"])
    assert export_state() == DONE
    assert len(books.created) == len(INVOICE)


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        ("bad_request", "http 400 parameter_missing"),
        ("other_parameters", "http 400 idempotency_error"),
        ("bad_key", "http 401 invalid_request_error"),
        ("request_failed", "http 402 card_declined"),
        ("forbidden", "http 403 more_permissions_required_for_application"),
    ],
)
def test_a_refused_export_stops_until_the_operator_begins_again(books: FakeStripe, problem: str, why: str) -> None:
    begun()
    books.instead = [None, problem]

    export(books)
    stopped = export_state()
    export(books, NOW + timedelta(hours=1))
    begin_export(Export(account="10000001", month="2026-11"), NOW + timedelta(days=1), enabled=True)
    export(books, NOW + timedelta(days=1))

    assert stopped == (None, why)
    assert export_state() == DONE
    assert [one["headers"]["idempotency-key"] for one in books.requests][:3] == [
        "longcode-customer-10000001-1",
        "longcode-10000001-2026-11-000001-draft-1",
        "longcode-10000001-2026-11-000001-draft-2",
    ]


def test_an_export_unfinished_after_a_day_stops_before_its_keys_expire(books: FakeStripe) -> None:
    begun()
    books.instead = ["broken"]
    export(books, NOW + timedelta(hours=22))

    export(books, NOW + timedelta(hours=23, seconds=1))

    assert export_state() == (None, "unfinished")
    assert len(books.requests) == 1
    assert waiting(NOW + timedelta(days=9)) == []


def test_a_studio_is_one_customer_for_all_its_invoices(books: FakeStripe) -> None:
    begun()
    exports.record_customer("10000001", "cus_NffrFeUfNV2Hib")

    export(books)

    assert [one["path"] for one in books.requests] == ["/v1/invoices", *["/v1/invoiceitems"] * 3]


def test_an_export_sends_no_telemetry(books: FakeStripe) -> None:
    begun()

    export(books)

    assert len(books.agents) == len(INVOICE)
    assert {name for agent in books.agents for name in json.loads(agent)} == {
        "bindings_version",
        "lang",
        "httplib",
        "lang_version",
    }


def test_the_key_is_in_no_log_no_answer_and_not_in_the_table(
    books: FakeStripe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    log_records: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log_records.append(repr(record.__dict__))

    listener = Listener()
    logging.getLogger("longcode").addHandler(listener)
    begun()
    books.instead = [None, "bad_key"]

    export(books)
    logging.getLogger("longcode").removeHandler(listener)

    assert "http 401" in "".join(log_records)
    assert "urllib3" in caplog.text
    assert "p7dc" not in "".join(log_records) + caplog.text
    assert "p7dc" not in repr(
        (export_state(), accounts.get("10000001"), client(books).post(StripeCall("/v1/x", "k", {})))
    )


def test_a_response_of_stripe_is_classified_by_its_status_and_body(books: FakeStripe) -> None:
    call = StripeCall("/v1/customers", "k", {"name": "\ud800"})
    books.instead = [*ERRORS, HANGS]

    answers = [client(books).post(call) for _ in books.instead[:]]

    assert [type(one) for one in answers] == [*[RefusedByStripe] * 6, *[Retry] * 6]
    assert answers[5] == RefusedByStripe("http 400 resource_missing")  # this call names no customer


def test_a_redirect_is_not_followed(books: FakeStripe) -> None:
    books.instead = ["moved"]

    assert client(books).post(StripeCall("/v1/customers", "k", {})) == Retry("http 302")
    assert [one["path"] for one in books.requests] == ["/v1/customers"]


def test_a_proxy_of_the_environment_is_not_used(books: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    client(books).post(StripeCall("/v1/customers", "k", {}))

    assert [one["path"] for one in books.requests] == ["/v1/customers"]


def test_nothing_is_sent_to_a_server_without_a_certificate_of_a_public_authority(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, lambda connection, _: connection.close()) as endpoint:
        answer = Stripe(KEY, f"https://localhost:{endpoint.port}").post(StripeCall("/v1/customers", "k", {}))

        assert answer == Retry("APIConnectionError")
        assert endpoint.requests == []


def test_a_refused_connection_is_retried() -> None:
    assert isinstance(Stripe(KEY, "http://127.0.0.1:1").post(StripeCall("/v1/customers", "k", {})), Retry)


def test_without_a_stripe_secret_no_invoice_is_exported() -> None:
    studio()

    biller.bill(jobs.Bill(account="10000001", month="2026-11"), lambda: DECEMBER)

    assert exports.get("10000001", "2026-11") is None
    assert take_queued("export") == []


def test_with_a_stripe_secret_an_issued_invoice_is_exported_once() -> None:
    studio()

    for _ in range(2):
        biller.bill(jobs.Bill(account="10000001", month="2026-11"), lambda: DECEMBER, exports=True)

    assert take_queued("export") == ['{"account":"10000001","month":"2026-11"}']


def test_an_export_whose_job_was_lost_is_queued_by_the_sweeper() -> None:
    begun()
    [item] = [one for one in due.find(NOW + timedelta(minutes=1), 10) if one["type"] == "export"]

    act(item, NOW + timedelta(minutes=1))

    [record] = sample_event("sqs_export")["Records"]
    assert take_queued("export") == [record["body"]] == ['{"account":"10000001","month":"2026-11"}']
    assert waiting(NOW + timedelta(minutes=2)) == []


def test_an_unreadable_record_stays_on_its_queue() -> None:
    answer = exporter.handler(sqs_event("{"), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
