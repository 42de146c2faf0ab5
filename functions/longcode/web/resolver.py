"""The REST resolver of every API function: it validates requests and returns errors as RFC 9457 problems."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, Self, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from longcode.accounts.passwords import KeyScope
from longcode.aws.settings import settings
from longcode.aws.telemetry import begin_request, logger
from longcode.errors import MalformedJson, NoPriceList, NotInScope, RequestError, Unauthorized
from longcode.shown import ShownInstant
from longcode.web.problems import BROKEN, NOTHING_HERE, problem
from longcode.web.scopes import scopes_of

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_NOT_UTF_8 = "The body is not UTF-8, or a character of it was lost. Send JSON in UTF-8."
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_BAD_PATH = "The path has an encoded / or a control character, or it is not UTF-8."
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HSTS = "max-age=63072000"  # two years (RFC 6797); template.yaml has it for the gateway's own responses
_MOST_ERRORS, _LONGEST_FIELD = 20, 100
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)  # valid in every time zone

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=200)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=255, pattern=r"\S")]


def _as_stored(at: datetime) -> datetime:
    """Return an instant as it is stored: in UTC, to the millisecond."""
    if not _FIRST <= at <= _LAST:
        raise ValueError("is before 1970 or after 8999")
    utc = at.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


OurNumber = Annotated[str | None, BeforeValidator(lambda number: number or None)]
"""The number of ours that a text is sent from; None until an account without a number of its own has got one."""


def _check_instant(value: object) -> object:  # pydantic alone would take a number for the seconds since 1970
    if not isinstance(value, datetime) and not (isinstance(value, str) and _RFC_3339.fullmatch(value.strip())):
        raise ValueError("write an instant as 2026-12-03T17:00:00Z, or with an offset")
    return value


Instant = ShownInstant
StoredInstant = Annotated[AwareDatetime, AfterValidator(_as_stored), BeforeValidator(_check_instant)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class JsonObject(dict[str, Any]):
    """An object that was read from JSON, and not made by our code."""


class Body(BaseModel):
    """The base of request bodies. An unknown field is an error, and so is a value of another type of JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_other_types(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Read a body; refuse what pydantic alone would convert: "5" or true to a number, "no" or 0 to a boolean."""
        body = read(value)
        if isinstance(value, JsonObject) and (errors := list(_conversions(value, body, ()))):
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return body


def check_one_text(body: str | None, template: str | None) -> None:
    """Raise `ValueError` if a form has no text, or two."""
    if (body is None) == (template is None):
        raise ValueError("needs either body or template")


def _conversions(given: Any, read: Any, place: tuple[int | str, ...]) -> Iterator[InitErrorDetails]:
    """Yield an error for each value that was read as a number or boolean, and given as something else."""
    if isinstance(read, bool | int) and not _is_same(given, read):
        yield InitErrorDetails(type="bool_type" if isinstance(read, bool) else "int_type", loc=place, input=given)
    elif isinstance(read, BaseModel):
        for name in [name for name in type(read).model_fields if name in read.model_fields_set]:
            yield from _conversions(given[name], getattr(read, name), (*place, name))
    elif isinstance(read, list | tuple):
        for index, (each, read_each) in enumerate(zip(given, read, strict=True)):
            yield from _conversions(each, read_each, (*place, index))


def _is_same(given: Any, read: bool | int) -> bool:
    """Return whether a value is a boolean, or an integer, as it was read; 5.0 is an integer in JSON Schema."""
    return type(given) is type(read) or (type(given) is float and type(read) is int)


class Answer(BaseModel):
    """The base of response bodies. Each is built on its first use, as is a `Body`: most starts use few of them."""

    model_config = ConfigDict(defer_build=True)


class Page(Answer, Generic[T]):
    """A page of a list. `next_cursor` begins the next page; it is null on the last page."""

    items: list[T]
    next_cursor: str | None


def page_of(items: list[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Return a page of at most `limit` items. If more follow, `items` must contain `limit` + 1 of them."""
    more = len(items) > limit
    return Page(items=items[:limit], next_cursor=cursor_of(items[limit - 1]) if more else None)


def responses(models: dict[int, type[Any] | None]) -> dict[int, Any]:
    """Return the OpenAPI description of responses other than 200, from the status and the model of each."""
    return {
        status: {"description": HTTPStatus(status).phrase} | ({"content": {JSON: {"model": body}}} if body else {})
        for status, body in models.items()
    }


class Resolver(APIGatewayRestResolver):
    """A resolver that decodes the path, and accepts bodies of certain content types only.

    Browsers post some types (forms, plain text) to other sites without a preflight request; they must have no effect.
    """

    content_types: tuple[str, ...] = (JSON,)

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Return the response to an event: 400 for a path that cannot be decoded, 415 for another content type."""
        begin_request(event["requestContext"].get("requestId"))
        return _with_headers(self._response(event, context))

    def _response(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        path = _decoded(event["path"])
        if path is None:
            return _event_response(problem(400, "bad_path", _BAD_PATH))
        names = {name.casefold(): name for name in event.get("headers") or {}}
        header = event["headers"][names["content-type"]] if "content-type" in names else ""
        kind = header.partition(";")[0].strip().casefold()
        if event.get("body") and kind not in self.content_types:
            return _event_response(_unsupported(self.content_types))
        event = {**event, "path": path}
        if kind == JSON:  # Powertools matches it in lower case only
            event["headers"] = {**event["headers"], names["content-type"]: JSON}
            if event.get("body"):
                text = _text_of(event)
                if text is None:
                    return _event_response(problem(400, MalformedJson.code, _NOT_UTF_8))
                event |= {"body": text, "isBase64Encoded": False}
        return super().resolve(event, context)


def resolver(*content_types: str) -> Resolver:
    """Return a resolver that accepts JSON, or these content types, and returns every error as a problem document."""
    app = Resolver(enable_validation=True, json_body_deserializer=_read_object)
    app.content_types = content_types or (JSON,)
    app.use(middlewares=[_check_scope] if app.content_types == (FORM,) else [_check_scope, _check_query])

    @app.exception_handler(RequestError)
    def refused(error: RequestError) -> Response[str]:
        errors = [{"field": error.field, "message": error.detail}] if error.field else None
        response = problem(error.status, error.code, error.detail, errors, error.extensions)
        if isinstance(error, Unauthorized):  # RFC 9110; the gateway adds its own to what the authoriser refuses
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(error: RequestValidationError) -> Response[str]:
        faults = error.errors()[:_MOST_ERRORS]
        errors = [
            {"field": _field(fault["loc"]), "message": fault["msg"].removeprefix("Value error, ")} for fault in faults
        ]
        fields = ", ".join(dict.fromkeys(fault["field"] for fault in errors))
        return problem(422, "invalid", f"Please check: {fields}.", errors)

    @app.exception_handler(RequestUnsupportedContentType)
    def unsupported(_error: RequestUnsupportedContentType) -> Response[str]:
        return _unsupported((JSON,))  # another route of the function accepts it

    @app.exception_handler(ServiceError)
    def bad_request(error: ServiceError) -> Response[str]:
        return problem(error.status_code, "bad_request", str(error.msg))

    @app.exception_handler(NoPriceList)
    def unready(_error: NoPriceList) -> Response[str]:
        logger.exception("not ready")
        return problem(503, "not_ready", "The operator has not loaded the plans yet; please try again later.")

    @app.exception_handler(Exception)
    def broken(_error: Exception) -> Response[str]:
        logger.exception("broken")
        return problem(500, "broken", BROKEN)

    @app.not_found
    def absent(_error: NotFoundError) -> Response[str]:
        return problem(404, "not_found", NOTHING_HERE)

    return app


def _check_scope(app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    """Raise `NotInScope` if the caller's API key has a scope that does not open the route.

    A context without a scope is of a password: an authoriser of before API keys made it, and the gateway kept it.
    """
    scope = KeyScope((app.current_event.raw_event["requestContext"].get("authorizer") or {}).get("scope", "all"))
    if scope not in scopes_of(app.request.method, app.request.route):
        raise NotInScope(f"The scope of this API key, {scope}, does not include this.")
    return next_middleware(app)


def _check_query(app: APIGatewayRestResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    """Raise `RequestError` for a query parameter that the route does not have, such as a misspelled one."""
    known = [parameter.alias for parameter in app.context["_route"].dependant.query_params]
    for name in set(app.current_event.query_string_parameters or {}).difference(known):
        detail = f"There is no such query parameter; there are: {', '.join(known) or 'none'}."
        raise RequestError(detail, field=name[:_LONGEST_FIELD])
    return next_middleware(app)


def caller(app: APIGatewayRestResolver) -> str:
    """Return the calling account, as the authorizer identified it."""
    return str(app.current_event.raw_event["requestContext"]["authorizer"]["account"])


def source_address(app: APIGatewayRestResolver) -> str:
    """Return the internet address that a request came from, as API Gateway saw it; "" if it is unknown."""
    identity = app.current_event.raw_event["requestContext"].get("identity") or {}
    return str(identity.get("sourceIp") or "")


def header(app: APIGatewayRestResolver, name: str) -> str | None:
    """Return a header's value, or None; `name` is in lower case, the header's name in any case."""
    headers = app.current_event.headers or {}
    return next((value for key, value in headers.items() if key.casefold() == name), None)


def _decoded(path: str) -> str | None:
    """Return a path that API Gateway and function URLs pass on percent-encoded, or None if it has no single reading.

    An encoded / would end a path parameter, so it is not decoded. A control character is in no id, and Powertools
    overlooks a line feed at the end: `/messages/%0A` would be `/messages`.
    """
    if "%2f" in path.casefold():
        return None
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(decoded) else decoded


def _text_of(event: Mapping[str, Any]) -> str | None:
    """Return a body as text, or None if it is not UTF-8: API Gateway writes U+FFFD for bytes that are not."""
    body = str(event["body"])
    try:
        text = b64decode(body, validate=True).decode() if event.get("isBase64Encoded") else body
    except ValueError:
        return None
    return None if "\ufffd" in text else text.removeprefix("\ufeff")


def _event_response(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": {"Content-Type": [response.content_type]},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _with_headers(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response that keeps browsers on https, and that applications of the allowed origin, if any, can read.

    No cache keeps it, unless its route allows that: some answers have secrets, and most what belongs to one studio.
    """
    headers = response["multiValueHeaders"]
    headers.setdefault("Cache-Control", ["no-store"])
    headers["Strict-Transport-Security"] = [_HSTS]
    if origin := settings().allowed_origin:
        headers["Access-Control-Allow-Origin"] = [origin]
    return response


def _unsupported(accepted: tuple[str, ...]) -> Response[str]:
    return problem(415, "unsupported_media_type", f"The body must be {' or '.join(accepted)}.")


def _field(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location[1:])[:_LONGEST_FIELD] or str(location[0])


def _read_object(body: str) -> JsonObject:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedJson("The body is not JSON.") from error
    if not isinstance(content, dict):
        raise RequestError("The body is not a JSON object.", field="body")
    return JsonObject(content)
