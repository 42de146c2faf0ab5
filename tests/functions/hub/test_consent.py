"""Consent in the hub: how many clients allow texts, how they agreed, and the evidence for one phone."""

import json
from datetime import UTC, datetime

import pytest

from clients import api, forms
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import consents, lists
from longcode.clients import store as client_store
from longcode.clients.client import Phone
from longcode.clients.permission import ConsentMeans, Permission, Via, Writer
from longcode.table import keys, store
from longcode.table.writes import Update
from tests.support.browser import Browser
from tests.support.fakes import call, studio
from tests.support.fakes import client as write_client

ANNS, BOBS = "+12125550144", "+12125550177"
SOFTWARE = Writer(via=Via.API)


def write(account: Account, client_id: str, number: str = ANNS, **given: object) -> None:
    record = {"allow_text_marketing": True, "phones": [{"number": number}]} | given
    form = forms.ClientForm.model_validate_json(json.dumps(record))
    api.write(account, client_id, form, SOFTWARE, aws_clients.now())


def means_of(account: Account, client_id: str) -> ConsentMeans | None:
    client = client_store.get(account.id, client_id)
    assert client
    return client.permission.means if client.permission else None


def test_software_that_says_nothing_of_means_stores_unknown_and_changes_nothing_that_is_known(
    account: Account,
) -> None:
    body = {"allow_text_marketing": True, "phones": [{"number": ANNS}]}
    call(api, "PUT", "/clients/ann", body, account=account.id)
    assert means_of(account, "ann") is ConsentMeans.UNKNOWN

    paper = {"means": "paper", "given_on": "2026-11-03", "taken_by": "Kim"}
    said = call(api, "PUT", "/clients/ann", body | {"consent": paper}, account=account.id)
    again = call(api, "PUT", "/clients/ann", body | {"first_name": "Ann"}, account=account.id)

    for answer in (said, again):
        kept = answer.json["permission"]
        assert (kept["means"], kept["given_on"], kept["taken_by"]) == ("paper", "2026-11-03", "Kim")
    events = consents.of_phone(account.id, ANNS, aws_clients.now())
    assert [(event.given, event.means) for event in events] == [(True, "unknown"), (True, "paper")]


@pytest.mark.parametrize(
    "consent",
    [
        {"means": "paper", "given_on": "2999-01-01"},
        {"means": "telepathy"},
        {"means": "paper", "taken_by": ""},
    ],
)
def test_a_consent_that_cannot_be_is_refused(account: Account, consent: dict[str, str]) -> None:
    body = {"allow_text_marketing": True, "consent": consent}
    assert call(api, "PUT", "/clients/ann", body, account=account.id).status == 422
    assert call(api, "PUT", "/clients/ann", {"consent": {"means": "paper"}}, account=account.id).status == 422
    assert client_store.get(account.id, "ann") is None


def test_the_page_counts_by_means_and_keeps_how_the_chosen_ones_agreed(account: Account, signed_in: Browser) -> None:
    client_store.delete(account.id, "c1")
    assert "No client allows texts yet." in signed_in.get("consent").text
    write(account, "ann", first_name="Ann")
    write(account, "bob", BOBS, first_name="Bob")
    write(account, "eve", consent={"means": "paper"})
    page = signed_in.get("consent")
    assert "3 clients allow texts On paper 1 It is not known 2" in page.text

    refused = signed_in.submit(page, "consent", id_0="ann")
    assert (refused.status, "Choose how they agreed." in refused.text) == (422, True)
    done = signed_in.submit(page, "consent", id_0="ann", means="phone", given_on="2026-11-03", taken_by="Kim")

    assert "Kept for 1 client." in done.text
    assert "On paper 1 By phone 1 It is not known 1" in done.text
    assert (means_of(account, "ann"), means_of(account, "bob")) == ("phone", "unknown")
    by_phone = signed_in.get("consent", "of=phone")
    assert "Ann (212) 555-0144" not in done.text
    assert f"/hub/consent/{ANNS[1:]}" in " ".join(by_phone.addresses)
    assert f"/hub/consent/{ANNS[1:]}" in " ".join(signed_in.get("clients/ann").addresses)
    assert "Bob" not in by_phone.text


@pytest.mark.account(people=210)
def test_clients_of_older_releases_are_counted_after_one_survey(account: Account, signed_in: Browser) -> None:
    for index in range(210):
        old = Update(keys.client(account.id, f"p{index:04}"), remove=("folder", "folder_at"))
        store.write(old)
    assert lists.survey(account.id, aws_clients.now(), 0) == (False, 200)
    assert lists.count(account.id, ConsentMeans.UNKNOWN) == 200

    page = signed_in.get("consent")

    assert "210 clients allow texts It is not known 210" in page.text
    assert lists.survey(account.id, aws_clients.now(), 0) == (True, 0)


def test_the_evidence_has_every_event_of_a_phone_of_this_studio_only(account: Account, signed_in: Browser) -> None:
    since = datetime(2026, 3, 5, 12, tzinfo=UTC)
    theirs = studio("10000002", name="Another Studio")
    api.write(
        theirs,
        "x",
        forms.ClientForm(allow_text_marketing=True, phones=[forms.PhoneForm(number=ANNS)]),
        Writer(via=Via.HUB, person="Their Kim"),
        since,
    )
    assert signed_in.get("consent/12125550144").status == 404
    write(account, "ann", first_name="Ann", consent={"means": "paper", "given_on": "2026-11-03"})
    write(account, "ann", first_name="Ann", allow_text_marketing=False)
    signed_in.post(
        "opt-outs/record",
        token=signed_in.get("home").fields["token"],
        number=ANNS,
        channel="letter",
        asked_on="2026-11-04",
        how="Enough!",
        sure="yes",
    )

    text = signed_in.get("consent/12125550144").text

    assert "Texts allowed. Agreed on paper on 3 November 2026. Software" in text
    assert "Texts no longer allowed." in text
    assert "asked to stop by letter: “Enough!”. Asked on 4 November 2026." in text
    assert "Their Kim" not in text


def test_a_permission_of_before_december_reads_as_unknown(account: Account, signed_in: Browser) -> None:
    kept = Permission(since=datetime(2026, 3, 5, tzinfo=UTC), via=Via.HUB, person="Ann")
    write_client(account, "c1", phones=(Phone(number=ANNS, entered=ANNS),), permission=kept)

    assert "How the client agreed is not known." in signed_in.get("clients/c1").text
    assert "It is not known 1" in signed_in.get("consent").text
