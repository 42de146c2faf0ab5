"""Events of a function's own URL, which a resolver of API Gateway's events answers."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver


class Broken(Exception):
    """A webhook was not handled. The log line before says why."""


def resolve_function_url(app: APIGatewayRestResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the response to an event of API Gateway or of the function's own URL, whose events have another form.

    Raise `Broken` in place of a response with 5xx: then Lambda counts an error, which an alarm watches, and the
    carrier gets a 5xx all the same.
    """
    is_of_function_url = event.get("version") == "2.0"
    response = app.resolve(_as_api_gateway_event(event) if is_of_function_url else event, context)
    if response["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Broken(f"status {response['statusCode']}")
    if not is_of_function_url:
        return response
    headers = {name: ", ".join(values) for name, values in response.pop("multiValueHeaders", {}).items()}
    return {**response, "headers": headers | response.get("headers", {})}


def _as_api_gateway_event(event: dict[str, Any]) -> dict[str, Any]:
    method, request_id = event["requestContext"]["http"]["method"], event["requestContext"].get("requestId")
    return {
        "resource": event["rawPath"],
        "path": event["rawPath"],
        "httpMethod": method,
        "headers": event["headers"],
        "multiValueHeaders": {},
        "queryStringParameters": event.get("queryStringParameters"),
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {
            "requestId": request_id,
            "stage": "$default",
            "httpMethod": method,
            "path": event["rawPath"],
        },
        "body": event.get("body"),
        "isBase64Encoded": event["isBase64Encoded"],
    }
