"""The reasons for which a request is refused: each has a stable code and a sentence for a person."""

from datetime import datetime
from typing import ClassVar


class RequestError(Exception):
    """A request that is refused: `detail` is for a person, `field` names what to mend."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "invalid"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def told(self) -> dict[str, object]:
        """Tell software more about the refusal."""
        return {}


class NothingLoaded(Exception):
    """The operator has not loaded the plans yet: everything waits for that, and no text is refused for it."""


class MalformedJson(RequestError):
    """A body that is not JSON."""

    status = 400
    code = "malformed_json"


class BadPhone(RequestError):
    """Not a number that a text could be sent to."""

    code = "bad_phone"


class BadTemplate(RequestError):
    """A template that cannot be merged: unknown fields, broken braces."""

    code = "bad_template"


class EmptyField(RequestError):
    """A merge field that this client has no value for, and the template no default."""

    code = "empty_field"


class BadValue(RequestError):
    """A value that looks like a merge field itself: nobody would want to read it."""

    code = "bad_value"


class TextTooLong(RequestError):
    """More than the 1,600 characters that a carrier takes."""

    code = "text_too_long"


class EmptyText(RequestError):
    """A text with nothing to read in it."""

    code = "empty_text"


class EmptyAudience(RequestError):
    """A broadcast to nobody."""

    code = "empty_audience"


class AudienceTooLarge(RequestError):
    """A broadcast to more clients than one may have."""

    code = "audience_too_large"


class BadTime(RequestError):
    """A time that is past, or further ahead than we plan."""

    code = "bad_time"


class TooLate(RequestError):
    """The text has gone, or its end has come: there is nothing left to cancel."""

    status = 409
    code = "too_late"


class NotAReply(RequestError):
    """What a studio itself has sent is never unread."""

    code = "not_a_reply"


class BadCursor(RequestError):
    """A cursor that this account was never given."""

    code = "bad_cursor"


class UnknownPlan(RequestError):
    """A plan that does not exist."""

    code = "unknown_plan"


class PlanNotOffered(RequestError):
    """A plan that only those keep who have it."""

    status = 409
    code = "plan_not_offered"


class TooManyChanges(RequestError):
    """More changes of plan for one month than anybody means."""

    status = 409
    code = "too_many_changes"


class BadPlans(RequestError):
    """A price list that cannot be meant, or that would change what a plan was."""

    code = "bad_plans"


class NotFound(RequestError):
    """No such thing in this account: another account's is as absent as one that never was."""

    status = 404
    code = "not_found"


class EditionNotEntitled(RequestError):
    """Texting is an add-on of some editions only (facts S1)."""

    status = 403
    code = "edition_not_entitled"


class AccountSuspended(RequestError):
    """The operator has stopped this account's sending, and says why."""

    status = 403
    code = "account_suspended"


class AccountClosed(RequestError):
    """The account has ended: it can be read, and that is all."""

    status = 403
    code = "account_closed"


class WrongStanding(RequestError):
    """The account is suspended or closed, so that something else comes first."""

    status = 409
    code = "wrong_standing"


class IdempotencyConflict(RequestError):
    """The same Idempotency-Key came before with another body."""

    status = 409
    code = "idempotency_conflict"


class NumberTaken(RequestError):
    """A number of ours that others text from."""

    status = 409
    code = "number_taken"


class WebhookOff(RequestError):
    """The studio's software takes no webhooks now, so none can be tried again."""

    status = 409
    code = "webhook_off"


class WebhookSecretChanged(RequestError):
    """Two made a new secret at once; one of them has."""

    status = 409
    code = "webhook_secret_changed"


class NoPermission(RequestError):
    """The client's record does not allow text marketing (facts S24)."""

    status = 409
    code = "no_permission"


class NoNumberTicked(RequestError):
    """None of the client's numbers is ticked for SMS (facts S27)."""

    status = 409
    code = "no_number_ticked"


class OptedOut(RequestError):
    """The recipient said STOP (facts S39)."""

    status = 409
    code = "opted_out"


class LimitReached(RequestError):
    """Too few units are left: `frees_at` tells when all are free again, or None if more are needed than there are.

    `plans_that_allow` are the names of the plans, smallest first, that would allow the text at once.
    """

    status = 409

    def __init__(self, detail: str, *, frees_at: datetime | None, plans_that_allow: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.frees_at = frees_at
        self.plans_that_allow = plans_that_allow

    @property
    def told(self) -> dict[str, object]:
        """Tell software more about the refusal."""
        at = self.frees_at.isoformat().replace("+00:00", "Z") if self.frees_at else None
        return {"frees_at": at, "plans_that_allow": list(self.plans_that_allow)}


class PlanLimitReached(LimitReached):
    """The month's included units are used up and the plan stops there (facts S30)."""

    code = "plan_limit_reached"


class DayLimitReached(LimitReached):
    """The units that the account sends a day at most are used up."""

    code = "day_limit_reached"


class MonthNotOver(RequestError):
    """A month that has not ended cannot be billed."""

    status = 409
    code = "month_not_over"


class CreditTooLarge(RequestError):
    """The credits on an invoice would be larger than its total."""

    status = 409
    code = "credit_too_large"


class IdTaken(RequestError):
    """Something else was done under this id."""

    status = 409
    code = "id_taken"


class CountryNotAllowed(RequestError):
    """A number in a country that the account does not text."""

    status = 409
    code = "country_not_allowed"


class WrongPassword(RequestError):
    """The present password does not match."""

    status = 403
    code = "wrong_password"


class OnlyTheClient(RequestError):
    """An opt-out that only the recipient can take back."""

    status = 403
    code = "only_the_client"


class Forged(RequestError):
    """A webhook that the carrier did not sign."""

    status = 403
    code = "forged"
