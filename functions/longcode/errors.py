"""The reasons for refusing a request, each with a stable `code`, an HTTP status and a sentence for a person.

RequestError               any other fault in a request; its code is `invalid`

  Requests
    MalformedJson          the body is not JSON
    BadCursor              the cursor is not one of this account's list
    Forged                 the carrier did not sign the webhook
    Unauthorized           the partner key is not right
    TooManyForms           the source address sent too many sign-up forms
    TooManyRequests        the account made too many calls within seconds
    NotInScope             the API key's scope does not include this route
    NotFound               the account has no such item; items of other accounts count as absent

  Texts
    BadPhone               not a number that a text can be sent to
    BadTemplate            the template has unknown fields or unbalanced braces
    EmptyField             a merge field has neither a value for this client nor a default
    BadValue               the value of a merge field contains braces
    TextTooLong            more than the 1,600 characters that carriers accept
    EmptyText              the text has no visible character
    BadTime                the requested time is in the past, or too far ahead
    TooLate                the text can no longer be cancelled or changed
    NameTaken              another template has the name or the shortcut
    NotAReply              only a reply can be marked as unread
    CountryNotAllowed      the account does not text to this country
    NumberTypeNotAllowed   numbers of this type (premium, toll-free, short and others) get no texts
    OurOwnNumber           texts are sent from this number, by this account or another one
    TooManyToPhone         the account has sent this phone as many texts within an hour as it may
    IdempotencyConflict    the Idempotency-Key was used with another body

  Consent
    NoPermission           the client's record does not allow text marketing
    NoNumberTicked         no number of the client is ticked for SMS
    OptedOut               the recipient has opted out
    OnlyTheClient          only the client can end this opt-out

  Broadcasts
    EmptyAudience          no client is in the audience
    AudienceTooLarge       more clients than a broadcast may have
    RepeatedBroadcast      another one within a day has the same words for some of the same clients
    TooManyDrafts          the account has as many drafts as it can have
    DraftChanged           somebody else changed the draft after the page was shown

  Accounts
    EditionNotEntitled     texting is an add-on of some editions only
    SettingsChanged        somebody else changed the same setting after the page was shown
    OnlyTheOwner           only the owner of the account may do this
    AccountSuspended       the operator has suspended the account's sending
    NotApproved            the operator has to approve the account first
    AccountClosed          the account is closed and can only be read
    WrongStatus            the account's status does not allow this change of status
    WrongPassword          the current password does not match
    TooManyKeys            the account has as many API keys as it can have
    TooManyMails           the account asked for too many mails within the hour
    TooManyAccounts        the partner has opened too many accounts within the hour
    AddressTaken           another account has the email address
    NumberTaken            the number belongs to another account, or is shared
    WebhookOff             the account has no active webhook endpoint
    WebhookSecretChanged   another request changed the webhook secret at the same time

  Plans and limits
    UnknownPlan            no such plan
    PlanNotOffered         the plan is no longer on offer
    TooManyChanges         too many changes of plan for one month
    BadPlans               the price list is wrong, or changes a plan in the past
    BoundReached           the account has as many of something as its plan allows
      TooManyTemplates       its templates
      TooManyTriggers        its triggers
      TooManyClients         its clients
    LimitReached           too few units are left
      PlanLimitReached       the included units of the month are used, and the plan stops there
      DayLimitReached        the units that the account may send in a day are used

  Billing
    MonthNotOver           the month has not ended
    CreditTooLarge         the credit exceeds what is left of the invoice's total
    CreditIdTaken          the id was used for another credit

NoPriceList                no price list is loaded; not a refusal: the work is done once the operator has loaded one
"""

# ruff: noqa: D101  # the list above describes each error

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from longcode.months import instant


class RequestError(Exception):
    """A refused request. `detail` is a sentence for a person, `field` names the field to correct."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422
    frees_at: datetime | None = None  # when the same request is allowed, if that is known

    def __init_subclass__(cls, *, code: str | None = None, status: int | None = None) -> None:
        super().__init_subclass__()
        cls.code = code or cls.code
        cls.status = status or cls.status

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def extensions(self) -> dict[str, object]:
        """Return the members of the problem document besides those that every problem has."""
        return {}


class LimitReached(RequestError, status=409):
    """Too few units are left. `frees_at` is when the units are available, or None if the limit never allows so many.

    `plans_that_allow` names the plans that would allow the text now, the smallest first.
    """

    def __init__(self, detail: str, *, frees_at: datetime | None, plans_that_allow: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.frees_at = frees_at
        self.plans_that_allow = plans_that_allow

    @property
    def extensions(self) -> dict[str, object]:
        at = instant(self.frees_at) if self.frees_at else None
        return {"frees_at": at, "plans_that_allow": list(self.plans_that_allow)}


class TooManyRequests(RequestError, code="too_many_requests", status=429):
    """The account made too many calls. `retry_after_seconds` is when it can make the next one."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class BoundReached(RequestError, status=409):
    """The account has `most` of something. `plans_that_allow` names the plans that allow more, the smallest first."""

    def __init__(self, detail: str, *, field: str, most: int, plans_that_allow: tuple[str, ...]) -> None:
        super().__init__(detail, field=field)
        self.most = most
        self.plans_that_allow = plans_that_allow

    @property
    def extensions(self) -> dict[str, object]:
        return {"most": self.most, "plans_that_allow": list(self.plans_that_allow)}


