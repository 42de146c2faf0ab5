"""The simulated carrier shows its account, numbers and Messaging Services as Twilio's API does."""

from tests.support.carrier_client import ACCOUNT_SID, OURS, OURS_TOO, Client

ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
SERVICE = "MG" + "1" * 32


def test_the_account_is_active(carrier: Client) -> None:
    account = carrier.twilio("GET", f"{ACCOUNT}.json")

    assert account.status == 200
    assert (account.json["sid"], account.json["status"], account.json["type"]) == (ACCOUNT_SID, "active", "Full")


def test_another_token_is_refused_for_the_account_and_its_services(carrier: Client) -> None:
    refused = [carrier.twilio("GET", path, token="wrong").status for path in (f"{ACCOUNT}.json", "/v1/Services")]

    assert refused == [401, 401]


def test_each_number_has_its_webhook_and_fallback(carrier: Client) -> None:
    carrier.control("POST", "/settings", {"known_numbers": [OURS], "fallback_url": "http://127.0.0.1:1/fallback"})
    carrier.send(From=OURS_TOO)

    numbers = carrier.twilio("GET", f"{ACCOUNT}/IncomingPhoneNumbers.json").json["incoming_phone_numbers"]

    assert [number["phone_number"] for number in numbers] == [OURS, OURS_TOO]
    assert numbers[0]["sms_url"].endswith("/inbound")
    assert (numbers[0]["sms_method"], numbers[0]["sms_fallback_url"]) == ("POST", "http://127.0.0.1:1/fallback")
    assert numbers[0]["capabilities"]["sms"] is True


def test_the_numbers_come_in_pages(carrier: Client) -> None:
    carrier.control("POST", "/settings", {"account_numbers": [OURS, OURS_TOO]})

    first = carrier.twilio("GET", f"{ACCOUNT}/IncomingPhoneNumbers.json?PageSize=1").json
    second = carrier.twilio("GET", first["next_page_uri"]).json

    assert [one["phone_number"] for one in first["incoming_phone_numbers"]] == [OURS]
    assert [one["phone_number"] for one in second["incoming_phone_numbers"]] == [OURS_TOO]
    assert second["next_page_uri"] is None


def test_a_service_has_its_numbers_and_its_campaign(carrier: Client) -> None:
    carrier.control("PUT", f"/services/{SERVICE}", {"numbers": [OURS], "campaign": "IN_PROGRESS"})

    services = carrier.twilio("GET", "/v1/Services").json
    numbers = carrier.twilio("GET", f"/v1/Services/{SERVICE}/PhoneNumbers").json
    campaigns = carrier.twilio("GET", f"/v1/Services/{SERVICE}/Compliance/Usa2p").json

    assert [(one["sid"], one["use_inbound_webhook_on_number"]) for one in services["services"]] == [(SERVICE, True)]
    assert [one["phone_number"] for one in numbers["phone_numbers"]] == [OURS]
    assert [one["campaign_status"] for one in campaigns["compliance"]] == ["IN_PROGRESS"]
    assert carrier.twilio("GET", f"/v1/Services/{SERVICE}").json["us_app_to_person_registered"] is False
    assert services["meta"]["next_page_url"] is None


def test_an_unknown_service_is_not_found(carrier: Client) -> None:
    paths = (
        f"/v1/Services/{SERVICE}",
        f"/v1/Services/{SERVICE}/PhoneNumbers",
        f"/v1/Services/{SERVICE}/Compliance/Usa2p",
    )

    assert [carrier.twilio("GET", path).status for path in paths] == [404, 404, 404]
