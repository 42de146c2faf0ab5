"""Function URLs: a function behind API Gateway may have a URL of its own too, without a charge for each request."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver


def resolve(app: APIGatewayRestResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the response to an event of API Gateway, or to one of the function's own URL, which has another form."""
    if event.get("version") != "2.0":
        return app.resolve(event, context)
    answer = app.resolve(_of_api_gateway(event), context)
    headers = {name: ", ".join(values) for name, values in answer.pop("multiValueHeaders", {}).items()}
    return {**answer, "headers": headers | answer.get("headers", {})}


def _of_api_gateway(event: dict[str, Any]) -> dict[str, Any]:
    asked = event["requestContext"]["http"]
    return {
        "resource": event["rawPath"],
        "path": event["rawPath"],
        "httpMethod": asked["method"],
        "headers": event["headers"],
        "multiValueHeaders": {},
        "queryStringParameters": event.get("queryStringParameters"),
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"stage": "$default", "httpMethod": asked["method"], "path": event["rawPath"]},
        "body": event.get("body"),
        "isBase64Encoded": event["isBase64Encoded"],
    }
