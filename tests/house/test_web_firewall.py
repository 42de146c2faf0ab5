"""The web application firewall: off unless asked for, rates only, before the stage, its price in docs/costs.md."""

import json
import re
from typing import Any

from tests.support.source_reading import ROOT, resources_of_type

TOO_MANY = {"Block": {"CustomResponse": {"ResponseCode": 429, "CustomResponseBodyKey": "TooManyRequests"}}}


def acl(template: dict[str, Any]) -> dict[str, Any]:
    (properties,) = resources_of_type(template, "AWS::WAFv2::WebACL").values()
    return properties


def rates(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule["Statement"]["RateBasedStatement"] for rule in acl(template)["Rules"]}


def scope(rate: dict[str, Any]) -> re.Pattern[str]:
    statement = rate["ScopeDownStatement"]
    statement = statement["NotStatement"]["Statement"] if "NotStatement" in statement else statement
    assert statement["RegexMatchStatement"]["FieldToMatch"] == {"UriPath": {}}
    return re.compile(statement["RegexMatchStatement"]["RegexString"])


def test_there_is_none_unless_a_parameter_asks_for_it(template: dict[str, Any]) -> None:
    kinds = {"AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"}
    resources = [each for each in template["Resources"].values() if each["Type"] in kinds]

    assert template["Parameters"]["WebFirewall"]["Default"] == "false"
    assert template["Conditions"]["HasWebFirewall"] == {"Equals": [{"Ref": "WebFirewall"}, "true"]}
    assert [each["Condition"] for each in resources] == ["HasWebFirewall", "HasWebFirewall"]


def test_it_stands_before_the_stage_of_the_api(template: dict[str, Any]) -> None:
    (association,) = resources_of_type(template, "AWS::WAFv2::WebACLAssociation").values()

    assert acl(template)["Scope"] == "REGIONAL"
    assert association["WebACLArn"] == {"GetAtt": "WebAcl.Arn"}
    assert association["ResourceArn"]["Sub"] == [
        "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}",
        {"Stage": {"Ref": "Api.Stage"}},
    ]


def test_it_refuses_rates_only_and_with_429(template: dict[str, Any]) -> None:
    """A rule about words would refuse texts and imports: all other rules are left out."""
    rules = acl(template)["Rules"]
    body = json.loads(acl(template)["CustomResponseBodies"]["TooManyRequests"]["Content"])

    assert acl(template)["DefaultAction"] == {"Allow": {}}
    assert {name: (rate["AggregateKeyType"], rate["Limit"]) for name, rate in rates(template).items()} == {
        "FormsOfAnAddress": ("IP", 30),
        "CallsOfACredential": ("CUSTOM_KEYS", 3000),
        "CallsOfAnAddress": ("IP", 6000),
    }
    assert {rate["EvaluationWindowSec"] for rate in rates(template).values()} == {60}
    for rule in rules:
        response = rule["Action"]["Block"]["CustomResponse"]
        assert {**response, "ResponseHeaders": None} == {
            **TOO_MANY["Block"]["CustomResponse"],
            "ResponseHeaders": None,
        }
    assert (body["status"], body["code"]) == (429, "too_many_requests")


def test_it_leaves_the_carriers_alone(template: dict[str, Any]) -> None:
    """All webhooks of a carrier come from few addresses, and nobody repeats a STOP."""
    limited = rates(template)
    forms, carriers = scope(limited["FormsOfAnAddress"]), scope(limited["CallsOfAnAddress"])

    for base in ("", "/v1"):
        assert carriers.search(f"{base}/carriers/twilio/inbound")
        assert carriers.search(f"{base}/carriers/twilio/receipts/abc")
        assert forms.search(f"{base}/signup")
        assert forms.search(f"{base}/password/token")
        assert forms.search(f"{base}/hub/sign-in/mail")
        assert forms.search(f"{base}/hub/sign-up")
        assert forms.search(f"{base}/hub/operator/sign-in")
        assert not forms.search(f"{base}/hub/newest")
        assert not forms.search(f"{base}/carriers/twilio/inbound")
        assert not carriers.search(f"{base}/messages")
    assert "ScopeDownStatement" not in limited["CallsOfACredential"]  # the carriers send no such header


def test_its_price_is_documented(template: dict[str, Any]) -> None:
    monthly = 5 + len(acl(template)["Rules"])
    page = (ROOT / "docs" / "costs.md").read_text()

    assert f"${monthly} a month" in page
    assert f"${monthly} a month" in template["Parameters"]["WebFirewall"]["Description"]
