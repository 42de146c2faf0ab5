"""An account has no more templates and clients than its plan allows, in parallel requests and imports as well."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import settings_api
from clients import api as clients_api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import store as clients
from longcode.plans.plans import PlanChange
from longcode.table import credential_keys, keys, store
from longcode.table.writes import Put
from longcode.template import Template
from longcode.templates import store as template_store
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import recorded_calls
from tests.support.fakes import ACTOR, NOW, ApiResponse, call

pytestmark = pytest.mark.account(client=False, plan_changes=(PlanChange(NOW, "starter"),))


def write_templates(account: Account, count: int) -> None:
    for number in range(count):
        template_store.put_template(Template(account=account.id, name=f"t{number}", subject="", body="Hi"))


def count_clients(account: Account, total: int, age: timedelta = timedelta()) -> None:
    """Write that the account has so many clients, as if they had been counted a time ago."""
    at = aws_clients.now() - age
    item = {"type": "count", "account": account.id, "of": "clients", "total": total, "counted_at": at}
    store.write(Put(credential_keys.count(account.id, "clients"), item))


def counted(account: Account, kind: str) -> int:
    return int((store.get(credential_keys.count(account.id, kind)) or {})["total"])


def put_template(account: Account, name: str) -> ApiResponse:
    return call(settings_api, "PUT", f"/templates/{name}", {"body": "Hi"}, account=account.id)


def put_client(account: Account, client_id: str) -> ApiResponse:
    return call(clients_api, "PUT", f"/clients/{client_id}", {}, account=account.id)


def import_clients(account: Account, *ids: str) -> Any:
    headers = {"content-type": "text/csv"}
    text = "\n".join(["id", *ids]) + "\n"
    return call(clients_api, "POST", "/clients/import", text, account=account.id, headers=headers).json


def test_one_template_too_many_is_refused_with_what_would_help(account: Account) -> None:
    write_templates(account, 100)

    refused, changed = put_template(account, "another"), put_template(account, "t7")

    assert (refused.status, refused.json["code"], refused.json["most"]) == (409, "too_many_templates", 100)
    assert refused.json["plans_that_allow"] == ["small", "medium", "large", "volume"]
    assert refused.json["detail"] == (
        "An account on this plan has at most 100 templates."
        " Delete some, or change to a larger plan (Small, Medium, Large, Volume)."
    )
    assert changed.status == 200


def test_a_deleted_template_makes_room_and_so_does_a_larger_plan(account: Account) -> None:
    write_templates(account, 100)
    put_template(account, "refused")

    call(settings_api, "DELETE", "/templates/t0", account=account.id)
    after_deletion, again = put_template(account, "a"), put_template(account, "b")
    accounts.change_plan(account, PlanChange(aws_clients.now(), "large"), ACTOR)
    on_larger_plan = put_template(account, "b")

    assert (after_deletion.status, again.status, on_larger_plan.status) == (200, 409, 200)


def test_parallel_requests_do_not_pass_the_bound(account: Account) -> None:
    write_templates(account, 98)

    with parallel_calls() as pool:
        answers = list(pool.map(lambda number: put_template(account, f"n{number}"), range(8)))

    assert sorted(answer.status for answer in answers) == [200, 200, 409, 409, 409, 409, 409, 409]
    assert store.count(keys.template(account.id)) == 100


def test_one_client_too_many_is_refused_and_an_existing_one_is_not(account: Account) -> None:
    put_client(account, "old")
    count_clients(account, 5_000)

    refused, changed = put_client(account, "new"), put_client(account, "old")

    assert (refused.status, refused.json["code"], refused.json["most"]) == (409, "too_many_clients", 5_000)
    assert changed.status == 200
    assert clients.get(account.id, "new") is None


def test_an_import_creates_as_many_as_there_is_room_for_and_looks_at_all(account: Account) -> None:
    put_client(account, "old")
    count_clients(account, 4_998)

    report = import_clients(account, "old", "a", "b", "c", "d")

    by_status = [item["status"] for item in report["items"]]
    assert (by_status.count("created"), by_status.count("unchanged"), by_status.count("refused")) == (2, 1, 2)
    assert {item["code"] for item in report["items"] if item["status"] == "refused"} == {"too_many_clients"}
    assert (counted(account, "clients"), store.count(keys.client(account.id))) == (5_000, 3)


@pytest.mark.long
def test_a_dry_run_tells_for_which_clients_there_is_no_room_and_takes_none(account: Account) -> None:
    put_client(account, "old")
    rows = "\n".join(["id", "old", *(f"c{number}" for number in range(5_000))])
    headers = {"content-type": "text/csv"}

    report = call(
        clients_api,
        "POST",
        "/clients/import",
        rows,
        account=account.id,
        headers=headers,
        query={"dry_run": "true"},
    ).json

    assert (report["rows"], report["written"], report["refused"], report["next_cursor"]) == (5_001, 4_999, 1, None)
    assert {item["code"] for item in report["items"] if item["status"] == "refused"} == {"too_many_clients"}
    assert (counted(account, "clients"), store.count(keys.client(account.id))) == (1, 1)


def test_an_import_of_existing_clients_leaves_the_count(account: Account) -> None:
    import_clients(account, "a", "b", "c")

    import_clients(account, "a", "b", "c")
    call(clients_api, "DELETE", "/clients/a", account=account.id)

    assert counted(account, "clients") == 2


def test_a_wrong_count_refuses_nothing_once_it_is_an_hour_old(account: Account) -> None:
    count_clients(account, 5_000, timedelta(minutes=61))

    assert put_client(account, "new").status == 201
    assert counted(account, "clients") == 1


def test_clients_are_counted_anew_every_day(account: Account) -> None:
    put_client(account, "a")
    count_clients(account, 40, timedelta(hours=25))

    put_client(account, "b")

    assert counted(account, "clients") == 2


def test_a_client_that_is_changed_costs_no_further_call(account: Account) -> None:
    put_client(account, "a")
    before = counted(account, "clients")

    with recorded_calls() as calls:
        put_client(account, "a")

    assert calls == ["GetItem", "GetItem", "PutItem", "GetItem"]
    assert counted(account, "clients") == before
