"""Problem documents (RFC 9457), with which the API answers what it refuses."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from longcode.errors import RequestError, TooManyRequests, Unauthorized

BROKEN = (
    "Something failed on our side. If you sent an Idempotency-Key, repeat the request with the same one;"
    " if you did not, check first whether it took effect."
)
NOTHING_HERE = "There is nothing at this address."

_PROBLEM = "application/problem+json"


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    extensions: Mapping[str, object] | None = None,
) -> Response[str]:
    """Return a response with a problem document."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **(extensions or {}),
    }
    if errors:
        document["errors"] = errors
    return Response(status_code=status, content_type=_PROBLEM, body=json.dumps(document, ensure_ascii=False))


def refusal(error: RequestError) -> Response[str]:
    """Return the problem document of a refused request."""
    errors = [{"field": error.field, "message": error.detail}] if error.field else None
    answer = problem(error.status, error.code, error.detail, errors, error.extensions)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthorized):  # RFC 9110; the gateway adds its own to what the authoriser refuses
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
