"""Only an account number with its password is authorised."""

import base64
import time
from typing import Any

import pytest

from accounts import authorizer
from tests.support.fakes import NOW, PASSWORD, LambdaContext, studio
from tests.support.readers import sample_event

ADDRESS = "192.0.2.10"

pytestmark = pytest.mark.usefixtures("aws")


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def call(authorization: str | None, address: str = ADDRESS) -> Any:
    asked = sample_event("authorizer")
    asked["requestContext"]["identity"]["sourceIp"] = address
    asked["headers"] = {"aUtHoRiZaTiOn": authorization} if authorization is not None else {}
    return authorizer.handler(asked, LambdaContext())


def test_number_and_password_open_every_route_of_the_stage() -> None:
    studio()

    answer = authorizer.handler(sample_event("authorizer"), LambdaContext())

    assert answer == {
        "principalId": "10000001",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/v1/*",
                }
            ],
        },
        "context": {"account": "10000001", "scope": "all", "key": ""},
    }


NOT_CREDENTIALS = [
    None,
    "",
    "Basic",
    "Basic ",
    "Basic é",
    "Basic !!!",
    "Basic //4=",
    "Basic MTAwMDAwMDE",
    "Bearer " + basic(f"10000001:{PASSWORD}")[6:],
    basic("10000001"),
    basic("10000001:"),
    basic(f":{PASSWORD}"),
    basic(f"10000001 :{PASSWORD}"),
    basic(f"１００００００１:{PASSWORD}"),
    basic(f"{'1' * 5000}:{PASSWORD}"),
    basic(f"longcode:{PASSWORD}"),
    basic(f"10000001:{PASSWORD}\x00"),
    basic(f"10000001:{PASSWORD.upper()}"),
    basic(f"10000002:{PASSWORD}"),
]


def test_other_credentials_raise_the_error_that_api_gateway_answers_with_401() -> None:
    studio()

    for number, authorization in enumerate(NOT_CREDENTIALS):
        with pytest.raises(PermissionError) as refused:
            call(authorization, f"192.0.2.{number}")

        assert str(refused.value) == "Unauthorized", authorization


def test_a_password_does_not_open_another_studios_account() -> None:
    studio("10000001")
    studio("10000002")

    assert authorizer.authenticate(basic(f"10000002:{PASSWORD}"), ADDRESS, NOW) == authorizer.Caller("10000002")
    assert authorizer.authenticate(basic("10000002:another"), ADDRESS, NOW) is None


def test_a_wrong_number_takes_as_long_as_a_wrong_password() -> None:
    studio()

    wrong_password = min(seconds(basic("10000001:wrong")) for _ in range(5))
    wrong_number = min(seconds(basic("10000009:wrong")) for _ in range(5))

    assert 1 / 2 < wrong_number / wrong_password < 2


def seconds(authorization: str) -> float:
    start = time.thread_time()
    assert authorizer.authenticate(authorization, ADDRESS, NOW) is None
    return time.thread_time() - start


def test_no_log_shows_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    authorizer.handler(sample_event("authorizer"), LambdaContext())
    with pytest.raises(PermissionError):
        call(basic("10000001:not-the-password"))

    shown = "".join(capsys.readouterr())
    assert PASSWORD not in shown
    assert "not-the-password" not in shown
