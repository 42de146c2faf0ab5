"""Types that several modules use.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

# How an opt-out or opt-in reached us.
Means = Literal["text", "carrier", "staff", "text_and_staff"]


# How far a message is on its way. A reply is always `received`.
MessageState = Literal[
    "scheduled",
    "accepted",
    "queued",
    "sending",
    "uncertain",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "refused",
    "cancelled",
    "expired",
    "received",
]


# What a plan does with texts beyond the included units: charge them, or stop sending.
PastLimit = Literal["charge", "stop"]


class Plan(TypedDict):
    """A plan's terms in a month. Amounts are millionths of its currency.

    The unit price is for units beyond the included ones. A plan that is not `on_offer` is only for studios that
    have it already. `version` is the version in infra/plans.json with these terms.
    """

    name: str
    title: str
    monthly_fee_micros: int
    included_units: int
    unit_price_micros: int
    past_limit: PastLimit
    currency: NotRequired[str]
    version: NotRequired[int]
    on_offer: NotRequired[bool]


class ProblemErrors(TypedDict):
    """A wrong field."""

    field: str
    message: str


class Problem(TypedDict):
    """The reason for a refused request (RFC 9457). `code` is stable, `detail` is for a person."""

    type: str
    title: str
    status: int
    code: Literal[
        "account_closed",
        "account_suspended",
        "address_taken",
        "audience_too_large",
        "bad_cursor",
        "bad_path",
        "bad_phone",
        "bad_plans",
        "bad_request",
        "bad_template",
        "bad_time",
        "bad_value",
        "broken",
        "country_not_allowed",
        "credit_too_large",
        "day_limit_reached",
        "draft_changed",
        "edition_not_entitled",
        "empty_audience",
        "empty_field",
        "empty_text",
        "forbidden",
        "forged",
        "id_taken",
        "idempotency_conflict",
        "invalid",
        "malformed_json",
        "month_not_over",
        "name_taken",
        "no_number_ticked",
        "no_permission",
        "not_a_reply",
        "not_approved",
        "not_found",
        "not_in_scope",
        "not_ready",
        "number_taken",
        "number_type_not_allowed",
        "only_the_client",
        "only_the_owner",
        "opted_out",
        "our_own_number",
        "plan_limit_reached",
        "plan_not_offered",
        "repeated_broadcast",
        "settings_changed",
        "text_too_long",
        "timed_out",
        "too_large",
        "too_late",
        "too_many_accounts",
        "too_many_changes",
        "too_many_clients",
        "too_many_drafts",
        "too_many_forms",
        "too_many_keys",
        "too_many_mails",
        "too_many_requests",
        "too_many_templates",
        "too_many_to_phone",
        "too_many_triggers",
        "unauthorized",
        "unknown_plan",
        "unsupported_media_type",
        "webhook_off",
        "webhook_secret_changed",
        "wrong_password",
        "wrong_status",
    ]
    detail: str
    frees_at: NotRequired[str | None]
    plans_that_allow: NotRequired[list[str]]
    most: NotRequired[int]
    errors: NotRequired[list[ProblemErrors]]


# The studio software that texting is an add-on of.
Product = Literal["spectra", "mystratus"]


# The kinds of records that a trigger can watch; a keyword is a client's reply.
RecordKind = Literal["session", "production", "preproduction", "invoice", "client", "task", "appointment", "keyword"]


# The events that a webhook can be sent for.
WebhookEvent = Literal[
    "message.received", "message.status", "opt_out.recorded", "call.created", "usage.notice", "webhook.test"
]
