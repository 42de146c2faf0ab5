"""The fields of a studio's own: declared, filled by records and files, used in texts, and removed."""

import pytest

from accounts import settings_api, templates
from broadcasts import api as broadcasts_api
from clients import api as clients_api
from clients import export
from clients.export import Part
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from send import api as send_api
from tests.support.fakes import ACTOR, NOW, ApiResponse, call

pytestmark = pytest.mark.account(client_fields={"album": "Album style", "photographer": "Photographer"})
PHONES = [{"number": "(212) 555-0123"}]


def put_client(account: Account, client_id: str = "ann", **form: object) -> ApiResponse:
    whole = {"first_name": "Ann", "phones": PHONES, "allow_text_marketing": True, **form}
    return call(clients_api, "PUT", f"/clients/{client_id}", whole, account=account.id)


def words(account: Account, body: str, **more: object) -> ApiResponse:
    form = {"client_id": "ann", "body": body, **more}
    return call(send_api, "POST", "/messages/preview", form, account=account.id)


def declare(account: Account, **labels: str) -> ApiResponse:
    return call(settings_api, "PATCH", "/account", {"client_fields": labels}, account=account.id)


def test_a_value_of_the_record_fills_the_field_and_without_one_the_default(account: Account) -> None:
    put_client(account, fields={"album": " Leather\n"})

    filled = words(account, "Your {{client.fields.album}} album, by {{client.fields.photographer|us}}.")
    empty = words(account, "By {{client.fields.photographer}}.")
    given = words(account, "By {{client.fields.photographer}}.", values={"client.fields.photographer": "Kim"})

    assert (filled.json["text"], empty.json["code"]) == ("Your Leather album, by us.", "empty_field")
    assert given.json["text"] == "By Kim."


def test_a_field_that_is_left_out_of_a_record_stays_and_an_empty_one_goes(account: Account) -> None:
    put_client(account, fields={"album": "Leather", "photographer": "Kim"})

    kept, changed = put_client(account), put_client(account, fields={"album": ""})
    unknown = put_client(account, fields={"shoe_size": "44"})

    assert kept.json["fields"] == {"album": "Leather", "photographer": "Kim"}
    assert changed.json["fields"] == {"album": "", "photographer": "Kim"}
    assert (unknown.status, unknown.json["errors"][0]["field"]) == (422, "fields.shoe_size")


def test_a_file_has_a_column_for_each_field_and_the_export_has_them_again(account: Account) -> None:
    put_client(account, fields={"photographer": "Kim"})
    file = "id,Album,photographer\nann,Linen,\n"
    headers = {"content-type": "text/csv"}

    imported = call(clients_api, "POST", "/clients/import", file, account=account.id, headers=headers)
    shown = call(clients_api, "GET", "/clients/ann", account=account.id).json
    exported = export.csv_file(account.id, Part(None, 9), {}, account.client_fields).splitlines()

    assert imported.json["items"][0]["status"] == "updated"
    assert shown["fields"] == {"album": "Linen", "photographer": "Kim"}
    assert ",time_zone,album,photographer,more_phones" in exported[0]
    assert ",Linen,Kim," in next(line for line in exported if line.startswith("ann,"))


def test_an_undeclared_field_is_refused_in_a_template_and_a_broadcast(account: Account) -> None:
    body = "Your {{client.fields.shoe_size}}"
    form = {"audience": {"all": True}, "body": body, "dry_run": True}

    template = call(settings_api, "PUT", "/templates/t", {"body": body}, account=account.id)
    broadcast = call(broadcasts_api, "POST", "/broadcasts", form, account=account.id)

    assert {template.json["code"], broadcast.json["code"]} == {"bad_template"}
    assert "client.fields.album" in template.json["detail"]


def test_a_field_in_use_cannot_be_removed(account: Account) -> None:
    call(settings_api, "PUT", "/templates/t", {"body": "Your {{client.fields.album}}"}, account=account.id)

    refused, removed = declare(account, photographer="By"), declare(account, album="Album")

    assert (refused.status, refused.json["detail"]) == (422, "The field album is used by the template t.")
    assert (removed.status, accounts.get_or_raise(account.id).client_fields) == (200, {"album": "Album"})


@pytest.mark.parametrize("name", ["Album", "status", "phone_2", "firstname", "al_bum", "a b", ""])
def test_a_name_that_a_column_has_or_that_is_no_name_is_refused(account: Account, name: str) -> None:
    assert declare(account, album="Album", **{name: "Label"}).status == 422


def test_a_studio_has_at_most_twenty_fields(account: Account) -> None:
    assert declare(account, **{f"f{number}": "Label" for number in range(21)}).status == 422


def test_two_people_who_add_a_field_in_the_same_moment_lose_none(account: Account) -> None:
    for _ in ("Ann", "Kim"):  # both saw the account as it was before
        templates.change_own_fields(account, lambda known: {**known, f"field_{len(known)}": "Shoes"}, NOW, ACTOR)

    assert accounts.get_or_raise(account.id).client_fields == {
        **account.client_fields,
        "field_2": "Shoes",
        "field_3": "Shoes",
    }
