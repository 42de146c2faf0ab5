"""Sign-up, and accounts that hosted products open.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from longcode_client.api.shared import Product
from longcode_client.calls import Calls


class NewAccount(TypedDict):
    """A studio for which a partner, such as a hosted product, opens an account. `studio_id` is the partner's own."""

    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: NotRequired[str]
    studio_id: str


class OpenedAccount(TypedDict):
    """An account of a partner's studio. `key` is its API key, null from a day after the account was opened.

    `email_confirmed` says whether the studio has used the link that was mailed to it; before, it gets no other
    mail.
    """

    account: str
    key: str | None
    email_confirmed: bool


class SignUp(TypedDict):
    """The sign-up form. With an account's email address, it asks for a change of plan."""

    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: NotRequired[str]


class SignUpAccepted(TypedDict, total=False):
    """The response, which is the same for known and unknown addresses."""

    detail: str


class SignUpApi(Calls):
    """Sign-up, and accounts that hosted products open."""

    def open_account(self, body: NewAccount, *, partner_key: str) -> OpenedAccount:
        """Open an account with a partner key.

        The studio's software can text with number and API key at once.

        A repeated request with the same `studio_id` opens no further account, and is answered with 200. Until
        the studio has confirmed its address, a repeated request with another `email` mails the link there.
        """
        answer: OpenedAccount = self._call("POST", "/accounts", body=body, repeatable=True, bearer=partner_key).json()
        return answer

    def sign_up(self, body: SignUp) -> SignUpAccepted:
        """Sign up, or ask for a change of plan.

        Response and duration do not show whether the email address is known.
        """
        answer: SignUpAccepted = self._call("POST", "/signup", body=body, with_password=False).json()
        return answer
