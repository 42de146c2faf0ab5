"""What schemathesis is told about this API; it loads this module in its own environment."""

import re
from secrets import token_hex
from time import sleep
from typing import Any

import schemathesis

# An account makes one of these in so many seconds (longcode/usage/call_limits.py).
_SECONDS = {("POST", "/clients/import"): 1.0, ("POST", "/broadcasts"): 0.5, ("GET", "/usage/{month}/texts"): 0.5}
_BY_SCHEMA = re.compile(r"(Input|String|List|Tuple|Dictionary|Value|Object) should |Field required|Extra inputs")


@schemathesis.serializer("application/x-ndjson")
def lines(_context: Any, value: Any) -> bytes:
    """Return a file as it is sent."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Let a body that fits its schema keep the rules between its fields too, which the document has in words.

    No path has a line feed: the emulator refuses it before the function has it. Dear calls wait for their turn.
    """
    sleep(_SECONDS.get((case.method.upper(), case.operation.path), 0))
    for name, value in case.path_parameters.items():
        if isinstance(value, str):
            case.path_parameters[name] = value.replace("\n", "").replace("%0A", "") or "x"  # some are encoded
    if not (_is_positive(case) and isinstance(case.body, dict)):
        return
    body, path = case.body, case.operation.path
    if "idempotency-key" in case.headers:
        case.headers["idempotency-key"] = token_hex(8)
    if "values" in body:
        body["values"] = dict.fromkeys(["order.number"][: len(body["values"])], "A-17")
    if path in ("/messages", "/messages/preview", "/broadcasts", "/triggers/{name}"):
        _keep_one_of(body, "body", "template", default="Hello")
    if path in ("/messages", "/messages/preview") and not body.get("to"):
        body["client_id"] = body.get("client_id") or "c-1042"
    if path == "/broadcasts":
        audience = body["audience"]
        chosen = [name for name in ("client_ids", "tags", "all") if audience.get(name)][:1] or ["all"]
        exceptions = {name: audience[name] for name in ("except_client_ids", "except_tags") if name in audience}
        body["audience"] = {chosen[0]: audience.get(chosen[0]) or True, **exceptions}
    if path == "/triggers/{name}":
        body |= {"watches": "session", "statuses": ["confirmed"], "types": [], "keyword": None}
        body["to"] = "staff" if body.get("staff_phone") else "client"


@schemathesis.check
def refusal_conformance(_context: Any, response: Any, case: Any) -> None:
    """Raise `AssertionError` if data that fits its schema is refused for what a schema can say, such as a length.

    What the document says in words, such as which time zones there are, our own functions refuse, in their words.
    """
    if response.status_code == 422 and _is_positive(case):
        faults = [fault for fault in response.json().get("errors", []) if _BY_SCHEMA.match(fault["message"])]
        if faults:
            raise AssertionError(f"the schema allows what is refused: {faults}")


def _is_positive(case: Any) -> bool:
    return bool(case.meta) and case.meta.generation.mode.is_positive


def _keep_one_of(body: dict[str, Any], first: str, second: str, *, default: str) -> None:
    if body.get(first) and body.get(second):
        del body[second]
    if not body.get(second):
        body[first] = body.get(first) or default