class TooManyToPhone(RequestError, code="too_many_to_phone", status=409):
    """A phone has an hour's texts of the account. `frees_at` is when it may get the next one."""

    frees_at: datetime

    def __init__(self, detail: str, *, field: str, frees_at: datetime) -> None:
        super().__init__(detail, field=field)
        self.frees_at = frees_at

    @property
    def extensions(self) -> dict[str, object]:
        return {"frees_at": instant(self.frees_at)}


class RepeatedBroadcast(RequestError, code="repeated_broadcast", status=409):
    """Another broadcast has the same words for some of the same clients: its id, and when it went or will go."""

    def __init__(self, detail: str, *, field: str, broadcast_id: str, at: datetime) -> None:
        super().__init__(detail, field=field)
        self.broadcast_id = broadcast_id
        self.at = at


class NoPriceList(Exception): ...


# One line for each error, as a table.
# fmt: off

# Requests
class MalformedJson(RequestError, code="malformed_json", status=400): ...
class BadCursor(RequestError, code="bad_cursor", status=422): ...
class Forged(RequestError, code="forged", status=403): ...
class NotFound(RequestError, code="not_found", status=404): ...
class Unauthorized(RequestError, code="unauthorized", status=401): ...
class TooManyForms(RequestError, code="too_many_forms", status=429): ...
class NotInScope(RequestError, code="not_in_scope", status=403): ...

# Texts
class BadPhone(RequestError, code="bad_phone", status=422): ...
class BadTemplate(RequestError, code="bad_template", status=422): ...
class EmptyField(RequestError, code="empty_field", status=422): ...
class BadValue(RequestError, code="bad_value", status=422): ...
class TextTooLong(RequestError, code="text_too_long", status=422): ...
class EmptyText(RequestError, code="empty_text", status=422): ...
class BadTime(RequestError, code="bad_time", status=422): ...
class TooLate(RequestError, code="too_late", status=409): ...
class NameTaken(RequestError, code="name_taken", status=409): ...
class NotAReply(RequestError, code="not_a_reply", status=422): ...
class CountryNotAllowed(RequestError, code="country_not_allowed", status=409): ...
class NumberTypeNotAllowed(RequestError, code="number_type_not_allowed", status=422): ...
class OurOwnNumber(RequestError, code="our_own_number", status=422): ...
class IdempotencyConflict(RequestError, code="idempotency_conflict", status=409): ...

# Consent
class NoPermission(RequestError, code="no_permission", status=409): ...
class NoNumberTicked(RequestError, code="no_number_ticked", status=409): ...
class OptedOut(RequestError, code="opted_out", status=409): ...
class OnlyTheClient(RequestError, code="only_the_client", status=403): ...

# Broadcasts
class EmptyAudience(RequestError, code="empty_audience", status=422): ...
class AudienceTooLarge(RequestError, code="audience_too_large", status=422): ...
class TooManyDrafts(RequestError, code="too_many_drafts", status=409): ...
class DraftChanged(RequestError, code="draft_changed", status=409): ...

# Accounts
class EditionNotEntitled(RequestError, code="edition_not_entitled", status=403): ...
class SettingsChanged(RequestError, code="settings_changed", status=409): ...
class OnlyTheOwner(RequestError, code="only_the_owner", status=403): ...
class AccountSuspended(RequestError, code="account_suspended", status=403): ...
class AccountClosed(RequestError, code="account_closed", status=403): ...
class NotApproved(RequestError, code="not_approved", status=403): ...
class WrongStatus(RequestError, code="wrong_status", status=409): ...
class WrongPassword(RequestError, code="wrong_password", status=403): ...
class TooManyKeys(RequestError, code="too_many_keys", status=409): ...
class TooManyMails(RequestError, code="too_many_mails", status=429): ...
class TooManyAccounts(RequestError, code="too_many_accounts", status=429): ...
class AddressTaken(RequestError, code="address_taken", status=409): ...
class NumberTaken(RequestError, code="number_taken", status=409): ...
class WebhookOff(RequestError, code="webhook_off", status=409): ...
class WebhookSecretChanged(RequestError, code="webhook_secret_changed", status=409): ...

# Plans and limits
class UnknownPlan(RequestError, code="unknown_plan", status=422): ...
class PlanNotOffered(RequestError, code="plan_not_offered", status=409): ...
class TooManyChanges(RequestError, code="too_many_changes", status=409): ...
class BadPlans(RequestError, code="bad_plans", status=422): ...
class PlanLimitReached(LimitReached, code="plan_limit_reached", status=409): ...
class DayLimitReached(LimitReached, code="day_limit_reached", status=409): ...
class TooManyTemplates(BoundReached, code="too_many_templates", status=409): ...
class TooManyTriggers(BoundReached, code="too_many_triggers", status=409): ...
class TooManyClients(BoundReached, code="too_many_clients", status=409): ...

# Billing
class MonthNotOver(RequestError, code="month_not_over", status=409): ...
class CreditTooLarge(RequestError, code="credit_too_large", status=409): ...
class CreditIdTaken(RequestError, code="id_taken", status=409): ...


def form_refusal(fault: Mapping[str, Any], names: Mapping[str, str]) -> RequestError:
    """Return the refusal of a form by one of pydantic's errors, for people; `names` are what they call the fields.

    An error of a form with a single field names none, so the field is the first of `names`.
    """
    field = str((*fault["loc"], *names)[0])
    detail = str(fault["msg"]).removeprefix("Value error, ")
    return RequestError(f"Please check the {names.get(field, field)}: {detail}.", field=field)
