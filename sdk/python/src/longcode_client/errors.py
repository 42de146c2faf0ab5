"""What a call of the API can raise."""

from __future__ import annotations

from typing import Any


class LongcodeError(Exception):
    """A call did not succeed, or a webhook is not genuine.

    `idempotency_key` is the key that the call was sent with, if it takes one: with it, the same call can be repeated
    later, even in another process, and has one effect.
    """

    idempotency_key: str | None = None


class RequestRefused(LongcodeError):
    """The API answered with an error. `code` is stable (docs/codes.md has them all), `detail` is for a person.

    `code` is empty if the answer is not the API's, but that of a proxy, for example. `problem` is the whole problem
    document, with `errors` for a bad field, `frees_at`, `plans_that_allow` or `most`. `retry_after` is in seconds.
    """

    def __init__(
        self, status: int, problem: dict[str, Any], reason: str = "", retry_after: float | None = None
    ) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", reason))
        self.detail = str(problem.get("detail", reason))
        self.retry_after = retry_after
        super().__init__(status, problem, reason, retry_after)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}" if self.code else f"{self.status} {self.detail}"


class NoAnswer(LongcodeError):
    """No connection, no answer in time, or one that breaks off. The call may have taken effect."""


class NotGenuine(LongcodeError):
    """A webhook that is not signed with the studio's secret, or was signed more than five minutes ago."""
