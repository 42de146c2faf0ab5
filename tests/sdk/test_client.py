"""The client against the real handlers: calls, lists, errors, repetitions; and the code in its README."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event
from typing import Any

import pytest
from urllib3 import ProxyManager

from longcode.accounts.account import Account
from longcode.months import month_of
from longcode_client import Longcode, NoAnswer, RequestRefused
from tests.support.fakes import ApiResponse, client
from tests.support.reply_steps import receive, record_text
from tests.support.served_api import ServedApi
from tests.support.source_reading import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "sdk" / "python" / "README.md").read_text(), re.DOTALL)
TEXT: Any = {"client_id": "c1", "body": "Your proofs are ready."}


def problem(status: int, code: str, **headers: str) -> ApiResponse:
    return ApiResponse(status, headers, f'{{"status": {status}, "code": "{code}", "detail": "No."}}')


def waiting(served: ServedApi, waited: list[float]) -> Longcode:
    return Longcode(served.url, "10000001", "secret", sleep=waited.append)


def test_the_code_of_the_readme_runs(account: Account, served: ServedApi, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}

    for block in BLOCKS:
        here = block.replace("https://api.example/v1", served.url).replace("the password, or an API key", "secret")
        exec(here.replace('"2026-11"', f'"{month_of(datetime.now(UTC))}"'), names)

    said = capsys.readouterr().out
    assert len(BLOCKS) == 5
    assert names["accepted"]["messages"][0]["body"] == "Your proofs are ready."
    assert "accepted Your proofs are ready." in said
    assert "bad_template [{'field': 'body'" in said
    assert names["report"]["written"] == 1
    assert names["month"].startswith("\ufefftime,direction")


def test_a_list_follows_its_pages(account: Account, served: ServedApi, longcode: Longcode) -> None:
    for number in range(5):
        client(account, f"d{number}", f"+1212555013{number}")

    ids = [one["id"] for one in longcode.list_clients(limit=2)]

    assert ids == ["c1", "d0", "d1", "d2", "d3", "d4"]
    assert [request.query["limit"] for request in served.requests] == ["2", "2", "2"]


def test_new_replies_end_when_the_cursor_stays(account: Account, served: ServedApi, longcode: Longcode) -> None:
    record_text(account)
    receive("SM1", "One")
    receive("SM2", "Two")

    pages = list(longcode.list_new_replies(limit=1).pages())

    assert [[item["message"]["body"] for item in page["items"]] for page in pages] == [["One"], ["Two"], []]
    assert [request.query["after"] for request in served.requests] == ["0", "1", "2"]


def test_an_id_is_encoded_in_the_path(account: Account, served: ServedApi, longcode: Longcode) -> None:
    longcode.put_client("Ä&b+c", {"first_name": "Ann"})

    assert longcode.show_client("Ä&b+c")["first_name"] == "Ann"
    assert served.requests[0].path == "/clients/%C3%84%26b%2Bc"


def test_a_csv_file_is_put_together_from_its_pages(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [
        ApiResponse(200, {"Next-Cursor": "2026-11-22T15%3A30%23m0%20%C3%A9"}, "a\r\n"),
        ApiResponse(200, {}, "é"),
    ]

    assert "".join(longcode.list_texts("2026-11")) == "a\r\né"
    assert served.requests[1].query == {"cursor": "2026-11-22T15:30#m0 é"}


def test_an_invoice_can_be_a_pdf(longcode: Longcode, served: ServedApi) -> None:
    served.instead = [ApiResponse(200, {}, "JVBERg==", is_base64=True)]

    assert longcode.show_invoice_pdf("2026-10") == b"%PDF"
    assert served.requests[0].headers["accept"] == "application/pdf"


def test_a_refusal_is_an_exception_with_the_parts_of_the_problem(account: Account, longcode: Longcode) -> None:
    with pytest.raises(RequestRefused) as refused:
        longcode.post_message({"client_id": "c1", "body": ""}, idempotency_key="k")

    error = refused.value
    assert (error.status, error.code, error.idempotency_key) == (422, "empty_text", "k")
    assert error.detail == error.problem["detail"]
    assert str(error).startswith("422 empty_text: ")


def test_what_is_no_problem_document_is_a_refusal_without_code(longcode: Longcode, served: ServedApi) -> None:
    served.instead = [
        ApiResponse(403, {}, "<h1>Proxy</h1>"),
        ApiResponse(302, {"Location": "https://else.example"}, ""),
    ]

    for status in (403, 302):
        with pytest.raises(RequestRefused) as refused:
            longcode.show_plan()
        assert (refused.value.status, refused.value.code, refused.value.problem) == (status, "", {})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_text_is_repeated_with_its_key_after_a_failure_that_may_pass(
    account: Account, served: ServedApi, status: int
) -> None:
    waited: list[float] = []
    served.instead = [
        problem(status, "too_many_requests" if status == 429 else "broken"),
        ApiResponse(status, {}, ""),
    ]

    accepted = waiting(served, waited).post_message(TEXT)

    keys = [request.headers["idempotency-key"] for request in served.requests]
    assert accepted["messages"][0]["body"] == TEXT["body"]
    assert (len(keys), len(set(keys))) == (3, 1)
    assert 0.25 <= waited[0] <= 0.5 <= waited[1] <= 1


def test_an_answer_that_breaks_off_is_asked_for_again_and_the_text_is_accepted_once(
    account: Account, served: ServedApi, longcode: Longcode
) -> None:
    served.lost = 5
    served.before = lambda: setattr(served, "lost", 5 if len(served.requests) < 3 else 0)

    accepted = longcode.post_message(TEXT)

    assert len(served.requests) == 3
    assert [one["id"] for one in longcode.list_messages(folder="all")] == [accepted["messages"][0]["id"]]


def test_attempts_are_bounded_and_the_error_has_the_key(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [ApiResponse(503, {}, "")] * 9

    with pytest.raises(RequestRefused) as refused:
        longcode.post_message(TEXT)

    assert len(served.requests) == 4
    assert refused.value.idempotency_key == served.requests[0].headers["idempotency-key"]


def test_what_has_no_key_and_changes_something_is_sent_once(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [ApiResponse(503, {}, "")] * 9

    for once in (
        lambda: longcode.change_account({"name": "Fox"}),
        lambda: longcode.create_key({"name": "inbox", "scope": "read"}),
        lambda: longcode.import_clients(b"id\nc1\n"),
    ):
        with pytest.raises(RequestRefused):
            once()

    assert [request.path for request in served.requests] == ["/account", "/account/keys", "/clients/import"]


@pytest.mark.parametrize(("status", "code"), [(409, "opted_out"), (429, "too_many_forms"), (422, "invalid")])
def test_a_refusal_that_stays_is_not_repeated(served: ServedApi, longcode: Longcode, status: int, code: str) -> None:
    served.instead = [problem(status, code)]

    with pytest.raises(RequestRefused, match=code):
        longcode.post_message(TEXT)

    assert len(served.requests) == 1


def test_retry_after_is_waited_for_if_it_is_short(account: Account, served: ServedApi) -> None:
    waited: list[float] = []
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    served.instead = [problem(429, "", **{"Retry-After": "60"}), problem(503, "", **{"Retry-After": soon})]

    waiting(served, waited).count_unread()

    assert 60 < waited[0] <= 60.5
    assert 25 < waited[1] <= 31


def test_a_long_retry_after_is_left_to_the_caller(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [problem(503, "", **{"Retry-After": "61"})]

    with pytest.raises(RequestRefused) as refused:
        longcode.count_unread()

    assert refused.value.retry_after == 61


def test_without_a_connection_or_an_answer_in_time_there_is_no_answer(served: ServedApi) -> None:
    nobody = Longcode("http://127.0.0.1:9/v1", "10000001", "secret", attempts=1)
    waited_for_too_long = Event()
    served.before = waited_for_too_long.wait
    slow = Longcode(served.url, "10000001", "secret", timeout=0.02, attempts=1)

    for longcode in (nobody, slow):
        with pytest.raises(NoAnswer):
            longcode.count_unread()
    waited_for_too_long.set()


def test_an_answer_that_is_not_json_is_no_answer(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [ApiResponse(200, {}, "<h1>Hotel</h1>")]

    with pytest.raises(NoAnswer, match="not JSON"):
        longcode.show_plan()


def test_the_password_is_shown_nowhere(served: ServedApi, longcode: Longcode) -> None:
    served.instead = [ApiResponse(401, {}, "")]

    with pytest.raises(RequestRefused) as refused:
        longcode.show_plan()

    assert repr(longcode) == f"Longcode('{served.url}', account='10000001')"
    assert "secret" not in repr(refused.value) + str(refused.value)


@pytest.mark.parametrize("no_id", ["", ".", ".."])
def test_what_would_be_another_path_is_no_id(served: ServedApi, longcode: Longcode, no_id: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        longcode.delete_client(no_id)

    assert served.requests == []


def test_the_proxy_of_the_system_is_used_except_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:s%40cret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example")
    hosts = ("api.example", "direct.example", "localhost")

    pools = [Longcode(f"https://{host}/v1")._pool for host in hosts]

    assert [isinstance(pool, ProxyManager) for pool in pools] == [True, False, False]
    assert isinstance(pools[0], ProxyManager)
    assert pools[0].proxy_headers == {"proxy-authorization": "Basic bWU6c0BjcmV0"}


def test_signing_up_needs_no_account(aws: None, served: ServedApi) -> None:
    plans = Longcode(served.url).list_plans()

    assert set(plans) == {"items"}
    assert "authorization" not in served.requests[0].headers


@pytest.mark.parametrize(
    "api", ["http://api.example/v1", "api.example", "https://a:b@api.example", "https://a.example/?x"]
)
def test_an_address_that_would_show_the_password_is_refused(api: str) -> None:
    with pytest.raises(ValueError, match="address must"):
        Longcode(api, "10000001", "secret")
