"""On AWS a path arrives percent-encoded, on the emulator decoded; both mean the same.

API Gateway: "Set up Lambda proxy integrations", the input format's path and pathParameters. Function URLs: rawPath.
"""

from urllib.parse import quote

from longcode.web import resolver as web
from longcode.web.function_url import resolve_function_url
import pytest

from accounts import settings_api
from clients import api as clients_api
from longcode.accounts.account import Account
from optout import api as optout_api
from tests.support.fakes import LambdaContext, call

_CLIENT = {"first_name": "Ann", "phones": [{"number": "(212) 555-0123"}]}


@pytest.mark.parametrize("name", ["café", "ünïcödé", "a+b", "100%"])
def test_a_template_has_its_name_however_the_path_arrives(account: Account, name: str) -> None:
    form = {"subject": "Proofs", "body": "Your proofs are ready."}

    written = call(settings_api, "PUT", f"/templates/{quote(name)}", form, account=account.id)
    shown = call(settings_api, "GET", f"/templates/{name}", account=account.id)

    assert (written.status, written.json["name"]) == (200, name)
    assert shown.json == written.json


def test_a_client_has_its_id_however_the_path_arrives(account: Account) -> None:
    written = call(clients_api, "PUT", "/clients/ann%40studio", _CLIENT, account=account.id)
    shown = call(clients_api, "GET", "/clients/ann@studio", account=account.id)

    assert (written.status, written.json["id"]) == (201, "ann@studio")
    assert shown.json == written.json


def test_the_plus_of_a_phone_may_be_encoded(account: Account) -> None:
    encoded, plain = (
        call(optout_api, "GET", f"/optouts/{phone}", account=account.id)
        for phone in ("%2B12125550123", "+12125550123")
    )

    assert encoded.status == 200
    assert encoded.json == plain.json


@pytest.mark.parametrize(
    "path", ["/clients/ann%2Fstudio", "/clients/ann%2fstudio", "/clients/%E9t%E9", "/clients/ann%0A", "/clients/%00"]
)
def test_an_encoded_slash_a_control_character_or_another_encoding_is_refused(account: Account, path: str) -> None:
    refused = call(clients_api, "PUT", path, _CLIENT, account=account.id)

    assert (refused.status, refused.json["code"]) == (400, "bad_path")
    assert [client["id"] for client in call(clients_api, "GET", "/clients", account=account.id).json["items"]] == [
        "c1"
    ]


@pytest.mark.parametrize("path", ["/clients/%0A", "/clients/c1%0A"])
def test_a_line_feed_at_the_end_is_not_overlooked(account: Account, path: str) -> None:
    """Powertools matches its patterns up to a line feed: this would list the clients, and show c1."""
    refused = call(clients_api, "GET", path, account=account.id)

    assert (refused.status, refused.json["code"]) == (400, "bad_path")


def test_the_path_of_a_function_url_is_decoded() -> None:
    app = web.resolver()

    @app.get("/names/<name>")
    def show(name: str) -> str:
        return name

    event = {
        "version": "2.0",
        "rawPath": "/names/caf%C3%A9",
        "headers": {},
        "requestContext": {"http": {"method": "GET"}},
        "isBase64Encoded": False,
    }

    assert resolve_function_url(app, event, LambdaContext())["body"] == "café"
