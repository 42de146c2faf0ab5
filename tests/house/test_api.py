"""The API in the template: TLS, the domain, the access log, the origin of browser applications, gateway responses."""

import json
from typing import Any

import pytest

from accounts import signup_api
from longcode.aws.settings import settings
from tests.support.fakes import call
from tests.support.source_reading import resources_of_type

ORIGIN = {"If": ["HasOrigin", {"Sub": "'${AllowedOrigin}'"}, {"Ref": "AWS::NoValue"}]}


def test_the_api_is_regional_and_accepts_no_tls_below_1_2(template: dict[str, Any]) -> None:
    """A regional API's own address accepts TLS 1.0 by default (API Gateway: security policies for REST APIs)."""
    api = only(template, "AWS::Serverless::Api")
    domain = only(template, "AWS::ApiGateway::DomainName")

    assert api["EndpointConfiguration"] == {"Type": "REGIONAL"}
    assert (api["SecurityPolicy"], api["EndpointAccessMode"]) == ("SecurityPolicy_TLS13_1_2_2021_06", "BASIC")
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert domain["SecurityPolicy"] == "TLS_1_2"


def test_the_domain_has_an_empty_base_path_and_is_the_public_address(template: dict[str, Any]) -> None:
    mapping = only(template, "AWS::ApiGateway::BasePathMapping")

    assert mapping == {
        "DomainName": {"Ref": "ApiDomain"},
        "RestApiId": {"Ref": "Api"},
        "Stage": {"Ref": "Api.Stage"},
    }
    address = template["Resources"]["PublicUrlParameter"]["Properties"]["Value"]["If"]
    assert address[:2] == ["HasDomain", {"Sub": "https://${DomainName}"}]


def test_the_access_log_has_ids_route_status_and_latency_and_nothing_of_the_request(template: dict[str, Any]) -> None:
    """A path may contain a token or a phone, so its route is logged (API Gateway: $context variables)."""
    setting = only(template, "AWS::Serverless::Api")["AccessLogSetting"]

    assert setting["DestinationArn"] == {"GetAtt": "ApiLog.Arn"}
    assert json.loads(setting["Format"]) == {
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "time": "$context.requestTimeEpoch",
        "method": "$context.httpMethod",
        "route": "$context.resourcePath",
        "status": "$context.status",
        "latency": "$context.responseLatency",
        "integrationLatency": "$context.integration.latency",
        "account": "$context.authorizer.principalId",
        "refusedBy": "$context.error.responseType",
    }


def test_no_public_route_has_a_throttle_of_its_own_because_one_stranger_would_close_it(
    template: dict[str, Any],
) -> None:
    settings_of_routes = only(template, "AWS::Serverless::Api")["MethodSettings"]
    routes = [
        event["Properties"]
        for function in resources_of_type(template, "AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    public = {
        (route["Method"].upper(), "/" + route["Path"].replace("/", "~1"))
        for route in routes
        if route.get("Auth", {}).get("Authorizer") == "NONE"
        and not route["Path"].startswith("/docs")  # opens no door
    }

    assert ("POST", "/~1signup") in public
    assert not public & {(setting["HttpMethod"], setting["ResourcePath"]) for setting in settings_of_routes}


def test_the_role_that_api_gateway_logs_with_comes_first_and_outlives_the_stack(template: dict[str, Any]) -> None:
    """The role belongs to the account and region (API Gateway: CloudWatch logging for REST APIs)."""
    resources = template["Resources"]

    assert resources["Api"]["DependsOn"] == "ApiGatewayAccount"
    kept = [resources[name]["DeletionPolicy"] for name in ("ApiGatewayAccount", "ApiGatewayLogsRole")]
    assert kept == ["RetainExceptOnCreate", "RetainExceptOnCreate"]


def test_browser_applications_are_let_in_from_one_origin_or_none(template: dict[str, Any]) -> None:
    api = only(template, "AWS::Serverless::Api")
    of_refusals = {
        json.dumps(response["ResponseParameters"]["Headers"]["Access-Control-Allow-Origin"])
        for response in api["GatewayResponses"].values()
    }

    assert template["Parameters"]["AllowedOrigin"]["Default"] == ""
    assert api["Cors"]["AllowOrigin"] == ORIGIN
    assert "AllowCredentials" not in api["Cors"]
    assert of_refusals == {json.dumps(ORIGIN)}
    assert api["Auth"]["AddDefaultAuthorizerToCorsPreflight"] is False


def test_responses_name_the_allowed_origin_and_without_one_none(monkeypatch: pytest.MonkeyPatch) -> None:
    without = call(signup_api, "GET", "/nowhere")
    monkeypatch.setenv("ALLOWED_ORIGIN", "https://app.studio.example")
    settings.cache_clear()

    not_found = call(signup_api, "GET", "/nowhere")
    no_json = call(signup_api, "POST", "/signup", "a=b", headers={"content-type": "text/plain"})
    bad_path = call(signup_api, "GET", "/no%2Fwhere")

    settings.cache_clear()
    assert "Access-Control-Allow-Origin" not in without.headers
    assert (not_found.status, no_json.status, bad_path.status) == (404, 415, 400)
    assert {response.headers["Access-Control-Allow-Origin"] for response in (not_found, no_json, bad_path)} == {
        "https://app.studio.example"
    }


def test_all_responses_keep_browsers_on_https(template: dict[str, Any]) -> None:
    of_refusals = {
        response["ResponseParameters"]["Headers"]["Strict-Transport-Security"]
        for response in only(template, "AWS::Serverless::Api")["GatewayResponses"].values()
    }

    responses = [call(signup_api, "GET", "/nowhere"), call(signup_api, "GET", "/no%2Fwhere")]

    assert {response.headers["Strict-Transport-Security"] for response in responses} == {"max-age=63072000"}
    assert of_refusals == {"'max-age=63072000'"}


def test_the_files_of_the_public_page_have_a_limit_of_their_own(template: dict[str, Any]) -> None:
    """Anybody can ask for a megabyte, and what goes to the internet is paid (docs/costs.md)."""
    limits = {
        (setting["HttpMethod"], setting["ResourcePath"]): setting["ThrottlingRateLimit"]
        for setting in only(template, "AWS::Serverless::Api")["MethodSettings"]
    }

    assert limits["GET", "/~1docs~1{file}"] == 5


def only(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (properties,) = resources_of_type(template, kind).values()
    return properties
