"""Errors of requests: their codes and statuses are part of the API, and the module describes them all."""

import re

from longcode import errors
from longcode.errors import BoundReached, LimitReached, RequestError

API = {
    "account_closed": 403,
    "account_suspended": 403,
    "address_taken": 409,
    "audience_too_large": 422,
    "bad_cursor": 422,
    "bad_phone": 422,
    "bad_plans": 422,
    "bad_template": 422,
    "bad_time": 422,
    "bad_value": 422,
    "country_not_allowed": 409,
    "credit_too_large": 409,
    "day_limit_reached": 409,
    "draft_changed": 409,
    "edition_not_entitled": 403,
    "empty_audience": 422,
    "empty_field": 422,
    "empty_text": 422,
    "forged": 403,
    "id_taken": 409,
    "idempotency_conflict": 409,
    "invalid": 422,
    "malformed_json": 400,
    "month_not_over": 409,
    "name_taken": 409,
    "no_number_ticked": 409,
    "no_permission": 409,
    "not_a_reply": 422,
    "not_approved": 403,
    "not_found": 404,
    "not_in_scope": 403,
    "number_taken": 409,
    "number_type_not_allowed": 422,
    "only_the_client": 403,
    "only_the_owner": 403,
    "opted_out": 409,
    "our_own_number": 422,
    "plan_limit_reached": 409,
    "plan_not_offered": 409,
    "repeated_broadcast": 409,
    "settings_changed": 409,
    "text_too_long": 422,
    "too_late": 409,
    "too_many_accounts": 429,
    "too_many_changes": 409,
    "too_many_clients": 409,
    "too_many_drafts": 409,
    "too_many_forms": 429,
    "too_many_keys": 409,
    "too_many_mails": 429,
    "too_many_requests": 429,
    "too_many_templates": 409,
    "too_many_to_phone": 409,
    "too_many_triggers": 409,
    "unauthorized": 401,
    "unknown_plan": 422,
    "webhook_off": 409,
    "webhook_secret_changed": 409,
    "wrong_password": 403,
    "wrong_status": 409,
}


def test_each_error_has_its_own_code_and_status() -> None:
    every = [kind for kind in _errors() if kind not in (BoundReached, LimitReached)]

    assert sorted(kind.code for kind in every) == sorted(API)
    assert {kind.code: kind.status for kind in every} == API


def test_the_module_describes_every_error() -> None:
    named = re.findall(r"^ *([A-Z]\w+)  ", errors.__doc__ or "", re.MULTILINE)

    assert sorted(named) == sorted([*(kind.__name__ for kind in _errors()), "NoPriceList"])


def _errors() -> list[type[RequestError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RequestError)]
